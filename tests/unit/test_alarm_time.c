/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alarm_feed.h"

/* ---- silence, and the same address on two channels ---- */

START_TEST(silence)
{
	fresh("silent >= 30s alarm\n");
	live(0, 1, ",\"errors_bitmask\":16");
	for (int i = 5; i < 60; i += 5)
		live(i, 2, "");
	ck_assert_ptr_nonnull(
		strstr(output.data, "\"severity\":\"alarm\",\"since\":1000000.000000,\"stale\":true}"));
	ck_assert_str_eq(told(), "+cell_overvoltage@0/0 +silent@30/0");
	live(61, 1, ",\"errors_bitmask\":16"); /* still so: since it began */
	ck_assert_ptr_null(strstr(output.data, "stale\":true"));
	ck_assert_str_eq(told(), "-silent@61/0");
	live(62, 1, ",\"errors_bitmask\":0");
	ck_assert_str_eq(told(), "-cell_overvoltage@62/0");
	/*
	 * a BMS that was never seen is not missed, and rejected frames and acknowledgements are not valid
	 * frames
	 */
	fresh("silent >= 30s alarm\n");
	live(0, 1, "");
	for (int i = 1; i < 40; i++) {
		record(i, 1, "rejected", ",\"frame\":\"live\",\"reason\":\"r%d\",\"errors_bitmask\":null", i);
		record(i, 1, "ack", ",\"function\":16");
		record(i, 3, "event", ",\"event\":\"timeout\",\"words\":\"03 live\"");
	}
	ck_assert_str_eq(told(), "+silent@30/0");
}
END_TEST

START_TEST(two_channels)
{
	fresh("silent >= 30s alarm\n");
	live(0, 1, ",\"errors_bitmask\":16");
	other(1, 1);
	live(2, 1, ",\"errors_bitmask\":16");
	ck_assert_str_eq(told(), "+cell_overvoltage@0/0"); /* not cleared by the other */
	for (int i = 3; i < 40; i++)
		other(i, 1);
	ck_assert_str_eq(told(), "+silent@32/2");
	/* a third */
	line("{\"time\":1000040.0,\"channel\":\"cc\",\"bms\":1,\"type\":\"live\",\"errors_bitmask\":16}");
	ck_assert_str_eq(told(), "+cell_overvoltage@40/40");
}
END_TEST

/* Time passes on one channel while the other has stopped for good, statistics and all. */
START_TEST(a_capture_that_died)
{
	fresh("silent >= 30s alarm\n");
	up(0, 10);
	live(1, 1, "");
	for (int i = 2; i < 60; i += 2)
		other(i, 1);
	ck_assert_str_eq(told(), "+silent@31/1");
}
END_TEST

START_TEST(links)
{
	fresh("link_down >= 10s alarm\nlink_silent >= 1min alarm\n");
	event(0, "open", "x");
	event(1, "close", "broken");
	other(5, 1);
	event(6, "open", "x");
	live(7, 1, ""); /* in time */
	event(8, "close", "broken");
	event(9, "close", "refused"); /* still the same */
	other(20, 1);
	ck_assert_str_eq(told(), "+link_down@18/8");
	event(21, "open", "x"); /* a gateway that accepts and closes connections forever */
	event(22, "close", "closed by the other side");
	event(23, "open", "x");
	ck_assert_str_eq(told(), "");
	event(24, "junk", "3 bytes");
	ck_assert_str_eq(told(), "-link_down@24/8");
	event(30, "close", "nothing was heard for 10 s");
	event(31, "open", "x"); /* open, but mute */
	other(41, 1);
	ck_assert_str_eq(told(), "+link_down@40/30");
	live(42, 1, "");
	ck_assert_str_eq(told(), "-link_down@42/30");
	other(110, 1);
	ck_assert_str_eq(told(), "+link_silent@101/41 +link_silent@102/42 -link_silent@110/41");
}
END_TEST

