/* SPDX-License-Identifier: MIT */
#include "stream_events.h"

#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "hex.h"
#include "jk_frame.h"
#include "modbus.h"
#include "number.h"
#include "request.h"
#include "slice.h"

static bool is_ours(const struct request *r, struct slice hex)
{
	uint8_t bytes[REQUEST_MAX];
	return r->command && hex.n == 2 * r->size && hex_decode(hex.p, bytes, r->size) &&
	       memcmp(bytes, r->bytes, r->size) == 0;
}

static struct slice words_of(const struct frame_line *line)
{
	return (struct slice){line->data, line->data_size};
}

/* A word as a string, cut if it is too long. */
static void copy_word(char *to, size_t size, struct slice word)
{
	snprintf(to, size, "%.*s", (int)(word.n < size ? word.n : size - 1), word.n > 0 ? word.p : "");
}

typedef void event(struct environment *env, struct channel *channel, const struct frame_line *line,
		   struct now now);

/* !refused REASON HEX: of our request, unless that is already on the wire. */
static void refused(struct environment *env, struct channel *channel, const struct frame_line *line,
		    struct now now)
{
	struct slice rest = words_of(line), reason = slice_word(&rest), hex = slice_word(&rest);
	bool link = slice_is(reason, "link"); /* the T line of a write comes before the attempt */
	if (!is_ours(&channel->request, hex) || (channel->request.transmitted && !link))
		return;
	char word[32];
	copy_word(word, sizeof word, reason);
	if (slice_is(reason, "stale") || slice_is(reason, "busy") || link)
		request_postpone(env, channel, now);
	else if (slice_is(reason, "listening"))
		request_unanswered(env, channel, (struct unanswered){.silence = SILENCE_LISTENING}, now);
	else
		request_unanswered(env, channel,
				   (struct unanswered){.silence = SILENCE_REFUSED, .word = word}, now);
}

/* !timeout ADDR WHAT */
static void timed_out(struct environment *env, struct channel *channel, const struct frame_line *line,
		      struct now now)
{
	struct slice rest = words_of(line), address = slice_word(&rest), what = slice_word(&rest);
	const struct request *r = &channel->request;
	int64_t number;
	if (!r->command || !r->transmitted ||
	    !number_parse(address.p, address.n, BMS_MIN, BMS_MAX, &number) || number != r->command->address ||
	    !slice_is(what, r->type ? field_tables[r->type]->name : "write"))
		return;
	request_unanswered(env, channel, (struct unanswered){.silence = SILENCE_NO_ANSWER}, now);
}

/* !mode poll|listen [REASON] */
static void mode_changed(struct environment *env, struct channel *channel, const struct frame_line *line,
			 struct now now)
{
	(void)env, (void)now;
	struct slice rest = words_of(line), mode = slice_word(&rest);
	channel->listening = slice_is(mode, "listen");
	channel->present = true;
	channel->rs485 = channel->rs485 || !channel->listening;
	copy_word(channel->mode, sizeof channel->mode, slice_word(&rest));
}

/* !open: perhaps of another bus, so what is known of the packs may be wrong. */
static void opened(struct environment *env, struct channel *channel, const struct frame_line *line,
		   struct now now)
{
	(void)env, (void)line, (void)now;
	for (size_t i = 0; i < PACKS; i++) {
		memset(channel->packs[i].known, 0, sizeof channel->packs[i].known);
		memset(channel->packs[i].unread, 0, sizeof channel->packs[i].unread);
	}
}

/*
 * !lost: the answer may be among the lost lines; so may be the event that the capture polls again.  If it
 * does not, it refuses the request.
 */
static void lost(struct environment *env, struct channel *channel, const struct frame_line *line,
		 struct now now)
{
	(void)env, (void)line, (void)now;
	channel->request.missed = true;
	channel->listening = false;
}

/*
 * !conflict ADDR: from now on two packs have this address.  No event says that it is over, and a link that is
 * opened again does not mean that.
 */
static void conflict(struct environment *env, struct channel *channel, const struct frame_line *line,
		     struct now now)
{
	(void)env, (void)now;
	struct slice rest = words_of(line), address = slice_word(&rest);
	uint8_t number;
	if (address.n == 2 && hex_decode(address.p, &number, 1) && number <= BMS_MAX)
		channel->packs[number].shared = true;
}

