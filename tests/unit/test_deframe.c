/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deframe.h"
#include "frames.h"
#include "unit.h"

/* The items that came out, in order, for comparison. */
enum { STREAM_MAX = 16384, ITEMS_MAX = 2048 };

struct line_output {
	size_t count, bytes;
	struct {
		enum deframe_kind kind;
		uint8_t address;
		size_t start, size;
		int64_t time_us;
	} items[ITEMS_MAX];
	uint8_t data[STREAM_MAX];
};

static void collect(void *context, const struct deframe_item *item)
{
	struct line_output *o = context;
	ck_assert_uint_lt(o->count, ITEMS_MAX);
	ck_assert_uint_le(item->size, STREAM_MAX - o->bytes);
	o->items[o->count].kind = item->kind;
	o->items[o->count].address = item->address;
	o->items[o->count].start = o->bytes;
	o->items[o->count].size = item->size;
	o->items[o->count].time_us = item->time_us;
	o->count++;
	memcpy(o->data + o->bytes, item->data, item->size);
	o->bytes += item->size;
}

static struct deframer deframer;
static struct line_output first, other;

/* ---- messages ---- */

struct stream {
	size_t size;
	uint8_t data[STREAM_MAX];
};

static void put(struct stream *s, const void *p, size_t n)
{
	ck_assert_uint_le(n, STREAM_MAX - s->size);
	memcpy(s->data + s->size, p, n);
	s->size += n;
}

static void put_zeros(struct stream *s, size_t n)
{
	static const uint8_t zeros[512];
	put(s, zeros, n);
}

static void put_crc(struct stream *s, uint8_t *p, size_t n)
{
	put(s, p, frames_seal(p, n));
}

static const uint8_t trigger_low[FRAME_TYPES] = {0x18, 0x1E, 0x20, 0x1C};

static void put_ack(struct stream *s, uint8_t address, uint8_t type)
{
	uint8_t p[8] = {address, 0x10, 0x16, trigger_low[type], 0, 1};
	put_crc(s, p, 6);
}

static void put_trigger(struct stream *s, uint8_t address, uint8_t type)
{
	uint8_t p[11] = {address, 0x10, 0x16, trigger_low[type], 0, 1, 2, 0, 0};
	put_crc(s, p, 9);
}

static void make_frame(uint8_t frame[FRAME_SIZE], uint8_t type, uint8_t fill)
{
	memset(frame, fill, FRAME_SIZE);
	memcpy(frame, jk_frame_magic, JK_FRAME_MAGIC_SIZE);
	frame[4] = type;
	frames_sum(frame);
}

static void put_frame(struct stream *s, uint8_t type, uint8_t fill)
{
	uint8_t frame[FRAME_SIZE];
	make_frame(frame, type, fill);
	put(s, frame, sizeof frame);
}

/* ---- a stream in one piece, and what came of it ---- */

static void run(const struct stream *s, struct line_output *o)
{
	o->count = o->bytes = 0;
	deframe_init(&deframer, collect, NULL, o);
	deframe_bytes(&deframer, s->data, s->size, 1000);
	deframe_end(&deframer);
	ck_assert_uint_eq(o->bytes, s->size);
	ck_assert_mem_eq(o->data, s->data, s->size);
}

static void expect(const struct line_output *o, size_t i, enum deframe_kind kind, int address, size_t size)
{
	ck_assert_uint_lt(i, o->count);
	ck_assert_int_eq(o->items[i].kind, kind);
	if (address >= 0)
		ck_assert_int_eq(o->items[i].address, address);
	ck_assert_uint_eq(o->items[i].size, size);
}

START_TEST(a_polled_exchange)
{
	struct stream s = {0};
	put_trigger(&s, 3, FRAME_LIVE);
	put_frame(&s, FRAME_LIVE, 7);
	put_ack(&s, 3, FRAME_LIVE);
	run(&s, &first);
	ck_assert_uint_eq(first.count, 3);
	expect(&first, 0, DEFRAME_MODBUS, 3, 11);
	expect(&first, 1, DEFRAME_FRAME, 3, FRAME_SIZE);
	expect(&first, 2, DEFRAME_MODBUS, 3, 8);
}
END_TEST

START_TEST(every_type_and_address)
{
	for (uint8_t type = 1; type < FRAME_TYPES; type++) {
		for (uint8_t address = 0; address <= 16; address++) {
			struct stream s = {0};
			put_frame(&s, type, address);
			put_ack(&s, address, type);
			run(&s, &first);
			if (address <= 15)
				expect(&first, 0, DEFRAME_FRAME, address, FRAME_SIZE);
			else
				expect(&first, 0, DEFRAME_ORPHAN, -1, FRAME_SIZE);
		}
	}
}
END_TEST

