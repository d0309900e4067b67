/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "jk_frame.h"
#include "schedule.h"
#include "transaction.h"
#include "unit.h"

/* What is polled next, on a clock that the test turns. */

enum { SECOND = 1000000, INTERVAL_US = 2 * SECOND };

static const int64_t start_us = INT64_C(5000) * SECOND;
static struct schedule s;
static int64_t now_us;

/* addresses: bit n is address n. */
static void begin(uint16_t addresses)
{
	schedule_begin(&s, addresses, INTERVAL_US);
	now_us = start_us;
	schedule_restart(&s, now_us);
}

/* Polls what is next: its address and type as 10 * address + type; 0: nothing is due. */
static int poll_next(void)
{
	enum frame_type type;
	struct target *t = schedule_next(&s, now_us, &type);
	if (!t)
		return 0;
	schedule_asked(&s, t, type, now_us);
	return 10 * t->address + (int)type;
}

enum { LIVE = FRAME_LIVE, SETTINGS = FRAME_SETTINGS, ABOUT = FRAME_ABOUT };

static void answer(uint8_t address, enum frame_type type)
{
	schedule_answered(&s, address, type, now_us);
}

static bool miss(uint8_t address, enum frame_type type)
{
	return schedule_missed(&s, address, type, 0, now_us);
}

/* Polls and answers everything until now. */
static void answer_all(void)
{
	for (int next; (next = poll_next()) != 0;)
		answer((uint8_t)(next / 10), (enum frame_type)(next % 10));
}

/* Live of each address in order, then settings, then about, and then nothing until the interval ends. */
START_TEST(the_first_round)
{
	static const uint8_t addresses[] = {1, 2, 15};
	begin(0x8006);
	ck_assert_uint_eq(s.count, 3);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(poll_next(), 10 * addresses[i] + LIVE);
		answer(addresses[i], FRAME_LIVE);
	}
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(poll_next(), 10 * addresses[i] + SETTINGS);
		answer(addresses[i], FRAME_SETTINGS);
	}
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(poll_next(), 10 * addresses[i] + ABOUT);
		answer(addresses[i], FRAME_ABOUT);
	}
	ck_assert_int_eq(poll_next(), 0);
	ck_assert_int_eq(schedule_due_us(&s), start_us + INTERVAL_US);
	now_us = start_us + INTERVAL_US - 1;
	ck_assert_int_eq(poll_next(), 0);
	now_us++;
	ck_assert_int_eq(poll_next(), 10 + LIVE);
}
END_TEST

/* Without an address nothing is ever due. */
START_TEST(no_address)
{
	begin(0);
	ck_assert_int_eq(poll_next(), 0);
	ck_assert_int_eq(schedule_due_us(&s), INT64_MAX);
	ck_assert(!schedule_silent(&s) && !schedule_first_unanswered(&s, 1));
}
END_TEST

/* Settings come once a minute and about once an hour. */
START_TEST(how_often)
{
	unsigned count[FRAME_TYPES] = {0};
	begin(2);
	for (int64_t end_us = start_us + INT64_C(7200) * SECOND; now_us <= end_us; now_us += SECOND / 2)
		for (int next; (next = poll_next()) != 0;) {
			count[next % 10]++;
			answer(1, (enum frame_type)(next % 10));
		}
	ck_assert_uint_eq(count[FRAME_LIVE], 3601);
	ck_assert_uint_eq(count[FRAME_SETTINGS], 121);
	ck_assert_uint_eq(count[FRAME_ABOUT], 3);
}
END_TEST

