/* SPDX-License-Identifier: MIT */
#include "branch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "line_piece.h"
#include "process.h"

enum {
	RETRY_US = 1000000,
	BEHIND = 128 * 1024, /* so many bytes that are not read yet show that the reader is not fast enough */
};

static enum branch_kind kind_of(const char *path)
{
	struct stat status;
	if (stat(path, &status) < 0)
		return BRANCH_FILE;
	switch (status.st_mode & S_IFMT) {
	case S_IFIFO:
		return BRANCH_FIFO;
	case S_IFREG:
		return BRANCH_FILE;
	case S_IFCHR:
		return BRANCH_DEVICE;
	default:
		die(EXIT_USAGE, "%s: neither a FIFO, a file nor a device", path);
	}
}

/* Logged once, until it is over. */
static void fail(struct branch *b, const char *what, int64_t now_us)
{
	if (!b->failed)
		log_line("%s: %s: %s; trying again every second", b->path, what, strerror(errno));
	b->failed = true;
	b->retry_us = now_us + RETRY_US;
	if (b->kind == BRANCH_DEVICE && b->fd >= 0)
		close(b->fd); /* a terminal that hung up needs a new open */
	if (b->kind == BRANCH_DEVICE)
		b->fd = -1;
}

/* A file whose copier has ended before its time. */
static bool is_without_copier(const struct branch *b)
{
	return b->kind == BRANCH_FILE && b->copier.alive < 0 && b->copier.to >= 0;
}

