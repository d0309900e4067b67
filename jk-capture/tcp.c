/* SPDX-License-Identifier: MIT */
#include "tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { UNACKNOWLEDGED_MS = 10000 };

static void set_option(int fd, int level, int name, int value)
{
	/* Without one of them the link works too, only that its death is noticed later. */
	(void)setsockopt(fd, level, name, &value, sizeof value);
}

/*
 * A port of this machine that nobody listens on, among those from which connections are made, is one day chosen for our own
 * end too: then the connection leads to ourselves, and keeps the gateway from coming back to its port.
 */
static bool leads_to_ourselves(int fd)
{
	struct sockaddr_storage own = {0}, peer = {0};
	socklen_t own_size = sizeof own, peer_size = sizeof peer;
	return getsockname(fd, (struct sockaddr *)&own, &own_size) == 0 &&
	       getpeername(fd, (struct sockaddr *)&peer, &peer_size) == 0 && own_size == peer_size &&
	       memcmp(&own, &peer, own_size) == 0;
}

/* 0, or the error; EINPROGRESS: it is under way. */
static int try_connect(int fd, const struct address *a)
{
	if (connect(fd, (const struct sockaddr *)&a->storage, a->size) < 0)
		return errno;
	return leads_to_ourselves(fd) ? ECONNREFUSED : 0;
}

static enum transport_opening opened(struct transport *l)
{
	set_option(l->fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(l->fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(l->fd, IPPROTO_TCP, TCP_KEEPIDLE, 5);
	set_option(l->fd, IPPROTO_TCP, TCP_KEEPINTVL, 2);
	set_option(l->fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
	set_option(l->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS);
	return TRANSPORT_OPENED;
}

static void close_socket(struct transport *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

/* The next of the addresses that does not fail at once. */
static enum transport_opening connect_next(struct transport *l, int64_t now_us, int last_error)
{
	struct tcp *t = l->opener;
	close_socket(l);
	while (t->next_address < t->resolver.answer.count) {
		const struct address *a = &t->resolver.answer.addresses[t->next_address++];
		l->fd = socket(a->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		last_error = l->fd < 0 ? errno : try_connect(l->fd, a);
		if (last_error == 0)
			return opened(l);
		if (last_error == EINPROGRESS) {
			t->connecting = true;
			l->events = POLLOUT;
			l->deadline_us = now_us + TCP_CONNECT_US;
			return TRANSPORT_WAITING;
		}
		close_socket(l);
	}
	snprintf(l->reason, sizeof l->reason, "cannot connect: %s", strerror(last_error));
	return TRANSPORT_FAILED;
}

static enum transport_opening resolved(struct transport *l, int64_t now_us)
{
	struct tcp *t = l->opener;
	t->next_address = 0;
	l->fd = -1;
	if (t->resolver.answer.count > 0)
		return connect_next(l, now_us, 0);
	snprintf(l->reason, sizeof l->reason, "cannot look the host up: %s", t->resolver.answer.fault);
	return TRANSPORT_FAILED;
}

static enum transport_opening begin(struct transport *l, int64_t now_us)
{
	struct tcp *t = l->opener;
	t->connecting = false;
	if (resolve_begin(&t->resolver, t->host, t->port))
		return resolved(l, now_us);
	l->fd = t->resolver.fd;
	l->events = POLLIN;
	l->deadline_us = now_us + TCP_RESOLVE_US;
	return TRANSPORT_WAITING;
}

static enum transport_opening ready(struct transport *l, int64_t now_us)
{
	struct tcp *t = l->opener;
	if (!t->connecting)
		return resolve_read(&t->resolver) ? resolved(l, now_us) : TRANSPORT_WAITING;
	int error = 0;
	socklen_t size = sizeof error;
	if (getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		error = errno;
	if (error == 0 && leads_to_ourselves(l->fd))
		error = ECONNREFUSED;
	return error == 0 ? opened(l) : connect_next(l, now_us, error);
}

static enum transport_opening late(struct transport *l, int64_t now_us)
{
	struct tcp *t = l->opener;
	if (t->connecting)
		return connect_next(l, now_us, ETIMEDOUT);
	snprintf(l->reason, sizeof l->reason, "cannot look the host up: no answer");
	return TRANSPORT_FAILED;
}

static void close_all(struct transport *l)
{
	struct tcp *t = l->opener;
	if (l->fd != t->resolver.fd)
		close_socket(l);
	l->fd = -1;
	resolve_stop(&t->resolver);
}

const struct transport_kind tcp_kind = {
	.begin = begin,
	.ready = ready,
	.late = late,
	.close = close_all,
	.gone = "closed by the other side",
	.opened = "connected",
};

void tcp_begin(struct tcp *t, const char *host, const char *port)
{
	*t = (struct tcp){.host = host, .port = port};
	resolve_init(&t->resolver);
}