/* A poll that goes out late does not move the next one; polls that could not go out are not made up for. */
START_TEST(the_interval_is_kept)
{
	begin(2);
	answer_all();
	now_us = start_us + INTERVAL_US + 300000;
	ck_assert_int_eq(poll_next(), 10 + LIVE);
	answer(1, FRAME_LIVE);
	ck_assert_int_eq(schedule_due_us(&s), start_us + 2 * INTERVAL_US);
	now_us = start_us + 5 * INTERVAL_US + 300000;
	ck_assert_int_eq(poll_next(), 10 + LIVE);
	answer(1, FRAME_LIVE);
	ck_assert_int_eq(poll_next(), 0);
	ck_assert_int_eq(schedule_due_us(&s), now_us + INTERVAL_US);
}
END_TEST

/* On a bus that is too slow what has waited longest goes first, so that all have the same share. */
START_TEST(the_same_share)
{
	unsigned count[3] = {0};
	begin(6);
	answer_all();
	for (int k = 0; k < 1000; k++, now_us += 3 * SECOND) {
		int next = poll_next();
		count[next / 10] += next % 10 == LIVE;
		answer((uint8_t)(next / 10), (enum frame_type)(next % 10));
	}
	ck_assert_uint_ge(count[1] + 1, count[2]);
	ck_assert_uint_ge(count[2] + 1, count[1]);
	ck_assert_uint_gt(count[1], 400);
}
END_TEST

/* A poll without an answer is repeated once, at once; the next regular one keeps its time. */
START_TEST(a_poll_is_repeated)
{
	begin(6);
	answer_all();
	now_us = start_us + INTERVAL_US;
	ck_assert_int_eq(poll_next(), 10 + LIVE);
	now_us += 500000;
	ck_assert(miss(1, FRAME_LIVE));
	ck_assert_int_eq(poll_next(), 20 + LIVE); /* it has waited for longer */
	answer(2, FRAME_LIVE);
	ck_assert_int_eq(poll_next(), 10 + LIVE);
	answer(1, FRAME_LIVE);
	ck_assert_int_eq(poll_next(), 0);
	ck_assert_int_eq(schedule_due_us(&s), start_us + 2 * INTERVAL_US);
}
END_TEST

/* A frame of the pack that comes late spares the repeat. */
START_TEST(an_answer_that_is_late)
{
	begin(2);
	answer_all();
	now_us = start_us + INTERVAL_US;
	ck_assert_int_eq(poll_next(), 10 + LIVE);
	now_us += 500000;
	miss(1, FRAME_LIVE);
	now_us += 100;
	answer(1, FRAME_LIVE);
	ck_assert_int_eq(poll_next(), 0);
	ck_assert_int_eq(schedule_due_us(&s), start_us + 2 * INTERVAL_US);
	/* One that nobody asked for does the same for a poll that is due. */
	now_us = start_us + 2 * INTERVAL_US;
	answer(1, FRAME_LIVE);
	ck_assert_int_eq(poll_next(), 0);
	ck_assert_int_eq(schedule_due_us(&s), now_us + INTERVAL_US);
	answer(9, FRAME_LIVE); /* of an address that is not polled */
	ck_assert(!miss(9, FRAME_LIVE));
	ck_assert_int_eq(schedule_due_us(&s), now_us + INTERVAL_US);
}
END_TEST

/* Settings that are missed twice come again after 10 s; about does not wait for them. */
START_TEST(settings_that_never_come)
{
	begin(2);
	ck_assert_int_eq(poll_next(), 10 + LIVE);
	answer(1, FRAME_LIVE);
	ck_assert_int_eq(poll_next(), 10 + SETTINGS);
	ck_assert(miss(1, FRAME_SETTINGS));
	ck_assert_int_eq(poll_next(), 10 + SETTINGS);
	ck_assert(miss(1, FRAME_SETTINGS));
	ck_assert_int_eq(poll_next(), 10 + ABOUT);
	answer(1, FRAME_ABOUT);
	ck_assert_int_eq(poll_next(), 0);
	for (now_us = start_us + INTERVAL_US; now_us < start_us + SCHEDULE_RETRY_US; now_us += INTERVAL_US) {
		ck_assert_int_eq(poll_next(), 10 + LIVE);
		answer(1, FRAME_LIVE);
		ck_assert_int_eq(poll_next(), 0);
	}
	now_us = start_us + SCHEDULE_RETRY_US;
	ck_assert_int_eq(poll_next(), 10 + LIVE);
	answer(1, FRAME_LIVE);
	ck_assert_int_eq(poll_next(), 10 + SETTINGS);
}
END_TEST

