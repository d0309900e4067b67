/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "alarm_feed.h"

/* The reasons in health records of packs with two sources, and what a first record makes due. */

static void of_pack(double at, const char *channel, int bms, const char *type, const char *members)
{
	char text[512];
	snprintf(text, sizeof text,
		 "{\"time\":%.6f,\"channel\":\"%s\",\"bms\":%d,\"pack\":\"p\",\"type\":\"%s\"%s}", BASE + at,
		 channel, bms, type, members);
	line(text);
}

/* The reason in the last health record of the pack; quotes and all. */
static const char *reason(void)
{
	const char *last = NULL;
	for (const char *p = output.data; *p; p = strchr(p, '\n') + 1)
		if (strcmp(member(p, "type"), "\"health\"") == 0 && strcmp(member(p, "pack"), "\"p\"") == 0)
			last = p;
	return last ? member(last, "reason") : "";
}

/* Two of one kind are distinguished by their channels: the one that is silent, and the one that is not. */
START_TEST(two_sources_of_one_kind)
{
	fresh("");
	for (int i = 0; i < 100; i++) {
		if (i < 20)
			of_pack(i, "west", 2, "live", "");
		of_pack(i + 0.5, "east", 1, "live", "");
	}
	ck_assert_str_eq(reason(), "\"west silent, values from east\"");
	fresh("");
	for (int i = 0; i < 100; i++) {
		of_pack(i, "west", 2, "live", "");
		if (i < 20)
			of_pack(i + 0.5, "east", 1, "live", "");
	}
	ck_assert_str_eq(reason(), "\"east silent, values from west\"");
}
END_TEST

/* That a BMS was heard for the first time is saved; later records change nothing that is. */
START_TEST(the_first_record_is_saved)
{
	fresh("");
	engine.model.dirty = false;
	live(0, 1, "");
	ck_assert(engine.model.dirty);
	engine.model.dirty = false;
	live(1, 1, "");
	live(2, 1, "");
	ck_assert(!engine.model.dirty);
	live(3, 2, "");
	ck_assert(engine.model.dirty);
}
END_TEST

UNIT_RUN("alarm_reasons", two_sources_of_one_kind, the_first_record_is_saved)
