/* SPDX-License-Identifier: MIT */
#ifndef BYTE_STREAM_H
#define BYTE_STREAM_H

#include "transport.h"

/*
 * The read and write of transports whose file descriptor is a stream of the line's bytes: a tty or a socket.
 */

ssize_t byte_stream_read(struct transport *t, int64_t now_us);
bool byte_stream_write(struct transport *t, const uint8_t *p, size_t n);

#endif
