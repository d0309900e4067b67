/* SPDX-License-Identifier: MIT */
#include "outbox_queue.h"

#include <stdlib.h>
#include <string.h>

bool outbox_queue_begin(struct outbox_queue *q, uint64_t most)
{
	*q = (struct outbox_queue){.ring = calloc((size_t)most, sizeof *q->ring), .most = most};
	return q->ring;
}

static void queue_free(struct queued *q)
{
	free(q->topic);
	*q = (struct queued){0};
}

void outbox_queue_end(struct outbox_queue *q)
{
	for (; q->first < q->end; q->first++)
		queue_free(&q->ring[q->first % q->most]);
	free(q->ring);
}

static void drop_oldest(struct outbox_queue *q)
{
	struct queued *oldest = &q->ring[q->first % q->most];
	if (!oldest->acknowledged)
		q->dropped++;
	q->changes++;
	q->bytes -= oldest->bytes;
	queue_free(oldest);
	q->first++;
	if (q->send < q->first)
		q->send = q->first;
}

bool outbox_queue_add(struct outbox_queue *q, const char *topic, const char *payload, size_t size)
{
	size_t n = strlen(topic) + 1;
	while (q->end > q->first && (q->end - q->first >= q->most || q->bytes + n + size > QUEUE_BYTES_MAX))
		drop_oldest(q);
	char *block = malloc(n + size + 1);
	if (!block) {
		q->dropped++;
		return false;
	}
	memcpy(block, topic, n);
	memcpy(block + n, payload, size);
	q->ring[q->end % q->most] =
		(struct queued){.topic = block, .payload = block + n, .size = size, .bytes = n + size};
	q->end++;
	q->bytes += n + size;
	q->changes++;
	return true;
}

struct queued *outbox_queue_get(const struct outbox_queue *q, uint64_t number)
{
	return number >= q->first && number < q->end ? &q->ring[number % q->most] : NULL;
}

void outbox_queue_acknowledged(struct outbox_queue *q, uint64_t number)
{
	struct queued *message = outbox_queue_get(q, number);
	if (message) {
		message->acknowledged = true;
		q->changes++;
	}
	while (q->first < q->end && q->ring[q->first % q->most].acknowledged)
		drop_oldest(q);
}

uint64_t outbox_queue_put(const struct outbox_queue *q, struct strbuf *t)
{
	uint64_t count = 0;
	for (uint64_t number = q->first; number < q->end; number++) {
		const struct queued *m = &q->ring[number % q->most];
		if (m->acknowledged)
			continue;
		strbuf_string(t, m->topic);
		strbuf_char(t, ' ');
		strbuf_add(t, m->payload, m->size);
		strbuf_char(t, '\n');
		count++;
	}
	return count;
}

size_t outbox_queue_text_size(const struct outbox_queue *q)
{
	return q->bytes + (size_t)(q->end - q->first); /* the blank is in the place of the topic's NUL */
}
