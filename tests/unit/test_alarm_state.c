/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alarm_feed.h"
#include "modbus.h"
#include "state_read.h"
#include "state_write.h"

/* ---- bounds ---- */

/* A live record of the BMS with this number, of which there are 16 on a channel, and its complaint. */
static const char *numbered(int number, const char *members)
{
	char text[256];
	snprintf(text, sizeof text,
		 "{\"time\":%d.0,\"channel\":\"c%d\",\"bms\":%d,\"type\":\"live\",\"errors_bitmask\":"
		 "4294967295%s}",
		 BASE, number / ADDRESSES, number % ADDRESSES, members);
	output.size = 0;
	output.complaint[0] = '\0';
	line(text);
	ck_assert_msg(strstr(output.data, text + 1) || strstr(output.data, "\"alarms\":"), "%s", text);
	return output.complaint;
}

/* On so many channels, with 16 BMS each but on the last. */
static unsigned listed_of(void)
{
	unsigned listed = 0;
	output.size = 0;
	output.capacity = 4096;
	report_summary(&engine.sink, &engine.model, engine.model.link[0], 0);
	for (const char *p = output.data; (p = strstr(p, "{\"channel\"")); p++)
		listed++;
	output.capacity = 16384;
	return listed;
}

START_TEST(more_packs_than_there_is_room_for)
{
	fresh("silent > 30s alarm\n");
	for (int i = 0; i < PACKS_MAX; i++)
		ck_assert_str_eq(numbered(i, ""), "");
	ck_assert_str_eq(numbered(PACKS_MAX, ""), "more than 4096 BMS: passed through, not evaluated");
	ck_assert_str_eq(numbered(PACKS_MAX, ""), "");
	ck_assert_str_eq(numbered(PACKS_MAX + 1, ""), "");
	ck_assert_uint_eq(engine.beyond_packs, 3);
	ck_assert_str_eq(numbered(PACKS_MAX - 1, ""), ""); /* the others go on */
	ck_assert_ptr_nonnull(strstr(output.data, "\"alarms\":[{"));
	/* all of them count, those that have no room in the list, too */
	unsigned listed = listed_of();
	ck_assert_str_eq(member(output.data, "count"), "122880"); /* 30 bits of each are no information */
	const char *more = strstr(output.data, "],\"more\":");
	ck_assert_ptr_nonnull(more);
	ck_assert_uint_eq(listed + (unsigned)strtoul(more + 9, NULL, 10), PACKS_MAX);
	/* a second source of a pack needs no room */
	ck_assert_str_eq(numbered(7, ",\"pack\":\"north\""), "");
	ck_assert_str_eq(numbered(PACKS_MAX, ",\"pack\":\"north\""), "");
	ck_assert_ptr_nonnull(strstr(output.data, "\"alarms\":[{"));
	ck_assert_uint_eq(engine.beyond_packs, 3);
}
END_TEST

START_TEST(more_channels_than_there_is_room_for)
{
	fresh("silent > 30s alarm\n");
	for (int i = 0; i < CHANNELS_MAX; i++)
		ck_assert_str_eq(numbered(i * ADDRESSES, ""), "");
	ck_assert_str_eq(numbered(CHANNELS_MAX * ADDRESSES, ""),
			 "more than 1024 channels: passed through, not evaluated");
	ck_assert_str_eq(numbered(CHANNELS_MAX * ADDRESSES, ""), "");
	ck_assert_uint_eq(engine.beyond_channels, 2);
	ck_assert_str_eq(numbered((CHANNELS_MAX - 1) * ADDRESSES + 1, ""), "");
}
END_TEST

START_TEST(addresses_that_cannot_be)
{
	fresh("silent > 30s alarm\n");
	live(100, 20, "");
	ck_assert_str_eq(output.complaint, "an address above 15: passed through, not evaluated");
	live(100, 16, "");
	ck_assert_str_eq(output.complaint, "an address above 15: passed through, not evaluated");
}
END_TEST

/* ---- summaries ---- */

