/* SPDX-License-Identifier: MIT */
#include "capture.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"

enum { CLOCK_STEP_US = 1000 };

static struct strbuf begin_line(const struct capture *c, char buffer[FRAME_LINE_MAX], int64_t time_us)
{
	struct strbuf t = {.data = buffer, .capacity = FRAME_LINE_MAX};
	frame_line_begin(&t, time_us + c->real_offset_us, c->channel);
	return t;
}

/*
 * Follows only a step of the clock, not the microseconds between two calls: lines must not seem to be out of
 * order.
 */
static void set_clock(struct capture *c, int64_t now_us)
{
	int64_t offset_us = c->real_us() - now_us;
	if (llabs(offset_us - c->real_offset_us) > CLOCK_STEP_US)
		c->real_offset_us = offset_us;
}

/*
 * Reports dropped lines where they are missing: before the next line that fits.  False if there is no room.
 */
static bool put_lost(struct capture *c, size_t next_line, int64_t time_us)
{
	char buffer[FRAME_LINE_MAX];
	struct strbuf t = begin_line(c, buffer, time_us);
	strbuf_string(&t, "!lost ");
	strbuf_unsigned(&t, c->lost_lines);
	strbuf_char(&t, ' ');
	strbuf_unsigned(&t, c->lost_bytes);
	strbuf_char(&t, '\n');
	if (line_output_room(c->output) < t.size + next_line || !line_output_line(c->output, t.data, t.size))
		return false;
	c->lost_lines = c->lost_bytes = 0;
	return true;
}

static void put_line(struct capture *c, struct strbuf *t, size_t wire_bytes, int64_t time_us)
{
	strbuf_char(t, '\n');
	if ((c->lost_lines == 0 || put_lost(c, t->size, time_us)) &&
	    line_output_line(c->output, t->data, t->size))
		return;
	c->lost_lines++;
	c->lost_bytes += wire_bytes;
}

/* Reports when two packs begin, or cease, to share an address. */
static void check_pairs(struct capture *c, const struct deframe_item *item)
{
	char buffer[40];
	struct strbuf words = {.data = buffer, .capacity = sizeof buffer - 1};
	enum pairs_news news = pairs_frame(&c->pairs, item->address, item->data, item->time_us);
	if (news == PAIRS_END)
		log_line("%s: only one pack has the address %u again", c->channel, item->address);
	if (news != PAIRS_BEGIN)
		return;
	log_line("%s: two packs answer at the address %u: give each its own with the DIP switches",
		 c->channel, item->address);
	strbuf_hex(&words, &item->address, 1);
	strbuf_string(&words, " two packs answer");
	buffer[words.size] = '\0';
	capture_event(c, "conflict", buffer, item->time_us);
}

static void keep_frame(struct capture *c, const struct deframe_item *item)
{
	c->frame.repeated = c->frame.address == item->address &&
			    memcmp(c->frame.data, item->data, sizeof c->frame.data) == 0;
	c->frame.address = item->address;
	memcpy(c->frame.data, item->data, sizeof c->frame.data);
}

static void put_item(void *context, const struct deframe_item *item)
{
	struct capture *c = context;
	char buffer[FRAME_LINE_MAX];
	struct strbuf t = begin_line(c, buffer, item->time_us);
	bool event = item->kind == DEFRAME_JUNK || item->kind == DEFRAME_ORPHAN;
	if (event) {
		strbuf_string(&t, item->kind == DEFRAME_JUNK ? "!junk " : "!orphan ");
	} else {
		strbuf_hex(&t, &item->address, 1);
		strbuf_char(&t, '#');
	}
	strbuf_hex(&t, item->data, item->size);
	if (!event)
		strbuf_string(&t, " R");
	stats_count(&c->stats, item);
	put_line(c, &t, item->size, item->time_us);
	if (item->kind == DEFRAME_FRAME) {
		check_pairs(c, item);
		keep_frame(c, item);
	}
	if (c->listener && item->kind == DEFRAME_FRAME)
		c->listener->frame(c->listener->context, item->address, item->data[JK_FRAME_TYPE_OFFSET],
				   item->time_us);
	else if (c->listener && item->kind == DEFRAME_ORPHAN)
		c->listener->orphan(c->listener->context);
}

static void put_notice(void *context, const struct modbus *message, const uint8_t *p)
{
	struct capture *c = context;
	if (c->listener)
		c->listener->message(c->listener->context, message, p);
}

