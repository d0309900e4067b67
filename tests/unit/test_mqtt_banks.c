/* SPDX-License-Identifier: MIT */
#include "mqtt_feed.h"

/* What jk-bank adds: states of banks, of their packs and of links, and what it has noticed. */

static const struct options options = {.layout = &layout_jk,
				       .prefix = "jk",
				       .discovery_prefix = "ha",
				       .interval_us = 5000000,
				       .silent_us = 30000000};

#define SCORE "\"type\":\"score\",\"score\":%d,\"health\":\"healthy\",\"reason\":\"\"}"

static void score(const char *who, int value, int64_t seconds)
{
	char line[256];
	snprintf(line, sizeof line, "{\"time\":1.0,\"channel\":\"c\",%s," SCORE, who, value);
	feed(line, seconds);
}

static void is(const char *topic, int64_t seconds, const char *expected)
{
	const char *payload = payload_of(topic, seconds);
	ck_assert_msg(expected[0] ? strstr(payload, expected) != NULL : !payload[0], "%s: %s", topic,
		      payload);
}

/* A link has its score under its own name, and is online while that comes. */
START_TEST(the_score_of_a_link)
{
	begin_records(&options);
	score("\"bms\":null", 90, 1);
	is("jk/link_c/score", 1, "\"score\":90,");
	is("jk/link_c/availability", 1, "");
	is("jk/bridge", 1, "");
	score("\"bms\":null", 80, 20);
	is("jk/link_c/score", 20, "\"score\":80,");
	is("jk/link_c/availability", 49, "");
	is("jk/bms_0/score", 49, "");
	outbox_end(&box);
}
END_TEST

START_TEST(the_availability_of_a_link)
{
	begin_records(&options);
	score("\"bms\":null", 90, 1);
	is("jk/link_c/availability", 1, "online");
	score("\"bms\":null", 90, 29);
	is("jk/link_c/availability", 58, "");
	outbox_end(&box);
}
END_TEST

START_TEST(the_score_of_a_pack)
{
	begin_records(&options);
	feed("{\"time\":1.0,\"channel\":\"c\",\"bms\":1,\"type\":\"live\"}", 1);
	score("\"bms\":1", 70, 2);
	is("jk/bms_1/score", 2, "\"score\":70,");
	is("jk/link_c/score", 2, "");
	outbox_end(&box);
}
END_TEST

/* An event of a bank, without what its topic tells; a bank whose name is none is counted as a bad record. */
START_TEST(events_of_a_bank)
{
	begin_records(&options);
	feed("{\"time\":1.0,\"channel\":\"\",\"bank\":\"house\",\"type\":\"event\",\"event\":\"settings_"
	     "differ\","
	     "\"words\":\"x\"}",
	     1);
	is("jk/bank_house/event", 1, "\"event\":\"settings_differ\",\"words\":\"x\"");
	is("jk/link/c", 1, "");
	feed("{\"time\":1.0,\"channel\":\"\",\"bank\":\"a/"
	     "b\",\"type\":\"event\",\"event\":\"x\",\"words\":\"x\"}",
	     2);
	feed("{\"time\":1.0,\"channel\":\"\",\"bank\":\"\",\"type\":\"bank\",\"power\":1}", 2);
	is("jk/bridge", 8, "\"bad_records\":2,");
	feed("{\"time\":1.0,\"channel\":\"\",\"bank\":\"house\",\"type\":\"event\",\"event\":\"x\"}", 9);
	is("jk/bank_house/event", 9, "");
	outbox_end(&box);
}
END_TEST

START_TEST(states_of_a_bank)
{
	begin_records(&options);
	feed("{\"time\":1.0,\"channel\":\"\",\"bank\":\"house\",\"type\":\"bank\",\"power\":12.5}", 1);
	is("jk/bank_house/live", 1, "\"power\":12.5");
	feed("{\"time\":1.0,\"channel\":\"\",\"bank\":\"house\",\"type\":\"energy\",\"charged_wh\":3}", 2);
	is("jk/bank_house/energy", 2, "\"charged_wh\":3");
	outbox_end(&box);
}
END_TEST

UNIT_RUN("mqtt_banks", the_score_of_a_link, the_availability_of_a_link, the_score_of_a_pack, events_of_a_bank,
	 states_of_a_bank)