/* The same if the pack refuses them. */
START_TEST(settings_that_are_refused)
{
	begin(2);
	ck_assert_int_eq(poll_next(), 10 + LIVE);
	answer(1, FRAME_LIVE);
	ck_assert_int_eq(poll_next(), 10 + SETTINGS);
	schedule_alive(&s, 1, now_us);
	schedule_excused(&s, 1, FRAME_SETTINGS, now_us);
	ck_assert_int_eq(poll_next(), 10 + ABOUT);
	answer(1, FRAME_ABOUT);
	ck_assert_int_eq(schedule_due_us(&s), start_us + INTERVAL_US);
	schedule_excused(&s, 9, FRAME_SETTINGS, now_us);
	now_us = start_us + SCHEDULE_RETRY_US - 1;
	ck_assert_int_eq(poll_next(), 10 + LIVE);
	answer(1, FRAME_LIVE);
	ck_assert_int_eq(poll_next(), 0);
	now_us++;
	ck_assert_int_eq(poll_next(), 10 + SETTINGS);
}
END_TEST

/* A damaged answer is polled for once more; it is no miss, however often it is damaged. */
START_TEST(answers_that_are_damaged)
{
	begin(2);
	answer_all();
	for (int k = 1; k < 10; k++) {
		now_us = start_us + k * INTERVAL_US;
		ck_assert_int_eq(poll_next(), 10 + LIVE);
		schedule_damaged(&s, 1, FRAME_LIVE, now_us);
		schedule_damaged(&s, 9, FRAME_LIVE, now_us);
		ck_assert_int_eq(poll_next(), 10 + LIVE);
		schedule_damaged(&s, 1, FRAME_LIVE, now_us);
		ck_assert_int_eq(poll_next(), 0);
		ck_assert_int_eq(schedule_due_us(&s), now_us + INTERVAL_US);
	}
}
END_TEST

/* Three misses: it is away, and polled every 10 s for live alone, without a repeat. */
START_TEST(an_address_that_is_away)
{
	begin(2);
	answer_all();
	now_us = start_us + INTERVAL_US;
	for (int k = 0; k < SCHEDULE_MISSES; k++) {
		ck_assert_int_eq(poll_next(), 10 + LIVE);
		bool present = miss(1, FRAME_LIVE);
		ck_assert(present == (k + 1 < SCHEDULE_MISSES));
		if (k == 1) /* after the repeat the next regular poll */
			now_us = start_us + 2 * INTERVAL_US;
	}
	ck_assert_int_eq(poll_next(), 0);
	for (int k = 0; k < 20; k++) { /* settings were due in between */
		ck_assert_int_eq(schedule_due_us(&s), now_us + SCHEDULE_AWAY_US);
		now_us += SCHEDULE_AWAY_US;
		ck_assert_int_eq(poll_next(), 10 + LIVE);
		ck_assert(!miss(1, FRAME_LIVE));
		ck_assert_int_eq(poll_next(), 0);
	}
	now_us += SCHEDULE_AWAY_US;
	ck_assert_int_eq(poll_next(), 10 + LIVE);
	answer(1, FRAME_LIVE); /* maybe another pack: all of it is polled again */
	ck_assert_int_eq(poll_next(), 10 + SETTINGS);
	answer(1, FRAME_SETTINGS);
	ck_assert_int_eq(poll_next(), 10 + ABOUT);
	ck_assert_int_eq(schedule_due_us(&s), now_us + INTERVAL_US);
}
END_TEST