START_TEST(padding_belongs_to_what_is_before)
{
	for (size_t zeros = 0; zeros <= 70; zeros++) {
		struct stream s = {0};
		put_frame(&s, FRAME_ABOUT, 1);
		put_zeros(&s, zeros);
		put_ack(&s, 1, FRAME_ABOUT);
		put_zeros(&s, zeros);
		run(&s, &first);
		if (zeros <= 64) {
			ck_assert_uint_eq(first.count, 2);
			expect(&first, 0, DEFRAME_FRAME, 1, FRAME_SIZE + zeros);
			expect(&first, 1, DEFRAME_MODBUS, 1, 8 + zeros);
		} else {
			expect(&first, 0, DEFRAME_ORPHAN, -1, FRAME_SIZE);
			expect(&first, 1, DEFRAME_JUNK, -1, zeros);
			expect(&first, 2, DEFRAME_MODBUS, 1, 8 + 64);
			expect(&first, 3, DEFRAME_JUNK, -1, zeros - 64);
		}
	}
}
END_TEST

START_TEST(the_acknowledgement_of_address_0_begins_with_a_zero)
{
	for (size_t zeros = 0; zeros <= 66; zeros++) {
		struct stream s = {0};
		put_frame(&s, FRAME_SETTINGS, 1);
		put_zeros(&s, zeros);
		put_ack(&s, 0, FRAME_SETTINGS);
		run(&s, &first);
		expect(&first, 0, zeros <= 64 ? DEFRAME_FRAME : DEFRAME_ORPHAN, 0,
		       FRAME_SIZE + (zeros <= 64 ? zeros : 0));
		expect(&first, first.count - 1, DEFRAME_MODBUS, 0, 8);
	}
}
END_TEST

START_TEST(no_owner_without_a_fitting_acknowledgement)
{
	struct stream s = {0};
	put_frame(&s, FRAME_LIVE, 2);
	put_ack(&s, 4, FRAME_SETTINGS); /* of another type */
	put_frame(&s, FRAME_LIVE, 2);
	put_trigger(&s, 4, FRAME_LIVE); /* a request is not an acknowledgement */
	put_frame(&s, FRAME_LIVE, 2);
	put(&s, "x", 1); /* not with a byte between */
	put_ack(&s, 4, FRAME_LIVE);
	put_frame(&s, FRAME_LIVE, 2);
	put_ack(&s, 4, FRAME_LIVE);
	s.data[s.size - 1] ^= 1; /* nor with a wrong CRC */
	put_frame(&s, 9, 2);     /* nor of a type that no register asks for */
	put_ack(&s, 4, FRAME_LIVE);
	run(&s, &first);
	size_t orphans = 0;
	for (size_t i = 0; i < first.count; i++) {
		ck_assert_int_ne(first.items[i].kind, DEFRAME_FRAME);
		orphans += first.items[i].kind == DEFRAME_ORPHAN;
	}
	ck_assert_uint_eq(orphans, 5);
}
END_TEST

START_TEST(a_frame_inside_a_frame_is_data)
{
	uint8_t frame[FRAME_SIZE];
	make_frame(frame, FRAME_LIVE, 0);
	struct stream inner = {0}, s = {0};
	put(&inner, jk_frame_magic, 4);
	put_trigger(&inner, 2, FRAME_LIVE);
	put_ack(&inner, 5, FRAME_LIVE);
	memcpy(frame + 40, inner.data, inner.size);
	frames_sum(frame);
	put(&s, frame, sizeof frame);
	put_ack(&s, 6, FRAME_LIVE);
	run(&s, &first);
	ck_assert_uint_eq(first.count, 2);
	expect(&first, 0, DEFRAME_FRAME, 6, FRAME_SIZE);

	s.size = FRAME_SIZE; /* without its acknowledgement it is unknown which of the two headers is real */
	run(&s, &first);
	expect(&first, 0, DEFRAME_JUNK, -1, 44);
	expect(&first, 1, DEFRAME_MODBUS, 2, 11);
	expect(&first, 2, DEFRAME_MODBUS, 5, 8 + 64);
}
END_TEST

