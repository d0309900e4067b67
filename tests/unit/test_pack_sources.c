/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "pack_sources.h"
#include "unit.h"

/* A pack on two buses, on a clock that the test turns.  Times are in milliseconds. */

enum { VOLTAGE, CELLS, MAX_TEMPERATURE, KEYS };

static struct pack_sources pack;
static struct pack_key key[KEYS];
static int rs485, can;

static void begin(void)
{
	memset(&pack, 0, sizeof pack);
	memset(key, 0, sizeof key);
	rs485 = pack_source_add(&pack, PACK_SOURCE_RS485);
	can = pack_source_add(&pack, PACK_SOURCE_CAN);
}

static void live(int64_t at_ms)
{
	pack_source_record(&pack, rs485, at_ms * 1000);
	pack_key_seen(&pack, &key[VOLTAGE], rs485);
	pack_key_seen(&pack, &key[CELLS], rs485);
}

static void frame(int64_t at_ms, int k)
{
	pack_source_record(&pack, can, at_ms * 1000);
	pack_key_seen(&pack, &key[k], can);
}

static int holder(int k)
{
	return pack_key_holder(&pack, &key[k]);
}

/* CAN every 100 ms, and RS485 every so many milliseconds, up to but without the end. */
static void both(int64_t from_ms, int64_t end_ms, int64_t every_ms)
{
	for (int64_t at = from_ms; at < end_ms; at += 100) {
		if ((at - from_ms) % every_ms == 0)
			live(at);
		frame(at, at % 1000 == 0 ? MAX_TEMPERATURE : VOLTAGE);
	}
}

static void can_alone(int64_t from_ms, int64_t end_ms)
{
	for (int64_t at = from_ms; at < end_ms; at += 100)
		frame(at, at % 1000 == 0 ? MAX_TEMPERATURE : VOLTAGE);
}

START_TEST(rs485_holds_what_both_have)
{
	begin();
	ck_assert_int_eq(holder(VOLTAGE), PACK_NOBODY);
	frame(0, VOLTAGE);
	ck_assert_int_eq(holder(VOLTAGE), can);
	live(50);
	ck_assert_int_eq(holder(VOLTAGE), rs485);
	both(100, 60000, 2000);
	for (int64_t at = 60000; at < 61900; at += 20) {
		frame(at, VOLTAGE);
		ck_assert_int_eq(holder(VOLTAGE), rs485);
	}
	ck_assert_int_eq(holder(CELLS), rs485);
	ck_assert_int_eq(holder(MAX_TEMPERATURE), can);
	ck_assert_int_eq(pack_sources_holder(&pack), rs485);
}
END_TEST

/* The times that the header gives: three periods, at least 5 s; one and a half of a long period. */
START_TEST(can_takes_over_when_rs485_is_cut)
{
	static const struct {
		int64_t every_ms, takes_ms;
	} rows[] = {{500, 5000},    {1000, 5000},   {2000, 6000},   {5000, 15000},   {10000, 30000},
		    {15000, 30000}, {20000, 30000}, {60000, 90000}, {300000, 450000}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		begin();
		int64_t last = 5 * rows[i].every_ms, at = last + 100;
		both(0, last + 1, rows[i].every_ms);
		for (; holder(VOLTAGE) == rs485; at += 100)
			frame(at, VOLTAGE);
		ck_assert_msg(at - 100 == last + rows[i].takes_ms + 100, "row %zu: %lld", i,
			      (long long)(at - 100 - last));
		ck_assert_int_eq(holder(VOLTAGE), can);
		ck_assert_int_eq(holder(CELLS), PACK_NOBODY);
		ck_assert_int_eq(pack_sources_holder(&pack), can);
		can_alone(at, at + 60000);
		ck_assert_int_eq(holder(VOLTAGE), can);
		live(at + 60050); /* the first live record has the keys back */
		ck_assert_int_eq(holder(VOLTAGE), rs485);
		ck_assert_int_eq(holder(CELLS), rs485);
	}
}
END_TEST

