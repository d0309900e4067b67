/* SPDX-License-Identifier: MIT */
#include "stats.h"

#include <string.h>

#include "unit.h"

static struct stats stats;

static const char *words(void (*write)(struct strbuf *t))
{
	static char text[256];
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	write(&t);
	ck_assert(!t.overflow);
	text[t.size] = '\0';
	return text;
}

static void of_address(struct strbuf *t)
{
	stats_address_words(t, &stats, 5);
}

static void of_link(struct strbuf *t)
{
	stats_link_words(t, &stats, 1000000 + 12999999);
}

static const char *answers(const int64_t *took_us, size_t count)
{
	stats_begin(&stats, 0);
	for (size_t i = 0; i < count; i++)
		stats_answer(&stats, 5, took_us[i]);
	return words(of_address);
}

START_TEST(counts)
{
	stats_begin(&stats, 1000000);
	ck_assert_int_eq(stats.next_us, 3000000);
	ck_assert_str_eq(words(of_address), "05 asked=0 answered=0 timeouts=0 mean_ms=0 p99_ms=0");
	stats_asked(&stats, 5), stats_asked(&stats, 5), stats_asked(&stats, 4);
	stats_timeout(&stats, 5);
	stats_count(&stats, &(struct deframe_item){.kind = DEFRAME_FRAME, .address = 5});
	stats_count(&stats, &(struct deframe_item){.kind = DEFRAME_JUNK, .size = 7});
	stats_count(&stats, &(struct deframe_item){.kind = DEFRAME_JUNK, .size = 2});
	stats_count(&stats, &(struct deframe_item){.kind = DEFRAME_ORPHAN, .address = 5});
	stats.bytes = 308;
	stats.reopened = 3;
	ck_assert_str_eq(words(of_address), "05 asked=2 answered=1 timeouts=1 mean_ms=0 p99_ms=0");
	ck_assert_str_eq(words(of_link), "- up=12 bytes=308 junk=9 orphan=1 reopened=3");
	ck_assert_uint_eq(stats.frames, 1);
}
END_TEST

/* A request does not show that its BMS is there; an answer does. */
START_TEST(who_is_present)
{
	struct deframe_item item = {.kind = DEFRAME_MODBUS, .address = 3, .modbus.kind = MODBUS_REQUEST};
	stats_begin(&stats, 0);
	stats_count(&stats, &item);
	ck_assert(!stats.address[3].present && stats.requests == 1);
	item.modbus.kind = MODBUS_READ;
	stats_count(&stats, &item);
	ck_assert(stats.address[3].present && stats.requests == 1 && !stats.address[4].present);
	stats_count(&stats, &(struct deframe_item){.kind = DEFRAME_ORPHAN, .address = 6});
	ck_assert(!stats.address[6].present);
	stats_count(&stats, &(struct deframe_item){.kind = DEFRAME_FRAME, .address = 4});
	ck_assert(stats.address[4].present);
}
END_TEST

/* Both are rounded to milliseconds; an answer over a suspension counts for neither. */
START_TEST(times_of_answers)
{
	ck_assert_str_eq(answers((int64_t[]){20499}, 1),
			 "05 asked=0 answered=0 timeouts=0 mean_ms=20 p99_ms=20");
	ck_assert_str_eq(answers((int64_t[]){20500}, 1),
			 "05 asked=0 answered=0 timeouts=0 mean_ms=21 p99_ms=21");
	ck_assert_str_eq(answers((int64_t[]){10000, 20000, 60000, -1}, 4),
			 "05 asked=0 answered=0 timeouts=0 mean_ms=30 p99_ms=60");
	ck_assert_str_eq(answers((int64_t[]){0}, 1), "05 asked=0 answered=0 timeouts=0 mean_ms=0 p99_ms=0");
	ck_assert_str_eq(answers((int64_t[]){5000000}, 1),
			 "05 asked=0 answered=0 timeouts=0 mean_ms=5000 p99_ms=1024");
	ck_assert_str_eq(answers((int64_t[]){1024000}, 1),
			 "05 asked=0 answered=0 timeouts=0 mean_ms=1024 p99_ms=1024");
}
END_TEST

/* Of 100 answers the slowest one is left out; of 99 it is not. */
START_TEST(ninety_nine_of_a_hundred)
{
	int64_t took_us[200];
	for (int i = 0; i < 200; i++)
		took_us[i] = 10000;
	took_us[0] = 70000;
	ck_assert_ptr_nonnull(strstr(answers(took_us, 99), " p99_ms=70"));
	ck_assert_ptr_nonnull(strstr(answers(took_us, 100), " p99_ms=10"));
	took_us[1] = 50000;
	ck_assert_ptr_nonnull(strstr(answers(took_us, 100), " p99_ms=50"));
	took_us[2] = 40000;
	ck_assert_ptr_nonnull(strstr(answers(took_us, 199), " p99_ms=50"));
	ck_assert_ptr_nonnull(strstr(answers(took_us, 200), " p99_ms=40"));
}
END_TEST

UNIT_RUN("stats", counts, who_is_present, times_of_answers, ninety_nine_of_a_hundred)