static unsigned summaries(void)
{
	unsigned count = 0;
	for (const char *p = output.data; (p = strstr(p, "\"type\":\"summary\"")); p++)
		count++;
	output.size = 0;
	output.data[0] = '\0';
	return count;
}

/* Each record of each of the packs changes an alarm: how many summaries there are in so many rounds. */
static unsigned flapping(int packs, int rounds)
{
	unsigned count = 0;
	char text[256];
	fresh("silent > 300s alarm\n");
	for (int i = 0; i < packs * rounds; i++) {
		int pack = i % packs;
		snprintf(text, sizeof text,
			 "{\"time\":%.6f,\"channel\":\"c%d\",\"bms\":%d,\"type\":\"live\",\"errors_bitmask\":"
			 "%d}",
			 BASE + 2. * i / packs, pack / ADDRESSES, pack % ADDRESSES, i / packs % 2 ? 2 : 1);
		line(text);
		count += summaries();
	}
	return count;
}

START_TEST(a_summary_for_each_change_while_it_is_short)
{
	/* one at the start; a change of bits is one change of the totals, but there is one at each record */
	ck_assert_uint_eq(flapping(1, 100), 101);
	ck_assert_uint_eq(flapping(7, 100), 701);
}
END_TEST

START_TEST(summaries_that_wait_for_records)
{
	ck_assert_uint_le(flapping(8, 100), 410);
	ck_assert_uint_le(flapping(15, 100), 520);
	ck_assert_uint_le(flapping(150, 20), 120);
	ck_assert_uint_le(flapping(1500, 10), 90);
	ck_assert_uint_ge(flapping(1500, 10), 40);
}
END_TEST

/* Eight packs with alarms, and then one more alarm at once. */
static void nine_alarms(void)
{
	fresh("silent > 300s alarm\nlink_down > 300s alarm\n");
	for (int i = 0; i < 8; i++)
		live(i, i, ",\"errors_bitmask\":1");
	summaries();
	live(8, 8, ",\"errors_bitmask\":1");
	ck_assert_uint_eq(summaries(), 0);
}

START_TEST(a_summary_that_waits_comes)
{
	nine_alarms(); /* with the next record */
	live(8.1, 8, ",\"errors_bitmask\":1");
	ck_assert_uint_eq(summaries(), 1);
	live(8.2, 8, ",\"errors_bitmask\":1");
	ck_assert_uint_eq(summaries(), 0);
	nine_alarms(); /* before a record after two seconds, with the time when they were over */
	live(20, 8, ",\"errors_bitmask\":1");
	ck_assert(strstr(output.data, "\"type\":\"summary\"") < strstr(output.data, "\"type\":\"live\""));
	ck_assert_str_eq(member(output.data, "time"), "1000009.000000");
	ck_assert_str_eq(member(output.data, "count"), "9");
	ck_assert_uint_eq(summaries(), 1);
	nine_alarms(); /* at the end of the input */
	engine_end(&engine);
	ck_assert_str_eq(member(output.data, "count"), "9");
	ck_assert_str_eq(member(output.data, "time"), "1000008.000000");
	engine_end(&engine);
	ck_assert_uint_eq(summaries(), 1);
	nine_alarms(); /* while nothing comes */
	ck_assert(engine_summary_waits(&engine));
	engine_summary(&engine);
	ck_assert_str_eq(member(output.data, "time"), "1000009.000000");
	ck_assert(!engine_summary_waits(&engine));
	ck_assert_uint_eq(summaries(), 1);
}
END_TEST

/* ---- the state ---- */

static char state[1 << 20];
static size_t state_size;

static void save(void)
{
	struct strbuf t = {.data = state, .capacity = sizeof state};
	state_write(&t, &engine.model);
	ck_assert(!t.overflow);
	state_size = t.size;
}

