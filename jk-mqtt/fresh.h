/* SPDX-License-Identifier: MIT */
#ifndef FRESH_H
#define FRESH_H

#include <stdbool.h>
#include <stdint.h>

/*
 * When was a message published?  MQTT 3.1.1 does not tell.  What is known is that it was after the socket was last seen empty:
 * that is the time which a command gets, so that one that waited while this program was stopped, or the machine suspended,
 * is not taken for a new one.  Pure: the time is handed in, that of a clock which goes on during a suspension.
 *
 * What does not fit into the socket stays at the broker until there is room, so after a pause old messages may come for a while
 * though the socket was empty between.  Until it is quiet they all count as old.
 */

enum {
	FRESH_PAUSE_US = 1000000,  /* without a look at the socket, of which there are two a second */
	FRESH_QUIET_US = 1000000,  /* without a message: what was kept back has come */
	FRESH_DOUBT_US = 10000000, /* or after this time: messages that never pause are new ones */
};

struct fresh {
	int64_t empty_us; /* the socket was empty then */
	int64_t look_us;  /* the last look */
	int64_t heard_us; /* the last message, or the end of the pause */
	int64_t woken_us; /* the end of the pause */
	bool doubt;
};

/* A connection has begun: a clean session, so whatever comes is new. */
void fresh_begin(struct fresh *f, int64_t now_us);

/* A look at the socket.  True: the first one after a pause. */
bool fresh_look(struct fresh *f, bool empty, int64_t now_us);

/* A message has come: the time before which it was not published. */
int64_t fresh_message(struct fresh *f, int64_t now_us);

#endif