/* A truncated frame and the beginning of the next can have a valid checksum by chance. */
START_TEST(a_sum_that_fits_by_chance_hides_no_frame)
{
	for (size_t left = 6; left < FRAME_SIZE; left++) {
		struct stream s = {0};
		put_frame(&s, FRAME_LIVE, 3);
		s.size = left;
		put_frame(&s, FRAME_LIVE, 5);
		put_ack(&s, 7, FRAME_LIVE);
		unsigned sum = 0;
		for (size_t i = 0; i < FRAME_SIZE - 1; i++)
			sum += s.data[i];
		s.data[5] = (uint8_t)(s.data[5] + s.data[FRAME_SIZE - 1] - sum);
		ck_assert(jk_frame_sum_fits(s.data));
		run(&s, &first);
		ck_assert_uint_ge(first.count, 3);
		expect(&first, first.count - 2, DEFRAME_FRAME, 7, FRAME_SIZE);
	}
}
END_TEST

/*
 * A false header shortly before a frame that ends in zeros: both checksums are right, and one acknowledgement
 * follows both.
 */
START_TEST(the_frame_next_to_the_acknowledgement_owns_it)
{
	uint8_t frame[FRAME_SIZE];
	make_frame(frame, FRAME_ABOUT, 0);
	frame[100] = (uint8_t)(256 - 3 - 0x55 - 0xAA - 0xEB - 0x90); /* a checksum of zero */
	frames_sum(frame);
	ck_assert_uint_eq(frame[299], 0);
	struct stream s = {0};
	uint8_t noise[8] = {0x55, 0xAA, 0xEB, 0x90, 3, 0, 0, 0};
	noise[6] = (uint8_t)(256 - 3 - 0x55 - 0xAA - 0xEB - 0x90);
	put(&s, noise, sizeof noise);
	put(&s, frame, sizeof frame);
	put_ack(&s, 8, FRAME_ABOUT);
	run(&s, &first);
	expect(&first, 0, DEFRAME_JUNK, -1, 8);
	expect(&first, 1, DEFRAME_FRAME, 8, FRAME_SIZE);
}
END_TEST

START_TEST(junk_is_cut_at_every_256th)
{
	struct stream s = {0};
	for (int i = 0; i < 600; i++)
		put(&s, "\x7F", 1);
	run(&s, &first);
	ck_assert_uint_eq(first.count, 3);
	expect(&first, 0, DEFRAME_JUNK, -1, 256);
	expect(&first, 1, DEFRAME_JUNK, -1, 256);
	expect(&first, 2, DEFRAME_JUNK, -1, 88);
}
END_TEST

START_TEST(modbus_messages)
{
	static const struct {
		size_t size;
		uint8_t bytes[16];
		uint8_t address;
	} cases[] = {
		{8, {1, 3, 0x12, 0xA0, 0, 2, 0xC1, 0x51}, 1},
		{9, {1, 3, 4, 0, 0, 0, 0, 0xFA, 0x33}, 1},
		{13, {1, 16, 0x10, 0x70, 0, 2, 4, 0, 0, 0, 0, 0x39, 0x4B}, 1},
		{8, {1, 16, 0x10, 0x70, 0, 2, 0x44, 0xD3}, 1},
		{11, {1, 16, 0x16, 0x20, 0, 1, 2, 0, 0, 0xD6, 0xF1}, 1},
		{8, {0, 16, 0x16, 0x20, 0, 1, 0x05, 0x9A}, 0},
	};
	struct stream s = {0};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		put(&s, cases[i].bytes, cases[i].size);
	uint8_t exception[5] = {15, 0x90, 3};
	put_crc(&s, exception, 3);
	uint8_t one[7] = {2, 3, 2, 0x00, 0x00};
	put_crc(&s, one, 5);
	uint8_t single[8] = {2, 6, 0x10, 0x70, 0, 1};
	put_crc(&s, single, 6);
	uint8_t far[8] = {16, 3, 0x12, 0xA0, 0, 2};
	put_crc(&s, far, 6);
	put_trigger(&s, 247, FRAME_LIVE);
	put_trigger(&s, 248, FRAME_LIVE);
	run(&s, &first);
	ck_assert_uint_eq(first.count, 12);
	for (size_t i = 0; i < 6; i++)
		expect(&first, i, DEFRAME_MODBUS, cases[i].address, cases[i].size);
	expect(&first, 6, DEFRAME_MODBUS, 15, 5);
	expect(&first, 7, DEFRAME_MODBUS, 2, 7);
	expect(&first, 8, DEFRAME_MODBUS, 2, 8);
	expect(&first, 9, DEFRAME_MODBUS, 16, 8);
	expect(&first, 10, DEFRAME_MODBUS, 247, 11);
	expect(&first, 11, DEFRAME_JUNK, -1, 11);
}
END_TEST

/*
 * A device that answers at an address above 15 is not a BMS: that is junk, and never a request. A request in
 * between is found.
 */