static void restart(const char *text, const char *want)
{
	unsigned dropped;
	save();
	fresh(text);
	const char *wrong = state_read(&engine.model, &engine.keys->members, state, state_size, &dropped);
	ck_assert_msg((wrong ? wrong : "") == (want ? want : "") ||
			      strcmp(wrong ? wrong : "", want ? want : "") == 0,
		      "%s", wrong);
}

static const char some_rules[] =
	"silent >= 30s alarm\nstate_of_charge < 15 clear > 20 warning\nstate_of_charge < 5 alarm\n"
	"user_alarm == 1 info\nlink_down >= 10s alarm\n";

START_TEST(a_restart)
{
	fresh(some_rules);
	live(0, 1, ",\"errors_bitmask\":2147483664,\"state_of_charge\":4,\"user_alarm\":1");
	record(1, 2, "can", ",\"can_alarm_levels\":2,\"can_error_bits\":2");
	ck_assert_str_ne(told(), "");
	restart(some_rules, NULL);
	live(10, 1, ",\"errors_bitmask\":16,\"state_of_charge\":10,\"user_alarm\":1");
	ck_assert_ptr_nonnull(
		strstr(output.data,
		       "\"type\":\"summary\",\"count\":6,\"worst\":\"critical\",\"info\":1,\"stale\":6"));
	ck_assert_ptr_nonnull(
		strstr(output.data,
		       "{\"key\":\"cell_overvoltage\",\"severity\":\"alarm\",\"since\":1000000.000000}"));
	ck_assert_str_eq(told(), "-unknown_bit_31@10/0 -state_of_charge@10/0");
	record(11, 2, "can", ",\"can_alarm_levels\":2,\"can_error_bits\":2");
	ck_assert_str_eq(told(), "");
	/* who does not come back */
	restart(some_rules, NULL);
	for (int i = 20; i < 60; i++)
		live(i, 1, "");
	ck_assert_ptr_nonnull(strstr(
		output.data,
		"\"since\":1000000.000000,\"stale\":true}")); /* rules of live keys that did not come */
	ck_assert_str_eq(told(), "+silent@50/20");
	/* and is still away after another restart: reported once */
	restart(some_rules, NULL);
	for (int i = 70; i < 99; i++)
		live(i, 1, "");
	ck_assert_ptr_null(strstr(output.data, "\"stale\":0,\"where\":[{\"channel\":\"c\",\"bms\":1"));
	live(101, 1, ",\"state_of_charge\":30,\"user_alarm\":0");
	for (int i = 102; i < 120; i++)
		live(i, 1, "");
	ck_assert_str_eq(member(output.data, "type"), "\"summary\"");
	ck_assert_ptr_nonnull(
		strstr(output.data, "\"bms\":2,\"count\":3,\"worst\":\"critical\",\"info\":0,\"stale\":2}"));
	ck_assert_str_eq(told(), "-state_of_charge@101/0 -user_alarm@101/0");
	record(120, 2, "can", ",\"x\":1");
	ck_assert_str_eq(told(), "-silent@120/20");
	/* a rule that is gone takes its alarm along */
	unsigned dropped;
	live(121, 1, ",\"state_of_charge\":4,\"user_alarm\":1");
	save();
	fresh("silent >= 30s alarm\n");
	ck_assert_ptr_null(state_read(&engine.model, &engine.keys->members, state, state_size, &dropped));
	ck_assert_uint_eq(dropped, 3);
}
END_TEST

START_TEST(a_link_that_was_down)
{
	fresh(some_rules);
	event(0, "open", "x");
	event(1, "close", "y");
	other(20, 1);
	ck_assert_str_eq(told(), "+link_down@11/1");
	restart(some_rules, NULL);
	other(30, 1);
	ck_assert_str_eq(told(), "");
	live(31, 1, ""); /* a frame came through it */
	ck_assert_str_eq(told(), "-link_down@31/1");
}
END_TEST

/*
 * Its duration is reported only if it began in this run: no clock covers the time in between.
 */
