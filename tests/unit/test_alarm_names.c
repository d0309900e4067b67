/* SPDX-License-Identifier: MIT */
#include "alarm_feed.h"
#include "state_read.h"
#include "state_write.h"

/* Records of BMS that the map of jk-decode names. */

static const char some_rules[] = "silent >= 30s alarm \"No data\"\nstate_of_charge < 15 warning\n";

#define NORTH ",\"pack\":\"north\",\"label\":\"Nord \\u2013 \\\"1\\\"\""

/* A record made here of this type, from `from` on; NULL if there is none. */
static const char *made(const char *from, const char *type)
{
	char pattern[32];
	snprintf(pattern, sizeof pattern, "\"type\":\"%s\"", type);
	const char *at = strstr(from, pattern);
	while (at && at > output.data && at[-1] != '\n')
		at--;
	return at;
}

START_TEST(records_carry_the_names_on)
{
	fresh(some_rules);
	live(0, 1, NORTH ",\"errors_bitmask\":16");
	live(1, 2, ",\"pack\":\"south\",\"errors_bitmask\":16");
	live(2, 3, ",\"errors_bitmask\":16");
	static const char *const names[] = {
		"\"bms\":1,\"pack\":\"north\",\"label\":\"Nord \xE2\x80\x93 \\\"1\\\"\",",
		"\"bms\":2,\"pack\":\"south\",", "\"bms\":3,"};
	static const char *const texts[] = {"\"text\":\"Nord \xE2\x80\x93 \\\"1\\\": Cell over-voltage\",",
					    "\"text\":\"south: Cell over-voltage\",",
					    "\"text\":\"Cell over-voltage\","};
	const char *p = output.data;
	for (int i = 0; i < 3; i++) {
		char head[128];
		const char *alarm = p = made(p, "alarm");
		ck_assert_ptr_nonnull(alarm);
		snprintf(head, sizeof head, "%s\"type\":\"alarm\",", names[i]);
		ck_assert_ptr_eq(strstr(alarm, head), strstr(alarm, "\"bms\":"));
		ck_assert_ptr_eq(strstr(alarm, texts[i]), strstr(alarm, "\"text\":"));
		snprintf(head, sizeof head, "%s\"type\":\"health\",", names[i]);
		ck_assert_ptr_nonnull(strstr(output.data, head));
		snprintf(head, sizeof head, "{\"channel\":\"c\",%s\"count\":1,", names[i]);
		ck_assert_ptr_nonnull(strstr(alarm, head));
		p = strchr(p, '\n');
	}
}
END_TEST

/* Only the name of the moment counts, and an event names a BMS that no frame has come from. */
START_TEST(names_change)
{
	fresh(some_rules);
	live(0, 1, ",\"pack\":\"north\"");
	live(1, 1, ",\"pack\":\"east\"");
	live(2, 1, ",\"errors_bitmask\":16");
	ck_assert_ptr_nonnull(strstr(output.data, "\"pack\":\"east\",\"type\":\"alarm\""));
	for (int i = 0; i < 3; i++)
		record(3 + i, 9, "event", ",\"pack\":\"far\",\"event\":\"timeout\",\"words\":\"09 live\"");
	ck_assert_ptr_nonnull(
		strstr(output.data, "\"bms\":9,\"pack\":\"far\",\"type\":\"health\",\"state\":\"down\""));
}
END_TEST

/* The BMS with address 0 is one like the others. */
START_TEST(address_0)
{
	fresh(some_rules);
	live(0, 0, ",\"pack\":\"zero\",\"errors_bitmask\":0");
	ck_assert_ptr_nonnull(
		strstr(output.data, "\"bms\":0,\"pack\":\"zero\",\"type\":\"health\",\"state\":\"healthy\""));
	ck_assert_ptr_nonnull(strstr(output.data, "\"receiving valid frames\""));
	ck_assert_ptr_nonnull(strstr(healths(), "0 \"healthy\""));
	record(1, 0, "event", ",\"pack\":\"nought\",\"event\":\"timeout\",\"words\":\"00 live\"");
	live(2, 0, ",\"pack\":\"nought\",\"errors_bitmask\":16");
	ck_assert_ptr_nonnull(strstr(output.data, "\"pack\":\"nought\",\"type\":\"alarm\""));
	for (int i = 0; i < 3; i++)
		record(3 + i, 0, "event", ",\"pack\":\"null\",\"event\":\"timeout\",\"words\":\"00 live\"");
	ck_assert_ptr_nonnull(
		strstr(output.data, "\"bms\":0,\"pack\":\"null\",\"type\":\"health\",\"state\":\"down\""));
	/* Their last name came with an event. */
	live(36, 1, "");
	ck_assert_ptr_nonnull(strstr(output.data, "\"bms\":0,\"pack\":\"null\",\"type\":\"alarm\""));
}
END_TEST

