/* SPDX-License-Identifier: MIT */
#include "alarm_feed.h"

/* When a BMS or a link is degraded or down, and when it is healthy again: each limit from both sides. */

static int row; /* of statistics, every 10 s */
static unsigned long long bytes, orphans, reopened, asked, timeouts;

static void start(void)
{
	fresh("");
	row = 0;
	bytes = orphans = reopened = asked = timeouts = 0;
	event(0, "open", "x");
}

/* The statistics of the link since the last ones: so many bytes, valid frames of BMS 1 and orphans. */
static void link_row(unsigned more_bytes, unsigned frames, unsigned more_orphans)
{
	row++;
	bytes += more_bytes;
	orphans += more_orphans;
	for (unsigned i = 0; i < frames; i++)
		live(10 * row - 9 + i * .01, 1, "");
	record(10 * row, -1, "event",
	       ",\"event\":\"stats\",\"words\":\"- up=%d bytes=%llu junk=0 orphan=%llu reopened=%llu\"",
	       10 * row, bytes, orphans, reopened);
}

/* Those of BMS 1. */
static void bms_row(unsigned more_asked, unsigned more_timeouts)
{
	row++;
	asked += more_asked;
	timeouts += more_timeouts;
	record(10 * row, 1, "event",
	       ",\"event\":\"stats\",\"words\":\"01 asked=%llu answered=%llu timeouts=%llu mean_ms=50 "
	       "p99_ms=80\"",
	       asked, asked - timeouts, timeouts);
}

/* The last health record since the last call, of the link or of BMS 1: "STATE: REASON"; "" for none. */
static const char *health(const char *bms)
{
	static char text[256];
	text[0] = '\0';
	for (const char *p = output.data; *p; p = strchr(p, '\n') + 1)
		if (strcmp(member(p, "type"), "\"health\"") == 0 && strcmp(member(p, "bms"), bms) == 0)
			snprintf(text, sizeof text, "%s: %s", member(p, "state"), member(p, "reason"));
	output.size = 0;
	output.data[0] = '\0';
	return text;
}

/* ---- a BMS ---- */

