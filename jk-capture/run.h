/* SPDX-License-Identifier: MIT */
#ifndef RUN_H
#define RUN_H

#include "activity.h"
#include "capture.h"
#include "line_output.h"
#include "options.h"
#include "poller.h"
#include "process.h"
#include "rhythm.h"
#include "transport.h"
#include "tx_requests.h"

/*
 * A serial line or a gateway that is listened to and, with -a, polled: transport, poller and requests from
 * elsewhere, driven by times that are handed in.
 */

enum { RUN_LINK, RUN_OUTPUT, RUN_REQUESTS, RUN_POLLS };

struct run {
	struct capture *capture;
	struct line_output *output;
	struct transport link;
	struct poller poller;
	struct rhythm rhythm; /* of a bus that is only listened to */
	int64_t silence_us;   /* of the options; 0: not given */
	struct tx_requests requests;
	struct activity activity;
	bool polls, takes_requests;
	int64_t due_us; /* when run_act should have been called at the latest */
	bool was_open;  /* at any time so far */
	/* read again before a request goes out; NULL: the time handed in is used */
	int64_t (*clock_us)(void);
	bool fetched; /* the next request to transmit came from elsewhere */
};

/* seed: of the random delays. */
void run_begin(struct run *w, const struct options *options, const struct transport_kind *kind, void *opener,
	       struct capture *capture, struct line_output *output, uint64_t seed);

/* What to wait for, and until when. */
void run_poll(const struct run *w, struct pollfd fds[RUN_POLLS]);
int64_t run_deadline(const struct run *w);

/* To be called after waiting, with what happened to the descriptors. */
void run_act(struct run *w, const struct pollfd fds[RUN_POLLS], int64_t now_us);

/* Transmits nothing more.  True if nothing is in flight. */
bool run_stop(struct run *w);
void run_end(struct run *w, int64_t now_us);

/* Runs until a signal stops the program.  A request in flight is then waited for, up to GRACE_US. */
void run_run(const struct options *options, struct capture *capture, struct line_output *output);

#endif
