/* SPDX-License-Identifier: MIT */
#include "reply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

enum { PATH_SIZE = 4096 };

static bool make_path(const struct replies *r, const char *id, size_t n, char path[PATH_SIZE])
{
	int size = r->dir ? snprintf(path, PATH_SIZE, "%s/%.*s", r->dir, (int)n, id) : -1;
	return size > 0 && size < PATH_SIZE;
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
		if (leads_to(status, r->bus->channels[i].fifo))
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
	char path[PATH_SIZE];
	struct stat status;
	if (!command_id_valid(id, strlen(id)) || !make_path(r, id, strlen(id), path) ||
	    lstat(path, &status) < 0)
		return false;
	return S_ISLNK(status.st_mode) || (S_ISFIFO(status.st_mode) && !is_reply(r, &status));
}

enum fifo_sent reply_send(const struct replies *r, const char *id, size_t n, const char *line, size_t size)
{
	char path[PATH_SIZE];
	struct stat status;
	if (!command_id_valid(id, n) || !make_path(r, id, n, path) || lstat(path, &status) < 0)
		return FIFO_NOBODY;
	errno = EXDEV;
	if (!is_reply(r, &status))
		return FIFO_FAILED;
	int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENXIO || errno == ENOENT ? FIFO_NOBODY : FIFO_FAILED;
	if (fstat(fd, &status) == 0 && is_reply(r, &status) && !fifo_is_standard(fd))
		return fifo_send_open(fd, line, size);
	close(fd);
	errno = EXDEV;
	return FIFO_FAILED;
}