START_TEST(answers_of_far_addresses)
{
	for (unsigned address = 16; address < 256; address++) {
		uint8_t a = (uint8_t)address, read[16] = {a, 3, 8, 0, 1, 0, 2, 0, 3, 0, 4},
			exception[5] = {a, 0x83, 2};
		struct stream s = {0};
		put_crc(&s, read, 11);
		put_ack(&s, a, FRAME_LIVE);
		put_crc(&s, exception, 3);
		size_t before = s.size;
		put_trigger(&s, 16, FRAME_LIVE);
		put_frame(&s, FRAME_LIVE, 3);
		put_ack(&s, a, FRAME_LIVE);
		run(&s, &first);
		expect(&first, 0, DEFRAME_JUNK, -1, before);
		expect(&first, 1, DEFRAME_MODBUS, 16, 11);
		expect(&first, 2, DEFRAME_ORPHAN, -1, FRAME_SIZE);
		expect(&first, 3, DEFRAME_JUNK, -1, 8);
	}
}
END_TEST

static void begin_now(int64_t silence_us)
{
	first.count = first.bytes = 0;
	deframe_init(&deframer, collect, NULL, &first);
	deframer.silence_us = silence_us;
}

/* Does what is due until then, as the main loop does. */
static void quiet_until(int64_t until_us)
{
	for (int64_t next_us; (next_us = deframe_deadline(&deframer)) <= until_us;)
		deframe_silence(&deframer, next_us);
}

static void hear_at(int64_t now_us, const uint8_t *p, size_t n)
{
	quiet_until(now_us);
	deframe_late(&deframer, now_us);
	deframe_bytes(&deframer, p, n, now_us);
}

START_TEST(silence_ends_what_is_cut)
{
	struct stream s = {0};
	put_frame(&s, FRAME_LIVE, 1);
	put_ack(&s, 2, FRAME_LIVE);
	begin_now(DEFRAME_SILENCE_US);
	ck_assert_int_eq(deframe_deadline(&deframer), INT64_MAX);
	deframe_bytes(&deframer, s.data, 100, 0); /* cut, and silence */
	ck_assert_int_eq(deframe_deadline(&deframer), 150000);
	deframe_silence(&deframer, 149999);
	ck_assert_uint_eq(first.count, 0);
	deframe_silence(&deframer, 150000);
	ck_assert_uint_eq(first.count, 1);
	expect(&first, 0, DEFRAME_JUNK, -1, 100);
	ck_assert_int_eq(deframe_deadline(&deframer), INT64_MAX);
}
END_TEST

/* Behind a gateway a begun frame waits ten times as long, at each byte, and for its acknowledgement too. */
START_TEST(a_stall_is_no_end_behind_a_gateway)
{
	struct stream s = {0};
	put_trigger(&s, 2, FRAME_LIVE);
	put_frame(&s, FRAME_LIVE, 1);
	put_ack(&s, 2, FRAME_LIVE);
	for (size_t at = 1; at < s.size; at++) {
		begin_now(DEFRAME_STALL_US);
		hear_at(0, s.data, at);
		hear_at(1499999, s.data + at, s.size - at);
		quiet_until(INT64_MAX - 1);
		ck_assert_msg(first.count == 3, "stalled behind %zu", at);
		expect(&first, 1, DEFRAME_FRAME, 2, FRAME_SIZE);
		begin_now(DEFRAME_STALL_US);
		hear_at(0, s.data, at);
		hear_at(1500001, s.data + at, s.size - at);
		quiet_until(INT64_MAX - 1);
		for (size_t i = 0; i < first.count; i++)
			ck_assert_msg(at <= 11 || first.items[i].kind != DEFRAME_FRAME,
				      "stalled behind %zu for too long", at);
		ck_assert_uint_eq(first.bytes, s.size);
	}
	begin_now(DEFRAME_STALL_US); /* several stalls */
	for (size_t at = 0; at < s.size; at += 29)
		hear_at((int64_t)at * 40000, s.data + at, s.size - at < 29 ? s.size - at : 29);
	quiet_until(INT64_MAX - 1);
	expect(&first, 1, DEFRAME_FRAME, 2, FRAME_SIZE);
}
END_TEST

/* Some transactions from which the pace of the line is learned. Returns a time after them. */
static int64_t learn(int64_t every_us)
{
	struct stream s = {0};
	put_frame(&s, FRAME_LIVE, 1);
	put_ack(&s, 1, FRAME_LIVE);
	for (int i = 0; i < 20; i++)
		hear_at(i * every_us, s.data, s.size);
	quiet_until(INT64_MAX - 1);
	first.count = first.bytes = 0;
	return 20 * every_us + 2000000;
}