/* ---- steps of the clock ---- */

/*
 * A minute with a step in its middle: nothing is raised or cleared, and what holds is not counted anew.  To
 * two seconds: "up" is in whole ones.
 */
static void with_step(double step, const char *want)
{
	fresh("silent > 30s alarm\nstate_of_charge < 15 for 60s warning\n");
	for (int i = 0; i < 80; i++) {
		double at = i + (i >= 30 ? step : 0);
		if (i % 10 == 5)
			up(at + .5, 100 + i);
		live(at, 1, ",\"state_of_charge\":10");
		if (i % 4 == 0)
			live(at + .1, 2, ",\"state_of_charge\":50");
	}
	char said[256];
	snprintf(said, sizeof said, "%s", told());
	double raised = strtod(strchr(said, '@') + 1, NULL) - step;
	ck_assert_msg(strncmp(said, want, strlen(want)) == 0 && strchr(said + 1, '+') == NULL &&
			      raised >= 58 && raised <= 62,
		      "step %g: %s", step, said);
}

START_TEST(steps_of_the_clock)
{
	static const double steps[] = {
		0, 3600, -3600, 86400 * 3650.0, -900000, 40, -40, 13, -13, 11, -11, 5, -5, 3, -3, 1, -1};
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		with_step(steps[i], "+state_of_charge@");
}
END_TEST

/* A step back of which only "up" knows how long it took. */
START_TEST(what_up_says)
{
	struct stream_time p = {0};
	stream_time_record(&p, 1000000000, true, false, 0);
	stream_time_up(&p, 100);
	stream_time_record(&p, 1005000000, true, false, 0);
	ck_assert_int_eq(p.at_us, 5000000);
	stream_time_record(&p, 905000000, true, false, 5000000); /* back, after 5 s */
	ck_assert_int_eq(p.at_us, 5000000);
	stream_time_up(&p, 110);
	ck_assert_int_eq(p.at_us, 10000000);
	stream_time_record(&p, 904000000, true, false, 0); /* lines that changed places */
	stream_time_record(&p, 906000000, true, false, 0);
	ck_assert_int_eq(p.at_us, 11000000);
	stream_time_record(&p, 918000001, true, false, 0); /* over 12 s without statistics: nobody knows */
	ck_assert_int_eq(p.at_us, 11000000);
	stream_time_record(&p, 930000001, true, false, 0);
	ck_assert_int_eq(p.at_us, 23000000);
	stream_time_record(&p, 960000001, true, true, 0); /* opened anew */
	ck_assert_int_eq(p.at_us, 53000000);
	stream_time_record(&p, 1990000001, false, false, 0); /* nobody tells "up": a time is a time */
	ck_assert_int_eq(p.at_us, 1083000000);
}
END_TEST

START_TEST(a_capture_that_was_started_again)
{
	fresh("silent > 30s alarm\nstate_of_charge < 15 for 60s warning\n");
	for (int i = 0; i < 30; i++) {
		live(i, 1, ",\"state_of_charge\":10");
		if (i % 10 == 5)
			up(i + .5, 100 + i);
	}
	event(100, "open",
	      "x"); /* nothing was heard for 70 s: that is silence, but no evidence of a low battery */
	live(101, 1, ",\"state_of_charge\":10");
	up(102, 2);
	for (int i = 103; i < 170; i++) {
		live(i, 1, ",\"state_of_charge\":10");
		if (i % 10 == 2)
			up(i + .5, i - 100);
	}
	ck_assert_str_eq(told(), "+silent@59.000001/29 -silent@101/29 +state_of_charge@161/101");
}
END_TEST