/* Between two polls a key never changes hands, however rarely RS485 is polled. */
START_TEST(no_going_to_and_fro)
{
	for (int64_t every_ms = 1000; every_ms <= 600000; every_ms += every_ms < 30000 ? 1000 : 30000) {
		begin();
		both(0, 3 * every_ms, every_ms); /* its period is known */
		for (int64_t at = 3 * every_ms; at < 7 * every_ms; at += 100) {
			if (at % every_ms == 0)
				live(at + (at / every_ms % 2 ? every_ms / 10 : 0)); /* a little late, too */
			frame(at + every_ms / 10, VOLTAGE);
			ck_assert_msg(holder(VOLTAGE) == rs485, "every %lld ms", (long long)every_ms);
		}
	}
}
END_TEST

/* Neither an outage nor a frame that was asked for twice is the period. */
START_TEST(the_period_is_the_median)
{
	begin();
	for (int64_t at = 0; at <= 10000; at += 2000)
		live(at);
	live(70000);
	ck_assert_int_eq(pack_source_limit_us(&pack, rs485), 6000000);
	live(72000);
	ck_assert_int_eq(pack_source_limit_us(&pack, rs485), 6000000);
	begin();
	for (int64_t at = 0; at <= 60000; at += 10000)
		live(at);
	live(60200);
	ck_assert_int_eq(pack_source_limit_us(&pack, rs485), 30000000);
	begin();
	ck_assert_int_eq(pack_source_limit_us(&pack, rs485), PACK_FRESH_UNKNOWN_US);
}
END_TEST

/* A frame that is sent no longer, while the others come. */
START_TEST(a_key_of_can_expires)
{
	begin();
	frame(0, MAX_TEMPERATURE);
	for (int64_t at = 100; at < 10000; at += 100) {
		frame(at, VOLTAGE);
		ck_assert_int_eq(holder(MAX_TEMPERATURE), can);
	}
	frame(10000, VOLTAGE);
	ck_assert_int_eq(holder(MAX_TEMPERATURE), PACK_NOBODY);
	ck_assert_int_eq(pack_key_missing_us(&pack, &key[MAX_TEMPERATURE], can), 10000000);
	ck_assert_int_eq(pack_key_missing_us(&pack, &key[CELLS], can), INT64_MAX);
	frame(10100, MAX_TEMPERATURE);
	ck_assert_int_eq(holder(MAX_TEMPERATURE), can);
}
END_TEST

/* All frames stop and come again: none has expired meanwhile. */
START_TEST(an_outage_of_the_bus_expires_nothing)
{
	begin();
	frame(0, MAX_TEMPERATURE);
	frame(100, VOLTAGE);
	frame(60000, VOLTAGE);
	ck_assert_int_eq(holder(MAX_TEMPERATURE), can);
	ck_assert_int_eq(pack_key_missing_us(&pack, &key[MAX_TEMPERATURE], can), 100000);
}
END_TEST

/* CAN is cut, and RS485 goes on: what only CAN had is unknown. */
START_TEST(keys_of_a_source_that_is_cut)
{
	begin();
	both(0, 20000, 2000);
	int64_t at = 20000;
	for (; at <= 24000; at += 2000) {
		live(at);
		ck_assert_int_eq(holder(MAX_TEMPERATURE), can);
	}
	live(at);
	ck_assert_int_eq(holder(MAX_TEMPERATURE), PACK_NOBODY);
	ck_assert_int_eq(holder(VOLTAGE), rs485);
	frame(at + 60000, VOLTAGE);
	ck_assert_int_eq(holder(VOLTAGE), can); /* RS485 was not heard for a minute, either */
}
END_TEST

/* A live record has all keys of its source: one that is missing is that of CAN. */
START_TEST(a_key_that_the_last_live_record_lacks)
{
	begin();
	both(0, 4000, 2000);
	ck_assert_int_eq(holder(CELLS), rs485);
	pack_source_record(&pack, rs485, 4000000);
	pack_key_seen(&pack, &key[CELLS], rs485);
	ck_assert_int_eq(holder(VOLTAGE), can);
	ck_assert_int_eq(holder(CELLS), rs485);
}
END_TEST