/* How long after a frame an acknowledgement of another address is accepted as its own. */
static int64_t gap_until_orphan_us(int64_t every_us)
{
	struct stream s = {0};
	put_frame(&s, FRAME_LIVE, 1);
	put_ack(&s, 3, FRAME_LIVE);
	for (int64_t gap_us = 500;; gap_us += 500) {
		begin_now(DEFRAME_SILENCE_US);
		int64_t now_us = every_us > 0 ? learn(every_us) : 0;
		hear_at(now_us, s.data, FRAME_SIZE);
		hear_at(now_us + gap_us, s.data + FRAME_SIZE, 8);
		quiet_until(INT64_MAX - 1);
		ck_assert_uint_eq(first.count, 2);
		expect(&first, 1, DEFRAME_MODBUS, 3, 8);
		if (first.items[0].kind == DEFRAME_ORPHAN)
			return gap_us;
	}
}

START_TEST(after_a_gap_it_may_be_anyones)
{
	ck_assert_int_eq(gap_until_orphan_us(0), DEFRAME_GAP_FIRST_US);
	ck_assert_int_eq(gap_until_orphan_us(130000), DEFRAME_GAP_MAX_US); /* a bus master */
	ck_assert_int_eq(gap_until_orphan_us(2000000), DEFRAME_GAP_MAX_US);
	ck_assert_int_eq(gap_until_orphan_us(13000), 6500);                /* ten times as fast */
	ck_assert_int_eq(gap_until_orphan_us(1000), DEFRAME_GAP_FIRST_US); /* read together: no information */
}
END_TEST

/*
 * A request, after some time its answer without the acknowledgement, and after a gap that: whose is the
 * frame?
 */
static void check_gap(uint8_t asked, int64_t took_us, int64_t gap_us, uint8_t acknowledged, bool late,
		      enum deframe_kind kind)
{
	struct stream s = {0};
	begin_now(DEFRAME_STALL_US);
	int64_t now_us = learn(130000);
	put_trigger(&s, asked, FRAME_LIVE);
	put_frame(&s, FRAME_LIVE, 1);
	put_ack(&s, acknowledged, FRAME_LIVE);
	hear_at(now_us, s.data, 11);
	hear_at(now_us + took_us - 26000, s.data + 11, 7);
	hear_at(now_us + took_us, s.data + 18, FRAME_SIZE - 7);
	if (late) /* nothing was read meanwhile */
		deframe_late(&deframer, now_us + took_us + gap_us);
	else
		quiet_until(now_us + took_us + gap_us);
	deframe_bytes(&deframer, s.data + 11 + FRAME_SIZE, 8, now_us + took_us + gap_us);
	quiet_until(INT64_MAX - 1);
	ck_assert_uint_eq(first.bytes, s.size);
	ck_assert_msg(first.items[1].kind == kind,
		      "asked %d, after %lld us and a gap of %lld us acknowledged %d", asked,
		      (long long)took_us, (long long)gap_us, acknowledged);
	if (kind == DEFRAME_FRAME)
		ck_assert_int_eq(first.items[1].address, acknowledged);
}

START_TEST(after_a_gap_the_request_tells)
{
	for (int late = 0; late < 2; late++) {
		check_gap(3, 60000, 900000, 3, late, DEFRAME_FRAME);
		check_gap(3, 60000, 900000, 4, late, DEFRAME_ORPHAN);
		check_gap(3, 60000, 20000, 4, late,
			  DEFRAME_FRAME); /* no gap: it answered late, or with another address */
		check_gap(3, 160000, 900000, 3, late,
			  DEFRAME_ORPHAN); /* late: its own may have been lost, this is another's */
		check_gap(3, 160000, 20000, 3, late, DEFRAME_FRAME);
		check_gap(15, 427000, 20000, 0, late, DEFRAME_FRAME); /* the master reports its own frame */
		check_gap(15, 427000, 900000, 0, late, DEFRAME_ORPHAN);
		check_gap(15, 427000, 100000, 1, late, DEFRAME_ORPHAN);
		check_gap(20, 60000, 900000, 3, late, DEFRAME_ORPHAN);
	}
}
END_TEST

