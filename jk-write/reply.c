/* SPDX-License-Identifier: MIT */
#include "reply.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "process.h"
#include "safe_path.h"

enum { FOLDER_MODE = 02770 }; /* what is made in it belongs to the group of the folder */

/* Makes the folder.  The mode is set by descriptor, as mkdir(2) takes not all of it, and less the umask. */
static bool make_folder(const struct safe_path *at)
{
	if (mkdirat(at->folder, at->name, 0700) < 0)
		return false;
	int fd = openat(at->folder, at->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bool made = fd >= 0 && fchmod(fd, FOLDER_MODE) == 0;
	if (fd >= 0)
		close(fd);
	return made;
}

void reply_begin(const struct replies *r)
{
	struct safe_path at;
	if (!r->dir)
		return;
	if (!safe_path_open(&at, r->dir))
		die(EXIT_USAGE, "-r %s: %s", r->dir, safe_path_reason(errno));
	bool there = make_folder(&at) || errno == EEXIST;
	safe_path_close(&at);
	int fd = there ? safe_path_folder(r->dir) : -1;
	if (fd < 0)
		die(EXIT_USAGE, "-r %s: %s", r->dir,
		    errno == ENOTDIR ? "not a directory" : safe_path_reason(errno));
	close(fd);
}

/* The name of the FIFO for an ID of n bytes, and the folder's descriptor; -1: there can be none. */
static int open_folder(const struct replies *r, const char *id, size_t n, char name[ID_MAX + 1])
{
	if (!r->dir || !command_id_valid(id, n))
		return -1;
	memcpy(name, id, n);
	name[n] = '\0';
	return safe_path_folder(r->dir);
}

static bool leads_to(const struct stat *status, const char *path)
{
	struct stat other;
	return path && stat(path, &other) == 0 && other.st_dev == status->st_dev &&
	       other.st_ino == status->st_ino;
}

static bool is_own(const struct replies *r, const struct stat *status)
{
	if (leads_to(status, r->commands) || leads_to(status, r->bus->fifo))
		return true;
	for (size_t i = 0; i < r->bus->count; i++)
		if (leads_to(status, r->bus->channels[i]->fifo))
			return true;
	return false;
}

/* A FIFO for a reply has one name, and not the mode of the FIFOs that our programs create to read from. */
static bool is_reply(const struct replies *r, const struct stat *status)
{
	return S_ISFIFO(status->st_mode) && status->st_nlink == 1 && (status->st_mode & 0777) != FIFO_MODE &&
	       !is_own(r, status);
}

bool reply_reserved(const struct replies *r, const char *id)
{
	char name[ID_MAX + 1];
	struct stat status;
	int folder = open_folder(r, id, strlen(id), name);
	if (folder < 0)
		return false;
	bool there = fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
	close(folder);
	return there && (S_ISLNK(status.st_mode) || (S_ISFIFO(status.st_mode) && !is_reply(r, &status)));
}

/* Opens the FIFO for replies; -1 with errno. */
static int open_reply(const struct replies *r, int folder, const char *name)
{
	struct stat status;
	if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	errno = EXDEV;
	if (!is_reply(r, &status))
		return -1;
	int fd = openat(folder, name, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	/* Once more, as it may have been replaced meanwhile. */
	if (fstat(fd, &status) == 0 && is_reply(r, &status) && !fifo_is_standard(fd))
		return fd;
	close(fd);
	errno = EXDEV;
	return -1;
}

enum fifo_sent reply_send(const struct replies *r, const char *id, size_t n, const char *line, size_t size)
{
	char name[ID_MAX + 1];
	int folder = open_folder(r, id, n, name);
	if (folder < 0)
		return FIFO_NOBODY;
	int fd = open_reply(r, folder, name), error = errno;
	close(folder);
	errno = error;
	if (fd < 0)
		return errno == ENXIO || errno == ENOENT ? FIFO_NOBODY : FIFO_FAILED;
	return fifo_send_open(fd, line, size);
}
