/* SPDX-License-Identifier: MIT */
#include "alarm_feed.h"
#include "logged.h"
#include "state.h"
#include "state_folder.h"

/* The state file of jk-alarm, written and read. */

static const char *spare;

/* A run with these rules that reads the file, or the spare one. */
static void load(const char *text)
{
	fresh(text);
	state_load(&engine.model, &engine.keys->members, path, spare);
}

/* An alarm of an earlier run is not raised again, and clears with the time at which it was raised. */
START_TEST(an_alarm_goes_on)
{
	begin_folder();
	load("silent > 30s alarm\n"); /* there is no file */
	live(0, 1, ",\"errors_bitmask\":16");
	ck_assert_str_eq(told(), "+cell_overvoltage@0/0");
	ck_assert_uint_eq(state_save(&engine.model, path), strlen(text_of(path)));
	ck_assert(!engine.model.dirty);
	load("silent > 30s alarm\n");
	live(100, 1, ",\"errors_bitmask\":16");
	ck_assert_str_eq(told(), "");
	live(101, 1, ",\"errors_bitmask\":0");
	ck_assert_str_eq(told(), "-cell_overvoltage@101/0");
	end_folder();
}
END_TEST

/* An alarm whose rule is no more is dropped, which is logged. */
START_TEST(a_rule_that_is_no_more)
{
	begin_folder();
	fresh("state_of_charge < 15 warning\nuser_alarm == 1 info\n");
	live(0, 1, ",\"errors_bitmask\":16,\"state_of_charge\":4,\"user_alarm\":1");
	state_save(&engine.model, path);
	catch_log();
	load("current > 100 alarm\n");
	char expected[128];
	snprintf(expected, sizeof expected, "jk: -s %s: dropped 2 alarms whose rule no longer exists\n",
		 path);
	ck_assert_str_eq(release_log(), expected);
	live(1, 1, ",\"errors_bitmask\":0,\"state_of_charge\":50,\"user_alarm\":0");
	ck_assert_str_eq(told(), "-cell_overvoltage@1/0");
	catch_log();
	load("state_of_charge < 15 warning\nuser_alarm == 1 info\n");
	ck_assert_str_eq(release_log(), "");
	end_folder();
}
END_TEST

/* A damaged file is kept for a look, and nothing of it counts. */
START_TEST(a_damaged_file)
{
	static char good[4096], wrong[4096];
	begin_folder();
	fresh("state_of_charge < 15 warning\n");
	live(0, 1, ",\"errors_bitmask\":16,\"state_of_charge\":4");
	state_save(&engine.model, path);
	snprintf(good, sizeof good, "%.4000s", text_of(path));
	for (size_t i = 0; i < strlen(good); i++) {
		memcpy(wrong, good, sizeof wrong);
		wrong[i] ^= 1;
		put(wrong);
		catch_log();
		load("state_of_charge < 15 warning\n");
		ck_assert_msg(strstr(release_log(), path) != NULL, "byte %zu", i);
		ck_assert_str_eq(text_of(bad), wrong);
		ck_assert_str_eq(text_of(path), "none");
		live(1, 1, ",\"errors_bitmask\":0,\"state_of_charge\":50");
		ck_assert_str_eq(told(), "");
		remove(bad);
	}
	end_folder();
}
END_TEST

/* The head alone is a state that was cut; less than that is none. */
START_TEST(a_file_that_is_cut)
{
	static const char head[] = "jk-alarm state 1\n";
	begin_folder();
	for (size_t n = 0; n < sizeof head; n++) {
		char text[sizeof head];
		snprintf(text, sizeof text, "%.*s", (int)n, head);
		put(text);
		catch_log();
		load("");
		const char *why = n == sizeof head - 1 ? "damaged: its sum does not fit"
						       : "not a state file of this version";
		ck_assert_msg(strstr(release_log(), why) != NULL, "%zu bytes", n);
		remove(bad);
	}
	end_folder();
}
END_TEST

/* Packs with alarms of every kind: more than a first buffer has room for. */
START_TEST(a_large_file)
{
	char text[512];
	begin_folder();
	fresh("");
	for (int link = 0; link < 40; link++)
		for (int bms = 1; bms < 16; bms++) {
			snprintf(text, sizeof text,
				 "{\"time\":%d,\"channel\":\"l%d\",\"bms\":%d,\"type\":\"live\","
				 "\"errors_bitmask\":7}",
				 BASE, link, bms);
			line(text);
			output.size = 0;
		}
	size_t size = state_save(&engine.model, path);
	ck_assert_uint_gt(size, STATE_LEAST);
	ck_assert_uint_eq(strlen(text_of(path)), size);
	catch_log();
	load("");
	ck_assert_str_eq(release_log(), "");
	line("{\"time\":1000001,\"channel\":\"l39\",\"bms\":15,\"type\":\"live\",\"errors_bitmask\":3}");
	unsigned count = 0;
	for (const char *p = output.data; (p = strstr(p, "\"active\":false")); p++)
		count++;
	ck_assert_uint_eq(count, 1);
	end_folder();
}
END_TEST