/* The clock is set while a link is being opened anew: nobody was silent for an hour. */
START_TEST(a_step_before_an_opening)
{
	fresh("silent > 30s alarm\nlink_down > 30s alarm\n");
	up(0, 10);
	live(1, 1, "");
	event(2, "close", "read: broken");
	event(3603, "open", "x");
	live(3604, 1, "");
	ck_assert_str_eq(told(), "");
	event(3605, "close", "told to stop");
	event(3705, "open", "x");
	live(3706, 1, "");
	ck_assert_str_eq(told(), "+silent@3634.000001/3604 +link_down@3635.000001/3605 -link_down@3706/3605 "
				 "-silent@3706/3604");
}
END_TEST

START_TEST(quiet)
{
	fresh("silent >= 30s alarm\n");
	live(0, 1, "");
	ck_assert_int_eq(engine_quiet_deadline(&engine), 30000000);
	engine_quiet(&engine, 29999999, INT64_C(1000000) * (BASE + 30));
	ck_assert_str_eq(told(), "");
	engine_quiet(&engine, 31000000, INT64_C(1000000) * (BASE + 31));
	ck_assert_str_eq(told(),
			 "+silent@30/0"); /* at the time at which the next record would have shown it */
	ck_assert_int_eq(engine_quiet_deadline(&engine), -1);
	engine_quiet(&engine, 99000000, INT64_C(1000000) * (BASE + 99));
	ck_assert_str_eq(told(), "");
	live(100, 1, "");
	ck_assert_str_eq(told(), "-silent@100/0");
	/* the same without anybody looking at the clock */
	fresh("silent >= 30s alarm\n");
	live(0, 1, "");
	live(100, 1, "");
	ck_assert_str_eq(told(), "+silent@30/0 -silent@100/0");
	/* not one record ever */
	fresh("silent >= 30s alarm\n");
	engine_quiet(&engine, 25000000, INT64_C(1000000) * (BASE + 25));
	ck_assert_ptr_nonnull(
		strstr(output.data, "\"channel\":\"\",\"bms\":null,\"type\":\"summary\",\"count\":0"));
}
END_TEST

/* ---- health ---- */

static void stats(double at, int bms, int asked, int timeouts)
{
	record(at, bms, "event",
	       ",\"event\":\"stats\",\"words\":\"%02X asked=%d answered=%d timeouts=%d mean_ms=50 "
	       "p99_ms=80\"",
	       bms, asked, asked - timeouts, timeouts);
}

START_TEST(health_of_a_bms)
{
	fresh("silent > 30s alarm\n");
	live(0, 1, "");
	ck_assert_str_eq(healths(), "null \"healthy\" 1 \"healthy\"");
	stats(1, 1, 10, 0);
	stats(11, 1, 20, 1);
	stats(21, 1, 30, 4); /* 3 of 10 */
	live(22, 1, "");
	ck_assert_ptr_nonnull(strstr(
		output.data,
		"\"state\":\"degraded\",\"reason\":\"3 of 10 requests unanswered\",\"worst\":\"degraded\""));
	ck_assert_str_eq(healths(), "1 \"degraded\"");
	stats(31, 1, 40, 4);
	stats(41, 1, 50, 4);
	ck_assert_str_eq(healths(), "");
	live(42, 1, "");
	stats(51, 1, 60, 4);
	ck_assert_ptr_nonnull(
		strstr(output.data,
		       "\"state\":\"healthy\",\"reason\":\"receiving valid frames\",\"worst\":\"degraded\""));
	ck_assert_str_eq(healths(), "1 \"healthy\"");
	for (int i = 0; i < 3; i++)
		record(52 + i, 1, "event", ",\"event\":\"timeout\",\"words\":\"01 live\"");
	ck_assert_str_eq(healths(), "1 \"down\"");
	live(56, 1, "");
	ck_assert_str_eq(healths(), "1 \"healthy\"");
	stats(60, 1, 5, 0); /* the capture was started again */
	for (int i = 0; i < 3; i++)
		record(61 + i, 7, "event", ",\"event\":\"timeout\",\"words\":\"07 live\"");
	ck_assert_ptr_nonnull(strstr(output.data, "\"reason\":\"3 requests, no answer\""));
	ck_assert_str_eq(healths(), "7 \"down\"");
	stats(95, 1, 6, 0);
	ck_assert_ptr_nonnull(strstr(output.data, "\"reason\":\"no valid frame\""));
	ck_assert_str_eq(healths(), "1 \"down\"");
	for (int i = 0; i < 3; i++)
		rejected(96 + i, "total_voltage", "0");
	live(99, 1, "");
	ck_assert_str_eq(healths(), "1 \"healthy\"");
	for (int i = 0; i < 3; i++)
		rejected(100 + i, "total_voltage", "0");
	ck_assert_ptr_nonnull(strstr(output.data, "\"reason\":\"frames are rejected: total_voltage\""));
	ck_assert_str_eq(healths(), "1 \"degraded\"");
}
END_TEST

