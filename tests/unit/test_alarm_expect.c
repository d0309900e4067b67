/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <unistd.h>

#include "alarm_feed.h"
#include "broker_status.h"
#include "pack_map.h"
#include "status.h"
#include "unit.h"

/* Packs that are expected, jk-alarm --expect; and the lines of --status. */

enum { SECOND = 1000000 };

static struct pack_map map;
static unsigned missing_count;
static char missing_name[64];

static void note_missing(void *context, const struct target *pack)
{
	(void)context;
	missing_count++;
	snprintf(missing_name, sizeof missing_name, "%s", pack->pack);
}

static void expect_lines(const char *rules_text, const char *const *lines, size_t count)
{
	size_t column;
	pack_map_end(&map);
	map = (struct pack_map){0};
	for (size_t i = 0; i < count; i++)
		ck_assert_ptr_null(pack_map_line(&map, lines[i], strlen(lines[i]), &column));
	fresh(rules_text);
	engine.sink.missing = note_missing;
	missing_count = 0;
	missing_name[0] = '\0';
	engine_expect(&engine, &map);
}

static const char *status(void)
{
	static char text[8192];
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	ck_assert_uint_le(status_size(&engine.model), sizeof text - 1);
	status_put(&engine.model, &t);
	text[t.size] = '\0';
	return text;
}

static const char two[] = "c:1 north \"North 1\"";