START_TEST(how_long_it_was_is_no_guess)
{
	static const char silence[] = "silent >= 30s alarm\nlink_down >= 10s alarm\n";
	fresh(silence);
	live(0, 1, "");
	event(1, "close", "y");
	other(40, 1);
	ck_assert_str_eq(told(), "+link_down@11/1 +silent@30/0");
	restart(silence, NULL);
	other(100, 1);
	live(101, 1, "");
	ck_assert_ptr_nonnull(strstr(output.data, "\"key\":\"silent\""));
	ck_assert_ptr_nonnull(strstr(output.data, "\"active\":false,\"since\":1000000.000000"));
	ck_assert_ptr_null(strstr(output.data, "\"value\""));
	event(102, "close", "y");
	other(140, 1);
	output.size = 0;
	live(150, 1, "");
	ck_assert_ptr_nonnull(strstr(output.data, "\"rule\":\"silent >= 30s\",\"value\":49,"));
	ck_assert_ptr_nonnull(strstr(output.data, "\"rule\":\"link_down >= 10s\",\"value\":48,"));
}
END_TEST

START_TEST(names_of_channels_survive)
{
	fresh("");
	line("{\"time\":1.0,\"channel\":\" \\\"a b\\\\\\n\\u00e4 "
	     "\",\"bms\":15,\"type\":\"live\",\"errors_bitmask\":16}");
	line("{\"time\":1.0,\"channel\":\"\",\"bms\":0,\"type\":\"live\",\"errors_bitmask\":16}");
	ck_assert_ptr_nonnull(strstr(
		output.data, "\"channel\":\" \\\"a b\\\\\\n\xC3\xA4 \",\"bms\":15,\"type\":\"alarm\""));
	restart("", NULL);
	line("{\"time\":2.0,\"channel\":\" \\\"a b\\\\\\n\\u00e4 "
	     "\",\"bms\":15,\"type\":\"live\",\"errors_bitmask\":16}");
	line("{\"time\":2.0,\"channel\":\"\",\"bms\":0,\"type\":\"live\",\"errors_bitmask\":16}");
	ck_assert_str_eq(told(), "");
}
END_TEST

/* Whatever happens to a state file: it is taken whole or not at all. */
START_TEST(damaged_states)
{
	static char whole[1 << 16], damaged[1 << 16];
	struct chance chance = {3};
	unsigned dropped, runs = (unsigned)unit_environment("JK_STREAMS", 20000);
	fresh(some_rules);
	live(0, 1, ",\"errors_bitmask\":2147483664,\"state_of_charge\":4");
	event(0, "close", "y");
	other(20, 1);
	save();
	size_t size = state_size;
	memcpy(whole, state, size);
	for (size_t n = 0; n < size; n++) { /* cut everywhere */
		fresh(some_rules);
		ck_assert_msg(state_read(&engine.model, &engine.keys->members, whole, n, &dropped) != NULL,
			      "cut at %zu", n);
	}
	for (size_t bit = 0; bit < 8 * size; bit++) { /* each bit */
		memcpy(damaged, whole, size);
		damaged[bit / 8] = (char)(damaged[bit / 8] ^ 1 << bit % 8);
		engine_begin(&engine, &rules, engine.keys, engine.sink);
		ck_assert_msg(state_read(&engine.model, &engine.keys->members, damaged, size, &dropped) !=
				      NULL,
			      "bit %zu", bit);
	}
	for (unsigned i = 0; i < runs; i++) { /* under a sum that fits */
		memcpy(damaged, whole, size);
		for (int k = 0; k < 3; k++)
			damaged[17 + chance_below(&chance, (uint32_t)size - 17 - 9)] =
				(char)chance_below(&chance, 256);
		snprintf(damaged + size - 9, 10, "sum %04X\n", modbus_crc((uint8_t *)damaged, size - 9));
		engine_begin(&engine, &rules, engine.keys, engine.sink);
		state_read(&engine.model, &engine.keys->members, damaged, size, &dropped);
	}
	fresh(some_rules);
	ck_assert_ptr_nonnull(state_read(&engine.model, &engine.keys->members, "", 0, &dropped));
	ck_assert_str_eq(
		state_read(&engine.model, &engine.keys->members, "(1763856000.1) bus 01#55\n", 25, &dropped),
		"not a state file of this version");
	ck_assert_ptr_null(state_read(&engine.model, &engine.keys->members, whole, size, &dropped));
}
END_TEST

