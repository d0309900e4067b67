/* SPDX-License-Identifier: MIT */
#ifndef FRESH_H
#define FRESH_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Estimates when a message was published, which MQTT 3.1.1 does not say.  It was after the socket was last
 * seen empty: a command gets that time, so that one which waited while this program was stopped, or the
 * machine suspended, is not taken for a new one.  Pure: the caller passes the time, of a clock that runs
 * during a suspension.
 *
 * Messages that do not fit into the socket stay at the broker, so after a pause old ones may come for a while
 * although the socket was empty in between.  All of them count as old until no more come.
 */

enum {
	FRESH_LOOK_US = 2000000,   /* the socket is looked at that often, at least */
	FRESH_PAUSE_US = 3000000,  /* since the last look */
	FRESH_QUIET_US = 1000000,  /* without a message: the backlog has come */
	FRESH_DOUBT_US = 10000000, /* or after this time: messages that never pause are new */
};

struct fresh {
	int64_t empty_us; /* when the socket was last empty */
	int64_t look_us;  /* the last look */
	int64_t heard_us; /* the last message, or the end of the pause */
	int64_t woken_us; /* the end of the pause */
	bool doubt;
};

/* Starts with a connection: its session is clean, so whatever comes is new. */
void fresh_begin(struct fresh *f, int64_t now_us);

/* Notes a look at the socket.  Returns whether it is the first after a pause. */
bool fresh_look(struct fresh *f, bool empty, int64_t now_us);

/* All that is there to read has come since then, as the system reports: it was empty until then. */
void fresh_arrived(struct fresh *f, int64_t since_us);

/* Notes a message.  Returns the earliest time at which it can have been published. */
int64_t fresh_message(struct fresh *f, int64_t now_us);

#endif
