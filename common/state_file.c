/* SPDX-License-Identifier: MIT */
#include "state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log.h"
#include "process.h"
#include "safe_path.h"

enum {
	ENDING_MAX = 32,
	BAD_MAX = 9, /* the number of the last PATH.bad.N */
};

/* A name beside that of the file. */
struct beside {
	char name[NAME_MAX + 1 + ENDING_MAX];
};

__attribute__((format(printf, 2, 3))) static struct beside beside(const struct safe_path *at,
								  const char *ending, ...)
{
	struct beside b;
	va_list arguments;
	int n = snprintf(b.name, sizeof b.name, "%s", at->name);
	va_start(arguments, ending);
	vsnprintf(b.name + n, sizeof b.name - (size_t)n, ending, arguments);
	va_end(arguments);
	return b;
}

/* close(2) that keeps errno. */
static void close_quietly(int fd)
{
	int error = errno;
	close(fd);
	errno = error;
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
	struct safe_path at;
	if (!safe_path_open(&at, path))
		return -1;
	/* O_NONBLOCK: opening a FIFO would wait for its writer. */
	int fd = openat(at.folder, at.name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | at.flags);
	if (fd < 0 && errno == ENXIO) /* a socket, or a device that is not there */
		errno = EINVAL;
	safe_path_close(&at);
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

static int create(const struct safe_path *at, const struct beside *fresh)
{
	return openat(at->folder, fresh->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
}

/*
 * Creates the new file.  What an earlier run left under its name is removed; if that is not possible, since
 * another user put it there, the file gets a name that nobody can guess.
 */
static int create_fresh(const struct safe_path *at, struct beside *fresh)
{
	uint64_t number;
	*fresh = beside(at, ".new");
	unlinkat(at->folder, fresh->name, 0);
	int fd = create(at, fresh);
	if (fd >= 0 || errno != EEXIST || getrandom(&number, sizeof number, 0) != sizeof number)
		return fd;
	*fresh = beside(at, ".new.%016llx", (unsigned long long)number);
	return create(at, fresh);
}

/* A full file system reports that at fsync or at close at the latest. */
static bool fill(int fd, const char *p, size_t n, bool sync)
{
	bool written = write_all(fd, p, n) && (!sync || fsync(fd) == 0);
	if (!written)
		close_quietly(fd);
	else
		written = close(fd) == 0;
	return written;
}

/* Makes the rename survive a power cut, where the file system can do that for a folder. */
static bool sync_folder(const struct safe_path *at)
{
	int fd = openat(at->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == EACCES; /* it may be written, but not be listed */
	bool synced = fsync(fd) == 0 || errno == EINVAL || errno == EROFS || errno == EBADF;
	close_quietly(fd);
	return synced;
}

static const char *replace(const struct safe_path *at, const char *p, size_t n, bool sync)
{
	struct beside fresh;
	const char *what = NULL;
	int fd = create_fresh(at, &fresh);
	if (fd < 0)
		return "cannot create";
	if (!fill(fd, p, n, sync))
		what = "cannot write";
	else if (renameat(at->folder, fresh.name, at->folder, at->name) < 0)
		what = "cannot rename";
	if (what) {
		int error = errno;
		unlinkat(at->folder, fresh.name, 0); /* a part of it is useless */
		errno = error;
		return what;
	}
	return !sync || sync_folder(at) ? NULL : "cannot sync";
}

static const char *replace_path(const char *path, const char *p, size_t n, bool sync)
{
	struct safe_path at;
	if (!safe_path_open(&at, path))
		return "cannot create";
	const char *what = replace(&at, p, n, sync);
	safe_path_close(&at);
	return what;
}

const char *state_file_replace(const char *path, const char *p, size_t n)
{
	return replace_path(path, p, n, true);
}

const char *state_file_put(const char *path, const char *p, size_t n)
{
	return replace_path(path, p, n, false);
}

bool state_file_remove(const char *path)
{
	struct safe_path at;
	if (!safe_path_open(&at, path))
		return errno == ENOENT;
	bool removed = unlinkat(at.folder, at.name, 0) == 0 || errno == ENOENT;
	safe_path_close(&at);
	return removed;
}

const char *state_file_reason(int error)
{
	return safe_path_reason(error);
}

enum { NO_REPLACE = 1 }; /* RENAME_NOREPLACE of linux/fs.h */

/* Renames without replacing anything, where the file system can do that. */
static bool move(const struct safe_path *at, const char *from, const char *to)
{
	/* musl has no function for it. */
	if (syscall(SYS_renameat2, at->folder, from, at->folder, to, NO_REPLACE) == 0)
		return true;
	if (errno != EINVAL)
		return false;
	if (faccessat(at->folder, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return false;
	}
	return renameat(at->folder, from, at->folder, to) == 0;
}

/* Makes the name NAME.bad free.  False: an older one is to be replaced. */
static bool free_bad(const struct safe_path *at)
{
	struct beside bad = beside(at, ".bad");
	for (int i = 1; i <= BAD_MAX; i++) {
		struct beside older = beside(at, ".bad.%d", i);
		if (move(at, bad.name, older.name) || errno == ENOENT)
			return true;
	}
	return false;
}

static bool put_aside(const char *path, bool *replaced)
{
	struct safe_path at;
	if (!safe_path_open(&at, path))
		return false;
	struct beside bad = beside(&at, ".bad");
	*replaced = !free_bad(&at);
	bool done = renameat(at.folder, at.name, at.folder, bad.name) == 0;
	safe_path_close(&at);
	return done;
}

void state_file_damaged(const char *option, const char *path, const char *why)
{
	bool replaced = false;
	log_line("%s %s: %s: starting afresh", option, path, why);
	if (!put_aside(path, &replaced))
		log_line("%s %s: cannot keep it as %s.bad: %s", option, path, path, state_file_reason(errno));
	else
		log_line("%s %s: kept as %s.bad%s", option, path, path,
			 replaced ? "; the one before it is lost, as there are too many" : "");
}

/* The system is at fault, not the path. */
static bool is_of_system(int error)
{
	return error == EIO || error == ENOMEM || error == EMFILE || error == ENFILE;
}

ssize_t state_file_load(const char *option, const char *path, char *to, size_t max)
{
	ssize_t n = state_file_read(path, to, max);
	if (n >= 0 || errno == ENOENT)
		return n;
	int error = errno;
	if (error == EINVAL || error == EISDIR)
		die(EXIT_USAGE, "%s %s: not a file", option, path);
	if (error != EFBIG)
		die(is_of_system(error) ? EXIT_SYSTEM : EXIT_USAGE, "%s %s: cannot read the state: %s",
		    option, path, state_file_reason(error));
	state_file_damaged(option, path, "longer than any state");
	return -1;
}