START_TEST(a_source_that_is_not_trusted_holds_nothing)
{
	begin();
	both(0, 10000, 2000);
	pack_source_trust(&pack, rs485, false);
	ck_assert_int_eq(holder(VOLTAGE), can);
	ck_assert_int_eq(holder(CELLS), PACK_NOBODY);
	pack_source_trust(&pack, can, false);
	ck_assert_int_eq(holder(VOLTAGE), PACK_NOBODY);
	ck_assert_int_eq(pack_sources_holder(&pack), PACK_NOBODY);
	pack_source_trust(&pack, rs485, true);
	ck_assert_int_eq(holder(VOLTAGE), rs485);
}
END_TEST

/* The clock of one capture is another than that of the other, or is set. */
START_TEST(clocks)
{
	static const int64_t ahead_ms[] = {0, -3600000, 3600000};
	for (size_t i = 0; i < sizeof ahead_ms / sizeof *ahead_ms; i++) {
		begin();
		for (int64_t at = 0; at < 30000; at += 100) {
			if (at % 2000 == 0)
				live(4000000 + at + ahead_ms[i]);
			frame(4000000 + at, VOLTAGE);
			ck_assert_int_eq(holder(VOLTAGE), rs485);
		}
		can_alone(4030000, 4034000);
		ck_assert_int_eq(holder(VOLTAGE), rs485);
		can_alone(4034000, 4034200);
		ck_assert_int_eq(holder(VOLTAGE), can);
	}
	begin();
	both(10000000, 10020000, 2000);
	both(1000000, 1004000, 2000); /* both go back */
	ck_assert_int_eq(holder(VOLTAGE), rs485);
	can_alone(1004000, 1008500); /* and RS485 is cut: it is not fresh for hours */
	ck_assert_int_eq(holder(VOLTAGE), can);
}
END_TEST

/* Records of two captures in one pipe change places by less than a second. */
START_TEST(records_that_change_places)
{
	begin();
	for (int64_t at = 1000; at < 600000; at += 100) {
		if (at % 2000 == 0)
			live(at - 300);
		frame(at % 200 ? at : at - 150, VOLTAGE);
	}
	ck_assert_int_le(pack.now_us, 600000000);
	ck_assert_int_ge(pack.now_us, 598000000);
}
END_TEST

START_TEST(sources_that_come_and_go)
{
	begin();
	int second = pack_source_add(&pack, PACK_SOURCE_RS485),
	    fourth = pack_source_add(&pack, PACK_SOURCE_CAN);
	ck_assert_int_eq(pack_source_add(&pack, PACK_SOURCE_CAN), PACK_NOBODY);
	ck_assert(second != fourth && second != rs485 && fourth != can);
	live(0);
	pack_source_record(&pack, second, 10000);
	pack_key_seen(&pack, &key[VOLTAGE], second);
	ck_assert_int_eq(holder(VOLTAGE), rs485); /* the first of its kind */
	pack_source_remove(&pack, rs485);
	ck_assert_int_eq(holder(VOLTAGE), second);
	ck_assert_int_eq(holder(CELLS), PACK_NOBODY);
	ck_assert_int_eq(pack_source_add(&pack, PACK_SOURCE_CAN), rs485); /* its number is given again */
	pack_source_record(&pack, rs485, 20000);
	ck_assert_int_eq(holder(CELLS), PACK_NOBODY); /* but not its values */
	pack_source_remove(&pack, rs485);
	ck_assert_int_eq(pack_source_add(&pack, PACK_SOURCE_RS485), rs485);
	pack_source_record(&pack, rs485, 20000);
	ck_assert_int_eq(holder(CELLS), PACK_NOBODY);
}
END_TEST

/* How long a source is fresh, by its period; to the microsecond. */
START_TEST(how_long_a_source_is_fresh)
{
	static const struct {
		int64_t every_us, fresh_us;
	} rows[] = {
		{1666666, 5000000},   {1666667, 5000001},   {5000000, 15000000},  {10000000, 30000000},
		{10000001, 30000000}, {20000000, 30000000}, {20000001, 30000001}, {60000000, 90000000},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t at_us = 1000;
		begin();
		for (int k = 0; k < 4; k++, at_us += rows[i].every_us)
			pack_source_record(&pack, rs485, at_us);
		ck_assert_int_eq(pack_source_limit_us(&pack, rs485), rows[i].fresh_us);
		pack_source_record(&pack, can, at_us - rows[i].every_us); /* its time begins with this */
		pack_source_record(&pack, can, at_us - rows[i].every_us + rows[i].fresh_us);
		ck_assert(pack_source_fresh(&pack, rs485));
		pack_source_record(&pack, can, at_us - rows[i].every_us + rows[i].fresh_us + 1);
		ck_assert(!pack_source_fresh(&pack, rs485));
	}
}
END_TEST

