/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "hex.h"
#include "jk_frame.h"
#include "modbus.h"
#include "number.h"
#include "queue_parts.h"

/* What the lines of the stream say. */

static bool is_word(const char *p, size_t n, const char *word)
{
	return strlen(word) == n && memcmp(p, word, n) == 0;
}

/* The next word of an event. */
static size_t next_word(const char **p, size_t *n, const char **word)
{
	while (*n > 0 && **p == ' ')
		++*p, --*n;
	*word = *p;
	while (*n > 0 && **p != ' ')
		++*p, --*n;
	return (size_t)(*p - *word);
}

static bool is_ours(const struct request *e, const char *hex, size_t n)
{
	uint8_t bytes[REQUEST_MAX];
	return e->command && n == 2 * e->size && hex_decode(hex, bytes, e->size) &&
	       memcmp(bytes, e->bytes, e->size) == 0;
}

/* !refused REASON HEX: of our request, unless that is already on the wire. */
static void refused(struct queue *q, struct channel *channel, const struct frame_line *line, struct now now)
{
	const char *p = line->data, *reason, *hex;
	size_t n = line->data_size, size = next_word(&p, &n, &reason);
	size_t digits = next_word(&p, &n, &hex);
	bool link = is_word(reason, size, "link"); /* the T line of a write comes before the attempt */
	if (!is_ours(&channel->request, hex, digits) || (channel->request.transmitted && !link))
		return;
	char word[32];
	snprintf(word, sizeof word, "%.*s", (int)(size < sizeof word ? size : sizeof word - 1), reason);
	if (strcmp(word, "stale") == 0 || strcmp(word, "busy") == 0 || link)
		request_postpone(q, channel, now);
	else if (strcmp(word, "listening") == 0)
		request_unanswered(q, channel, (struct unanswered){.silence = SILENCE_LISTENING}, now);
	else
		request_unanswered(q, channel, (struct unanswered){.silence = SILENCE_REFUSED, .word = word},
				   now);
}

/* !timeout ADDR WHAT */
static void timed_out(struct queue *q, struct channel *channel, const struct frame_line *line, struct now now)
{
	const char *p = line->data, *address, *what;
	size_t n = line->data_size, size = next_word(&p, &n, &address), chars = next_word(&p, &n, &what);
	const struct request *e = &channel->request;
	int64_t number;
	if (!e->command || !e->transmitted || !number_parse(address, size, BMS_MIN, BMS_MAX, &number) ||
	    number != e->command->address ||
	    !is_word(what, chars, e->type ? field_tables[e->type]->name : "write"))
		return;
	request_unanswered(q, channel, (struct unanswered){.silence = SILENCE_NO_ANSWER}, now);
}

static void mode_changed(struct channel *channel, const struct frame_line *line)
{
	const char *p = line->data, *mode, *reason;
	size_t n = line->data_size, size = next_word(&p, &n, &mode), chars = next_word(&p, &n, &reason);
	channel->listening = is_word(mode, size, "listen");
	channel->present = true;
	channel->rs485 = channel->rs485 || !channel->listening;
	snprintf(channel->mode, sizeof channel->mode, "%.*s",
		 (int)(chars < sizeof channel->mode ? chars : sizeof channel->mode - 1), reason);
}

/* Another bus may be behind it: what is known of the packs may be wrong. */
static void opened(struct channel *channel)
{
	for (size_t i = 0; i < PACKS; i++)
		memset(channel->packs[i].known, 0, sizeof channel->packs[i].known),
			memset(channel->packs[i].unread, 0, sizeof channel->packs[i].unread);
}

/* The answer may be among those lines, or the word that the capture polls again: if it does not, it refuses the request. */
static void lost(struct channel *channel)
{
	channel->request.missed = true;
	channel->listening = false;
}

static void take_event(struct queue *q, const struct frame_line *line, struct now now)
{
	bool mode = is_word(line->name, line->name_size, "mode");
	struct channel *channel = mode ? bus_channel(&q->bus, line->channel, line->channel_size)
				       : bus_find(&q->bus, line->channel, line->channel_size);
	if (!channel)
		return;
	if (mode)
		mode_changed(channel, line);
	else if (is_word(line->name, line->name_size, "refused"))
		refused(q, channel, line, now);
	else if (is_word(line->name, line->name_size, "timeout"))
		timed_out(q, channel, line, now);
	else if (is_word(line->name, line->name_size, "open"))
		opened(channel);
	else if (is_word(line->name, line->name_size, "lost"))
		lost(channel);
}

/* A T line: our request is on the wire, and its deadline begins. */
static void take_transmitted(struct channel *channel, const struct frame_line *line, struct now now)
{
	struct request *e = &channel->request;
	if (!e->delivered || e->transmitted || !is_ours(e, line->data, line->data_size))
		return;
	e->transmitted = true;
	e->deadline_us = now.us + ANSWER_US;
	if (e->type == 0) /* the capture may have kept it for seconds */
		channel->packs[e->command->address].wrote_us = now.us;
}

/* An acknowledgement or an exception of the BMS that was asked. */
static void take_message(struct queue *q, struct channel *channel, const struct frame_line *line,
			 struct now now)
{
	const struct request *e = &channel->request;
	uint8_t bytes[MODBUS_MAX];
	struct modbus m;
	size_t n = line->data_size / 2 < sizeof bytes ? line->data_size / 2 : sizeof bytes;
	if (!e->transmitted || line->id != e->command->address || !hex_decode(line->data, bytes, n) ||
	    modbus_parse(bytes, n, &m) != MODBUS_YES || m.address != line->id || m.function != 0x10)
		return;
	if (m.kind == MODBUS_EXCEPTION)
		request_unanswered(
			q, channel,
			(struct unanswered){.silence = SILENCE_EXCEPTION, .exception = m.exception}, now);
	else if (m.kind == MODBUS_ACK && e->type == 0 && m.reg == bytes_u16be(e->bytes + 2) &&
		 m.quantity == bytes_u16be(e->bytes + 4))
		request_answered(q, channel, NULL);
}

static void take_frame(struct queue *q, struct channel *channel, const struct frame_line *line)
{
	const struct request *e = &channel->request;
	uint8_t frame[FRAME_SIZE];
	enum frame_type type;
	if (line->id < BMS_MIN || line->id > BMS_MAX || !bus_frame(line, frame, &type))
		return;
	struct pack *pack = &channel->packs[line->id];
	bus_look(pack);
	if (e->command && e->transmitted && e->command->address == line->id && e->type == type)
		request_answered(q, channel, frame);
	/* Only now: what was known before is what the answer is compared with. */
	pack->known[type] = true;
	memcpy(pack->frames[type], frame, FRAME_SIZE);
}

void queue_line(struct queue *q, const char *p, size_t n, struct now now)
{
	struct frame_line line;
	if (!bus_interesting(&q->bus, p, n) || frame_line_parse(p, n, &line) != NULL)
		return;
	if (line.kind == FRAME_LINE_EVENT)
		take_event(q, &line, now);
	if (line.kind != FRAME_LINE_RS485)
		return;
	struct channel *channel = bus_channel(&q->bus, line.channel, line.channel_size);
	if (!channel)
		return;
	channel->present = channel->rs485 = true;
	if (line.transmitted)
		take_transmitted(channel, &line, now);
	else if (line.data_size >= 2 * FRAME_SIZE)
		take_frame(q, channel, &line);
	else if (channel->request.command)
		take_message(q, channel, &line, now);
}
