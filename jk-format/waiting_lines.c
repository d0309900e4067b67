/* SPDX-License-Identifier: MIT */
#include "waiting_lines.h"

#include <stdlib.h>
#include <string.h>

bool lines_begin(struct lines *q, size_t size)
{
	*q = (struct lines){.data = malloc(size), .size = size};
	return q->data != NULL;
}

/* Bytes of the line that begins `from` bytes behind the first one. */
static size_t line_size(const struct lines *q, size_t from)
{
	size_t at = (q->begin + from) % q->size, left = q->used - from;
	size_t n = left < q->size - at ? left : q->size - at; /* up to the end of the buffer */
	const char *end = memchr(q->data + at, '\n', n);
	if (end)
		return (size_t)(end - (q->data + at)) + 1;
	end = memchr(q->data, '\n', left - n);
	return end ? n + (size_t)(end - q->data) + 1 : left;
}

/* Moves the n bytes at the begin, which are being sent, over a line behind them that is dropped. */
static void move_over(struct lines *q, size_t n, size_t line)
{
	while (n-- > 0)
		q->data[(q->begin + n + line) % q->size] = q->data[(q->begin + n) % q->size];
	q->begin = (q->begin + line) % q->size;
	q->used -= line;
}

/* Those behind what is being sent: it was copied when it was sent, so that only its place is kept. */
static void drop_oldest(struct lines *q, size_t room)
{
	while (q->size - q->used < room && q->used > q->sent) {
		move_over(q, q->sent, line_size(q, q->sent));
		q->waiting--;
		q->dropped++;
	}
}

bool lines_have_room(const struct lines *q, size_t n)
{
	return q->size - q->used >= n;
}

void lines_add(struct lines *q, const char *p, size_t n)
{
	drop_oldest(q, n);
	if (!lines_have_room(q, n)) {
		q->dropped++;
		return;
	}
	size_t at = (q->begin + q->used) % q->size, first = q->size - at < n ? q->size - at : n;
	memcpy(q->data + at, p, first);
	memcpy(q->data, p + first, n - first);
	q->used += n;
	q->waiting++;
}

void lines_send(struct lines *q, size_t most, struct lines_part part[2])
{
	size_t n = 0;
	q->sending = 0;
	while (n < q->used) {
		size_t line = line_size(q, n);
		if (n > 0 && n + line > most)
			break;
		n += line;
		q->sending++;
	}
	q->sent = n;
	size_t first = q->size - q->begin < n ? q->size - q->begin : n;
	part[0] = (struct lines_part){q->data + q->begin, first};
	part[1] = (struct lines_part){q->data, n - first};
}

void lines_sent(struct lines *q, enum lines_fate fate)
{
	if (fate != LINES_AGAIN) {
		*(fate == LINES_REJECTED ? &q->rejected : &q->acknowledged) += q->sending;
		q->waiting -= q->sending;
		q->begin = (q->begin + q->sent) % q->size;
		q->used -= q->sent;
	}
	q->sent = q->sending = 0;
}