/* Two sources with one name are one BMS: an alarm that both report ends when neither does. */
START_TEST(one_name_twice)
{
	fresh(some_rules);
	live(0, 1, ",\"pack\":\"north\",\"errors_bitmask\":16");
	line("{\"time\":1000001.0,\"channel\":\"d\",\"bms\":1,\"pack\":\"north\",\"type\":\"live\",\"errors_"
	     "bitmask\":"
	     "16}");
	ck_assert_str_eq(told(), "+cell_overvoltage@0/0");
	live(2, 1, ",\"pack\":\"north\",\"errors_bitmask\":0");
	ck_assert_str_eq(told(), "");
	line("{\"time\":1000003.0,\"channel\":\"d\",\"bms\":1,\"pack\":\"north\",\"type\":\"live\",\"errors_"
	     "bitmask\":"
	     "0}");
	ck_assert_str_eq(told(), "-cell_overvoltage@3/0");
}
END_TEST

/* The label of one letter is a label; an empty one is none. */
START_TEST(short_labels)
{
	fresh(some_rules);
	live(0, 1, ",\"pack\":\"north\",\"label\":\"N\",\"errors_bitmask\":16");
	ck_assert_ptr_nonnull(strstr(output.data, "\"text\":\"N: Cell over-voltage\""));
	live(1, 2, ",\"pack\":\"south\",\"label\":\"\",\"errors_bitmask\":16");
	ck_assert_ptr_nonnull(strstr(output.data, "\"text\":\"south: Cell over-voltage\""));
}
END_TEST

/* A name of any length is cut where a character ends; what is no text is no name. */
START_TEST(odd_names)
{
	char text[1024], label[401];
	for (int i = 0; i < 200; i++)
		memcpy(label + 2 * i, "\xC3\xA4", 3);
	fresh(some_rules);
	snprintf(text, sizeof text, ",\"pack\":7,\"label\":\"x%s\",\"errors_bitmask\":16", label);
	live(0, 1, text);
	const char *alarm = made(output.data, "alarm");
	ck_assert_ptr_nonnull(alarm);
	ck_assert_ptr_eq(strstr(alarm, "\"bms\":1,\"label\":\"x\xC3\xA4"), strstr(alarm, "\"bms\":"));
	const char *end = strstr(strstr(alarm, "\"label\":\"") + 9, "\"");
	ck_assert_int_eq(end - (strstr(alarm, "\"label\":\"") + 9), 95);
	live(1, 1, ",\"pack\":\"a\\u001b[2Jb\",\"errors_bitmask\":0");
	ck_assert_ptr_nonnull(strstr(output.data, "\"pack\":\"a\\u001B[2Jb\""));
	ck_assert_ptr_null(strchr(output.data, 0x1B));
}
END_TEST

/* The summary of the next start names the BMS, too. */
START_TEST(names_survive_a_restart)
{
	static char state[1 << 16];
	struct strbuf t = {.data = state, .capacity = sizeof state};
	unsigned dropped;
	fresh(some_rules);
	live(0, 1, NORTH ",\"errors_bitmask\":16");
	live(1, 2, ",\"errors_bitmask\":16");
	state_write(&t, &engine.model);
	fresh(some_rules);
	ck_assert_ptr_null(state_read(&engine.model, &engine.keys->members, state, t.size, &dropped));
	live(2, 2, "");
	ck_assert_ptr_nonnull(strstr(output.data,
				     "[{\"channel\":\"c\",\"bms\":1,\"pack\":\"north\",\"label\":"
				     "\"Nord \xE2\x80\x93 \\\"1\\\"\",\"count\":1"));
	ck_assert_ptr_nonnull(strstr(output.data, "{\"channel\":\"c\",\"bms\":2,\"count\":1"));
}
END_TEST

UNIT_RUN("alarm_names", records_carry_the_names_on, names_change, address_0, one_name_twice, short_labels,
	 odd_names, names_survive_a_restart)
