/* SPDX-License-Identifier: MIT */
#include "transport.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "process.h"

enum { READ_MAX = 16384 };

/* Says the reason, once for each outage and reason, and pauses. */
void transport_fail(struct transport *l, const char *reason, int64_t now_us)
{
	bool lost = l->state == TRANSPORT_OPEN;
	char words[TRANSPORT_REASON_MAX];
	snprintf(words, sizeof words, "%s", reason); /* it may be l->reason, which closing may change */
	l->kind->close(l);
	if (lost)
		diagnosis_closed(&l->capture->hint, now_us);
	if (lost || strcmp(l->said, words) != 0) {
		capture_cut(l->capture, now_us);
		capture_event(l->capture, "close", words, now_us);
	}
	if (strcmp(l->said, words) != 0 && log_allowed(&l->log))
		log_line("%s: %s; trying again", l->source, words);
	snprintf(l->said, sizeof l->said, "%s", words);
	l->state = TRANSPORT_PAUSING;
	l->deadline_us = now_us + l->backoff_us;
	l->backoff_us =
		2 * l->backoff_us < TRANSPORT_BACKOFF_MAX_US ? 2 * l->backoff_us : TRANSPORT_BACKOFF_MAX_US;
}

static void opened(struct transport *l, int64_t now_us)
{
	l->state = TRANSPORT_OPEN;
	l->was_silent = false;
	l->events = POLLIN;
	l->deadline_us = l->had_data ? now_us + l->silent_us : INT64_MAX;
	if (l->was_open)
		l->capture->stats.reopened++;
	capture_event(l->capture, "open", l->source, now_us);
	diagnosis_opened(&l->capture->hint, now_us);
	process_ready(l->ready_fd);
	l->ready_fd = -1;
	l->was_open = true;
}

static void follow(struct transport *l, enum transport_opening step, int64_t now_us)
{
	l->state = TRANSPORT_OPENING;
	if (step == TRANSPORT_OPENED)
		opened(l, now_us);
	else if (step == TRANSPORT_FAILED)
		transport_fail(l, l->reason, now_us);
}

/* ---- what happens in each state: something on the file descriptor, or the end of its time ---- */

static size_t pausing_late(struct transport *l, int64_t now_us)
{
	follow(l, l->kind->begin(l, now_us), now_us);
	return 0;
}

static size_t opening_ready(struct transport *l, int64_t now_us)
{
	follow(l, l->kind->ready(l, now_us), now_us);
	return 0;
}

static size_t opening_late(struct transport *l, int64_t now_us)
{
	follow(l, l->kind->late(l, now_us), now_us);
	return 0;
}

static size_t open_ready(struct transport *l, int64_t now_us)
{
	uint8_t buffer[READ_MAX];
	ssize_t n = read(l->fd, buffer, sizeof buffer);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		transport_fail(l, n == 0 || errno == EIO ? l->kind->gone : strerror(errno), now_us);
		return 0;
	}
	if (l->said[0] && log_allowed(&l->log))
		log_line("%s: %s", l->source, l->kind->opened);
	l->had_data = true;
	l->backoff_us = TRANSPORT_BACKOFF_MIN_US;
	l->said[0] = '\0';
	l->deadline_us = now_us + l->silent_us;
	capture_late(l->capture, now_us);
	capture_bytes(l->capture, buffer, (size_t)n, now_us);
	if (l->kind->received)
		l->kind->received(l, now_us);
	return (size_t)n;
}

static size_t open_late(struct transport *l, int64_t now_us)
{
	l->was_silent = true;
	transport_fail(l, "silent", now_us);
	return 0;
}

static const struct {
	size_t (*ready)(struct transport *l, int64_t now_us);
	size_t (*late)(struct transport *l, int64_t now_us);
} states[TRANSPORT_STATES] = {
	[TRANSPORT_PAUSING] = {NULL, pausing_late},
	[TRANSPORT_OPENING] = {opening_ready, opening_late},
	[TRANSPORT_OPEN] = {open_ready, open_late},
};

void transport_begin(struct transport *l, const struct transport_kind *kind, void *opener,
		     struct capture *capture, const char *source, int ready_fd)
{
	*l = (struct transport){.kind = kind,
				.opener = opener,
				.capture = capture,
				.source = source,
				.ready_fd = ready_fd,
				.fd = -1,
				.state = TRANSPORT_PAUSING,
				.silent_us = TRANSPORT_SILENT_US,
				.backoff_us = TRANSPORT_BACKOFF_MIN_US};
}

struct pollfd transport_poll(const struct transport *l)
{
	int fd = l->state == TRANSPORT_PAUSING ? -1 : l->fd; /* -1: ppoll passes over it */
	return (struct pollfd){.fd = fd, .events = l->events};
}

int64_t transport_deadline(const struct transport *l)
{
	return l->deadline_us;
}

size_t transport_act(struct transport *l, short revents, int64_t now_us)
{
	if (revents && states[l->state].ready)
		return states[l->state].ready(l, now_us);
	return now_us >= l->deadline_us ? states[l->state].late(l, now_us) : 0;
}

void transport_held_up(struct transport *l, int64_t by_us)
{
	if (l->state == TRANSPORT_OPEN && l->deadline_us != INT64_MAX)
		l->deadline_us += by_us;
}

bool transport_is_open(const struct transport *l)
{
	return l->state == TRANSPORT_OPEN;
}

bool transport_send(struct transport *l, const uint8_t *p, size_t n, int64_t now_us)
{
	ssize_t written = write(l->fd, p, n);
	if (written == (ssize_t)n)
		return true;
	/* A request of a few bytes that does not fit: nothing has left for a long while. */
	transport_fail(l, written < 0 && errno != EAGAIN ? strerror(errno) : "takes nothing to transmit",
		       now_us);
	return false;
}

void transport_end(struct transport *l, int64_t now_us)
{
	if (l->state == TRANSPORT_OPEN)
		capture_event(l->capture, "close", "told to stop", now_us);
	l->kind->close(l);
}
