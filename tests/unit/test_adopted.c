/* SPDX-License-Identifier: MIT */
#include "messages.h"
#include "mqtt_feed.h"

/*
 * Packs that an earlier run of jk-mqtt has left online, since it was killed: none is offline for that, and
 * those that are silent are offline in the end.
 */

enum { S = 1000000 };
static const int64_t epoch_us =
	INT64_C(1763856000000000); /* the system's clock when the monotonic one is 0 */

static const struct options options = {.layout = &layout_jk,
				       .prefix = "jk",
				       .discovery_prefix = "ha",
				       .interval_us = 5 * S,
				       .silent_us = 30 * S};

static void begin(void)
{
	begin_records(&options);
	publisher.real_less_us = epoch_us;
	payload_of("jk/status", 0);
}

static void retained(const char *name, const char *what, int64_t seconds)
{
	char topic[80];
	snprintf(topic, sizeof topic, "jk/%s/availability", name);
	messages_take(&publisher, topic, what, strlen(what), true, 0, seconds * S);
}

/* The live state that is retained, published at that second. */
static void retained_state(const char *name, int64_t then, int64_t seconds)
{
	char topic[80], payload[160];
	snprintf(topic, sizeof topic, "jk/%s/live", name);
	snprintf(payload, sizeof payload, "{\"last_update\":\"x\",\"time\":%lld.000000,\"channel\":\"bus\"}",
		 (long long)(epoch_us / S + then));
	messages_take(&publisher, topic, payload, strlen(payload), true, 0, seconds * S);
}

static void live(int bms, int64_t seconds)
{
	char line[160];
	snprintf(line, sizeof line,
		 "{\"time\":%lld.000000,\"channel\":\"bus\",\"bms\":%d,\"type\":\"live\",\"total_runtime\":%"
		 "d}",
		 (long long)(epoch_us / S + seconds), bms, (int)(1000 + seconds));
	feed(line, seconds);
}

static const char *availability(const char *name, int64_t seconds)
{
	char topic[80];
	snprintf(topic, sizeof topic, "jk/%s/availability", name);
	return payload_of(topic, seconds);
}

START_TEST(one_that_goes_on_is_never_offline)
{
	begin();
	retained("bms_1", "online", 0);
	ck_assert_str_eq(availability("bms_1", 0), "");
	ck_assert_str_eq(availability("bms_1", 29), "");
	live(1, 29);
	ck_assert_str_eq(availability("bms_1", 29), "online");
	ck_assert_str_eq(availability("bms_1", 58), "");
	ck_assert_str_eq(availability("bms_1", 59), "offline");
	outbox_end(&box);
}
END_TEST

/* Its age is unknown: it is offline after the timeout from the start. */
START_TEST(one_that_is_silent)
{
	begin();
	retained("bms_1", "online", 0);
	ck_assert_str_eq(availability("bms_1", 29), "");
	ck_assert_int_le(lifecycle_deadline(&publisher), 30 * S);
	ck_assert_str_eq(availability("bms_1", 30), "offline");
	ck_assert_str_eq(availability("bms_1", 60), "");
	/* A broker that has not kept this shows it as online again. */
	retained("bms_1", "online", 61);
	ck_assert_str_eq(availability("bms_1", 61), "offline");
	live(1, 62);
	ck_assert_str_eq(availability("bms_1", 62), "online");
	outbox_end(&box);
}
END_TEST

/* The last state is 10 s older than the start: its timeout is over 20 s after that. */
START_TEST(one_whose_age_is_known)
{
	begin();
	retained("bms_1", "online", 0);
	retained("bms_2", "online", 0);
	retained("bms_3", "online", 0);
	retained("bms_4", "online", 0);
	retained_state("bms_1", -10, 0);
	retained_state("bms_2", -29, 0);  /* it may come soon */
	retained_state("bms_3", -31, 0);  /* nobody listened since then */
	retained_state("bms_4", 1000, 0); /* another clock */
	ck_assert_str_eq(availability("bms_2", 4), "");
	ck_assert_str_eq(availability("bms_2", 5), "offline");
	ck_assert_str_eq(availability("bms_1", 19), "");
	ck_assert_str_eq(availability("bms_1", 20), "offline");
	ck_assert_str_eq(availability("bms_3", 29), "");
	const char *all = availability("bms_3", 30);
	ck_assert_str_eq(all, "offline");
	ck_assert_ptr_nonnull(strstr(sent, "\njk/bms_4/availability offline\n"));
	outbox_end(&box);
}
END_TEST

/* It was heard: what the broker retains of it says nothing any more. */
START_TEST(the_last_state_does_not_bring_one_back)
{
	begin();
	retained("bms_1", "online", 0);
	live(1, 1);
	ck_assert_str_eq(availability("bms_1", 1), "online");
	retained_state("bms_1", -10, 1);
	ck_assert_str_eq(availability("bms_1", 20), "");
	ck_assert_str_eq(availability("bms_1", 31), "offline");
	outbox_end(&box);
}
END_TEST

/* After it was heard and fell silent in this run, the broker's old message is answered at once. */
START_TEST(one_that_was_heard_in_this_run)
{
	begin();
	live(1, 0);
	ck_assert_str_eq(availability("bms_1", 0), "online");
	ck_assert_str_eq(availability("bms_1", 30), "offline");
	retained("bms_1", "online", 31);
	ck_assert_str_eq(availability("bms_1", 31), "offline");
	outbox_end(&box);
}
END_TEST

/* Stopping ends in offline for those, too. */
START_TEST(at_the_end)
{
	begin();
	retained("bms_1", "online", 0);
	retained("bms_2", "offline", 0);
	lifecycle_finish(&publisher, 1 * S);
	ck_assert_str_eq(availability("bms_1", 1), "offline");
	ck_assert_ptr_null(strstr(sent, "bms_2"));
	outbox_end(&box);
}
END_TEST

/* Nothing that a broker retains makes it grow without bounds. */
START_TEST(many)
{
	char name[40];
	begin();
	for (int i = 0; i < 3 * PACKS_MAX; i++) {
		snprintf(name, sizeof name, "pack-%d", i);
		retained(name, "online", 0);
	}
	retained("a-name-that-is-longer-than-the-name-of-any-pack-may-be", "online", 0);
	ck_assert_uint_ge(publisher.adopted.count, PACKS_MAX);
	ck_assert_uint_le(publisher.adopted.count, 2 * PACKS_MAX);
	adopted_end(&publisher.adopted);
	outbox_end(&box);
}
END_TEST

/* Its clock begins at 1970, and the last state is of that moment. */
START_TEST(one_of_a_machine_without_a_clock)
{
	static const char state[] = "{\"time\":0.000000,\"channel\":\"bus\"}";
	begin();
	publisher.real_less_us = 10 * S;
	retained("bms_1", "online", 0);
	retained("bms_2", "online", 0);
	messages_take(&publisher, "jk/bms_1/live", state, strlen(state), true, 0, 0);
	ck_assert_str_eq(availability("bms_1", 19), "");
	ck_assert_str_eq(availability("bms_1", 20), "offline");
	ck_assert_str_eq(availability("bms_2", 29), "");
	ck_assert_str_eq(availability("bms_2", 30), "offline");
	outbox_end(&box);
}
END_TEST

UNIT_RUN("adopted", one_that_goes_on_is_never_offline, one_that_is_silent, one_whose_age_is_known,
	 the_last_state_does_not_bring_one_back, one_that_was_heard_in_this_run, at_the_end, many,
	 one_of_a_machine_without_a_clock)
