/* SPDX-License-Identifier: MIT */
#ifndef TX_REQUESTS_H
#define TX_REQUESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "capture.h"
#include "fifo.h"
#include "line_reader.h"
#include "transaction.h"

/*
 * Requests from elsewhere, which want to be transmitted: lines of the frame stream from the FIFO of -x,
 *
 *   (1763856000.123456) ttyUSB0 01#011010780002040000000121FB
 *
 * with the time at which they were written.  Each is transmitted in its turn or ends in one event, !refused REASON HEX:
 * a word of gate.h; channel, syntax; listening, while another master is there; busy, over TX_REQUESTS_MAX waiting; stale, if it
 * has waited for TX_REQUESTS_STALE_US, so that none fires long after whoever sent it has given it up, or if its time is more than
 * TX_REQUESTS_AHEAD_US ahead: the clock was set back since, and how old it is cannot be known; link, if the link failed at that
 * moment; stopping, if the program was told to stop.
 */

enum {
	TX_REQUESTS_MAX = 16,
	TX_REQUESTS_STALE_US = 5000000,
	TX_REQUESTS_AHEAD_US = 1000000,
};

struct tx_requests_waiting {
	struct request request;
	int64_t stale_us; /* monotonic */
};

struct tx_requests {
	struct capture *capture;
	struct line_reader reader;
	struct fifo_watch watch;
	struct tx_requests_waiting waiting[TX_REQUESTS_MAX];
	size_t count;
};

/* fd: of the FIFO, see fifo.h. */
void tx_requests_begin(struct tx_requests *r, int fd, const char *path, struct capture *capture);

/* From now on tx_requests_time looks whether the path still leads to it, and opens what is there instead. */
void tx_requests_watch(struct tx_requests *r);

/* The n bytes of a request that was fetched could not be transmitted: the event with this reason. */
void tx_requests_refuse(struct tx_requests *r, const char *reason, const void *p, size_t n, int64_t now_us);

/* Nothing more is transmitted: what still waits is refused. */
void tx_requests_end(struct tx_requests *r, int64_t now_us);

/* There is something to read.  The real time, for how old a line is. */
void tx_requests_read(struct tx_requests *r, int64_t now_us, int64_t real_us);

/* Refuses what is stale; all, if another master is there. */
void tx_requests_time(struct tx_requests *r, bool listening, int64_t now_us);

/* When tx_requests_time should be called; INT64_MAX: there is nothing to wait for. */
int64_t tx_requests_deadline(const struct tx_requests *r);

/* Takes the first one out, unless it is a write and none may go out; false if there is none. */
bool tx_requests_fetch(struct tx_requests *r, struct request *request, bool writes, int64_t now_us);

#endif