/* Jitter of the caller comes on top. */
START_TEST(away_and_later)
{
	begin(2);
	for (int k = 0; k < SCHEDULE_MISSES; k++) {
		now_us += INTERVAL_US;
		ck_assert_int_eq(poll_next(), 10 + LIVE);
		schedule_missed(&s, 1, FRAME_LIVE, 70000, now_us);
	}
	ck_assert_int_eq(schedule_due_us(&s), now_us + SCHEDULE_AWAY_US + 70000);
}
END_TEST

/* An acknowledgement shows that it is there: it is polled again within the interval. */
START_TEST(a_sign_of_life)
{
	begin(2);
	for (int k = 0; k < SCHEDULE_MISSES; k++, now_us += INTERVAL_US) {
		poll_next();
		miss(1, FRAME_LIVE);
	}
	schedule_alive(&s, 9, now_us);
	ck_assert_int_gt(schedule_due_us(&s), now_us + INTERVAL_US);
	schedule_alive(&s, 1, now_us);
	ck_assert_int_eq(schedule_due_us(&s), now_us + INTERVAL_US);
	schedule_alive(&s, 1, now_us + SECOND); /* it is there already: nothing moves */
	ck_assert_int_eq(schedule_due_us(&s), now_us + INTERVAL_US);
	for (int k = 1; k < SCHEDULE_MISSES; k++) { /* and the misses count from 0 */
		now_us += INTERVAL_US;
		poll_next();
		miss(1, FRAME_LIVE);
	}
	ck_assert_int_le(schedule_due_us(&s), now_us + INTERVAL_US);
}
END_TEST

/* Addresses that are away never go twice in a row while another is due. */
START_TEST(the_living_come_first)
{
	begin(0x1E);
	for (int k = 0; k < 2 * SCHEDULE_MISSES; k++, now_us += INTERVAL_US)
		for (int next; (next = poll_next()) != 0;) {
			if (next / 10 == 1)
				answer(1, (enum frame_type)(next % 10));
			else
				miss((uint8_t)(next / 10), FRAME_LIVE);
		}
	now_us += INT64_C(3600) * SECOND; /* all are due */
	bool was_away = false;
	for (int k = 0; k < 6; k++, now_us += INTERVAL_US) {
		int next = poll_next();
		bool away = next / 10 != 1;
		ck_assert(!(away && was_away));
		was_away = away;
		if (away)
			miss((uint8_t)(next / 10), FRAME_LIVE);
		else
			answer(1, (enum frame_type)(next % 10));
	}
}
END_TEST

/* The link was opened again: all are due, who was away gets one chance. */
START_TEST(a_link_that_was_opened_again)
{
	begin(6);
	for (int k = 0; k < SCHEDULE_MISSES; k++, now_us += INTERVAL_US)
		for (int next; (next = poll_next()) != 0;) {
			if (next / 10 == 1)
				answer(1, (enum frame_type)(next % 10));
			else
				miss(2, FRAME_LIVE);
		}
	schedule_restart(&s, now_us);
	ck_assert_int_eq(poll_next(), 10 + LIVE);
	ck_assert_int_eq(poll_next(), 20 + LIVE);
	miss(2, FRAME_LIVE);
	ck_assert_int_eq(poll_next(), 0); /* no repeat: it is away again */
	answer(1, FRAME_LIVE);
	ck_assert_int_eq(poll_next(), 10 + SETTINGS);
	answer(1, FRAME_SETTINGS);
	ck_assert_int_eq(poll_next(), 10 + ABOUT);
}
END_TEST