#define EXPECT(rules, ...)                                                                                   \
	expect_lines((rules), (const char *const[]){__VA_ARGS__},                                            \
		     sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* Never heard: silent after 60 s of the stream, whatever the shorter limit is, with its name. */
START_TEST(never_heard)
{
	EXPECT("silent > 30s alarm\nsilent > 45s info\n", two, "c:4 south");
	for (int at = 0; at < 60; at += 2)
		record(at, 1, "live", ",\"x\":1");
	ck_assert_ptr_null(strstr(output.data, "\"type\":\"alarm\""));
	ck_assert_uint_eq(missing_count, 0);
	record(61, 1, "live", ",\"x\":1");
	const char *alarm = strstr(output.data, "\"type\":\"alarm\"");
	ck_assert_ptr_nonnull(alarm);
	ck_assert_ptr_nonnull(strstr(output.data, "\"bms\":4,\"pack\":\"south\",\"type\":\"alarm\""));
	ck_assert_ptr_nonnull(
		strstr(output.data, "\"pack\":\"south\",\"type\":\"health\",\"state\":\"down\""));
	ck_assert_uint_eq(missing_count, 1);
	ck_assert_str_eq(missing_name, "south");
	ck_assert_ptr_null(
		strstr(output.data, "\"pack\":\"north\",\"label\":\"North 1\",\"type\":\"alarm\""));
	/* It comes: the alarm is over. */
	record(62, 4, "live", ",\"x\":1");
	ck_assert_ptr_nonnull(strstr(output.data, "\"active\":false"));
	ck_assert_ptr_nonnull(
		strstr(output.data, "\"pack\":\"south\",\"type\":\"health\",\"state\":\"healthy\""));
}
END_TEST

/* No record at all: the bus is not there. */
START_TEST(without_any_record)
{
	EXPECT("silent > 30s alarm\n", two, "7 loft");
	engine_quiet(&engine, 59 * (int64_t)SECOND, (int64_t)BASE * SECOND);
	ck_assert_uint_eq(missing_count, 0);
	engine_quiet(&engine, 61 * (int64_t)SECOND, (int64_t)BASE * SECOND);
	ck_assert_uint_eq(missing_count, 1);
	ck_assert_str_eq(missing_name, "north");
}
END_TEST

/* One that is heard in time is as any other: silent after its own limit. */
START_TEST(heard_in_time)
{
	EXPECT("silent > 30s alarm\n", two);
	record(20, 1, "live", ",\"x\":1");
	record(20, 2, "live", ",\"x\":1");
	for (int at = 22; at <= 50; at += 2)
		record(at, 2, "live", ",\"x\":1");
	ck_assert_ptr_null(strstr(output.data, "\"type\":\"alarm\""));
	record(51, 2, "live", ",\"x\":1");
	ck_assert_ptr_nonnull(
		strstr(output.data, "\"bms\":1,\"pack\":\"north\",\"label\":\"North 1\",\"type\":\"alarm\""));
	ck_assert_uint_eq(missing_count, 0);
}
END_TEST

/* Heard by CAN, or on another channel than the map's first line for the name says. */
START_TEST(heard_elsewhere)
{
	EXPECT("silent > 30s alarm\n", "c:1 north", "3 loft");
	record(0, 3, "can", ",\"x\":1");
	record(0, 1, "can", ",\"x\":1");
	for (int at = 1; at < 70; at++) {
		record(at, 1, "can", ",\"x\":1");
		record(at, 3, "can", ",\"x\":1");
	}
	ck_assert_ptr_null(strstr(output.data, "\"type\":\"alarm\""));
	ck_assert_uint_eq(missing_count, 0);
}
END_TEST

/* By which jk-alarm knows that more than times has changed since the last look. */
static bool is_new(void)
{
	static uint64_t hash;
	uint64_t before = hash;
	hash = status_hash(&engine.model);
	return hash != before;
}

START_TEST(what_is_new_in_the_status)
{
	EXPECT("silent > 30s alarm\n", "c:1 north", "c:2 south");
	is_new();
	ck_assert(!is_new());
	event(0, "open", "/dev/x");
	ck_assert(is_new());
	event(1, "mode", "poll");
	ck_assert(is_new());
	record(2, 1, "live", ",\"x\":1");
	ck_assert(is_new());
	record(4, 1, "live", ",\"x\":2"); /* only its time is another one */
	ck_assert(!is_new());
	record(4.5, 2, "live", ",\"x\":1");
	ck_assert(is_new());
	record(6, 2, "live", ",\"x\":1");
	ck_assert(!is_new());
	record(7, 3, "live", ",\"x\":1"); /* nobody expected it */
	ck_assert(is_new());
	event(8, "close", "the device is gone");
	ck_assert(is_new());
}
END_TEST

START_TEST(lines_of_status)
{
	EXPECT("silent > 30s alarm\n", "c:1 north \"North Ü\"", "d:2 far", "9 loft");
	ck_assert_str_eq(status(), "link\tc\tunknown\t-\t-\nlink\td\tunknown\t-\t-\n"
				   "pack\tc\t1\tnorth\t-\tNorth Ü\npack\td\t2\tfar\t-\t-\n");
	event(0, "open", "/dev/x");
	ck_assert_ptr_nonnull(strstr(status(), "link\tc\topen\t-\t"));
	ck_assert_ptr_nonnull(strstr(status(), "pack\tc\t9\tloft\t-\t-\n"));
	event(1, "mode", "poll");
	ck_assert_ptr_nonnull(strstr(status(), "link\tc\tpolling\t-\t"));
	event(1, "mode", "listen master");
	record(2.5, 1, "live", ",\"x\":1");
	ck_assert_ptr_nonnull(strstr(status(), "link\tc\tlistening\t1000002.500000\treceiving records\n"));
	ck_assert_ptr_nonnull(strstr(status(), "pack\tc\t1\tnorth\t1000002.500000\tNorth Ü\n"));
	/* What is rejected, or no frame, is not valid; one without a name is listed once it is heard. */
	record(3, 5, "rejected", ",\"reason\":\"r\",\"frame\":\"live\"");
	record(3, 6, "event", ",\"event\":\"timeout\",\"words\":\"06 live\"");
	ck_assert_ptr_null(strstr(status(), "pack\tc\t5"));
	ck_assert_ptr_null(strstr(status(), "pack\tc\t6"));
	ck_assert_ptr_nonnull(strstr(status(), "link\tc\tlistening\t1000002.500000\t"));
	record(4, 5, "settings", ",\"x\":1");
	ck_assert_ptr_nonnull(strstr(status(), "pack\tc\t5\t-\t1000004.000000\t-\n"));
	event(5, "close", "gone \\u0007 away");
	ck_assert_ptr_nonnull(strstr(status(), "link\tc\tclosed\t1000004.000000\tgone"));
	ck_assert_ptr_null(strstr(status(), "\a"));
}
END_TEST

/* ---- the status file of jk-mqtt ---- */

static const char *read_file(const char *path)
{
	static char text[512];
	char own[32];
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
	if (f)
		fclose(f);
	text[n] = '\0';
	snprintf(own, sizeof own, "\t%d\n", (int)getpid());
	char *pid = strstr(text, own);
	if (pid)
		memcpy(pid, "\tPID\n", 6);
	return text;
}

START_TEST(broker_lines)
{
	struct broker_status s;
	char folder[] = "/tmp/jk-unit-XXXXXX", path[64];
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/mqtt", folder);
	broker_status_begin(&s, path, "::1", 1883, 5 * SECOND);
	ck_assert_str_eq(read_file(path),
			 "broker\t[::1]:1883\tdisconnected\t5.000000\tnot connected yet\tPID\n");
	broker_status_set(&s, false, "cannot connect:\tno", 6 * SECOND);
	ck_assert_str_eq(read_file(path),
			 "broker\t[::1]:1883\tdisconnected\t5.000000\tcannot connect:?no\tPID\n");
	broker_status_set(&s, true, "", 7 * SECOND);
	ck_assert_str_eq(read_file(path), "broker\t[::1]:1883\tconnected\t7.000000\t-\tPID\n");
	remove(path);
	broker_status_set(&s, true, "", 8 * SECOND); /* nothing has changed */
	ck_assert_str_eq(read_file(path), "");
	remove(folder);
	broker_status_set(&s, false, "lost", 9 * SECOND); /* the folder is gone: logged once */
	ck_assert(s.file.failed);
	broker_status_set(&s, true, "", 10 * SECOND);
	ck_assert(s.file.failed);
}
END_TEST

UNIT_RUN("alarm_expect", what_is_new_in_the_status, never_heard, without_any_record, heard_in_time,
	 heard_elsewhere, lines_of_status, broker_lines)
