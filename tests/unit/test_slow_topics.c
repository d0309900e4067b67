/* SPDX-License-Identifier: MIT */
#include "mqtt_feed.h"

/* What Home Assistant is sent of cells and clocks, so that its database has few rows. */

enum { S = 1000000 };

static const struct options options = {.layout = &layout_jk,
				       .prefix = "jk",
				       .discovery_prefix = "ha",
				       .interval_us = 5 * S,
				       .cell_step_uv = 5000,
				       .silent_us = 30 * S};

static void live(int cell_mv, int seconds)
{
	char line[240];
	snprintf(line, sizeof line,
		 "{\"time\":%d.000000,\"channel\":\"bus\",\"bms\":1,\"type\":\"live\",\"cell_voltages\":"
		 "[3.300,%d.%03d,null],\"temperature_sensor_1\":21.5,\"total_runtime\":%d,\"uptime\":%d}",
		 1763856000 + seconds, cell_mv / 1000, cell_mv % 1000, 1000 + seconds, seconds);
	feed(line, seconds);
}

/* How many messages of a topic are sent from one second to another, while a cell moves every 7 s by this. */
static int count(const char *topic, int cell_mv, int step_mv, int from, int to)
{
	int n = 0;
	for (int s = from; s < to; s++) {
		live(cell_mv + (s / 7 % 5) * step_mv, s);
		n += *payload_of(topic, s) != '\0';
	}
	return n;
}

START_TEST(once_a_minute)
{
	begin_records(&options);
	live(3301, 0);
	const char *cells = payload_of("jk/bms_1/cells", 0);
	ck_assert_ptr_nonnull(strstr(cells, ",\"temperature_sensor_1\":21.5"));
	ck_assert_ptr_nonnull(strstr(cells, ",\"cell_voltages\":[3.300,3.301,null]"));
	ck_assert_int_eq(count("jk/bms_1/cells", 3301, 1, 1, 59), 0);
	ck_assert_int_eq(count("jk/bms_1/cells", 3301, 1, 59, 65), 1);
	ck_assert_int_eq(count("jk/bms_1/cells", 3301, 1, 65, 241), 3);
	outbox_end(&box);
}
END_TEST

/* The live state has all of it all the time. */
START_TEST(the_live_state_is_whole)
{
	begin_records(&options);
	live(3301, 0);
	const char *state = payload_of("jk/bms_1/live", 0);
	ck_assert_ptr_nonnull(strstr(state, "\"cell_voltages\":[3.300,3.301,null]"));
	ck_assert_ptr_nonnull(strstr(state, "\"total_runtime\":1000"));
	ck_assert_int_eq(count("jk/bms_1/live", 3301, 1, 1, 61), 12);
	outbox_end(&box);
}
END_TEST

START_TEST(clocks)
{
	begin_records(&options);
	live(3301, 0);
	const char *state = payload_of("jk/bms_1/clocks", 0);
	ck_assert_ptr_nonnull(strstr(state, "\"last_update\":\"2025-11-23T00:00:00.000000+00:00\""));
	ck_assert_ptr_nonnull(strstr(state, "\"total_runtime\":1000,\"uptime\":0}"));
	ck_assert_int_eq(count("jk/bms_1/clocks", 3301, 9, 1, 59), 0);
	ck_assert_int_eq(count("jk/bms_1/clocks", 3301, 9, 59, 300), 4);
	outbox_end(&box);
}
END_TEST

/* At once; what changes all the time, every 20 s. */
START_TEST(a_cell_that_moves)
{
	begin_records(&options);
	ck_assert_int_eq(count("jk/bms_1/cells", 3301, 0, 0, 10), 1);
	ck_assert_int_eq(count("jk/bms_1/cells", 3305, 0, 10, 20), 0);
	live(3306, 20);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/cells", 20), "3.306"));
	ck_assert_int_eq(count("jk/bms_1/cells", 3306, 0, 21, 45), 0);
	live(3301, 45);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/cells", 45), "3.301"));
	live(3320, 50);
	ck_assert_str_eq(payload_of("jk/bms_1/cells", 50), "");
	/* It is sent then even if no record comes. */
	ck_assert_int_le(lifecycle_deadline(&publisher), 65 * S);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/cells", 65), "3.320"));
	ck_assert_int_le(count("jk/bms_1/cells", 3300, 50, 70, 130), 4);
	ck_assert_int_ge(count("jk/bms_1/cells", 3300, 50, 130, 190), 2);
	outbox_end(&box);
}
END_TEST

/* A small change that nothing follows is sent after a minute, and at the end. */
START_TEST(nothing_is_forgotten)
{
	begin_records(&options);
	live(3301, 0);
	payload_of("jk/bms_1/cells", 0);
	live(3302, 5);
	ck_assert_str_eq(payload_of("jk/bms_1/cells", 25), "");
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/cells", 60), "3.302"));
	live(3303, 61);
	lifecycle_states(&publisher, 62 * S);
	ck_assert_ptr_nonnull(strstr(payload_of("jk/bms_1/cells", 62), "3.303"));
	outbox_end(&box);
}
END_TEST

/* --every-change: there are no such topics. */
START_TEST(every_change)
{
	static struct options all;
	all = options;
	all.every_change = true;
	begin_records(&all);
	live(3301, 0);
	ck_assert_str_ne(payload_of("jk/bms_1/live", 0), "");
	ck_assert_ptr_null(strstr(sent, "jk/bms_1/cells"));
	ck_assert_ptr_null(strstr(sent, "jk/bms_1/clocks"));
	outbox_end(&box);
}
END_TEST

UNIT_RUN("slow_topics", once_a_minute, the_live_state_is_whole, clocks, a_cell_that_moves,
	 nothing_is_forgotten, every_change)
