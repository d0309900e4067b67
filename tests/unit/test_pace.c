/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout_jk.h"
#include "lifecycle.h"
#include "records.h"
#include "unit.h"

/*
 * How late values are, and how many go out, by a clock that is turned: packs whose live frames come at many
 * rhythms, each with another value, for hours.  What is published is taken from the outbox as the network's
 * thread would.
 */

enum {
	INTERVAL_US = 5000000,
	SECOND_US = 1000000,
	PACKS_MOST = 15,
	RECORDS = 1000, /* of each pack */
	MESSAGES_MAX = 2 * RECORDS,
};

static struct outbox box;
static struct publisher publisher;
static struct chance chance;
static int64_t clock_us;

static struct {
	int64_t late_us[PACKS_MOST * RECORDS], when_us[PACKS_MOST][MESSAGES_MAX], newest_us[PACKS_MOST];
	size_t late, count[PACKS_MOST];
	int mid;
} seen;

/* jk/bms_N/live with its record's time. */
static int note(void *context, const struct outgoing *message, int *mid)
{
	(void)context;
	*mid = ++seen.mid;
	const char *digits = strstr(message->topic, "/bms_"),
		   *slash = digits ? strchr(digits + 1, '/') : NULL;
	if (message->subscribe || !slash || strcmp(slash, "/live") != 0)
		return 0;
	char payload[1000];
	snprintf(payload, sizeof payload, "%.*s", (int)message->size, message->payload);
	const char *time = strstr(payload, "\"time\":");
	ck_assert_ptr_nonnull(time);
	char *end;
	int64_t record_us = strtoll(time + 7, &end, 10) * SECOND_US + strtoll(end + 1, NULL, 10);
	size_t pack = strtoul(digits + 5, NULL, 10) - 1;
	ck_assert_uint_lt(pack, PACKS_MOST);
	ck_assert_uint_lt(seen.count[pack], MESSAGES_MAX);
	seen.late_us[seen.late++] = clock_us - record_us;
	seen.when_us[pack][seen.count[pack]++] = clock_us;
	seen.newest_us[pack] = record_us;
	return 0;
}

static void publish(void)
{
	int first = seen.mid + 1;
	ck_assert_int_eq(outbox_pump(&box, note, NULL), 0);
	for (; first <= seen.mid; first++)
		outbox_acknowledged(&box, first);
}

static void frame(size_t pack, int value)
{
	char line[200];
	struct json_record record;
	int n = snprintf(
		line, sizeof line,
		"{\"time\":%lld.%06lld,\"channel\":\"c\",\"bms\":%zu,\"type\":\"live\",\"total_runtime\":%d}",
		(long long)(clock_us / SECOND_US), (long long)(clock_us % SECOND_US), pack + 1, value);
	ck_assert_ptr_null(json_record_parse(line, (size_t)n, &record));
	records_record(&publisher, &record, clock_us);
	lifecycle_time(&publisher, clock_us);
	publish();
}

/* Until then, as the program's loop waits: it wakes when something is due, and no earlier. */
static void turn_to(int64_t us)
{
	for (int64_t due_us; (due_us = lifecycle_deadline(&publisher)) < us;) {
		if (due_us > clock_us)
			clock_us = due_us;
		lifecycle_time(&publisher, clock_us);
		publish();
	}
	clock_us = us;
}

static void begin(int64_t interval_us)
{
	static struct options options;
	options = (struct options){.layout = &layout_jk,
				   .prefix = "jk",
				   .discovery_prefix = "ha",
				   .interval_us = interval_us,
				   .silent_us = INT64_MAX / 4};
	memset(&seen, 0, sizeof seen);
	chance.state = 1;
	clock_us = 1000 * (int64_t)SECOND_US;
	publisher = (struct publisher){0};
	outbox_begin(&box, -1);
	outbox_connected(&box);
	lifecycle_begin(&publisher, &options, &box, 1);
}

static void end(void)
{
	outbox_end(&box);
}

static int ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* ---- rhythms: the time from one record to the next ---- */

