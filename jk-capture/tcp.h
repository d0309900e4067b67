/* SPDX-License-Identifier: MIT */
#ifndef TCP_H
#define TCP_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "capture.h"
#include "conduct.h"
#include "resolve.h"

/*
 * A transparent RS485 gateway.  The connection is made, and made again for ever: after an error, when the other side closes it,
 * and when a link that had data has had none for TCP_SILENT_US.  The pause between attempts doubles from
 * TCP_BACKOFF_MIN_US to TCP_BACKOFF_MAX_US; a byte that was received resets it, an accepted connection alone does not.
 * Nothing is ever transmitted.
 */

enum {
	TCP_BACKOFF_MIN_US = 250000,
	TCP_BACKOFF_MAX_US = 5000000,
	TCP_CONNECT_US = 5000000,  /* for one address to answer */
	TCP_RESOLVE_US = 30000000, /* for the name's look-up */
	TCP_SILENT_US = 10000000,  /* over twice the cycle of a bus master */
	TCP_HOST_MAX = 255,
};

enum tcp_state { TCP_PAUSING, TCP_RESOLVING, TCP_CONNECTING, TCP_OPEN, TCP_STATES };

struct tcp {
	struct capture *capture;
	const char *source; /* as given, for !open */
	const char *host, *port;
	int ready_fd;
	enum tcp_state state;
	int fd; /* the socket; -1 without one */
	struct resolver resolver;
	size_t next_address;
	int64_t deadline_us; /* of the state; INT64_MAX: none */
	int64_t backoff_us;
	bool had_data, was_open;
	struct log_limit log;
	char said[128]; /* the reason last said, so that a long outage is not said again and again */
};

void tcp_begin(struct tcp *t, struct capture *capture, const char *source, const char *host, const char *port,
	       int ready_fd);

/* What to wait for, and until when. */
struct pollfd tcp_poll(const struct tcp *t);
int64_t tcp_deadline(const struct tcp *t);

/* After the waiting: what happened to the file descriptor, 0 if nothing. */
void tcp_act(struct tcp *t, short revents, int64_t now_us);

void tcp_end(struct tcp *t);

#endif
