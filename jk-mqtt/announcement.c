/* SPDX-License-Identifier: MIT */
#include "announcement.h"

#include "strbuf.h"

enum entity_platform component_platform(const struct entity *e, enum entity_role role)
{
	if (role == ROLE_COMMAND || e->platform < PLATFORM_NUMBER)
		return e->platform;
	return e->platform == PLATFORM_SWITCH ? PLATFORM_BINARY_SENSOR : PLATFORM_SENSOR;
}

const char *component_key(const struct entity *e, enum entity_role role, char key[COMPONENT_KEY_MAX])
{
	struct strbuf t = {.data = key, .capacity = COMPONENT_KEY_MAX - 1};
	strbuf_string(&t, e->key);
	if (role == ROLE_COMMAND)
		strbuf_string(&t, "_set");
	key[t.size] = '\0';
	return key;
}

void announcement_wanted(struct announcement *a, int64_t now_us)
{
	int64_t earliest_us = a->sent_us == INT64_MIN ? INT64_MIN : a->sent_us + ANNOUNCEMENT_SPACE_US;
	int64_t at_us = now_us < earliest_us ? earliest_us : now_us;
	if (at_us < a->due_us)
		a->due_us = at_us;
}

void announcement_again(struct announcement *a, int64_t now_us)
{
	a->again = true;
	announcement_wanted(a, now_us);
}

static void begin_learning(struct announcement *a, int64_t now_us)
{
	a->acknowledged = a->retained_heard = false;
	a->subscribed_us = now_us;
	a->learned_us = now_us + ANNOUNCEMENT_LEARNING_US;
}

void announcement_connected(struct announcement *a, int64_t now_us)
{
	announcement_again(a, now_us);
	if (a->subscribed)
		begin_learning(a, now_us); /* the subscriptions are made anew */
}

void announcement_subscribed(struct announcement *a, int64_t now_us)
{
	a->subscribed = true;
	begin_learning(a, now_us);
}

void announcement_learn_until(struct announcement *a, int64_t until_us)
{
	int64_t latest_us = a->subscribed_us + ANNOUNCEMENT_LEARNING_US;
	a->learned_us = until_us < latest_us ? until_us : latest_us;
}

int64_t announcement_due(const struct announcement *a)
{
	return a->due_us == INT64_MAX || !a->subscribed || a->due_us > a->learned_us ? a->due_us
										     : a->learned_us;
}

bool announcement_waits(const struct announcement *a)
{
	return a->due_us != INT64_MAX && a->sent_us == INT64_MIN;
}

bool announcement_is_complete(const struct announcement *a)
{
	for (int i = 0; i < ENTITY_FRAMES; i++)
		if (!a->looked_at[i])
			return false;
	return true;
}
