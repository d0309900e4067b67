/* SPDX-License-Identifier: MIT */
#ifndef OUTBOX_QUEUE_H
#define OUTBOX_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "strbuf.h"
#include "suspicion.h"

/* Messages in the order in which they were made, until they are acknowledged. */

enum {
	QUEUE_MAX = 10000,          /* messages; beyond it the oldest is dropped and counted */
	QUEUE_RESULTS_MAX = 1000,   /* results of commands */
	QUEUE_BYTES_MAX = 16000000, /* and so it is beyond these, topics included */
};

struct queued {
	char *topic, *payload; /* one block */
	size_t size, bytes;
	bool acknowledged;
	struct suspicion suspicion;
};

struct outbox_queue {
	struct queued *ring; /* of `most` messages */
	uint64_t most;
	uint64_t first, send, end; /* numbers of messages: the oldest, the next to send, the next to come */
	size_t bytes;
	uint64_t dropped;
	uint64_t changes; /* messages that were added, acknowledged or dropped */
};

/* For `most` messages at a time.  Returns false if there is no memory. */
bool outbox_queue_begin(struct outbox_queue *q, uint64_t most);
void outbox_queue_end(struct outbox_queue *q);

/* Drops the oldest if there is no room.  Returns false if there is no memory: then this one is dropped. */
bool outbox_queue_add(struct outbox_queue *q, const char *topic, const char *payload, size_t size);

/* The message with this number; NULL if it has been dropped. */
struct queued *outbox_queue_get(const struct outbox_queue *q, uint64_t number);

/* Marks a message, and frees the oldest as far as they are acknowledged. */
void outbox_queue_acknowledged(struct outbox_queue *q, uint64_t number);

/* A line for each message that is not acknowledged: TOPIC PAYLOAD.  Returns how many; and their size. */
uint64_t outbox_queue_put(const struct outbox_queue *q, struct strbuf *t);
size_t outbox_queue_text_size(const struct outbox_queue *q);

#endif
