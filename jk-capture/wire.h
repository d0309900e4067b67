/* SPDX-License-Identifier: MIT */
#ifndef WIRE_H
#define WIRE_H

#include "capture.h"
#include "link.h"
#include "options.h"
#include "output.h"
#include "poller.h"
#include "requests.h"
#include "rhythm.h"

/*
 * A serial line or a gateway, listened to and, if that is asked for, polled: the link, who polls it, and the requests from
 * elsewhere, in step with one clock that is handed in.
 */

enum { WIRE_LINK, WIRE_OUTPUT, WIRE_REQUESTS, WIRE_POLLS };

struct wire {
	struct capture *capture;
	struct output *output;
	struct link link;
	struct poller poller;
	struct rhythm rhythm; /* of a bus that is only listened to */
	int64_t silence_us;   /* of the options; 0: not given */
	struct requests requests;
	bool polls, takes_requests;
	int64_t due_us; /* when wire_act was to be called again at the latest */
	bool was_open; /* at any time */
	int64_t (*clock_us)(void); /* looked at once more before a request goes out; NULL: the time handed in will do */
	bool fetched;  /* what is transmitted next came from elsewhere */
};

/* seed: of the random part of yielding. */
void wire_begin(struct wire *w, const struct options *options, const struct link_kind *kind, void *opener,
		struct capture *capture, struct output *output, uint64_t seed);

/* What to wait for, and until when. */
void wire_poll(const struct wire *w, struct pollfd fds[WIRE_POLLS]);
int64_t wire_deadline(const struct wire *w);

/* After the waiting: what happened to those file descriptors. */
void wire_act(struct wire *w, const struct pollfd fds[WIRE_POLLS], int64_t now_us);

/* Transmits nothing more; true if nothing is in flight either. */
bool wire_stop(struct wire *w);
void wire_end(struct wire *w, int64_t now_us);

/* All of that until the program is told to stop.  What is in flight then is waited for, GRACE_US at most. */
void wire_run(const struct options *options, struct capture *capture, struct output *output);

#endif
