/* SPDX-License-Identifier: MIT */
#include "byte_stream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { READ_MAX = 16384 };

static void set_reason(struct transport *t, const char *reason)
{
	snprintf(t->reason, sizeof t->reason, "%s", reason);
}

ssize_t byte_stream_read(struct transport *t, int64_t now_us)
{
	uint8_t buffer[READ_MAX];
	ssize_t n = read(t->fd, buffer, sizeof buffer);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) { /* a tty whose adapter was pulled out reports EIO */
		set_reason(t, n == 0 || errno == EIO ? t->kind->gone : strerror(errno));
		return -1;
	}
	capture_late(t->capture, now_us);
	capture_bytes(t->capture, buffer, (size_t)n, now_us);
	return n;
}

bool byte_stream_write(struct transport *t, const uint8_t *p, size_t n)
{
	ssize_t written = write(t->fd, p, n);
	if (written == (ssize_t)n)
		return true;
	/* A request of a few bytes that does not fit: nothing has left for a long while. */
	set_reason(t, written < 0 && errno != EAGAIN ? strerror(errno) : "takes nothing to transmit");
	return false;
}
