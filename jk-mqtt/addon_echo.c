/* SPDX-License-Identifier: MIT */
#include "addon_echo.h"

#include <string.h>

#include "payload.h"

/*
 * Up to WINDOW_MAX messages are unacknowledged, and some more may not have come back.  In a set of so many
 * places the oldest is replaced, which has come back long ago.
 */
enum { SETS = 4096, PLACES = 8 };

static struct place {
	uint64_t hash;
	int64_t sent_us;
	uint32_t expected;
} places[SETS][PLACES];

static uint64_t hash_of(const char *topic, const void *payload, size_t size)
{
	uint64_t hash = payload_hash(topic, strlen(topic)) * UINT64_C(0x9E3779B97F4A7C15) +
			payload_hash(payload, size);
	return hash ? hash : 1;
}

static struct place *find(uint64_t hash)
{
	struct place *set = places[(hash ^ hash >> 32) % SETS];
	for (int i = 0; i < PLACES; i++)
		if (set[i].hash == hash)
			return &set[i];
	return NULL;
}

static struct place *oldest(uint64_t hash)
{
	struct place *set = places[(hash ^ hash >> 32) % SETS], *first = set;
	for (int i = 1; i < PLACES; i++)
		if (set[i].sent_us < first->sent_us)
			first = &set[i];
	*first = (struct place){.hash = hash};
	return first;
}

void addon_echo_sent(const char *topic, const void *payload, size_t size, int64_t now_us)
{
	uint64_t hash = hash_of(topic, payload, size);
	struct place *p = find(hash);
	if (!p)
		p = oldest(hash);
	p->sent_us = now_us;
	p->expected++;
}

bool addon_echo_take(const char *topic, const void *payload, size_t size, int64_t now_us)
{
	struct place *p = find(hash_of(topic, payload, size));
	if (!p)
		return false;
	if (p->expected > 0) {
		p->expected--;
		return true;
	}
	return now_us - p->sent_us < ADDON_ECHO_US;
}