static const struct {
	const char *name;
	bool makes_channel; /* the channel may be new */
	event *take;
} events[] = {
	{"mode", true, mode_changed}, {"refused", false, refused}, {"timeout", false, timed_out},
	{"open", false, opened},      {"lost", false, lost},       {"conflict", true, conflict},
};

static void take_event(struct environment *env, struct bus *bus, const struct frame_line *line,
		       struct now now)
{
	const struct slice name = {line->name, line->name_size};
	for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
		if (!slice_is(name, events[i].name))
			continue;
		struct channel *channel = events[i].makes_channel
						  ? bus_channel(bus, line->channel, line->channel_size)
						  : bus_find(bus, line->channel, line->channel_size);
		if (channel)
			events[i].take(env, channel, line, now);
	}
}

/* A T line: the request is on the wire, and the time for its answer begins. */
static void take_transmitted(struct channel *channel, const struct frame_line *line, struct now now)
{
	struct request *r = &channel->request;
	if (!r->delivered || r->transmitted || !is_ours(r, words_of(line)))
		return;
	r->transmitted = true;
	r->deadline_us = now.us + ANSWER_US;
	if (r->type == 0) /* the capture may have kept it for seconds */
		channel->packs[r->command->address].writes.last_us = now.us;
}

/* An acknowledgement or an exception from the BMS of the request. */
static void take_message(struct environment *env, struct channel *channel, const struct frame_line *line,
			 struct now now)
{
	const struct request *r = &channel->request;
	uint8_t bytes[MODBUS_MAX];
	struct modbus m;
	size_t n = line->data_size / 2 < sizeof bytes ? line->data_size / 2 : sizeof bytes;
	if (!r->transmitted || line->id != r->command->address || !hex_decode(line->data, bytes, n) ||
	    modbus_parse(bytes, n, &m) != MODBUS_YES || m.address != line->id || m.function != 0x10)
		return;
	if (m.kind == MODBUS_EXCEPTION)
		request_unanswered(
			env, channel,
			(struct unanswered){.silence = SILENCE_EXCEPTION, .exception = m.exception}, now);
	else if (m.kind == MODBUS_ACK && r->type == 0 && m.reg == bytes_u16be(r->bytes + 2) &&
		 m.quantity == bytes_u16be(r->bytes + 4))
		request_answered(env, channel, NULL);
}

static void take_frame(struct environment *env, struct channel *channel, const struct frame_line *line)
{
	const struct request *r = &channel->request;
	uint8_t frame[FRAME_SIZE];
	enum frame_type type;
	if (line->id < BMS_MIN || line->id > BMS_MAX || !bus_frame(line, frame, &type))
		return;
	struct pack *pack = &channel->packs[line->id];
	bus_look(pack);
	if (r->command && r->transmitted && r->command->address == line->id && r->type == type)
		request_answered(env, channel, frame);
	/* Only now, since the answer is compared with what was known before. */
	pack->known[type] = true;
	memcpy(pack->frames[type], frame, FRAME_SIZE);
}

static void take_rs485(struct environment *env, struct channel *channel, const struct frame_line *line,
		       struct now now)
{
	channel->present = channel->rs485 = true;
	channel->can = false;
	if (line->transmitted)
		take_transmitted(channel, line, now);
	else if (line->data_size >= 2 * FRAME_SIZE)
		take_frame(env, channel, line);
	else if (channel->request.command)
		take_message(env, channel, line, now);
}

void stream_events_line(struct environment *env, struct bus *bus, const char *p, size_t n, struct now now)
{
	struct frame_line line;
	if (!bus_interesting(bus, p, n) || frame_line_parse(p, n, &line) != NULL)
		return;
	if (line.kind == FRAME_LINE_EVENT)
		take_event(env, bus, &line, now);
	if (line.kind != FRAME_LINE_RS485 && line.kind != FRAME_LINE_CAN)
		return;
	struct channel *channel = bus_channel(bus, line.channel, line.channel_size);
	if (!channel)
		return;
	if (line.kind == FRAME_LINE_CAN)
		channel->can = true; /* never present: a command that names no channel does not mean it */
	else
		take_rs485(env, channel, &line, now);
}
