/* SPDX-License-Identifier: MIT */
#include "tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conduct.h"

enum { READ_MAX = 16384 };

static void set_option(int fd, int level, int name, int value)
{
	/* Without one of them the link works too, only that its death is noticed later. */
	(void)setsockopt(fd, level, name, &value, sizeof value);
}

static void make_lively(int fd)
{
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 5);
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 2);
	set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

static void close_socket(struct tcp *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

/* Says the reason, once for each outage and reason, and pauses. */
static void pause_for(struct tcp *t, const char *reason, int64_t now_us)
{
	bool lost = t->state == TCP_OPEN;
	close_socket(t);
	resolve_stop(&t->resolver);
	if (lost || strcmp(t->said, reason) != 0) {
		capture_cut(t->capture, now_us);
		capture_event(t->capture, "close", reason);
		if (log_allowed(&t->log))
			conduct_log("%s: %s; trying again", t->source, reason);
		snprintf(t->said, sizeof t->said, "%s", reason);
	}
	t->state = TCP_PAUSING;
	t->deadline_us = now_us + t->backoff_us;
	t->backoff_us = 2 * t->backoff_us < TCP_BACKOFF_MAX_US ? 2 * t->backoff_us : TCP_BACKOFF_MAX_US;
}

static void opened(struct tcp *t, int64_t now_us)
{
	make_lively(t->fd);
	t->state = TCP_OPEN;
	t->deadline_us = t->had_data ? now_us + TCP_SILENT_US : INT64_MAX;
	if (t->was_open)
		t->capture->stats.reopened++;
	if (t->said[0] && log_allowed(&t->log))
		conduct_log("%s: connected", t->source);
	capture_event(t->capture, "open", t->source);
	if (!t->was_open)
		capture_event(t->capture, "mode", "listen passive");
	conduct_ready(t->ready_fd);
	t->ready_fd = -1;
	t->was_open = true;
}

/* The next of the addresses that does not fail at once; a pause if none is left. */
static void connect_next(struct tcp *t, int64_t now_us, int last_error)
{
	close_socket(t);
	while (t->next_address < t->resolver.answer.count) {
		const struct address *a = &t->resolver.answer.addresses[t->next_address++];
		t->fd = socket(a->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (t->fd >= 0 && connect(t->fd, (const struct sockaddr *)&a->storage, a->size) == 0) {
			opened(t, now_us);
			return;
		}
		last_error = errno;
		if (t->fd >= 0 && last_error == EINPROGRESS) {
			t->state = TCP_CONNECTING;
			t->deadline_us = now_us + TCP_CONNECT_US;
			return;
		}
		close_socket(t);
	}
	char reason[120];
	snprintf(reason, sizeof reason, "cannot connect: %s", strerror(last_error));
	pause_for(t, reason, now_us);
}

static void resolved(struct tcp *t, int64_t now_us)
{
	t->next_address = 0;
	if (t->resolver.answer.count > 0) {
		connect_next(t, now_us, 0);
		return;
	}
	char reason[120];
	snprintf(reason, sizeof reason, "cannot look the host up: %s", t->resolver.answer.fault);
	pause_for(t, reason, now_us);
}

/* ---- what happens in each state: something on the file descriptor, or the end of its time ---- */

static void resolver_ready(struct tcp *t, int64_t now_us)
{
	if (resolve_read(&t->resolver))
		resolved(t, now_us);
}

static void resolver_late(struct tcp *t, int64_t now_us)
{
	pause_for(t, "cannot look the host up: no answer", now_us);
}

static void connect_ready(struct tcp *t, int64_t now_us)
{
	int error = 0;
	socklen_t size = sizeof error;
	if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		error = errno;
	if (error == 0)
		opened(t, now_us);
	else
		connect_next(t, now_us, error);
}

static void connect_late(struct tcp *t, int64_t now_us)
{
	connect_next(t, now_us, ETIMEDOUT);
}

static void open_ready(struct tcp *t, int64_t now_us)
{
	uint8_t buffer[READ_MAX];
	ssize_t n = read(t->fd, buffer, sizeof buffer);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		pause_for(t, n == 0 ? "closed by the other side" : strerror(errno), now_us);
		return;
	}
	t->had_data = true;
	t->backoff_us = TCP_BACKOFF_MIN_US;
	t->said[0] = '\0';
	t->deadline_us = now_us + TCP_SILENT_US;
	capture_bytes(t->capture, buffer, (size_t)n, now_us);
}

static void open_late(struct tcp *t, int64_t now_us)
{
	pause_for(t, "silent", now_us);
}

static void pausing_late(struct tcp *t, int64_t now_us)
{
	t->state = TCP_RESOLVING;
	t->deadline_us = now_us + TCP_RESOLVE_US;
	if (resolve_begin(&t->resolver, t->host, t->port))
		resolved(t, now_us);
}

static const struct {
	void (*ready)(struct tcp *t, int64_t now_us);
	void (*late)(struct tcp *t, int64_t now_us);
	short events;
} states[TCP_STATES] = {
	[TCP_PAUSING] = {NULL, pausing_late, 0},
	[TCP_RESOLVING] = {resolver_ready, resolver_late, POLLIN},
	[TCP_CONNECTING] = {connect_ready, connect_late, POLLOUT},
	[TCP_OPEN] = {open_ready, open_late, POLLIN},
};

void tcp_begin(struct tcp *t, struct capture *capture, const char *source, const char *host, const char *port,
	       int ready_fd)
{
	*t = (struct tcp){.capture = capture,
			  .source = source,
			  .host = host,
			  .port = port,
			  .ready_fd = ready_fd,
			  .fd = -1,
			  .state = TCP_PAUSING,
			  .backoff_us = TCP_BACKOFF_MIN_US};
	resolve_init(&t->resolver);
}

struct pollfd tcp_poll(const struct tcp *t)
{
	int fd = t->state == TCP_RESOLVING ? t->resolver.fd : t->fd; /* -1: ppoll passes over it */
	return (struct pollfd){.fd = fd, .events = states[t->state].events};
}

int64_t tcp_deadline(const struct tcp *t)
{
	return t->deadline_us;
}

void tcp_act(struct tcp *t, short revents, int64_t now_us)
{
	if (revents && states[t->state].ready)
		states[t->state].ready(t, now_us);
	else if (now_us >= t->deadline_us)
		states[t->state].late(t, now_us);
}

void tcp_end(struct tcp *t)
{
	if (t->state == TCP_OPEN)
		capture_event(t->capture, "close", "told to stop");
	close_socket(t);
	resolve_stop(&t->resolver);
}
