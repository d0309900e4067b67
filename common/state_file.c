/* SPDX-License-Identifier: MIT */
#include "state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* close(2) that keeps errno. */
static void close_quietly(int fd)
{
	int error = errno;
	close(fd);
	errno = error;
}

/* Appends an ending to the path, in `to`. */
static bool beside(char to[PATH_MAX], const char *path, const char *ending)
{
	int n = snprintf(to, PATH_MAX, "%s%s", path, ending);
	errno = ENAMETOOLONG;
	return n > 0 && n < PATH_MAX;
}

static ssize_t read_all(int fd, char *to, size_t max)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	size_t n = 0;
	for (;;) {
		char more;
		ssize_t got = n < max ? read(fd, to + n, max - n) : read(fd, &more, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -1 : (ssize_t)n;
		if (n == max) {
			errno = EFBIG;
			return -1;
		}
		n += (size_t)got;
	}
}

ssize_t state_file_read(const char *path, char *to, size_t max)
{
	/* O_NONBLOCK: opening a FIFO would wait for its writer. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENXIO) /* a socket, or a device that is not there */
		errno = EINVAL;
	if (fd < 0)
		return -1;
	ssize_t n = read_all(fd, to, max);
	close_quietly(fd);
	return n;
}

static bool write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, p, n);
		if (done < 0 && errno != EINTR)
			return false;
		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
	}
	return true;
}

/* Makes the rename survive a power cut, where the file system can do that. */
static void sync_folder(const char *path)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

/* Without `sync`, a full file system reports that at close at the latest. */
static const char *write_new(const char *fresh, const char *p, size_t n, bool sync)
{
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return "cannot create";
	bool written = write_all(fd, p, n) && (!sync || fsync(fd) == 0);
	if (!written)
		close_quietly(fd);
	else
		written = close(fd) == 0;
	return written ? NULL : "cannot write";
}

const char *state_file_replace(const char *path, const char *p, size_t n, bool sync)
{
	char fresh[PATH_MAX];
	if (!beside(fresh, path, ".new"))
		return "cannot write";
	const char *what = write_new(fresh, p, n, sync);
	if (!what && rename(fresh, path) < 0)
		what = "cannot rename";
	if (what) {
		int error = errno;
		unlink(fresh); /* a part of it is useless */
		errno = error;
	} else if (sync) {
		sync_folder(path);
	}
	return what;
}

bool state_file_put_aside(const char *path)
{
	char bad[PATH_MAX];
	return beside(bad, path, ".bad") && rename(path, bad) == 0;
}
