/* SPDX-License-Identifier: MIT */
#include "fifo.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "process.h"
#include "safe_path.h"

bool fifo_is(int fd)
{
	struct stat status;
	return fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

void fifo_widen(int fd, int size)
{
	int now = fcntl(fd, F_GETPIPE_SZ);
	if (now > 0 && now < size)
		fcntl(fd, F_SETPIPE_SZ, size);
}

static int close_with(int fd, int error)
{
	close(fd);
	errno = error;
	return -1;
}

/* Opens a FIFO.  Anything else, as a terminal or a device, is not even opened. */
static int open_at(const struct safe_path *at, int flags)
{
	struct stat status;
	int follow = at->flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0;
	if (fstatat(at->folder, at->name, &status, follow) == 0 && !S_ISFIFO(status.st_mode)) {
		errno = EXDEV;
		return -1;
	}
	int fd = openat(at->folder, at->name, flags | at->flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0 && !fifo_is(fd))
		return close_with(fd, EXDEV);
	return fd;
}

static int open_fifo(const char *path, int flags)
{
	struct safe_path at;
	if (!safe_path_open(&at, path))
		return -1;
	int fd = open_at(&at, flags);
	safe_path_close(&at);
	return fd;
}

int fifo_open(const char *path)
{
	struct safe_path at;
	if (!safe_path_open(&at, path))
		return -1;
	mode_t mask = umask(0);
	bool there = mkfifoat(at.folder, at.name, FIFO_MODE) == 0 || errno == EEXIST;
	umask(mask);
	int fd = there ? open_at(&at, O_RDWR) : -1;
	safe_path_close(&at);
	return fd;
}

const char *fifo_reason(int error)
{
	return error == EXDEV ? "not a FIFO" : safe_path_reason(error);
}

int fifo_wrong(const char *path)
{
	struct safe_path at;
	struct stat status;
	if (!safe_path_open(&at, path))
		return errno == ELOOP ? ELOOP : 0;
	int follow = at.flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0;
	bool other = fstatat(at.folder, at.name, &status, follow) == 0 && !S_ISFIFO(status.st_mode);
	safe_path_close(&at);
	return other ? EXDEV : 0;
}

static bool same_file(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

bool fifo_same(const char *one, const char *other)
{
	struct stat a, b;
	if (stat(one, &a) < 0 || stat(other, &b) < 0)
		return strcmp(one, other) == 0;
	return same_file(&a, &b);
}

static bool is_standard(const struct stat *own)
{
	struct stat status;
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		if (fstat(i, &status) == 0 && same_file(own, &status))
			return true;
	return false;
}

bool fifo_is_standard(int fd)
{
	struct stat own;
	return fstat(fd, &own) == 0 && is_standard(&own);
}

bool fifo_path_is_standard(const char *path)
{
	struct stat own;
	return stat(path, &own) == 0 && is_standard(&own);
}

int fifo_open_or_die(const char *option, const char *path)
{
	int fd = fifo_open(path);
	if (fd < 0)
		die(errno == EXDEV || errno == ELOOP ? EXIT_USAGE : EXIT_SYSTEM, "%s %s: %s", option, path,
		    fifo_reason(errno));
	if (fifo_is_standard(fd))
		die(EXIT_USAGE, "%s %s: this is also stdin, stdout or stderr", option, path);
	return fd;
}

void fifo_watch_begin(struct fifo_watch *w, const char *option, const char *path)
{
	*w = (struct fifo_watch){.option = option, .path = path};
}

/* True if the path leads to what is open as fd.  While it is open, its inode number is not reused. */
static bool leads_to(const char *path, int fd, bool *missing)
{
	struct stat there, here;
	*missing = stat(path, &there) < 0;
	return !*missing && fstat(fd, &here) == 0 && same_file(&there, &here);
}

static bool is_empty(int fd)
{
	struct pollfd one = {.fd = fd, .events = POLLIN};
	return poll(&one, 1, 0) == 0;
}

int fifo_watch_look(struct fifo_watch *w, int fd, int64_t now_us)
{
	bool missing;
	if (now_us < w->look_us)
		return -1;
	w->look_us = now_us + FIFO_LOOK_US;
	if (leads_to(w->path, fd, &missing) || (!w->written && !is_empty(fd)))
		return -1;
	int new_fd = fifo_open(w->path);
	if (new_fd >= 0)
		log_line("%s %s: it was %s", w->option, w->path,
			 missing ? "removed, and is created again" : "replaced, and is opened again");
	else if (!w->complained)
		log_line("%s %s: it was %s: %s; trying again", w->option, w->path,
			 missing ? "removed" : "replaced", fifo_reason(errno));
	w->complained = new_fd < 0;
	return new_fd;
}

enum fifo_sent fifo_send(const char *path, const char *p, size_t n)
{
	int fd = open_fifo(path, O_WRONLY);
	if (fd < 0)
		return errno == ENXIO || errno == ENOENT ? FIFO_NOBODY : FIFO_FAILED;
	return fifo_send_open(fd, p, n);
}

enum fifo_sent fifo_send_open(int fd, const char *p, size_t n)
{
	ssize_t written;
	if (n > PIPE_BUF) {
		close_with(fd, EMSGSIZE);
		return FIFO_FAILED;
	}
	do
		written = write(fd, p, n);
	while (written < 0 && errno == EINTR);
	int error = errno;
	close(fd);
	errno = error;
	if (written == (ssize_t)n)
		return FIFO_SENT;
	if (written < 0 && error == EAGAIN)
		return FIFO_FULL;
	return written < 0 && error == EPIPE ? FIFO_NOBODY : FIFO_FAILED;
}