struct rhythm {
	const char *name;
	int64_t period_us;
	int jitter_percent; /* the time is anything from so much less to so much more */
	int lost_percent;   /* of the records do not come */
	int64_t odd_us;     /* every eighth time is this one; 0: none is */
};

static int64_t gap_us(const struct rhythm *r, size_t number)
{
	if (r->odd_us && number % 8 == 7)
		return r->odd_us;
	int64_t spread_us = r->period_us * r->jitter_percent / 100;
	int64_t us = r->period_us - spread_us;
	us += spread_us ? (int64_t)chance_below(&chance, (uint32_t)(2 * spread_us)) : 0;
	while (r->lost_percent && chance_below(&chance, 100) < (uint32_t)r->lost_percent)
		us += r->period_us;
	return us;
}

static const struct rhythm rhythms[] = {
	{"CAN, 50 ms", 50000, 0, 0, 0},
	{"0.5 s", 500000, 0, 0, 0},
	{"1 s", 1000000, 1, 0, 0},
	{"polled every 2 s", 2000000, 0, 0, 0},
	{"polled every 2 s, with jitter", 2000000, 2, 0, 0},
	{"polled, 1 of 10 without an answer", 2000000, 2, 10, 0},
	{"polled, settings between", 2000000, 1, 0, 2600000},
	{"3 s", 3000000, 1, 0, 0},
	{"a master's round of 4.4 s", 4400000, 0, 0, 0},
	{"a master's round, with jitter", 4400000, 10, 0, 0},
	{"a master's round, 1 of 20 lost", 4400000, 2, 5, 0},
	{"4.9 s", 4900000, 1, 0, 0},
	{"an interval", 5000000, 0, 0, 0},
	{"an interval, with jitter", 5000000, 2, 0, 0},
	{"5.1 s", 5100000, 1, 0, 0},
	{"7 s", 7000000, 1, 0, 0},
	{"10 s", 10000000, 1, 0, 0},
	{"a minute", 60000000, 5, 0, 0},
	{"irregular, 0.2 to 3.8 s", 2000000, 90, 0, 0},
	{"irregular, 0.4 to 8.4 s", 4400000, 90, 0, 0},
};

/* Times of packs whose records come in turn, as on a bus. */
static int64_t run(const struct rhythm *r, size_t packs)
{
	static int64_t at_us[PACKS_MOST];
	int64_t begun_us = clock_us;
	for (size_t k = 0; k < packs; k++)
		at_us[k] = begun_us + r->period_us * (int64_t)k / (int64_t)packs;
	for (size_t n = 0; n < RECORDS * packs; n++) {
		size_t next = 0;
		for (size_t k = 1; k < packs; k++)
			if (at_us[k] < at_us[next])
				next = k;
		turn_to(at_us[next]);
		frame(next, (int)n);
		at_us[next] += gap_us(r, n / packs);
	}
	return clock_us - begun_us;
}

/* In every window of a minute. */
static void check_windows(const struct rhythm *r, size_t pack)
{
	enum { WINDOW_US = 60 * SECOND_US, MOST = WINDOW_US / INTERVAL_US + 3 };
	for (size_t i = 0; i + MOST < seen.count[pack]; i++)
		ck_assert_msg(seen.when_us[pack][i + MOST] - seen.when_us[pack][i] > WINDOW_US,
			      "%s: more than %d messages in a minute", r->name, MOST);
}

static void check_rates(const struct rhythm *r, size_t packs, int64_t lasted_us, int64_t most)
{
	int64_t intervals = lasted_us / INTERVAL_US, wanted = intervals < most ? intervals : most;
	for (size_t k = 0; k < packs; k++) {
		ck_assert_msg((int64_t)seen.count[k] <= intervals + 2, "%s: %zu messages in %lld intervals",
			      r->name, seen.count[k], (long long)intervals);
		/* And hardly fewer, where records come often enough. */
		ck_assert_msg((int64_t)seen.count[k] * 100 >= wanted * 90, "%s: %zu messages of %lld",
			      r->name, seen.count[k], (long long)wanted);
		check_windows(r, k);
	}
}