/* Two whole rounds of polls without a byte; repeats do not count, and a byte begins anew. */
START_TEST(silence)
{
	begin(6);
	for (int k = 0; k < 2; k++) {
		ck_assert(!schedule_silent(&s));
		ck_assert_int_eq(poll_next(), 10 + LIVE);
		ck_assert_int_eq(poll_next(), 20 + LIVE);
		if (k == 0) {
			miss(1, FRAME_LIVE);
			miss(2, FRAME_LIVE);
			ck_assert_int_eq(poll_next(), 10 + LIVE);
			ck_assert_int_eq(poll_next(), 20 + LIVE);
			ck_assert(!schedule_silent(&s));
			miss(1, FRAME_LIVE);
			miss(2, FRAME_LIVE);
		}
		now_us += INTERVAL_US;
	}
	ck_assert(schedule_silent(&s));
	schedule_byte(&s);
	ck_assert(!schedule_silent(&s));
}
END_TEST

START_TEST(nobody_has_answered)
{
	begin(0xC);
	ck_assert(schedule_first_unanswered(&s, 2) && !schedule_first_unanswered(&s, 3));
	poll_next();
	poll_next();
	answer(3, FRAME_LIVE);
	ck_assert(!schedule_first_unanswered(&s, 2));
	for (int k = 0; k < SCHEDULE_MISSES; k++)
		miss(3, FRAME_LIVE);
	ck_assert(schedule_first_unanswered(&s, 2));
}
END_TEST

/* A live frame that is overdue is counted once for each time that passes. */
START_TEST(overdue)
{
	struct target t = {.due_us[FRAME_LIVE] = start_us};
	ck_assert(!schedule_overdue(&t, SECOND, start_us - 1));
	ck_assert(!schedule_overdue(&t, SECOND, start_us + SECOND - 1));
	ck_assert(schedule_overdue(&t, SECOND, start_us + SECOND));
	ck_assert(!schedule_overdue(&t, SECOND, start_us + 2 * SECOND - 1));
	ck_assert(schedule_overdue(&t, SECOND, start_us + 2 * SECOND));
	t.due_us[FRAME_LIVE] = INT64_MAX;
	ck_assert(!schedule_overdue(&t, SECOND, start_us + 100 * SECOND));
}
END_TEST

/* What became due during a suspension is due now, and once; what was due before has waited as before. */
START_TEST(a_suspension)
{
	begin(6);
	answer_all();
	now_us = start_us + INTERVAL_US + 60 * SECOND;
	schedule_suspended(&s, 60 * SECOND, now_us);
	ck_assert_int_eq(schedule_due_us(&s), now_us); /* two seconds before the end of the suspension */
	answer_all();
	ck_assert_int_eq(schedule_due_us(&s), now_us + INTERVAL_US);
	begin(6);
	answer_all();
	now_us = start_us + 2 * INTERVAL_US;
	schedule_suspended(&s, SECOND, now_us);
	ck_assert_int_eq(schedule_due_us(&s), now_us - SECOND);
	schedule_suspended(&s, SECOND, now_us - 2 * SECOND); /* nothing was due then */
	ck_assert_int_eq(schedule_due_us(&s), now_us - SECOND);
}
END_TEST

/* ---- until when to wait for an answer ---- */

static const struct transaction_timing timing = {.first_byte_us = 300000, .byte_us = 100, .stall_us = 700000};

