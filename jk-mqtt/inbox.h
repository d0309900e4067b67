/* SPDX-License-Identifier: MIT */
#ifndef INBOX_H
#define INBOX_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What comes from the broker, from the network's thread to the one that reads records. */

enum {
	INBOX_MAX = 1024,
	INBOX_BYTES_MAX =
		20000000, /* of topics and payloads: the discovery of each of 64 devices may be long */
	/* From here on reading from the broker pauses: it may retain thousands of discovery messages. */
	INBOX_BUSY = 64,
	INBOX_BYTES_BUSY = 500000,
};

struct incoming {
	char *topic;   /* one block with the payload, which the taker frees */
	char *payload; /* with a NUL after it */
	size_t size;
	bool retained;
	int64_t real_us; /* earliest time of publication, since 1970 */
};

struct inbox {
	pthread_mutex_t lock;
	int wake_fd; /* an eventfd that is written when there is something */
	struct incoming messages[INBOX_MAX];
	size_t first, count, bytes;
	uint64_t lost; /* there was no room */
	unsigned connections;
};

void inbox_begin(struct inbox *i, int wake_fd);
void inbox_connected(struct inbox *i);
void inbox_put(struct inbox *i, const char *topic, const void *payload, size_t size, bool retained,
	       int64_t real_us);

/* Returns true if the waiting messages should be taken before more are read. */
bool inbox_busy(struct inbox *i);

/* The oldest message; false if there is none. */
bool inbox_take(struct inbox *i, struct incoming *message);

/* How many connections there have been, and how many messages were lost. */
unsigned inbox_connections(struct inbox *i, uint64_t *lost);

#endif