/* The sender is known after a request of ours, unless another that was polled before may answer late. */
START_TEST(after_a_gap_our_own_request_tells)
{
	static const struct {
		uint8_t asked, acknowledged;
		enum frame_type type;
		int64_t took_us;
		enum deframe_kind kind;
	} cases[] = {
		{3, 3, FRAME_LIVE, 300000, DEFRAME_FRAME},
		{3, 4, FRAME_LIVE, 300000, DEFRAME_ORPHAN},
		{0, 3, FRAME_LIVE, 300000, DEFRAME_ORPHAN},
		{3, 3, FRAME_ABOUT, 300000, DEFRAME_ORPHAN},
		{3, 3, FRAME_LIVE, DEFRAME_OWN_US - 1, DEFRAME_FRAME},
		{3, 3, FRAME_LIVE, DEFRAME_OWN_US, DEFRAME_ORPHAN},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct stream s = {0};
		put_frame(&s, FRAME_LIVE, 1);
		put_ack(&s, cases[i].acknowledged, FRAME_LIVE);
		begin_now(DEFRAME_SILENCE_US);
		deframe_asked(&deframer, cases[i].asked, cases[i].type, 0);
		hear_at(cases[i].took_us, s.data, FRAME_SIZE);
		hear_at(cases[i].took_us + 900000, s.data + FRAME_SIZE, 8);
		quiet_until(INT64_MAX - 1);
		expect(&first, 0, cases[i].kind, cases[i].kind == DEFRAME_FRAME ? 3 : -1, FRAME_SIZE);
		expect(&first, 1, DEFRAME_MODBUS, cases[i].acknowledged, 8);
	}
}
END_TEST

/* A message whose last byte may begin a frame is notified at once nevertheless. */
static size_t told;

static void count_told(void *context, const struct modbus *message, const uint8_t *p)
{
	(void)context, (void)p;
	ck_assert_int_eq(message->kind, MODBUS_REQUEST);
	told++;
}

START_TEST(a_request_is_told_at_once)
{
	size_t ends_so = 0;
	for (unsigned address = 0; address < 248; address++) {
		for (unsigned value = 0; value < 256; value++) {
			struct stream s = {0};
			uint8_t p[8] = {(uint8_t)address, 6, 0x10, 0x70, 0, (uint8_t)value};
			put_crc(&s, p, 6);
			ends_so += s.data[7] == 0x55;
			put_frame(&s, FRAME_LIVE, 1);
			told = first.count = first.bytes = 0;
			deframe_init(&deframer, collect, count_told, &first);
			deframe_bytes(&deframer, s.data, 8, 0);
			ck_assert_uint_eq(told, 1);
			ck_assert(!deframe_undecided(&deframer) && !deframe_begun(&deframer, 0));
			deframe_bytes(&deframer, s.data + 8, FRAME_SIZE, 0);
			deframe_end(&deframer);
			ck_assert_uint_eq(told, 1);
			expect(&first, 0, DEFRAME_MODBUS, (int)address, 8);
			expect(&first, 1, DEFRAME_ORPHAN, -1, FRAME_SIZE);
		}
	}
	ck_assert_uint_gt(ends_so, 100);
}
END_TEST

/* ---- random streams ---- */

enum { EXPECTED_MAX = 64 };

/*
 * A stream has either acknowledgements inside of frames, or damage, noise and false headers.  With both, a
 * false frame can be as valid and as acknowledged as the true one that it overlaps, and nothing would show
 * which is meant.
 */
struct expected {
	bool inner_acks;
	size_t count;
	struct {
		size_t start;
		uint8_t address;
	} frames[EXPECTED_MAX];
};

static void random_bytes(struct chance *c, uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)chance_below(c, 256);
}

/*
 * Mostly zeros, as in frames, often with something that looks like a message, a checksum of zero, or zeros at
 * the end.
 */
static void random_frame(struct chance *c, uint8_t frame[FRAME_SIZE], uint8_t type, bool with_ack)
{
	make_frame(frame, type, 0);
	if (chance_below(c, 2))
		random_bytes(c, frame + 5, 5 + chance_below(c, 290));
	struct stream inner = {0};
	if (chance_below(c, 4) == 0)
		put(&inner, jk_frame_magic, 4);
	if (with_ack && chance_below(c, 4) == 0)
		put_ack(&inner, (uint8_t)chance_below(c, 16), (uint8_t)(1 + chance_below(c, 3)));
	if (chance_below(c, 4) == 0)
		put_trigger(&inner, (uint8_t)chance_below(c, 16), (uint8_t)(1 + chance_below(c, 3)));
	/* Not within 64 bytes of the header, where the inner frame would own the acknowledgement as well. */
	memcpy(frame + 70 + chance_below(c, 200), inner.data, inner.size);
	frames_sum(frame);
	if (chance_below(c, 4) == 0) {
		frame[200] = (uint8_t)(frame[200] - frame[299]);
		frames_sum(frame);
	}
}