START_TEST(until_when)
{
	struct transaction t = {.request = transaction_poll(3, FRAME_LIVE)};
	transaction_begin(&t, 0, start_us);
	int64_t first_us = start_us + 300000 + 1100; /* eleven bytes of request */
	ck_assert_uint_eq(t.request.size, 11);
	ck_assert_int_eq(transaction_deadline_us(&t, &timing, start_us + 250000, false), first_us);
	t.answering = true;
	/* An early byte may be an echo: the first byte of the answer keeps its time. */
	ck_assert_int_eq(transaction_deadline_us(&t, &timing, start_us + 10000, false), first_us);
	ck_assert_int_eq(transaction_deadline_us(&t, &timing, first_us - TRANSACTION_PAUSE_US, false),
			 first_us);
	ck_assert_int_eq(transaction_deadline_us(&t, &timing, first_us - TRANSACTION_PAUSE_US + 1, false),
			 first_us + 1);
	ck_assert_int_eq(transaction_deadline_us(&t, &timing, first_us, true), first_us + 700000);
	/* However often it pauses: twice the longest answer (436 bytes), and one pause or four stalls. */
	ck_assert_uint_eq(transaction_answer_max(), 436);
	ck_assert_int_eq(transaction_deadline_us(&t, &timing, first_us + 60 * SECOND, false),
			 first_us + 2 * 43600 + TRANSACTION_PAUSE_US);
	ck_assert_int_eq(transaction_deadline_us(&t, &timing, first_us + 60 * SECOND, true),
			 first_us + 2 * 43600 + 4 * 700000);
	ck_assert_int_eq(transaction_pause_us(&timing, false), TRANSACTION_PAUSE_US);
	ck_assert_int_eq(transaction_pause_us(&timing, true), 700000);
}
END_TEST

/* The acknowledgement of a write has its register and its quantity; of a poll the frame is the answer. */
START_TEST(what_is_the_answer)
{
	static const uint8_t write[] = {3, 0x10, 0x10, 0x70, 0, 2, 4, 0, 0, 0, 1};
	struct transaction t = {.request = {.size = sizeof write, .address = 3}};
	memcpy(t.request.data, write, sizeof write);
	struct modbus m = {.kind = MODBUS_ACK, .address = 3, .function = 0x10, .reg = 0x1070, .quantity = 2};
	ck_assert(transaction_is_answer(&t, &m));
	m.quantity = 1;
	ck_assert(!transaction_is_answer(&t, &m));
	m.quantity = 2, m.reg = 0x1072;
	ck_assert(!transaction_is_answer(&t, &m));
	m.reg = 0x1070, m.address = 4;
	ck_assert(!transaction_is_answer(&t, &m));
	m.address = 3, m.function = 6;
	ck_assert(!transaction_is_answer(&t, &m));
	m.function = 0x10, m.kind = MODBUS_REQUEST;
	ck_assert(!transaction_is_answer(&t, &m));
	m.kind = MODBUS_EXCEPTION;
	ck_assert(transaction_is_answer(&t, &m));
	t.request = transaction_poll(3, FRAME_LIVE);
	ck_assert(transaction_is_answer(&t, &m));
	m = (struct modbus){.kind = MODBUS_ACK, .address = 3, .function = 0x10, .reg = 0x1620, .quantity = 1};
	ck_assert(!transaction_is_answer(&t, &m));
}
END_TEST

START_TEST(frames_of_another_address)
{
	struct transaction t = {.request = transaction_poll(3, FRAME_LIVE)};
	transaction_begin(&t, 50, 0);
	ck_assert(!transaction_is_misaddressed(&t, FRAME_ABOUT));
	ck_assert(transaction_is_misaddressed(&t, FRAME_LIVE));
	ck_assert(!transaction_is_misaddressed(&t, FRAME_LIVE)); /* one alone */
	ck_assert(!transaction_is_damaged(&t, 149));
	ck_assert(transaction_is_damaged(&t, 150));
	transaction_begin(&t, 150, 0);
	ck_assert(transaction_is_misaddressed(&t, FRAME_LIVE) && !transaction_is_damaged(&t, 150));
	transaction_forget(&t);
	ck_assert_uint_eq(t.request.size, 0);
}
END_TEST

UNIT_RUN("schedule", the_first_round, no_address, how_often, the_interval_is_kept, the_same_share,
	 a_poll_is_repeated, an_answer_that_is_late, settings_that_never_come, settings_that_are_refused,
	 answers_that_are_damaged, an_address_that_is_away, away_and_later, a_sign_of_life,
	 the_living_come_first, a_link_that_was_opened_again, silence, nobody_has_answered, overdue,
	 a_suspension, until_when, what_is_the_answer, frames_of_another_address)