/* A file that cannot be written is logged once, and again when it can; until then the state is not saved. */
START_TEST(a_file_that_cannot_be_written)
{
	begin_folder();
	fresh("");
	live(0, 1, "");
	ck_assert_int_eq(rmdir(folder), 0);
	catch_log();
	state_save(&engine.model, path);
	ck_assert(engine.model.dirty);
	state_save(&engine.model, path);
	char expected[200];
	snprintf(expected, sizeof expected, "jk: -s %s: cannot write %s.new: No such file or directory\n",
		 path, path);
	const char *log = release_log();
	ck_assert_msg(strstr(log, "No such file or directory\n") == log + strlen(log) - 26, "%s", log);
	begin_folder();
	catch_log();
	state_save(&engine.model, path);
	snprintf(expected, sizeof expected, "jk: -s %s: written again\n", path);
	ck_assert_str_eq(release_log(), expected);
	ck_assert(!engine.model.dirty);
	catch_log();
	state_save(&engine.model, path);
	ck_assert_str_eq(release_log(), "");
	end_folder();
}
END_TEST

/* ---- the spare file ---- */

static char gone[80], spare_path[80];

/* The folder of the file is away, as if its disk were full; the spare file is elsewhere. */
static void begin_gone(void)
{
	begin_folder();
	snprintf(gone, sizeof gone, "%s.gone", folder);
	snprintf(spare_path, sizeof spare_path, "%s.spare", folder);
	spare = spare_path;
}

static void end_gone(void)
{
	end_folder();
	spare = NULL;
	ck_assert_int_eq(access(spare_path, F_OK), -1);
}

/* An alarm that was raised while the file could not be written, and ended before the next start, clears. */
START_TEST(an_alarm_that_is_in_the_spare_file)
{
	char expected[256];
	begin_gone();
	load("");
	live(0, 1, "");
	state_save(&engine.model, path);
	ck_assert_int_eq(access(spare_path, F_OK), -1);
	ck_assert_int_eq(rename(folder, gone), 0);
	live(1, 1, ",\"errors_bitmask\":16");
	ck_assert_str_eq(told(), "+cell_overvoltage@1/1");
	catch_log();
	state_save(&engine.model, path);
	ck_assert_ptr_nonnull(
		strstr(release_log(), "No such file or directory; it is kept in the spare file"));
	ck_assert(engine.model.dirty); /* so that the file itself is tried again */
	ck_assert_int_eq(rename(gone, folder), 0);
	catch_log();
	load("");
	snprintf(expected, sizeof expected,
		 "jk: -s %s: could not be written in the end: the state is that of %s\n", path, spare_path);
	ck_assert_str_eq(release_log(), expected);
	live(2, 1, ",\"errors_bitmask\":0");
	ck_assert_str_eq(told(), "-cell_overvoltage@2/1");
	catch_log();
	state_save(&engine.model, path); /* which removes the spare one */
	snprintf(expected, sizeof expected, "jk: -s %s: written again\n", path);
	ck_assert_str_eq(release_log(), expected);
	ck_assert(!engine.model.dirty);
	end_gone();
}
END_TEST

/* A spare file is never older than the file, and one that is damaged is not used. */
START_TEST(a_damaged_spare_file)
{
	char expected[256];
	begin_gone();
	load("");
	live(0, 1, ",\"errors_bitmask\":16");
	ck_assert_str_eq(told(), "+cell_overvoltage@0/0");
	state_save(&engine.model, path);
	FILE *f = fopen(spare_path, "w");
	ck_assert_ptr_nonnull(f);
	fputs("jk-alarm state 1\ntime 1763856000.000000\nsum 0000\n", f);
	fclose(f);
	catch_log();
	load("");
	snprintf(expected, sizeof expected, "jk: --spare %s: damaged: its sum does not fit: not used\n",
		 spare_path);
	ck_assert_str_eq(release_log(), expected);
	live(1, 1, ",\"errors_bitmask\":0");
	ck_assert_str_eq(told(), "-cell_overvoltage@1/0");
	state_save(&engine.model, path);
	end_gone();
}
END_TEST

UNIT_RUN("alarm_file", an_alarm_that_is_in_the_spare_file, a_damaged_spare_file, an_alarm_goes_on,
	 a_rule_that_is_no_more, a_damaged_file, a_file_that_is_cut, a_large_file,
	 a_file_that_cannot_be_written)
