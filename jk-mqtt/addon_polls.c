/* SPDX-License-Identifier: MIT */
#include "addon_polls.h"

#include <string.h>

#include "addon_packs.h"
#include "number.h"

static bool is(struct slice name, const char *text)
{
	return slice_is(name, text);
}

/* "01 asked=7 answered=5 timeouts=2 mean_ms=10 p99_ms=20" */
static void read_words(const char *words, struct addon_counts *counts)
{
	for (const char *p = words; *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " "), name = strcspn(p, "= ");
		int64_t value;
		if (name < n && number_parse(p + name + 1, n - name - 1, 0, INT64_MAX / 2000000, &value)) {
			struct slice key = {p, name};
			*(is(key, "asked")      ? &counts->asked
			  : is(key, "answered") ? &counts->answered
			  : is(key, "timeouts") ? &counts->timeouts
			  : is(key, "mean_ms")  ? &counts->mean_ms
						: &counts->other) = value;
		}
		p += n;
	}
}

/* A counter that has become less was begun anew. */
static void add(int64_t *sum, int64_t now, int64_t before)
{
	*sum += now >= before ? now - before : now;
}

/* A second bus may have a pack with this number: it is not published, and not counted. */
static bool is_published(struct publisher *p, const struct json_record *r)
{
	const struct device *d = addon_device(p, r->bms);
	return !d || strcmp(addon_source(d)->channel, r->channel) == 0;
}

void addon_polls_stats(struct publisher *p, const struct json_record *r)
{
	struct addon_polls *polls = &p->addon.polls;
	struct addon_counts now = {0};
	if (r->bms < 0 || r->bms >= ADDON_PACKS || !is_published(p, r))
		return;
	struct addon_counts *before = &polls->last[r->bms];
	uint16_t bit = (uint16_t)(1u << r->bms);
	read_words(r->words, &now);
	if (!(polls->known & bit)) {
		/* What was counted before this program has started is of no interval. */
		polls->then.asked += now.asked;
		polls->then.answered += now.answered;
		polls->then.timeouts += now.timeouts;
	}
	polls->known |= bit;
	if (now.asked > 0)
		polls->configured |= bit;
	add(&polls->all.asked, now.asked, before->asked);
	add(&polls->all.answered, now.answered, before->answered);
	add(&polls->all.timeouts, now.timeouts, before->timeouts);
	*before = now;
}

void addon_polls_score(struct publisher *p, struct json_record *r)
{
	struct link *link = publisher_link(p, r->channel);
	struct link_score score = {.known = true};
	if (!link || !json_record_object(r) ||
	    !json_value_whole(json_member(r->object, "score"), 100, &score.now) ||
	    !json_value_whole(json_member(r->object, "incidents"), INT32_MAX, &score.incidents))
		return;
	if (!json_value_whole(json_member(r->object, "worst_today"), 100, &score.worst))
		score.worst = score.now;
	link->score = score;
}

uint64_t addon_polls_rejected(const struct publisher *p)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < p->devices.count; i++)
		sum += p->devices.list[i]->rejected;
	return sum;
}
