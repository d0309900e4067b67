/* SPDX-License-Identifier: MIT */
#ifndef TCP_H
#define TCP_H

#include "resolve.h"
#include "transport.h"

/*
 * A transparent RS485 gateway.  Its name is looked up for each attempt, and its addresses are tried in turn.
 * Keepalive and TCP_USER_TIMEOUT detect a peer that has vanished.
 */

enum {
	TCP_CONNECT_US = 5000000,  /* for one address to accept */
	TCP_RESOLVE_US = 30000000, /* for looking up the name */
	TCP_HOST_MAX = 255,
};

/* The opener of a transport of this kind. */
struct tcp {
	const char *host, *port;
	struct resolver resolver;
	size_t next_address;
	bool connecting;
};

extern const struct transport_kind tcp_kind;

void tcp_begin(struct tcp *t, const char *host, const char *port);

#endif
