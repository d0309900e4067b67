/* SPDX-License-Identifier: MIT */
#include "announcement.h"

#include <string.h>

#include "unit.h"

/* When a discovery message is due: what comes at once is spaced, and what the broker retains is awaited. */

enum { S = 1000000 };

static struct announcement a;

static void begin(void)
{
	a = ANNOUNCEMENT_NEW;
}

START_TEST(what_is_wanted)
{
	begin();
	ck_assert_int_eq(announcement_due(&a), INT64_MAX);
	ck_assert(!announcement_waits(&a));
	announcement_wanted(&a, 7 * S);
	ck_assert_int_eq(announcement_due(&a), 7 * S);
	ck_assert(announcement_waits(&a));
	ck_assert(!a.again);
	announcement_wanted(&a, 9 * S); /* the earlier one stays */
	ck_assert_int_eq(announcement_due(&a), 7 * S);
	announcement_again(&a, 6 * S);
	ck_assert_int_eq(announcement_due(&a), 6 * S);
	ck_assert(a.again);
	/* 3 s behind the last message */
	a.sent_us = 10 * S;
	a.due_us = INT64_MAX;
	ck_assert(!announcement_waits(&a));
	announcement_wanted(&a, 10 * S + 1);
	ck_assert_int_eq(announcement_due(&a), 13 * S);
	ck_assert(!announcement_waits(&a));
	a.due_us = INT64_MAX;
	announcement_wanted(&a, 13 * S + 1);
	ck_assert_int_eq(announcement_due(&a), 13 * S + 1);
}
END_TEST

/* What is retained comes within 5 s of the subscription. */
START_TEST(what_is_retained_is_awaited)
{
	begin();
	announcement_learn_until(&a, 100 * S);
	announcement_subscribed(&a, 20 * S);
	ck_assert_int_eq(announcement_due(&a), INT64_MAX);
	announcement_wanted(&a, 20 * S);
	ck_assert_int_eq(announcement_due(&a), 25 * S);
	announcement_learn_until(&a, 21 * S);
	ck_assert_int_eq(announcement_due(&a), 21 * S);
	announcement_learn_until(&a, 26 * S); /* no longer than that */
	ck_assert_int_eq(announcement_due(&a), 25 * S);
	a.due_us = 30 * S;
	ck_assert_int_eq(announcement_due(&a), 30 * S);
	a.due_us = 25 * S + 1;
	ck_assert_int_eq(announcement_due(&a), 25 * S + 1);
	a.due_us = INT64_MAX;
	ck_assert_int_eq(announcement_due(&a), INT64_MAX);
	/* a new connection, and a new subscription */
	a.acknowledged = a.retained_heard = true;
	announcement_connected(&a, 50 * S);
	ck_assert(a.again && !a.acknowledged && !a.retained_heard);
	ck_assert_int_eq(announcement_due(&a), 55 * S);
	announcement_learn_until(&a, 90 * S);
	ck_assert_int_eq(announcement_due(&a), 55 * S);
	/* without a subscription nothing is awaited */
	begin();
	a.acknowledged = true;
	announcement_connected(&a, 50 * S);
	ck_assert(a.acknowledged);
	ck_assert_int_eq(announcement_due(&a), 50 * S);
}
END_TEST

START_TEST(complete_sets)
{
	begin();
	for (int i = 0; i < ENTITY_FRAMES; i++) {
		ck_assert(!announcement_is_complete(&a));
		a.looked_at[i] = true;
	}
	ck_assert(announcement_is_complete(&a));
	a.looked_at[0] = false;
	ck_assert(!announcement_is_complete(&a));
}
END_TEST

/* A setting that cannot be set is a sensor. */
START_TEST(components)
{
	struct entity e = {.key = "charging_switch", .platform = PLATFORM_SWITCH};
	char key[COMPONENT_KEY_MAX];
	ck_assert_int_eq(component_platform(&e, ROLE_COMMAND), PLATFORM_SWITCH);
	ck_assert_int_eq(component_platform(&e, ROLE_SENSOR), PLATFORM_BINARY_SENSOR);
	e.platform = PLATFORM_NUMBER;
	ck_assert_int_eq(component_platform(&e, ROLE_COMMAND), PLATFORM_NUMBER);
	ck_assert_int_eq(component_platform(&e, ROLE_SENSOR), PLATFORM_SENSOR);
	e.platform = PLATFORM_BINARY_SENSOR;
	ck_assert_int_eq(component_platform(&e, ROLE_SENSOR), PLATFORM_BINARY_SENSOR);
	ck_assert_str_eq(component_key(&e, ROLE_SENSOR, key), "charging_switch");
	ck_assert_str_eq(component_key(&e, ROLE_COMMAND, key), "charging_switch_set");
}
END_TEST

UNIT_RUN("announcement", what_is_wanted, what_is_retained_is_awaited, complete_sets, components)
