/* SPDX-License-Identifier: MIT */
#include "bus.h"

#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "jk_frame.h"

enum {
	TIME_MAX = 24, /* bytes of "(1763856000.123456) " with the longest time */
	HEADER_DIGITS = 8,
	TYPE_AT = 3 + HEADER_DIGITS, /* in "01#55AAEB9001..." */
};

struct channel *bus_find(struct bus *b, const char *name, size_t n)
{
	struct channel *last = b->last;
	if (last && memcmp(last->name, name, n) == 0 && last->name[n] == '\0')
		return last;
	struct channel *channel = name_index_find(&b->names, name, n);
	if (channel)
		b->last = channel;
	return channel;
}

static bool make_room(struct bus *b)
{
	if (b->count < b->room)
		return true;
	size_t room = b->room ? 2 * b->room : 8;
	struct channel **channels = realloc(b->channels, room * sizeof(struct channel *));
	if (!channels)
		return false;
	b->channels = channels;
	b->room = room;
	return true;
}

static struct channel *new_channel(struct bus *b, const char *name, size_t n)
{
	struct channel *channel = b->count < CHANNELS_MAX && make_room(b) ? calloc(1, sizeof *channel) : NULL;
	if (!channel)
		return NULL;
	memcpy(channel->name, name, n);
	if (!name_index_add(&b->names, &channel->by_name, channel, channel->name, n)) {
		free(channel);
		return NULL;
	}
	return b->channels[b->count++] = channel;
}

struct channel *bus_channel(struct bus *b, const char *name, size_t n)
{
	struct channel *channel = bus_find(b, name, n);
	if (channel)
		return channel;
	channel = new_channel(b, name, n);
	b->beyond += !channel;
	if (channel)
		channel->fifo = b->fifo;
	return channel;
}

void bus_end(struct bus *b)
{
	for (size_t i = 0; i < b->count; i++)
		free(b->channels[i]);
	free(b->channels);
	name_index_end(&b->names);
	*b = (struct bus){0};
}

/* Finds the channel of a line and what follows it; false if the line has another form. */
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

bool bus_frame(const struct frame_line *line, uint8_t frame[FRAME_SIZE], enum frame_type *type)
{
	if (line->data_size < 2 * FRAME_SIZE || line->data_size > 2 * (FRAME_SIZE + JK_FRAME_PADDING_MAX))
		return false;
	for (size_t i = 2 * FRAME_SIZE; i < line->data_size; i++)
		if (line->data[i] != '0')
			return false;
	if (!hex_decode(line->data, frame, FRAME_SIZE) ||
	    jk_frame_magic_match(frame, FRAME_SIZE) != JK_FRAME_MAGIC_SIZE || !jk_frame_sum_fits(frame))
		return false;
	*type = (enum frame_type)frame[JK_FRAME_TYPE_OFFSET];
	return *type == FRAME_SETTINGS || *type == FRAME_ABOUT;
}

void bus_look(struct pack *pack)
{
	for (int type = 1; type < FRAME_TYPES; type++) {
		const struct frame_line line = {.data = pack->digits[type],
						.data_size = sizeof pack->digits[type]};
		uint8_t frame[FRAME_SIZE];
		enum frame_type found;
		if (pack->unread[type] && bus_frame(&line, frame, &found)) {
			memcpy(pack->frames[found], frame, FRAME_SIZE);
			pack->known[found] = true;
		}
		pack->unread[type] = false;
	}
}

/* Keeps a frame line of the usual form, "0A#55AAEB9001... R"; false for any other. */
static bool keep(struct channel *channel, const char *body, size_t left)
{
	const size_t n = 3 + 2 * FRAME_SIZE;
	const char *digit = memchr("0123456789ABCDEF", body[1], 16);
	if (left != n && (left != n + 2 || memcmp(body + n, " R", 2) != 0))
		return false;
	if (body[0] != '0' || !digit || body[1] == '0' || body[TYPE_AT] != '0')
		return false;
	int type = body[TYPE_AT + 1] - '0';
	if (type != FRAME_SETTINGS && type != FRAME_ABOUT)
		return false;
	struct pack *pack = &channel->packs[body[1] <= '9' ? body[1] - '0' : body[1] - 'A' + 10];
	memcpy(pack->digits[type], body + 3, sizeof pack->digits[type]);
	pack->unread[type] = true;
	return true;
}

/* "2F4#...", "18F128F4#...": the id has 3 or 8 digits, and an address 2. */
static bool is_can(const char *body, size_t left)
{
	return (left > 3 && body[3] == '#') || (left > 8 && body[8] == '#');
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
	struct channel *channel = bus_find(b, name, size);
	if (left < 3 || body[2] != '#')
		return is_can(body, left) && !(channel && channel->can);
	const char *data = body + 3;
	bool frame = left > 3 + FRAME_SIZE && memcmp(data, "55AAEB90", HEADER_DIGITS) == 0;
	if (!channel || !channel->rs485 || channel->can)
		return true;
	if (frame && memcmp(data + HEADER_DIGITS, "02", 2) == 0)
		return false;
	return channel->request.command || (frame && !keep(channel, body, left));
}