/* Two requests, and one of five, since the last statistics. */
START_TEST(requests_without_an_answer)
{
	static const struct {
		unsigned asked, timeouts;
		const char *health;
	} rows[] = {
		{10, 2, "\"degraded\": \"2 of 10 requests unanswered\""},
		{11, 2, ""},
		{14, 3, "\"degraded\": \"3 of 14 requests unanswered\""},
		{15, 3, "\"degraded\": \"3 of 15 requests unanswered\""},
		{16, 3, ""},
		{2, 2, "\"degraded\": \"2 of 2 requests unanswered\""},
		{1, 1, ""},
		{5, 1, ""},
		{100, 0, ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		start();
		live(1, 1, "");
		bms_row(1000, 500); /* what was before is not of these ten seconds */
		ck_assert_str_eq(health("1"), "\"healthy\": \"receiving valid frames\"");
		bms_row(rows[i].asked, rows[i].timeouts);
		ck_assert_str_eq(health("1"), rows[i].health);
	}
}
END_TEST

/* Counters that are smaller are those of a capture that was started again: they count from 0. */
START_TEST(a_capture_that_was_started_again)
{
	start();
	live(1, 1, "");
	bms_row(1000, 500);
	asked = timeouts = 0;
	bms_row(9, 2);
	ck_assert_str_eq(health("1"), "\"degraded\": \"2 of 9 requests unanswered\"");
	start();
	live(1, 1, "");
	bms_row(10, 3);
	bms_row(0, 0); /* equal: nothing was polled */
	ck_assert_str_eq(health("1"), "\"healthy\": \"receiving valid frames\"");
}
END_TEST

/* Three statistics without trouble, one behind the other, until it is healthy again. */
START_TEST(healthy_again)
{
	start();
	live(1, 1, "");
	bms_row(10, 0);
	bms_row(10, 5);
	ck_assert_str_eq(health("1"), "\"degraded\": \"5 of 10 requests unanswered\"");
	bms_row(10, 0);
	bms_row(10, 0);
	bms_row(10, 5);
	bms_row(10, 0);
	bms_row(10, 0);
	ck_assert_str_eq(health("1"), "");
	bms_row(10, 0);
	ck_assert_str_eq(health("1"), "\"healthy\": \"receiving valid frames\"");
}
END_TEST

START_TEST(three_requests_in_a_row)
{
	start();
	live(1, 1, "");
	health("1");
	for (int k = 0; k < 2; k++)
		record(2 + k, 1, "event", ",\"event\":\"timeout\",\"words\":\"01 live\"");
	live(5, 1, "");
	for (int k = 0; k < 2; k++)
		record(6 + k, 1, "event", ",\"event\":\"timeout\",\"words\":\"01 live\"");
	ck_assert_str_eq(health("1"), "");
	record(8, 1, "event", ",\"event\":\"timeout\",\"words\":\"01 live\"");
	ck_assert_str_eq(health("1"), "\"down\": \"3 requests in a row unanswered\"");
	record(9, 1, "event", ",\"event\":\"timeout\",\"words\":\"01 live\"");
	ck_assert_str_eq(health("1"), "");
	live(10, 1, "");
	ck_assert_str_eq(health("1"), "\"healthy\": \"receiving valid frames\"");
}
END_TEST

/* ---- a link ---- */

/* Two frames, and one of five. */
START_TEST(frames_without_an_acknowledgement)
{
	static const struct {
		unsigned frames, orphans;
		const char *health;
	} rows[] = {
		{8, 2, "\"degraded\": \"2 of 10 frames without an acknowledgement\""},
		{9, 2, ""},
		{12, 3, "\"degraded\": \"3 of 15 frames without an acknowledgement\""},
		{13, 3, ""},
		{0, 2, "\"degraded\": \"2 of 2 frames without an acknowledgement\""},
		{1, 1, ""},
		{0, 1, ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		start();
		link_row(5000, 10, 700);
		ck_assert_str_eq(health("null"), "\"healthy\": \"receiving records\"");
		link_row(5000, rows[i].frames, rows[i].orphans);
		ck_assert_str_eq(health("null"), rows[i].health);
	}
}
END_TEST

START_TEST(bytes_without_a_frame)
{
	start();
	link_row(5000, 10, 0);
	health("null");
	for (int k = 0; k < 2; k++)
		link_row(5000, 0, 0);
	link_row(5000, 1, 0);
	for (int k = 0; k < 2; k++)
		link_row(5000, 0, 0);
	ck_assert_str_eq(health("null"), "");
	link_row(1, 0, 0);
	ck_assert_str_eq(health("null"), "\"degraded\": \"bytes, but no valid frame\"");
	for (int k = 0; k < 2; k++)
		link_row(5000, 1, 0);
	ck_assert_str_eq(health("null"), "");
	link_row(5000, 1, 0);
	ck_assert_str_eq(health("null"), "\"healthy\": \"receiving records\"");
	start(); /* the first statistics say nothing of how many bytes are new */
	for (int k = 0; k < 3; k++)
		link_row(5000, 0, 0);
	ck_assert_str_eq(health("null"), "\"healthy\": \"receiving records\"");
	link_row(5000, 0, 0);
	ck_assert_str_eq(health("null"), "\"degraded\": \"bytes, but no valid frame\"");
}
END_TEST

static void quiet_rows(int count)
{
	for (int k = 0; k < count; k++)
		link_row(0, 0, 0);
}

START_TEST(thirty_seconds_without_a_byte)
{
	start();
	link_row(5000, 10, 0);
	health("null");
	quiet_rows(2);
	link_row(5000, 10, 0);
	quiet_rows(2);
	ck_assert_str_eq(health("null"), "");
	quiet_rows(1);
	ck_assert_str_eq(health("null"), "\"down\": \"no bytes received\"");
	link_row(1, 1, 0);
	ck_assert_str_eq(health("null"), "\"healthy\": \"receiving records\"");
	start(); /* from the first statistics on */
	link_row(0, 0, 0);
	health("null");
	quiet_rows(2);
	ck_assert_str_eq(health("null"), "");
	quiet_rows(1);
	ck_assert_str_eq(health("null"), "\"down\": \"no bytes received\"");
}
END_TEST

/* A link with traffic once a minute is down when three minutes have passed, not each minute. */
START_TEST(a_link_with_pauses)
{
	static const int pauses[] = {3, 5, 20};
	for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
		start();
		link_row(5000, 10, 0);
		quiet_rows(pauses[i]);
		link_row(5000, 10, 0);
		health("null");
		for (int k = 0; k < 4; k++) {
			quiet_rows(pauses[i]);
			link_row(5000, 10, 0);
		}
		quiet_rows(3 * (pauses[i] + 1) - 1);
		ck_assert_msg(strcmp(health("null"), "") == 0, "pauses of %d rows", pauses[i]);
		quiet_rows(1);
		ck_assert_str_eq(health("null"), "\"down\": \"no bytes received\"");
		/* Three times without a pause: it is as any other link. */
		for (int k = 0; k < 4; k++)
			link_row(5000, 10, 0);
		health("null");
		quiet_rows(2);
		ck_assert_str_eq(health("null"), "");
		quiet_rows(1);
		ck_assert_str_eq(health("null"), "\"down\": \"no bytes received\"");
	}
	start(); /* two rows are no pause that counts; the longest of the last three does */
	link_row(5000, 10, 0);
	quiet_rows(2);
	link_row(5000, 10, 0);
	health("null");
	quiet_rows(3);
	ck_assert_str_eq(health("null"), "\"down\": \"no bytes received\"");
	link_row(5000, 10, 0);
	quiet_rows(1);
	link_row(5000, 10, 0);
	link_row(5000, 10, 0);
	health("null");
	quiet_rows(11);
	ck_assert_str_eq(health("null"), "");
	quiet_rows(1);
	ck_assert_str_eq(health("null"), "\"down\": \"no bytes received\"");
}
END_TEST

START_TEST(a_link_that_was_opened_again)
{
	start();
	link_row(5000, 10, 0);
	health("null");
	reopened = 1;
	link_row(5000, 10, 0);
	ck_assert_str_eq(health("null"), "\"degraded\": \"the link broke and was opened again\"");
	for (int k = 0; k < 2; k++)
		link_row(5000, 10, 0);
	ck_assert_str_eq(health("null"), "");
	link_row(5000, 10, 0);
	ck_assert_str_eq(health("null"), "\"healthy\": \"receiving records\"");
	start(); /* before the first statistics it is no news */
	reopened = 7;
	link_row(5000, 10, 0);
	ck_assert_str_eq(health("null"), "\"healthy\": \"receiving records\"");
}
END_TEST

/* What is lost counts once, for these statistics, and is summed up. */
START_TEST(what_is_lost)
{
	start();
	link_row(5000, 10, 0);
	health("null");
	event(11, "lost", "0 300");
	event(12, "lost", "0 40");
	link_row(5000, 10, 0);
	ck_assert_str_eq(health("null"),
			 "\"degraded\": \"340 bytes were lost: the driver of the serial line dropped them\"");
	for (int k = 0; k < 3; k++)
		link_row(5000, 10, 0);
	ck_assert_str_eq(health("null"), "\"healthy\": \"receiving records\"");
	event(51, "lost", "1 12"); /* of all that was lost the first to be looked at is named */
	event(52, "lost", "0 40");
	link_row(5000, 10, 0);
	ck_assert_str_eq(health("null"), "\"degraded\": \"1 lines were lost between the programs\"");
	event(61, "lost", "0 0");
	event(61, "lost", "x 7");
	for (int k = 0; k < 3; k++)
		link_row(5000, 10, 0);
	ck_assert_str_eq(health("null"), "\"healthy\": \"receiving records\"");
}
END_TEST

/* Statistics that lack a number, or whose number is none, say nothing about it. */
START_TEST(odd_statistics)
{
	start();
	link_row(5000, 10, 0);
	health("null");
	record(20, -1, "event",
	       ",\"event\":\"stats\",\"words\":\"- up=20 bytes=10000 orphan=x reopened=-1\"");
	record(30, -1, "event", ",\"event\":\"stats\",\"words\":\"- up=30 bytes=15000 xorphan=9 orphan\"");
	record(40, -1, "event", ",\"event\":\"stats\",\"words\":\"x up=40 bytes=15000 orphan=99\"");
	record(50, -1, "event", ",\"event\":\"stats\",\"words\":\"\"");
	ck_assert_str_eq(health("null"), "");
}
END_TEST

UNIT_RUN("health", requests_without_an_answer, a_capture_that_was_started_again, healthy_again,
	 three_requests_in_a_row, frames_without_an_acknowledgement, bytes_without_a_frame,
	 thirty_seconds_without_a_byte, a_link_with_pauses, a_link_that_was_opened_again, what_is_lost,
	 odd_statistics)
