/* SPDX-License-Identifier: MIT */
#include "bus.h"

#include <string.h>

#include "frame.h"
#include "hex.h"

enum {
	TIME_MAX = 24, /* bytes of "(1763856000.123456) " with the longest time */
	HEADER_DIGITS = 8,
	TYPE_DIGITS = HEADER_DIGITS + 2,
};

struct channel *bus_find(struct bus *b, const char *name, size_t n)
{
	for (size_t i = 0; i < b->count; i++)
		if (memcmp(b->channels[i].name, name, n) == 0 && b->channels[i].name[n] == '\0')
			return &b->channels[i];
	return NULL;
}

struct channel *bus_channel(struct bus *b, const char *name, size_t n)
{
	struct channel *channel = bus_find(b, name, n);
	if (channel)
		return channel;
	b->full = b->full || b->count == CHANNELS_MAX;
	if (b->count == CHANNELS_MAX)
		return NULL;
	channel = &b->channels[b->count++];
	memset(channel, 0, sizeof *channel);
	memcpy(channel->name, name, n);
	channel->fifo = b->fifo;
	return channel;
}

/* The start of a line's channel and of what follows it; false if it has no such shape. */
static bool find_body(const char *p, size_t n, const char **name, size_t *size, const char **body)
{
	const char *end = p + n;
	if (n == 0 || *p != '(')
		return false;
	const char *at = memchr(p, ')', n < TIME_MAX ? n : TIME_MAX);
	if (!at || ++at == end || *at != ' ')
		return false;
	while (at < end && *at == ' ')
		at++;
	size_t left = (size_t)(end - at);
	const char *blank = memchr(at, ' ', left < CHANNEL_MAX + 1 ? left : CHANNEL_MAX + 1);
	if (!blank)
		return false;
	*name = at;
	*size = (size_t)(blank - at);
	*body = blank + 1;
	return true;
}

bool bus_interesting(struct bus *b, const char *p, size_t n)
{
	const char *name, *body;
	size_t size;
	if (!find_body(p, n, &name, &size, &body))
		return false;
	size_t left = (size_t)(p + n - body);
	if (left > 0 && *body == '!')
		return true;
	if (left < 3 || body[2] != '#') /* no RS485 */
		return false;
	const char *data = body + 3;
	bool frame = left > 3 + FRAME_SIZE && memcmp(data, "55AAEB90", HEADER_DIGITS) == 0;
	if (frame && memcmp(data + HEADER_DIGITS, "02", 2) != 0)
		return true;
	const struct channel *channel = bus_find(b, name, size);
	return !channel || (!frame && channel->exchange.command);
}

bool bus_frame(const struct line *line, uint8_t frame[FRAME_SIZE], enum frame_type *type)
{
	if (line->data_size < 2 * FRAME_SIZE || line->data_size > 2 * (FRAME_SIZE + FRAME_PADDING_MAX))
		return false;
	for (size_t i = 2 * FRAME_SIZE; i < line->data_size; i++)
		if (line->data[i] != '0')
			return false;
	if (!hex_decode(line->data, frame, FRAME_SIZE) ||
	    frame_magic_match(frame, FRAME_SIZE) != FRAME_MAGIC_SIZE || !frame_sum_fits(frame))
		return false;
	*type = (enum frame_type)frame[FRAME_TYPE_OFFSET];
	return *type == FRAME_SETTINGS || *type == FRAME_ABOUT;
}