void capture_transmit(struct capture *c, uint8_t address, const uint8_t *p, size_t n, int64_t now_us)
{
	char buffer[FRAME_LINE_MAX];
	capture_cut(c, now_us);
	struct strbuf t = begin_line(c, buffer, now_us);
	strbuf_hex(&t, &address, 1);
	strbuf_char(&t, '#');
	strbuf_hex(&t, p, n);
	strbuf_string(&t, " T");
	put_line(c, &t, 0, now_us);
}

static void put_event(struct capture *c, const char *name, const char *words, int64_t time_us)
{
	char buffer[FRAME_LINE_MAX];
	struct strbuf t = begin_line(c, buffer, time_us);
	strbuf_char(&t, '!');
	strbuf_string(&t, name);
	strbuf_char(&t, ' ');
	size_t room = t.capacity - t.size - 1;
	/* A user's name must not break the line. */
	for (size_t i = 0; words[i] && i < room; i++)
		strbuf_char(&t, (unsigned char)words[i] < ' ' || words[i] == 127 ? '_' : words[i]);
	put_line(c, &t, 0, time_us);
}

void capture_event(struct capture *c, const char *name, const char *words, int64_t now_us)
{
	set_clock(c, now_us);
	put_event(c, name, words, now_us);
}

void capture_event_at(struct capture *c, const char *name, const char *words, int64_t real_us)
{
	put_event(c, name, words, real_us - c->real_offset_us);
}

void capture_frame(struct capture *c, struct slice text, size_t data_bytes, enum can_heard heard,
		   int64_t real_us)
{
	char buffer[FRAME_LINE_MAX];
	int64_t time_us = real_us - c->real_offset_us;
	struct strbuf t = begin_line(c, buffer, time_us);
	strbuf_add(&t, text.p, text.n);
	c->stats.bytes += data_bytes;
	c->can_diagnosis.heard[heard]++;
	put_line(c, &t, data_bytes, time_us);
}

void capture_frames_lost(struct capture *c, uint64_t n, int64_t real_us)
{
	char buffer[40];
	struct strbuf words = {.data = buffer, .capacity = sizeof buffer - 1};
	strbuf_unsigned(&words, n);
	strbuf_string(&words, " 0");
	buffer[words.size] = '\0';
	capture_event_at(c, "lost", buffer, real_us);
}

void capture_overrun(struct capture *c, uint64_t n, int64_t now_us)
{
	char buffer[40];
	struct strbuf words = {.data = buffer, .capacity = sizeof buffer - 1};
	strbuf_string(&words, "0 ");
	strbuf_unsigned(&words, n);
	buffer[words.size] = '\0';
	capture_event(c, "lost", buffer, now_us);
}

static void put_stats(struct capture *c, int64_t now_us)
{
	char buffer[128];
	struct strbuf words = {.data = buffer, .capacity = sizeof buffer - 1};
	stats_link_words(&words, &c->stats, now_us);
	buffer[words.size] = '\0';
	capture_event(c, "stats", buffer, now_us);
	for (uint8_t i = 0; i <= MODBUS_ADDRESS_MAX; i++) {
		if (!c->stats.address[i].present && c->stats.address[i].asked == 0)
			continue;
		words.size = 0;
		stats_address_words(&words, &c->stats, i);
		buffer[words.size] = '\0';
		capture_event(c, "stats", buffer, now_us);
	}
}

void capture_begin(struct capture *c, const char *channel, struct line_output *output, int64_t now_us,
		   int64_t (*real_us)(void))
{
	c->channel = channel;
	c->real_us = real_us;
	c->listener = NULL;
	c->output = output;
	c->was_open = c->whole_frames = false;
	c->lost_lines = c->lost_bytes = 0;
	c->real_offset_us = 0;
	deframe_init(&c->deframer, put_item, put_notice, c);
	stats_begin(&c->stats, now_us);
	diagnosis_begin(&c->diagnosis);
	can_diagnosis_begin(&c->can_diagnosis);
	memset(&c->pairs, 0, sizeof c->pairs);
	set_clock(c, now_us);
}

void capture_listen(struct capture *c, const struct capture_listener *listener)
{
	c->listener = listener;
}

void capture_stalls(struct capture *c)
{
	c->deframer.silence_us = DEFRAME_STALL_US;
}

void capture_frames(struct capture *c)
{
	c->whole_frames = true;
}

void capture_polls(struct capture *c)
{
	c->diagnosis.polls = true;
}

const char *capture_channel(const struct capture *c)
{
	return c->channel;
}

int64_t capture_real_us(const struct capture *c)
{
	return c->real_us();
}