static void check_lateness(const struct rhythm *r, size_t packs)
{
	qsort(seen.late_us, seen.late, sizeof *seen.late_us, ascending);
	int64_t median_us = seen.late_us[seen.late / 2], p99_us = seen.late_us[seen.late * 99 / 100];
	ck_assert_msg(median_us == 0, "%s, %zu packs: median %lld us late", r->name, packs,
		      (long long)median_us);
	ck_assert_msg(p99_us < INTERVAL_US / 2, "%s, %zu packs: 99th percentile %lld us late", r->name, packs,
		      (long long)p99_us);
}

START_TEST(at_once_and_no_oftener)
{
	static const size_t packs[] = {1, 4, 15};
	for (size_t i = 0; i < sizeof rhythms / sizeof *rhythms; i++) {
		for (size_t k = 0; k < sizeof packs / sizeof *packs; k++) {
			begin(INTERVAL_US);
			int64_t lasted_us = run(&rhythms[i], packs[k]);
			check_rates(&rhythms[i], packs[k], lasted_us, RECORDS);
			check_lateness(&rhythms[i], packs[k]);
			end();
		}
	}
}
END_TEST

/*
 * The last of a burst is late, if it comes soon behind another that was published; but by no more than an
 * interval.
 */
START_TEST(late_by_an_interval_at_most)
{
	static const struct rhythm bursts = {"bursts of 8 records, and 30 s without", 1000000, 20, 0,
					     30000000};
	begin(INTERVAL_US);
	check_rates(&bursts, 1, run(&bursts, 1), RECORDS / 8 * 2);
	qsort(seen.late_us, seen.late, sizeof *seen.late_us, ascending);
	ck_assert_int_eq(seen.late_us[seen.late / 2], 0);
	ck_assert_int_le(seen.late_us[seen.late - 1], INTERVAL_US);
	end();
}
END_TEST

/* Nothing supersedes the last record: it goes out all the same, wherever in an interval it came. */
START_TEST(the_last_before_silence)
{
	for (size_t i = 0; i < sizeof rhythms / sizeof *rhythms; i++) {
		for (int records = 1; records < 40; records++) {
			begin(INTERVAL_US);
			for (int n = 0; n < records; n++) {
				frame(0, n);
				if (n < records - 1)
					turn_to(clock_us + gap_us(&rhythms[i], (size_t)n));
			}
			int64_t last_us = clock_us;
			turn_to(last_us + 2 * INTERVAL_US + 1);
			ck_assert_msg(seen.newest_us[0] == last_us, "%s: the last of %d is missing",
				      rhythms[i].name, records);
			end();
		}
	}
}
END_TEST

/* What else is due of the pack does not hurry its values. */
START_TEST(another_record_hurries_nothing)
{
	static const char text[] =
		"{\"time\":1002,\"channel\":\"c\",\"bms\":1,\"type\":\"settings\",\"cell_count\":16}";
	struct json_record record;
	begin(INTERVAL_US);
	frame(0, 1);
	turn_to(clock_us + SECOND_US);
	frame(0, 2);
	ck_assert_uint_eq(seen.count[0], 1);
	turn_to(clock_us + SECOND_US);
	ck_assert_ptr_null(json_record_parse(text, sizeof text - 1, &record));
	records_record(&publisher, &record, clock_us);
	lifecycle_time(&publisher, clock_us);
	publish();
	ck_assert_uint_eq(seen.count[0], 1);
	turn_to(1000 * (int64_t)SECOND_US + INTERVAL_US + 1);
	ck_assert_uint_eq(seen.count[0], 2);
	ck_assert_int_eq(seen.when_us[0][1], 1000 * (int64_t)SECOND_US + INTERVAL_US);
	end();
}
END_TEST

UNIT_RUN("pace", another_record_hurries_nothing, at_once_and_no_oftener, late_by_an_interval_at_most,
	 the_last_before_silence)
