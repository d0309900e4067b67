/* SPDX-License-Identifier: MIT */
#ifndef PAIR_H
#define PAIR_H

#include <sys/socket.h>
#include <unistd.h>

#include "byte_stream.h"
#include "transport.h"
#include "unit.h"

/* A transport for tests: a socket pair, whose other end is the bus. */

static int pair_end;            /* the other end */
static bool pair_takes_nothing; /* from its opening on its buffers are full */

static enum transport_opening pair_open(struct transport *l, int64_t time_us)
{
	static const uint8_t zeros[4096];
	int fds[2];
	(void)time_us;
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	l->fd = fds[0];
	pair_end = fds[1];
	while (pair_takes_nothing && write(l->fd, zeros, sizeof zeros) > 0)
		;
	return TRANSPORT_OPENED;
}

static enum transport_opening pair_no_step(struct transport *l, int64_t time_us)
{
	(void)l, (void)time_us;
	return TRANSPORT_FAILED;
}

static void pair_close(struct transport *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

static const struct transport_kind pair_kind = {.begin = pair_open,
						.ready = pair_no_step,
						.late = pair_no_step,
						.read = byte_stream_read,
						.write = byte_stream_write,
						.close = pair_close,
						.gone = "",
						.opened = "again"};

#endif
