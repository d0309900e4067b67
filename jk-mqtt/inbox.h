/* SPDX-License-Identifier: MIT */
#ifndef INBOX_H
#define INBOX_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Messages of the broker: the network thread adds them, the thread that reads records takes them. */

enum {
	INBOX_MAX = 1024,
	INBOX_BYTES_MAX =
		20000000, /* of topics and payloads: each of 64 devices may have a long discovery message */
	/* From here on reading from the broker pauses: it may retain thousands of discovery messages. */
	INBOX_BUSY = 64,
	INBOX_BYTES_BUSY = 500000,
};

struct incoming {
	char *topic;   /* one block with the payload; who takes the message frees it */
	char *payload; /* with a NUL after it */
	size_t size;
	bool retained;
	int64_t real_us; /* earliest time of publication, since 1970 */
};

struct inbox {
	pthread_mutex_t lock;
	int wake_fd; /* an eventfd, written after each change */
	struct incoming messages[INBOX_MAX];
	size_t first, count, bytes;
	uint64_t lost; /* messages for which there was no room */
	unsigned connections;
	bool closed;
};

void inbox_begin(struct inbox *i, int wake_fd);

/* Counts a connection to the broker. */
void inbox_connected(struct inbox *i);

/* Adds a message, or counts it as lost if the inbox is full. */
void inbox_put(struct inbox *i, const char *topic, const void *payload, size_t size, bool retained,
	       int64_t real_us);

/* From now on nobody takes messages: what comes is dropped, and the broker is read all the same. */
void inbox_close(struct inbox *i);

/* Returns true if messages should be taken before more are read from the broker. */
bool inbox_busy(struct inbox *i);

/* Takes the oldest message; returns false if there is none. */
bool inbox_take(struct inbox *i, struct incoming *message);

/* Returns the number of connections so far, and sets *lost to the number of lost messages. */
unsigned inbox_connections(struct inbox *i, uint64_t *lost);

#endif
