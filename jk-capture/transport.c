/* SPDX-License-Identifier: MIT */
#include "transport.h"

#include <stdio.h>
#include <string.h>

#include "log.h"
#include "process.h"

/* Reports the reason, once for each outage and reason, and pauses. */
void transport_fail(struct transport *t, const char *reason, int64_t now_us)
{
	bool was_open = t->state == TRANSPORT_OPEN;
	char words[TRANSPORT_REASON_MAX];
	snprintf(words, sizeof words, "%s", reason); /* it may be t->reason, which closing may change */
	t->kind->close(t);
	if (was_open || strcmp(t->reported, words) != 0)
		capture_closed(t->capture, words, now_us);
	if (strcmp(t->reported, words) != 0 && log_allowed(&t->log))
		log_line("%s: %s; trying again", t->source, words);
	snprintf(t->reported, sizeof t->reported, "%s", words);
	t->state = TRANSPORT_PAUSING;
	t->rested_us = INT64_MAX;
	t->deadline_us = now_us + t->backoff_us;
	t->backoff_us =
		2 * t->backoff_us < TRANSPORT_BACKOFF_MAX_US ? 2 * t->backoff_us : TRANSPORT_BACKOFF_MAX_US;
}

static void opened(struct transport *t, int64_t now_us)
{
	t->state = TRANSPORT_OPEN;
	t->was_silent = false;
	t->events = POLLIN;
	t->deadline_us = t->had_data ? now_us + t->silent_us : INT64_MAX;
	capture_opened(t->capture, t->source, now_us);
	if (t->kind->greet)
		t->kind->greet(t, now_us);
	process_ready(t->ready_fd);
	t->ready_fd = -1;
	t->was_open = true;
}

static void follow(struct transport *t, enum transport_opening step, int64_t now_us)
{
	t->state = TRANSPORT_OPENING;
	if (step == TRANSPORT_OPENED)
		opened(t, now_us);
	else if (step == TRANSPORT_FAILED)
		transport_fail(t, t->reason, now_us);
}

/* ---- the events of each state: activity on the file descriptor, and the deadline ---- */

static size_t pausing_late(struct transport *t, int64_t now_us)
{
	follow(t, t->kind->begin(t, now_us), now_us);
	return 0;
}

/* Soon, not at once: one change of many may follow another. */
static size_t pausing_ready(struct transport *t, int64_t now_us)
{
	t->kind->woken(t);
	t->backoff_us = TRANSPORT_BACKOFF_MIN_US;
	if (t->deadline_us > now_us + TRANSPORT_BACKOFF_MIN_US)
		t->deadline_us = now_us + TRANSPORT_BACKOFF_MIN_US;
	return now_us >= t->deadline_us ? pausing_late(t, now_us) : 0;
}

static size_t opening_ready(struct transport *t, int64_t now_us)
{
	follow(t, t->kind->ready(t, now_us), now_us);
	return 0;
}

static size_t opening_late(struct transport *t, int64_t now_us)
{
	follow(t, t->kind->late(t, now_us), now_us);
	return 0;
}

static size_t open_ready(struct transport *t, int64_t now_us)
{
	ssize_t n = t->kind->read(t, now_us);
	t->rested_us = n > 0 && t->kind->rest_us ? now_us + t->kind->rest_us : INT64_MAX;
	if (n < 0)
		transport_fail(t, t->reason, now_us);
	if (n <= 0)
		return 0;
	if (t->reported[0] && log_allowed(&t->log))
		log_line("%s: %s", t->source, t->kind->opened);
	t->had_data = true;
	t->backoff_us = TRANSPORT_BACKOFF_MIN_US;
	t->reported[0] = '\0';
	t->deadline_us = now_us + t->silent_us;
	return (size_t)n;
}

static size_t open_late(struct transport *t, int64_t now_us)
{
	t->was_silent = true;
	transport_fail(t, "silent", now_us);
	return 0;
}

static const struct {
	size_t (*ready)(struct transport *t, int64_t now_us);
	size_t (*late)(struct transport *t, int64_t now_us);
} states[TRANSPORT_STATES] = {
	[TRANSPORT_PAUSING] = {pausing_ready, pausing_late},
	[TRANSPORT_OPENING] = {opening_ready, opening_late},
	[TRANSPORT_OPEN] = {open_ready, open_late},
};

void transport_begin(struct transport *t, const struct transport_kind *kind, void *opener,
		     struct capture *capture, const char *source, int ready_fd)
{
	*t = (struct transport){.kind = kind,
				.opener = opener,
				.capture = capture,
				.source = source,
				.ready_fd = ready_fd,
				.fd = -1,
				.state = TRANSPORT_PAUSING,
				.rested_us = INT64_MAX,
				.silent_us = TRANSPORT_SILENT_US,
				.backoff_us = TRANSPORT_BACKOFF_MIN_US};
}

struct pollfd transport_poll(const struct transport *t)
{
	if (t->rested_us != INT64_MAX) /* ppoll ignores -1 */
		return (struct pollfd){.fd = -1};
	if (t->state != TRANSPORT_PAUSING)
		return (struct pollfd){.fd = t->fd, .events = t->events};
	int fd = t->kind->watch ? t->kind->watch(t) : -1;
	return (struct pollfd){.fd = fd, .events = POLLIN};
}

static int64_t work_due(const struct transport *t)
{
	return t->state == TRANSPORT_OPEN && t->kind->due ? t->kind->due(t) : INT64_MAX;
}

int64_t transport_deadline(const struct transport *t)
{
	int64_t next_us = work_due(t) < t->rested_us ? work_due(t) : t->rested_us;
	return next_us < t->deadline_us ? next_us : t->deadline_us;
}

size_t transport_act(struct transport *t, short revents, int64_t now_us)
{
	if (now_us >= work_due(t) && !t->kind->work(t, now_us)) {
		transport_fail(t, t->reason, now_us);
		return 0;
	}
	if ((revents || now_us >= t->rested_us) && states[t->state].ready)
		return states[t->state].ready(t, now_us);
	return now_us >= t->deadline_us ? states[t->state].late(t, now_us) : 0;
}

void transport_suspended(struct transport *t, int64_t by_us)
{
	if (t->state == TRANSPORT_OPEN && t->deadline_us != INT64_MAX)
		t->deadline_us += by_us;
}

bool transport_is_open(const struct transport *t)
{
	return t->state == TRANSPORT_OPEN;
}

bool transport_send(struct transport *t, const uint8_t *p, size_t n, int64_t now_us)
{
	if (t->kind->write(t, p, n))
		return true;
	transport_fail(t, t->reason, now_us);
	return false;
}

void transport_end(struct transport *t, int64_t now_us)
{
	if (t->rested_us != INT64_MAX)
		t->kind->read(t, now_us);
	if (t->state == TRANSPORT_OPEN)
		capture_closed(t->capture, "told to stop", now_us);
	t->kind->close(t);
}
