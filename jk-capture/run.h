/* SPDX-License-Identifier: MIT */
#ifndef RUN_H
#define RUN_H

#include "capture.h"
#include "line_output.h"
#include "options.h"
#include "poller.h"
#include "process.h"
#include "rhythm.h"
#include "transport.h"
#include "tx_requests.h"

/*
 * A serial line or a gateway, listened to and, if that is asked for, polled: the link, who polls it, and the requests from
 * elsewhere, in step with one clock that is handed in.
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
	bool polls, takes_requests;
	int64_t due_us; /* when run_act was to be called again at the latest */
	bool was_open;  /* at any time */
	int64_t (*clock_us)(
		void); /* looked at once more before a request goes out; NULL: the time handed in will do */
	bool fetched;  /* what is transmitted next came from elsewhere */
};

/* seed: of the random part of yielding. */
void run_begin(struct run *w, const struct options *options, const struct transport_kind *kind, void *opener,
	       struct capture *capture, struct line_output *output, uint64_t seed);

/* What to wait for, and until when. */
void run_poll(const struct run *w, struct pollfd fds[RUN_POLLS]);
int64_t run_deadline(const struct run *w);

/* After the waiting: what happened to those file descriptors. */
void run_act(struct run *w, const struct pollfd fds[RUN_POLLS], int64_t now_us);

/* Transmits nothing more; true if nothing is in flight either. */
bool run_stop(struct run *w);
void run_end(struct run *w, int64_t now_us);

/* All of that until the program is told to stop.  What is in flight then is waited for, GRACE_US at most. */
void run_run(const struct options *options, struct capture *capture, struct line_output *output);

#endif