/* Of one interval that, of two the shorter, of three the one in the middle, whatever their order. */
START_TEST(the_period)
{
	static const struct {
		int at_s[5], limit_s;
	} rows[] = {
		{{0, 3, -1}, 9},         {{0, 3, 7, -1}, 9},      {{0, 4, 7, -1}, 9},
		{{0, 3, 7, 12, -1}, 12}, {{0, 3, 8, 12, -1}, 12}, {{0, 4, 7, 12, -1}, 12},
		{{0, 4, 9, 12, -1}, 12}, {{0, 5, 8, 12, -1}, 12}, {{0, 5, 9, 12, -1}, 12},
		{{0, 3, 6, 9, -1}, 9},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		begin();
		for (const int *at = rows[i].at_s; *at >= 0; at++)
			pack_source_record(&pack, rs485, *at * INT64_C(1000000));
		ck_assert_msg(pack_source_limit_us(&pack, rs485) == rows[i].limit_s * INT64_C(1000000),
			      "row %zu", i);
		pack_source_record(&pack, rs485, rows[i].limit_s > 9 ? 12000000 : 0); /* no time passes */
	}
}
END_TEST

/* A pause of more than 4 s is an outage, in which no key expires; a key expires 10 s after its last frame. */
START_TEST(pauses_of_can)
{
	static const struct {
		int64_t pause_us, counted_us;
	} rows[] = {{3999999, 3999999}, {4000000, 4000000}, {4000001, 0}, {60000000, 0}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		begin();
		frame(0, MAX_TEMPERATURE);
		pack_source_record(&pack, can, rows[i].pause_us);
		ck_assert_int_eq(pack_key_missing_us(&pack, &key[MAX_TEMPERATURE], can), rows[i].counted_us);
	}
	begin();
	frame(0, MAX_TEMPERATURE);
	for (int64_t at_us = 3000000; at_us <= 9000000; at_us += 3000000)
		pack_source_record(&pack, can, at_us);
	pack_source_record(&pack, can, 9999999);
	ck_assert(pack_key_has(&pack, &key[MAX_TEMPERATURE], can));
	pack_source_record(&pack, can, 10000000);
	ck_assert(!pack_key_has(&pack, &key[MAX_TEMPERATURE], can));
	ck_assert(!pack_key_has(&pack, &key[VOLTAGE], can));
}
END_TEST

/* A record may be late by 2 s; a clock that goes back by more was set, and time goes on there. */
START_TEST(a_clock_that_goes_back)
{
	for (int more_us = 0; more_us < 2; more_us++) {
		begin();
		pack_source_record(&pack, rs485, 100000000);
		pack_source_record(&pack, rs485, 98000000 - more_us);
		pack_source_record(&pack, rs485, 99000000 - more_us);
		ck_assert_int_eq(pack.now_us, more_us ? 1000000 : 0);
		pack_source_record(&pack, rs485, 101000000);
		ck_assert_int_eq(pack.now_us, more_us ? 3000001 : 1000000);
	}
}
END_TEST

UNIT_RUN("pack_sources", how_long_a_source_is_fresh, the_period, pauses_of_can, a_clock_that_goes_back,
	 rs485_holds_what_both_have, can_takes_over_when_rs485_is_cut, no_going_to_and_fro,
	 the_period_is_the_median, a_key_of_can_expires, an_outage_of_the_bus_expires_nothing,
	 keys_of_a_source_that_is_cut, a_key_that_the_last_live_record_lacks,
	 a_source_that_is_not_trusted_holds_nothing, clocks, records_that_change_places,
	 sources_that_come_and_go)