static void link_stats(int row, int bytes, int junk, int orphan, int reopened)
{
	record(10 * row, -1, "event",
	       ",\"event\":\"stats\",\"words\":\"- up=%d bytes=%d junk=%d orphan=%d reopened=%d\"", 10 * row,
	       bytes, junk, orphan, reopened);
}

START_TEST(health_of_a_link)
{
	fresh("");
	event(0, "open", "x");
	ck_assert_str_eq(healths(), "null \"healthy\"");
	for (int i = 1; i < 20; i++) { /* half of it junk: fragmentation is no fault */
		live(10 * i - 5, 1, "");
		link_stats(i, 1000 * i, 500 * i, 0, 0);
	}
	ck_assert_str_eq(healths(), "1 \"healthy\"");
	event(191, "close", "read: \\\"gone\\\"");
	ck_assert_ptr_nonnull(strstr(output.data, "\"reason\":\"closed: read: \\\"gone\\\"\""));
	event(192, "open", "x");
	live(193, 1, "");
	link_stats(20, 20000, 10000, 0, 1);
	ck_assert_str_eq(healths(), "null \"down\" null \"healthy\" null \"degraded\"");
	for (int i = 21; i < 24; i++) {
		live(10 * i - 5, 1, "");
		link_stats(i, 1000 * i, 10000, 0, 1);
	}
	ck_assert_str_eq(healths(), "null \"healthy\"");
	live(235, 1, "");
	link_stats(24, 24000, 10000, 5, 1);
	ck_assert_ptr_nonnull(strstr(output.data, "5 of 6 frames without an acknowledgement"));
	ck_assert_str_eq(healths(), "null \"degraded\"");
	for (int i = 25; i < 28; i++)
		link_stats(i, 24000, 10000, 5, 1);
	ck_assert_str_eq(healths(), "null \"down\"");
	for (int i = 28; i < 31; i++)
		link_stats(i, 1000 * i, 10000, 5, 1);
	ck_assert_str_eq(healths(), "null \"healthy\" null \"degraded\""); /* bytes, but no frame */
	event(301, "lost", "7 900");
	live(302, 1, "");
	link_stats(31, 31000, 10000, 5, 1);
	ck_assert_str_eq(healths(), "");
}
END_TEST

START_TEST(lost_lines)
{
	fresh("");
	event(0, "open", "x");
	live(5, 1, "");
	link_stats(1, 1000, 0, 0, 0);
	event(11, "lost", "3 400");
	event(12, "lost", "4 500");
	event(13, "lost", "some 500");
	live(15, 1, "");
	link_stats(2, 2000, 0, 0, 0);
	ck_assert_ptr_nonnull(strstr(output.data, "7 lines were lost between the programs"));
	ck_assert_str_eq(healths(), "null \"healthy\" 1 \"healthy\" null \"degraded\"");
	for (int i = 3; i < 6; i++) {
		live(10 * i - 5, 1, "");
		link_stats(i, 1000 * i, 0, 0, 0);
	}
	ck_assert_str_eq(healths(), "null \"healthy\"");
}
END_TEST