/* Records damaged at random: never more than a complaint, and each line comes out again. */
START_TEST(damaged_records)
{
	static const char good[] = "{\"time\":1000001.000000,\"channel\":\"c\",\"bms\":1,\"type\":\"live\","
				   "\"cell_voltages\":[3.270,null,3.265],"
				   "\"state_of_charge\":4,\"errors_bitmask\":16,\"can_alarm_levels\":7,"
				   "\"event\":\"stats\",\"words\":\"- up=5 bytes=7\","
				   "\"frame\":\"live\",\"reason\":\"x\"}";
	static const char *const types[] = {"live", "rejected", "event", "can", "settings"};
	struct chance chance = {5};
	char text[sizeof good + 8];
	fresh("silent > 30s alarm\nstate_of_charge < 15 for 60s warning\ncell_voltage_2 > 3 alarm\n");
	for (unsigned long i = unit_environment("JK_STREAMS", 50000); i-- > 0;) {
		const char *type = types[chance_below(&chance, 5)];
		size_t n = (size_t)snprintf(text, sizeof text, "%.51s%s%s", good, type, good + 55);
		for (uint32_t k = chance_below(&chance, 4); k-- > 0;)
			text[chance_below(&chance, (uint32_t)n)] = (char)chance_below(&chance, 256);
		output.size = 0;
		char *exact = malloc(n); /* a step beyond it is seen by the sanitizer */
		ck_assert_ptr_nonnull(exact);
		memcpy(exact, text, n);
		engine_line(&engine, exact, n);
		free(exact);
		bool found = false; /* up to its closing brace at least */
		for (size_t at = 0; at + n - 1 <= output.size && !found; at++)
			found = memcmp(output.data + at, text, n - 2) == 0;
		ck_assert(found);
	}
}
END_TEST

/* An earlier version wrote every BMS as "bms", also one on CAN: that is not a second, silent source. */
START_TEST(a_state_of_an_earlier_version)
{
	static const char *const alarms[] = {
		"", "alarm can_levels total_overvoltage warning 999990.000000 0 \"can0\"\n"};
	for (size_t i = 0; i < 2; i++) {
		char old[512];
		unsigned dropped;
		int n = snprintf(old, sizeof old,
				 "jk-alarm state 1\ntime 999999.000000\nlink \"can0\"\nbms 0 \"can0\"\n%s",
				 alarms[i]);
		n += snprintf(old + n, sizeof old - (size_t)n, "sum %04X\n",
			      modbus_crc((uint8_t *)old, (size_t)n));
		fresh("silent > 30s alarm\n");
		ck_assert_ptr_null(
			state_read(&engine.model, &engine.keys->members, old, (size_t)n, &dropped));
		for (int at = 0; at < 60; at++) {
			char text[128];
			snprintf(text, sizeof text,
				 "{\"time\":%d.0,\"channel\":\"can0\",\"bms\":0,\"type\":\"can\"}",
				 BASE + at);
			line(text);
		}
		ck_assert_int_eq(engine.model.pack[0]->source_count, 1);
		ck_assert_ptr_null(strstr(output.data, "degraded"));
		ck_assert_str_eq(told(), i ? "-battery_overvoltage@2/-10" : "");
	}
}
END_TEST

UNIT_RUN("alarm_state", a_state_of_an_earlier_version, more_packs_than_there_is_room_for,
	 more_channels_than_there_is_room_for, addresses_that_cannot_be,
	 a_summary_for_each_change_while_it_is_short, summaries_that_wait_for_records,
	 a_summary_that_waits_comes, a_restart, a_link_that_was_down, how_long_it_was_is_no_guess,
	 names_of_channels_survive, damaged_states, damaged_records)
