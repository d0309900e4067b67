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
 * Requests from elsewhere, to be transmitted: lines of the frame stream from the FIFO of -x,
 *
 *   (1763856000.123456) ttyUSB0 01#011010780002040000000121FB
 *
 * with the time at which they were written.  Each is transmitted in its turn or ends in one event, !refused
 * REASON HEX.  The reasons are those of tx_gate.h and
 *
 *   channel    it is for another channel
 *   syntax     it is not a request line
 *   listening  another master is on the bus
 *   busy       TX_REQUESTS_MAX are waiting
 *   stale      it waited for TX_REQUESTS_STALE_US, and its sender may have given up; or its time is more than
 *              TX_REQUESTS_AHEAD_US ahead: the clock was set back since, and its age is unknown
 *   link       the link failed at that moment
 *   stopping   a signal has stopped the program
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

/* fd: of the FIFO; see fifo.h. */
void tx_requests_begin(struct tx_requests *r, int fd, const char *path, struct capture *capture);

/*
 * From now on tx_requests_time checks whether the path still leads to this FIFO, and opens what replaced it.
 */
void tx_requests_watch(struct tx_requests *r);

/* Reports a fetched request of n bytes that could not be transmitted, with this reason. */
void tx_requests_refuse(struct tx_requests *r, const char *reason, const void *p, size_t n, int64_t now_us);

/* The program ends: refuses all waiting requests. */
void tx_requests_end(struct tx_requests *r, int64_t now_us);

/* The FIFO is readable. real_us: to determine the age of a line. */
void tx_requests_read(struct tx_requests *r, int64_t now_us, int64_t real_us);

/* Refuses stale requests; all of them if another master is present. */
void tx_requests_time(struct tx_requests *r, bool listening, int64_t now_us);

/* When to call tx_requests_time; INT64_MAX: never. */
int64_t tx_requests_deadline(const struct tx_requests *r);

/*
 * Removes the first request and returns it in *request.  False if there is none, or if it is a write and
 * writes are not allowed.
 */
bool tx_requests_fetch(struct tx_requests *r, struct request *request, bool writes, int64_t now_us);

#endif