/* Lines without a byte of the wire are frames that the kernel dropped, of CAN; without a line, bytes. */
START_TEST(lost_by_the_kernel)
{
	static const struct {
		const char *can, *lost, *reason;
	} cases[] = {
		{"error-active 0 0", "12 0",
		 "\"reason\":\"12 CAN frames were lost: the kernel dropped them\""},
		{"error-active 0 0", "4294967295 0", "\"reason\":\"4294967295 CAN frames were lost"},
		{"error-active 0 0", "12 96", "\"reason\":\"12 lines were lost between the programs\""},
		{"", "12 0", "\"reason\":\"12 lines were lost between the programs\""},
		{"", "0 300",
		 "\"reason\":\"300 bytes were lost: the driver of the serial line dropped them\""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		fresh("");
		event(0, "open", "x");
		if (cases[i].can[0])
			event(1, "can", cases[i].can);
		link_stats(1, 1000, 0, 0, 0);
		event(11, "lost", cases[i].lost);
		link_stats(2, 2000, 0, 0, 0);
		ck_assert_ptr_nonnull(strstr(output.data, cases[i].reason));
	}
}
END_TEST

/* What a CAN interface reports of itself is the health of its link. */
START_TEST(can_interface)
{
	static const struct {
		const char *words, *healths, *reason;
	} steps[] = {
		{"error-active 0 0", "", ""},
		{"error-warning 0 96", "", ""},
		{"bus-error", "", ""},
		{"error-passive 0 128", "null \"degraded\"", "error-passive: many errors"},
		{"bus-off 0 0", "null \"down\"", "bus-off: too many errors"},
		{"bus-error", "", ""},
		{"restarted", "null \"healthy\"", ""},
		{"stopped 0 0", "null \"down\"", "the CAN interface is down"},
		{"error-active 0 0", "null \"healthy\"", ""},
	};
	fresh("");
	event(0, "open", "can:can0");
	link_stats(1, 1000, 0, 0, 0);
	ck_assert_str_eq(healths(), "null \"healthy\"");
	for (int i = 0; i < (int)(sizeof steps / sizeof *steps); i++) {
		event(11 + i, "can", steps[i].words);
		ck_assert_ptr_nonnull(strstr(output.data, steps[i].reason));
		ck_assert_str_eq(healths(), steps[i].healths);
	}
	event(25, "can", "bus-off 0 0");
	ck_assert_str_eq(healths(), "null \"down\"");
	event(26, "open", "can:can0");
	ck_assert_str_eq(healths(), "null \"healthy\"");
}
END_TEST

/* Each bit and each rule over a value; silence itself is not. */
START_TEST(all_that_was_active_is_stale)
{
	fresh("state_of_charge < 20 alarm\nsilent > 30s alarm\n");
	live(0, 1, ",\"errors_bitmask\":4294967295,\"state_of_charge\":10");
	for (int i = 5; i < 40; i += 5)
		live(i, 2, "");
	const char *p = strstr(output.data, "\"key\":\"silent\",\"severity\"");
	ck_assert_ptr_nonnull(p);
	size_t line = strcspn(p, "\n");
	unsigned stale = 0, first = 0;
	for (const char *one = p; (one = strstr(one, "\"stale\":true")) && one < p + line; one++)
		stale++;
	for (const char *one = p; (one = strstr(one, "{\"key\":\"wire_resistance\"")) && one < p + line;
	     one++)
		first += strncmp(strchr(one, '}') - 12, "\"stale\":true", 12) == 0;
	ck_assert_uint_eq(stale, 33);
	ck_assert_uint_eq(first, 1);
}
END_TEST

UNIT_RUN("alarm_time", can_interface, lost_lines, lost_by_the_kernel, silence, two_channels,
	 a_capture_that_died, links, steps_of_the_clock, what_up_says, a_capture_that_was_started_again,
	 a_step_before_an_opening, quiet, health_of_a_bms, health_of_a_link, all_that_was_active_is_stale)