void capture_opened(struct capture *c, const char *source, int64_t now_us)
{
	bool first = !c->was_open;
	c->stats.reopened += c->was_open;
	c->was_open = true;
	capture_event(c, "open", source, now_us);
	if (!c->whole_frames)
		diagnosis_opened(&c->diagnosis, now_us);
	else if (first)
		can_diagnosis_opened(&c->can_diagnosis, now_us);
}

void capture_interface(struct capture *c, bool is_up, int64_t now_us)
{
	if (is_up)
		can_diagnosis_up(&c->can_diagnosis, now_us);
	else
		can_diagnosis_down(&c->can_diagnosis);
}

void capture_closed(struct capture *c, const char *reason, int64_t now_us)
{
	capture_cut(c, now_us);
	diagnosis_closed(&c->diagnosis, now_us);
	capture_event(c, "close", reason, now_us);
}

void capture_ended(struct capture *c, int64_t now_us)
{
	capture_cut(c, now_us);
	diagnosis_end(&c->diagnosis, &c->stats);
}

void capture_bytes(struct capture *c, const uint8_t *p, size_t n, int64_t now_us)
{
	set_clock(c, now_us);
	c->stats.bytes += n;
	if (c->listener)
		c->listener->bytes(c->listener->context, now_us);
	diagnosis_bytes(&c->diagnosis, p, n);
	deframe_bytes(&c->deframer, p, n, now_us);
}

void capture_late(struct capture *c, int64_t now_us)
{
	set_clock(c, now_us);
	deframe_late(&c->deframer, now_us);
}

void capture_time(struct capture *c, bool quiet, int64_t now_us)
{
	set_clock(c, now_us);
	if (quiet)
		deframe_silence(&c->deframer, now_us);
	if (c->whole_frames)
		can_diagnosis_time(&c->can_diagnosis, now_us);
	else
		diagnosis_time(&c->diagnosis, &c->stats, now_us);
	if (now_us < c->stats.next_us)
		return;
	put_stats(c, now_us);
	while (c->stats.next_us <= now_us) /* a suspended machine has missed some */
		c->stats.next_us += STATS_EVERY_US;
}

int64_t capture_deadline(const struct capture *c, bool listening)
{
	int64_t next_us = listening ? deframe_deadline(&c->deframer) : INT64_MAX;
	if (c->stats.next_us < next_us)
		next_us = c->stats.next_us;
	int64_t diagnosis_us = c->whole_frames ? c->can_diagnosis.due_us : diagnosis_deadline(&c->diagnosis);
	return diagnosis_us < next_us ? diagnosis_us : next_us;
}

void capture_cut(struct capture *c, int64_t now_us)
{
	set_clock(c, now_us);
	deframe_end(&c->deframer);
}

bool capture_undecided(const struct capture *c)
{
	return deframe_undecided(&c->deframer);
}

bool capture_begun(const struct capture *c, uint8_t address)
{
	return deframe_begun(&c->deframer, address);
}

bool capture_suspects_two_packs(const struct capture *c, uint8_t address, int64_t now_us)
{
	return pairs_suspected(&c->pairs, address, now_us);
}

bool capture_repeated(const struct capture *c)
{
	return c->frame.repeated;
}

uint64_t capture_junk_bytes(const struct capture *c)
{
	return c->stats.junk_bytes;
}

void capture_requested(struct capture *c, uint8_t address, enum frame_type type, bool certain, int64_t now_us)
{
	deframe_asked(&c->deframer, certain ? address : 0, type, now_us);
	stats_asked(&c->stats, address);
}

void capture_overdue(struct capture *c, uint8_t address)
{
	stats_asked(&c->stats, address);
}

void capture_answered(struct capture *c, uint8_t address, int64_t took_us)
{
	stats_answer(&c->stats, address, took_us);
}

void capture_timeout(struct capture *c, uint8_t address, const char *what, int64_t now_us)
{
	char buffer[16];
	struct strbuf words = {.data = buffer, .capacity = sizeof buffer - 1};
	strbuf_hex(&words, &address, 1);
	strbuf_char(&words, ' ');
	strbuf_string(&words, what);
	buffer[words.size] = '\0';
	stats_timeout(&c->stats, address);
	capture_event(c, "timeout", buffer, now_us);
}

void capture_listens(struct capture *c)
{
	deframe_listens(&c->deframer);
}

void capture_finish(struct capture *c, int64_t now_us)
{
	if (c->lost_lines > 0)
		log_line("%llu lines with %llu bytes of the wire were lost: stdout was full",
			 (unsigned long long)c->lost_lines, (unsigned long long)c->lost_bytes);
	line_output_finish(c->output); /* may be the end */
	if (c->lost_lines > 0 && put_lost(c, 0, now_us))
		line_output_finish(c->output);
}