static void random_request(struct chance *c, struct stream *s)
{
	uint8_t p[64] = {(uint8_t)chance_below(c, chance_below(c, 2) ? 16 : 256),
			 0x10,
			 0x10,
			 (uint8_t)chance_below(c, 256),
			 0,
			 2,
			 4};
	switch (chance_below(c, 5)) {
	case 0:
		put_trigger(s, p[0], (uint8_t)(1 + chance_below(c, 3)));
		return;
	case 1:
		random_bytes(c, p + 7, 4);
		put_crc(s, p, 11);
		return;
	case 2:
		p[1] = 0x03;
		put_crc(s, p, 6);
		return;
	case 3:
		p[1] = 0x03;
		p[2] = (uint8_t)(2 * (1 + chance_below(c, 25)));
		random_bytes(c, p + 3, p[2]);
		put_crc(s, p, 3 + (size_t)p[2]);
		return;
	default:
		p[1] = 0x90;
		p[2] = (uint8_t)(1 + chance_below(c, 4));
		put_crc(s, p, 3);
	}
}

static void random_noise(struct chance *c, struct stream *s)
{
	uint8_t p[64];
	size_t n = 1 + chance_below(c, 60);
	random_bytes(c, p, n);
	if (chance_below(c, 2)) /* parts of a false start */
		for (size_t i = 0; i < n; i++)
			p[i] = (uint8_t[]){0x55, 0xAA, 0xEB, 0x90, 0, 1, 3, 16, 0x16, 0x20}[p[i] % 10];
	put(s, p, n);
}

static void random_damage(struct chance *c, struct stream *s, size_t start)
{
	size_t n = s->size - start;
	if (chance_below(c,
			 2)) /* truncated; the checksum of the rest is right at times, 1 in 256 by chance */
		s->size = start + chance_below(c, (uint32_t)n);
	else
		s->data[start + chance_below(c, (uint32_t)n)] ^= (uint8_t)(1u << chance_below(c, 8));
	if (s->size - start > 6 && chance_below(c, 3) == 0)
		s->data[start + 5] = (uint8_t)chance_below(c, 256);
}

static void random_exchange(struct chance *c, struct stream *s, struct expected *e)
{
	uint8_t address = (uint8_t)chance_below(c, 16), type = (uint8_t)(1 + chance_below(c, 3));
	if (chance_below(c, 2))
		put_trigger(s, address, type);
	if (chance_below(c, 4) == 0)
		put_trigger(s, address, type); /* an echo */
	size_t start = s->size;
	uint8_t frame[FRAME_SIZE];
	random_frame(c, frame, type, e->inner_acks);
	put(s, frame, sizeof frame);
	uint32_t fate = chance_below(c, 8);
	if (fate == 0 && !e->inner_acks)
		random_damage(c, s, start);
	put_zeros(s, chance_below(c, 3) == 0 ? chance_below(c, 65) : 0);
	size_t ack = s->size;
	if (fate != 1)
		put_ack(s, address, type);
	if (fate == 2)
		random_damage(c, s, ack);
	if (fate > 2) {
		e->frames[e->count].start = start;
		e->frames[e->count++].address = address;
	}
	put_zeros(s, chance_below(c, 3) == 0 ? chance_below(c, 80) : 0);
}

static void random_stream(struct chance *c, struct stream *s, struct expected *e)
{
	s->size = e->count = 0;
	e->inner_acks = chance_below(c, 4) == 0;
	uint32_t parts = 1 + chance_below(c, 6);
	for (uint32_t i = 0; i < parts; i++) {
		switch (e->inner_acks ? 1 + 6 * chance_below(c, 2) : chance_below(c, 8)) {
		case 0:
			random_noise(c, s);
			break;
		case 1:
			random_request(c, s);
			break;
		case 2:
			put(s, jk_frame_magic, 4);
			random_noise(c, s);
			break;
		case 3: { /* a false header whose checksum is right with what follows */
			uint8_t head[6] = {0x55, 0xAA, 0xEB, 0x90, (uint8_t)(1 + chance_below(c, 3))};
			size_t start = s->size;
			put(s, head, sizeof head);
			put_zeros(s, chance_below(c, 60));
			random_exchange(c, s, e);
			if (s->size - start < FRAME_SIZE)
				break;
			unsigned sum = 0;
			for (size_t k = 0; k < FRAME_SIZE - 1; k++)
				sum += s->data[start + k];
			s->data[start + 5] = (uint8_t)(s->data[start + FRAME_SIZE - 1] - sum);
			break;
		}
		default:
			random_exchange(c, s, e);
		}
	}
}

static void feed_in_pieces(struct chance *c, const struct stream *s, uint32_t piece_max,
			   struct line_output *o)
{
	o->count = o->bytes = 0;
	deframe_init(&deframer, collect, NULL, o);
	for (size_t i = 0; i < s->size;) {
		size_t n = 1 + chance_below(c, piece_max);
		if (n > s->size - i)
			n = s->size - i;
		deframe_bytes(&deframer, s->data + i, n, 1000);
		i += n;
	}
	deframe_end(&deframer);
}

