/* SPDX-License-Identifier: MIT */
#include "textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

enum { TEXT_MAX = 16777216 }; /* the system gives only what is used */

static char text[TEXT_MAX];

static bool write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, p, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

/* Everybody may read it: the collector is another user. */
static bool replace(const char *path, const char *p, size_t n)
{
	char fresh[PATH_MAX];
	if (snprintf(fresh, sizeof fresh, "%s.new", path) >= (int)sizeof fresh) {
		errno = ENAMETOOLONG;
		return false;
	}
	unlink(fresh); /* of a run that was killed */
	int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return false;
	bool done = fchmod(fd, 0644) == 0 && write_all(fd, p, n);
	int error = errno;
	if (close(fd) < 0 && done) {
		error = errno;
		done = false;
	}
	errno = error;
	if (done && rename(fresh, path) == 0)
		return true;
	error = errno;
	unlink(fresh);
	errno = error;
	return false;
}

static void write_text(struct textfile *f, size_t n)
{
	bool done = replace(f->path, text, n);
	if (!done && !f->failed)
		log_line("%s: cannot write: %s; going on without it", f->path, strerror(errno));
	if (done && f->failed)
		log_line("%s: written again", f->path);
	f->failed = !done;
}

void textfile_begin(struct textfile *f, int64_t now_us)
{
	f->due_us = now_us;
	write_text(f, 0);
}

void textfile_take(struct textfile *f, const struct output_record *r, int64_t now_us, int64_t age_us)
{
	f->changed = true;
	if (metrics_take(f->metrics, r, now_us - age_us) || f->full)
		return;
	f->full = true;
	log_line("%s: too many values, or a name that is too long: some are left out", f->path);
}

void textfile_act(struct textfile *f, int64_t now_us)
{
	if (!f->changed || now_us < f->due_us)
		return;
	struct strbuf t = {.data = text, .capacity = sizeof text};
	size_t whole = 0;
	metrics_text(f->metrics, now_us);
	while (metrics_next(f->metrics, &t) && !t.overflow)
		whole = t.size;
	write_text(f, whole);
	f->due_us = now_us + f->every_us;
}

void textfile_end(struct textfile *f)
{
	if (unlink(f->path) < 0 && errno != ENOENT)
		log_line("%s: cannot remove: %s", f->path, strerror(errno));
}