static void open_again(struct branch *b, int64_t now_us)
{
	if (b->kind == BRANCH_DEVICE) {
		b->fd = open(b->path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (b->fd < 0)
			fail(b, "cannot open", now_us);
	} else if (is_without_copier(b) && !copier_restart(&b->copier)) {
		fail(b, "cannot start a process for it", now_us);
	}
}

void branch_begin(struct branch *b, const char *path)
{
	*b = (struct branch){.path = path, .kind = kind_of(path), .fd = -1, .copier.alive = -1};
	if (!backlog_begin(&b->backlog))
		die(EXIT_SYSTEM, "%s: %s", path, strerror(errno));
	if (b->kind == BRANCH_FIFO) {
		b->fd = fifo_open_or_die("the branch", path);
		fifo_watch_begin(&b->watch, "the branch", path);
		b->watch.written = true;
	} else if (b->kind == BRANCH_FILE) {
		if (!copier_begin(&b->copier, path))
			die(EXIT_SYSTEM, "%s: %s", path, strerror(errno));
		b->fd = b->copier.to;
	} else {
		open_again(b, 0);
	}
}

static void note_loss(struct branch *b)
{
	if (!b->losing && log_allowed(&b->limit))
		log_line("%s: takes no more: lines are lost", b->path);
	b->losing = true;
}

/* The report of a gap is about to go out: what it reports is logged as well. */
static void report_loss(struct branch *b)
{
	if (b->losing && log_allowed(&b->limit))
		log_line("%s: %" PRIu64 " lines were lost", b->path, b->backlog.reported);
	b->losing = false;
}

/* One write.  False if it takes nothing now. */
static bool write_some(struct branch *b, const char *p, size_t n, size_t *done, int64_t now_us)
{
	ssize_t written = write(b->fd, p, n);
	*done = written > 0 ? (size_t)written : 0;
	b->taken = b->taken || written > 0;
	if (written < 0 && errno != EAGAIN && errno != EINTR)
		fail(b, "cannot write", now_us);
	if (written > 0 && b->failed) {
		log_line("%s: written again", b->path);
		b->failed = false;
		b->retry_us = 0;
	}
	return *done == n;
}

static bool may_write(const struct branch *b, int64_t now_us)
{
	return b->fd >= 0 && now_us >= b->retry_us;
}

static void write_backlog(struct branch *b, int64_t now_us)
{
	bool more = true;
	while (more && !backlog_empty(&b->backlog)) {
		const char *p;
		bool report;
		size_t done, n = backlog_next(&b->backlog, &p, &report);
		more = write_some(b, p, n, &done, now_us);
		if (report && done > 0)
			report_loss(b);
		backlog_written(&b->backlog, done);
	}
}

/* The path may lead to another FIFO now.  It is looked at only when something is written. */
static void follow_path(struct branch *b, int64_t now_us)
{
	int unread = 0, fd = b->kind == BRANCH_FIFO ? fifo_watch_look(&b->watch, b->fd, now_us) : -1;
	if (fd < 0)
		return;
	if (ioctl(b->fd, FIONREAD, &unread) == 0 && unread > 0)
		log_line("%s: %d bytes in the FIFO that was replaced are lost", b->path, unread);
	b->backlog.begun = false;
	close(b->fd);
	b->fd = fd;
}

void branch_lines(struct branch *b, const char *p, size_t n, int64_t now_us)
{
	size_t done = 0;
	follow_path(b, now_us);
	for (bool more = may_write(b, now_us) && backlog_empty(&b->backlog); more && n > 0;
	     p += done, n -= done)
		more = write_some(b, p, line_piece(p, n, false), &done, now_us);
	if (n == 0)
		return;
	if (done > 0 && p[-1] != '\n')
		b->backlog.begun = true;
	if (!backlog_add(&b->backlog, p, n))
		note_loss(b);
}

bool branch_shares(struct branch *b, int64_t now_us)
{
	follow_path(b, now_us);
	return b->kind != BRANCH_DEVICE && may_write(b, now_us) && !b->failed && backlog_empty(&b->backlog);
}

void branch_shared(struct branch *b, const char *p, size_t n, size_t shared, int64_t now_us)
{
	if (shared == 0)
		branch_lines(b, p, n, now_us);
	if (shared == 0 || shared == n)
		return;
	b->backlog.begun = p[shared - 1] != '\n'; /* it was empty, and the pipe is full */
	if (!backlog_add(&b->backlog, p + shared, n - shared))
		note_loss(b);
}

bool branch_is_behind(struct branch *b)
{
	int unread = 0;
	bool taken = b->taken;
	b->taken = false;
	if (b->losing && !taken)
		return false;
	return !backlog_empty(&b->backlog) || (ioctl(b->fd, FIONREAD, &unread) == 0 && unread > BEHIND);
}

void branch_long_line(struct branch *b, size_t n)
{
	backlog_drop_long(&b->backlog, n);
	note_loss(b);
}

void branch_act(struct branch *b, int64_t now_us)
{
	if (b->retry_us == 0 || now_us < b->retry_us)
		return;
	b->retry_us = 0;
	if ((b->kind == BRANCH_DEVICE && b->fd < 0) || is_without_copier(b))
		open_again(b, now_us);
	if (may_write(b, now_us))
		write_backlog(b, now_us);
}

void branch_poll(const struct branch *b, struct pollfd fds[BRANCH_POLLED])
{
	bool writes = !backlog_empty(&b->backlog) && b->retry_us == 0;
	fds[0] = (struct pollfd){.fd = writes ? b->fd : -1, .events = POLLOUT};
	fds[1] = (struct pollfd){.fd = b->kind == BRANCH_FILE ? b->copier.alive : -1};
}

void branch_polled(struct branch *b, const struct pollfd fds[BRANCH_POLLED], int64_t now_us)
{
	if (fds[1].revents) {
		copier_ended(&b->copier);
		if (is_without_copier(b)) {
			log_line("%s: the process that writes it has ended; starting another", b->path);
			b->retry_us = now_us + RETRY_US;
		}
	}
	if (fds[0].revents)
		write_backlog(b, now_us);
}

int64_t branch_deadline_us(const struct branch *b)
{
	return b->retry_us ? b->retry_us : INT64_MAX;
}

void branch_close(struct branch *b)
{
	if (b->kind == BRANCH_FILE && backlog_empty(&b->backlog) && b->copier.to >= 0) {
		copier_close(&b->copier);
		b->fd = -1;
	}
}

bool branch_done(const struct branch *b)
{
	return backlog_empty(&b->backlog) && (b->kind != BRANCH_FILE || b->copier.alive < 0);
}

void branch_give_up(struct branch *b)
{
	uint64_t lines = backlog_give_up(&b->backlog);
	if (lines > 0)
		log_line("%s: %" PRIu64 " lines were lost at the end", b->path, lines);
	if (b->copier.alive >= 0) {
		log_line("%s: what the process that writes it still has is lost", b->path);
		copier_kill(&b->copier);
	}
}