static bool same(const struct line_output *a, const struct line_output *b)
{
	if (a->count != b->count || a->bytes != b->bytes || memcmp(a->data, b->data, a->bytes) != 0)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->items[i].kind != b->items[i].kind || a->items[i].size != b->items[i].size ||
		    a->items[i].address != b->items[i].address)
			return false;
	return true;
}

/* Every frame that must come out is there with its address, and no frame that was not sent with a sender. */
static const char *compare(const struct line_output *o, const struct expected *e)
{
	size_t found = 0;
	for (size_t i = 0; i < o->count; i++) {
		if (o->items[i].kind != DEFRAME_FRAME)
			continue;
		for (size_t k = 0; k < e->count; k++)
			if (e->frames[k].start == o->items[i].start &&
			    e->frames[k].address == o->items[i].address)
				found++;
	}
	return found == e->count ? NULL : "a valid, acknowledged frame is missing";
}

/* For debugging. */
static void show(const struct line_output *o, const struct expected *e)
{
	static const char *const kinds[] = {"frame", "modbus", "orphan", "junk"};
	for (size_t k = 0; k < e->count; k++)
		printf("# expected %zu of %d\n", e->frames[k].start, e->frames[k].address);
	for (size_t i = 0; i < o->count; i++) {
		printf("# %5zu %s %d %zu ", o->items[i].start, kinds[o->items[i].kind], o->items[i].address,
		       o->items[i].size);
		for (size_t k = 0; k < o->items[i].size; k++)
			printf("%02X", o->data[o->items[i].start + k]);
		printf("\n");
	}
	fflush(stdout);
}

START_TEST(random_streams)
{
	static struct stream s;
	static struct expected e;
	unsigned long streams = unit_environment("JK_STREAMS", 100000);
	size_t frames = 0;
	for (unsigned long i = unit_environment("JK_FIRST", 1); i <= streams; i++) {
		struct chance c = {i * UINT64_C(0x9E3779B97F4A7C15)};
		random_stream(&c, &s, &e);
		run(&s, &first); /* which checks that nothing is lost */
		frames += e.count;
		const char *wrong = compare(&first, &e);
		for (uint32_t piece_max = 1; piece_max <= 400 && !wrong; piece_max *= 20) {
			feed_in_pieces(&c, &s, piece_max, &other);
			if (!same(&first, &other))
				wrong = "another chunking, another output";
		}
		if (wrong && getenv("JK_SHOW"))
			show(&first, &e);
		ck_assert_msg(wrong == NULL, "stream %lu: %s", i, wrong);
	}
	ck_assert_uint_ge(frames, streams);
}
END_TEST

/* Twelve frames in one piece, behind the begin of one that waits: more than the buffer holds. */
START_TEST(more_than_fits_at_once)
{
	struct stream s = {0};
	for (uint8_t i = 0; i < 12; i++) {
		put_frame(&s, FRAME_LIVE, i);
		put_ack(&s, 1, FRAME_LIVE);
	}
	ck_assert_uint_gt(s.size, DEFRAME_BUFFER + FRAME_SIZE);
	begin_now(DEFRAME_SILENCE_US);
	hear_at(0, s.data, 200);
	hear_at(1000, s.data + 200, s.size - 200);
	quiet_until(INT64_MAX - 1);
	unsigned frames = 0;
	for (size_t i = 0; i < first.count; i++)
		frames += first.items[i].kind == DEFRAME_FRAME;
	ck_assert_uint_eq(frames, 12);
	ck_assert_uint_eq(first.bytes, s.size);
	ck_assert_mem_eq(first.data, s.data, s.size);
}
END_TEST

UNIT_RUN("deframe", a_polled_exchange, every_type_and_address, padding_belongs_to_what_is_before,
	 the_acknowledgement_of_address_0_begins_with_a_zero, no_owner_without_a_fitting_acknowledgement,
	 a_frame_inside_a_frame_is_data, a_sum_that_fits_by_chance_hides_no_frame,
	 the_frame_next_to_the_acknowledgement_owns_it, junk_is_cut_at_every_256th, modbus_messages,
	 answers_of_far_addresses, silence_ends_what_is_cut, a_stall_is_no_end_behind_a_gateway,
	 after_a_gap_it_may_be_anyones, after_a_gap_the_request_tells, after_a_gap_our_own_request_tells,
	 a_request_is_told_at_once, random_streams, more_than_fits_at_once)
