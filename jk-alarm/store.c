/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "process.h"
#include "state.h"

/* Of rules at the start, then of states.  No page of it is used before it is needed. */
static char buffer[STATE_MAX];

/* All of a file; -1 if it cannot be read: errno tells, EFBIG if it has more than max bytes. */
static ssize_t read_all(const char *path, size_t max)
{
	size_t n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	for (;;) {
		ssize_t got = read(fd, buffer + n, max + 1 - n);
		if (got < 0 && errno == EINTR)
			continue;
		int error = got < 0 ? errno : EFBIG;
		if (got > 0)
			n += (size_t)got;
		if (got < 0 || n > max) {
			close(fd);
			errno = error;
			return -1;
		}
		if (got == 0)
			break;
	}
	close(fd);
	return (ssize_t)n;
}

void store_rules(struct rules *rules, const char *path)
{
	struct rules_error error = {0};
	ssize_t n = path ? read_all(path, RULE_FILE_MAX) : 0;
	if (n < 0 && errno == EFBIG)
		die(EXIT_USAGE, "-r %s: more than %d bytes: is this a file of rules?", path, RULE_FILE_MAX);
	if (n < 0)
		die(EXIT_USAGE, "-r %s: cannot read the rules: %s", path, strerror(errno));
	if (!rules_parse(rules, path ? buffer : default_rules, path ? (size_t)n : strlen(default_rules),
			 &error))
		die(EXIT_USAGE, "%s:%u:%u: %s", path ? path : "default rules", error.line, error.column,
		    error.text);
}

/* What is there, if anything is, must be a file: a device would be replaced by one. */
static bool is_there(const char *path)
{
	struct stat st;
	if (stat(path, &st) < 0) {
		if (errno != ENOENT)
			log_line("-s %s: %s: starting afresh", path, strerror(errno));
		return false;
	}
	if (!S_ISREG(st.st_mode))
		die(EXIT_USAGE, "-s %s: not a file", path);
	return true;
}

/* Not ours, or not whole: nobody shall lose a file because of a wrong option. */
static void put_aside(const char *path)
{
	char bad[PATH_MAX];
	int n = snprintf(bad, sizeof bad, "%s.bad", path);
	if (n < 0 || (size_t)n >= sizeof bad || rename(path, bad) < 0)
		log_line("-s %s: cannot keep it as %s.bad: %s", path, path, strerror(errno));
	else
		log_line("-s %s: kept as %s", path, bad);
}

void store_load(struct engine *e, const char *path)
{
	unsigned dropped = 0;
	if (!is_there(path))
		return;
	ssize_t n = read_all(path, STATE_MAX - 1);
	if (n < 0) {
		log_line("-s %s: cannot read the state: %s: starting afresh", path, strerror(errno));
		put_aside(path);
		return;
	}
	const char *wrong = state_read(e, buffer, (size_t)n, &dropped);
	if (wrong) {
		log_line("-s %s: %s: starting afresh", path, wrong);
		put_aside(path);
		engine_begin(e, e->rules, e->keys, e->sink, e->complain);
	} else if (dropped > 0) {
		log_line("-s %s: %u alarms are forgotten: their rule is gone", path, dropped);
	}
}

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
	return fsync(fd) == 0;
}

/* So that the new name, too, survives a power cut.  A file system that cannot do that does without. */
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

static const char *replace(const char *path, const char *fresh, const struct strbuf *t)
{
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return "cannot create";
	bool written = write_all(fd, t->data, t->size);
	int error = errno;
	close(fd);
	errno = error;
	if (!written) {
		unlink(fresh);
		errno = error;
		return "cannot write";
	}
	if (rename(fresh, path) < 0)
		return "cannot rename";
	sync_folder(path);
	return NULL;
}

void store_save(struct engine *e, const char *path)
{
	static bool failed; /* said once, until it works again */
	char fresh[PATH_MAX];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer};
	int n = snprintf(fresh, sizeof fresh, "%s.new", path);
	state_write(&t, e);
	errno = ENAMETOOLONG;
	const char *what =
		n < 0 || (size_t)n >= sizeof fresh || t.overflow ? "cannot write" : replace(path, fresh, &t);
	e->dirty = what != NULL;
	if (what && !failed)
		log_line("-s %s: %s %s: %s", path, what, fresh, strerror(errno));
	if (!what && failed)
		log_line("-s %s: written again", path);
	failed = what != NULL;
}
