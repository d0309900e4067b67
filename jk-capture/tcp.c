/* SPDX-License-Identifier: MIT */
#include "tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "byte_stream.h"

enum { UNACKNOWLEDGED_MS = 10000 };

static void set_option(int fd, int level, int name, int value)
{
	/* The link works without it, too; a dead peer is only noticed later. */
	(void)setsockopt(fd, level, name, &value, sizeof value);
}

/*
 * True if both ends of the connection are the same socket.  When nobody listens on a local port of the
 * ephemeral range, the kernel may one day choose that port for our own end: the connect then succeeds, to
 * ourselves, and the gateway cannot bind its port any more.
 */
static bool is_self_connected(int fd)
{
	struct sockaddr_storage own = {0}, peer = {0};
	socklen_t own_size = sizeof own, peer_size = sizeof peer;
	return getsockname(fd, (struct sockaddr *)&own, &own_size) == 0 &&
	       getpeername(fd, (struct sockaddr *)&peer, &peer_size) == 0 && own_size == peer_size &&
	       memcmp(&own, &peer, own_size) == 0;
}

/* Returns 0 or an errno; EINPROGRESS: the connection is being made. */
static int try_connect(int fd, const struct address *a)
{
	if (connect(fd, (const struct sockaddr *)&a->storage, a->size) < 0)
		return errno;
	return is_self_connected(fd) ? ECONNREFUSED : 0;
}

static enum transport_opening opened(struct transport *t)
{
	set_option(t->fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(t->fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(t->fd, IPPROTO_TCP, TCP_KEEPIDLE, 5);
	set_option(t->fd, IPPROTO_TCP, TCP_KEEPINTVL, 2);
	set_option(t->fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
	set_option(t->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS);
	return TRANSPORT_OPENED;
}

static void close_socket(struct transport *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

/* Tries the next addresses until one does not fail at once. */
static enum transport_opening connect_next(struct transport *t, int64_t now_us, int last_error)
{
	struct tcp *c = t->opener;
	close_socket(t);
	while (c->next_address < c->resolver.answer.count) {
		const struct address *a = &c->resolver.answer.addresses[c->next_address++];
		t->fd = socket(a->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		last_error = t->fd < 0 ? errno : try_connect(t->fd, a);
		if (last_error == 0)
			return opened(t);
		if (last_error == EINPROGRESS) {
			c->connecting = true;
			t->events = POLLOUT;
			t->deadline_us = now_us + TCP_CONNECT_US;
			return TRANSPORT_WAITING;
		}
		close_socket(t);
	}
	snprintf(t->reason, sizeof t->reason, "cannot connect: %s", strerror(last_error));
	return TRANSPORT_FAILED;
}

static enum transport_opening resolved(struct transport *t, int64_t now_us)
{
	struct tcp *c = t->opener;
	c->next_address = 0;
	t->fd = -1;
	if (c->resolver.answer.count > 0)
		return connect_next(t, now_us, 0);
	snprintf(t->reason, sizeof t->reason, "cannot look up the host: %s", c->resolver.answer.fault);
	return TRANSPORT_FAILED;
}

static enum transport_opening begin(struct transport *t, int64_t now_us)
{
	struct tcp *c = t->opener;
	c->connecting = false;
	if (resolve_begin(&c->resolver, c->host, c->port))
		return resolved(t, now_us);
	t->fd = c->resolver.fd;
	t->events = POLLIN;
	t->deadline_us = now_us + TCP_RESOLVE_US;
	return TRANSPORT_WAITING;
}

static enum transport_opening ready(struct transport *t, int64_t now_us)
{
	struct tcp *c = t->opener;
	if (!c->connecting)
		return resolve_read(&c->resolver) ? resolved(t, now_us) : TRANSPORT_WAITING;
	int error = 0;
	socklen_t size = sizeof error;
	if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		error = errno;
	if (error == 0 && is_self_connected(t->fd))
		error = ECONNREFUSED;
	return error == 0 ? opened(t) : connect_next(t, now_us, error);
}

static enum transport_opening late(struct transport *t, int64_t now_us)
{
	struct tcp *c = t->opener;
	if (c->connecting)
		return connect_next(t, now_us, ETIMEDOUT);
	snprintf(t->reason, sizeof t->reason, "cannot look up the host: no answer");
	return TRANSPORT_FAILED;
}

static void close_all(struct transport *t)
{
	struct tcp *c = t->opener;
	if (t->fd != c->resolver.fd)
		close_socket(t);
	t->fd = -1;
	resolve_stop(&c->resolver);
}

const struct transport_kind tcp_kind = {
	.begin = begin,
	.ready = ready,
	.late = late,
	.read = byte_stream_read,
	.write = byte_stream_write,
	.close = close_all,
	.gone = "closed by the other side",
	.opened = "connected",
};

void tcp_begin(struct tcp *c, const char *host, const char *port)
{
	*c = (struct tcp){.host = host, .port = port};
	resolve_init(&c->resolver);
}
