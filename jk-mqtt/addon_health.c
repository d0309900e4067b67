/* SPDX-License-Identifier: MIT */
#include "addon_health.h"

#include <string.h>

#include "addon_packs.h"
#include "addon_polls.h"
#include "addon_states.h"
#include "payload.h"

enum { HEALTH_US = 30000000 }; /* the add-on's interval, to which its counts refer */

static bool heard_lately(const struct device *d, int64_t now_us, const struct publisher *p, int64_t *age_us)
{
	enum { LATELY_US = 120000000 }; /* as the add-on counts packs */
	*age_us = hearing_us(&p->hearing, now_us) - d->heard_us;
	return addon_source(d) && d->there && *age_us < LATELY_US;
}

/* What a health message is made of. */
struct health {
	const struct publisher *p;
	const char *state, *reason, *worst; /* of the links together */
	const struct link *link;            /* the first */
	int64_t age_us;                     /* of the newest frame; -1: none came */
	unsigned detected, online;          /* packs; bits by their numbers */
	unsigned missing;
	int64_t bytes, frames;     /* in 30 s */
	struct addon_counts polls; /* in 30 s */
	int64_t valid;
	struct link_score score; /* of the links together */
	int64_t real_us;
};

/* 0 healthy, 1 degraded, 2 down */
static int badness(const char *state)
{
	return strcmp(state, "down") == 0 ? 2 : strcmp(state, "degraded") == 0 ? 1 : 0;
}

/* Without jk-alarm there is only whether the link is open, and whether packs are heard. */
static const char *state_of(const struct link *link, const struct health *h)
{
	const char *state = json_text(link->state, "state");
	struct json_object *open = json_member(link->state, "open");
	if (state)
		return state;
	return (open && !json_object_get_boolean(open)) || (h->age_us >= 0 && !h->online) ? "down"
											  : "healthy";
}

/* The lowest of the links. */
static void take_score(struct health *h, const struct link_score *score)
{
	if (!score->known)
		return;
	if (!h->score.known || score->now < h->score.now)
		h->score.now = score->now;
	if (!h->score.known || score->worst < h->score.worst)
		h->score.worst = score->worst;
	h->score.incidents += score->incidents;
	h->score.known = true;
}

static void take_links(struct health *h, struct publisher *p)
{
	h->state = p->links.count > 0 && h->age_us >= 0 ? "healthy" : "starting";
	h->reason = h->age_us >= 0 ? "healthy" : "waiting_for_serial_data";
	h->link = p->links.count > 0 ? p->links.list[0] : NULL;
	for (size_t i = 0; i < p->links.count; i++) {
		const struct link *link = p->links.list[i];
		take_score(h, &link->score);
		const char *state = state_of(link, h), *reason = json_text(link->state, "reason");
		if (badness(state) <= badness(h->state))
			continue;
		h->state = state;
		h->reason = reason && reason[0] ? reason : "serial_timeout";
	}
	h->worst = h->state;
}

static void take_packs(struct health *h, struct publisher *p, int64_t now_us)
{
	h->age_us = -1;
	for (int n = 0; n < ADDON_PACKS; n++) {
		const struct device *d = addon_device(p, n);
		int64_t age_us;
		if (!d)
			continue;
		if (heard_lately(d, now_us, p, &age_us))
			h->detected |= 1u << n;
		if (h->age_us < 0 || age_us < h->age_us)
			h->age_us = age_us;
		*(d->online ? &h->online : &h->missing) |= 1u << n;
	}
}

static int64_t all_bytes(const struct publisher *p)
{
	int64_t sum = 0, bytes;
	for (size_t i = 0; i < p->links.count; i++)
		if (json_value_whole(json_member(p->links.list[i]->state, "bytes"), INT64_MAX / 1000000,
				     &bytes))
			sum += bytes;
	return sum;
}

/* A counter that has become less was begun anew. */
static int64_t in_30_s(uint64_t now, uint64_t before, int64_t span_us)
{
	uint64_t more = now >= before ? now - before : now;
	return span_us > 0 ? (int64_t)((double)more * HEALTH_US / (double)span_us) : 0;
}

static void put_list(struct strbuf *t, unsigned packs)
{
	const char *before = "\"";
	for (int n = 0; n < ADDON_PACKS; n++) {
		if (!(packs >> n & 1))
			continue;
		strbuf_string(t, before);
		strbuf_string(t, addon_pack(n));
		before = ", ";
	}
	strbuf_string(t, packs ? "\"" : "\"\"");
}

static void put_text(struct strbuf *t, const char *text)
{
	strbuf_char(t, '"');
	strbuf_json(t, text, strlen(text));
	strbuf_char(t, '"');
}

static void put_count(struct strbuf *t, unsigned packs)
{
	uint64_t count = 0;
	for (; packs; packs &= packs - 1)
		count++;
	strbuf_unsigned(t, count);
}

static void put_state(struct strbuf *t, const struct health *h)
{
	const struct addon_state *s = addon_states;
	while (s->ours && strcmp(s->ours, h->state) != 0)
		s++;
	put_text(t, s->ours ? s->theirs : h->state);
}

static void put_reason(struct strbuf *t, const struct health *h)
{
	put_text(t, h->reason);
}

static void put_transport(struct strbuf *t, const struct health *h)
{
	const char *source = h->link ? json_text(h->link->state, "source") : NULL;
	put_text(t, source && strncmp(source, "tcp:", 4) == 0 ? "tcp" : "serial");
}

static void put_mode(struct strbuf *t, const struct health *h)
{
	put_text(t, h->link && h->link->listening ? "broadcast" : "polling");
}

static void put_age(struct strbuf *t, const struct health *h)
{
	if (h->age_us < 0)
		strbuf_string(t, "null");
	else
		strbuf_decimal(t, h->age_us / 10000, 2);
}

static void put_bytes(struct strbuf *t, const struct health *h)
{
	strbuf_decimal(t, h->bytes, 0);
}

static void put_frames(struct strbuf *t, const struct health *h)
{
	strbuf_decimal(t, h->frames, 0);
}

static void put_detected(struct strbuf *t, const struct health *h)
{
	put_count(t, h->detected);
}

static void put_detected_list(struct strbuf *t, const struct health *h)
{
	put_list(t, h->detected);
}

static void put_responding(struct strbuf *t, const struct health *h)
{
	put_count(t, h->online);
}

static void put_missing(struct strbuf *t, const struct health *h)
{
	put_count(t, h->missing);
}

static void put_time(struct strbuf *t, const struct health *h)
{
	strbuf_decimal(t, h->real_us / 1000, 0);
}

static void put_number(struct strbuf *t, bool known, int64_t value)
{
	if (known)
		strbuf_decimal(t, value, 0);
	else
		strbuf_string(t, "null");
}

static void put_score(struct strbuf *t, const struct health *h)
{
	put_number(t, h->score.known, h->score.now);
}

static void put_worst_score(struct strbuf *t, const struct health *h)
{
	put_number(t, h->score.known, h->score.worst);
}

static void put_incidents(struct strbuf *t, const struct health *h)
{
	put_number(t, h->score.known, h->score.incidents);
}

static void put_configured(struct strbuf *t, const struct health *h)
{
	put_count(t, h->p->addon.polls.configured);
}

static void put_configured_list(struct strbuf *t, const struct health *h)
{
	put_list(t, h->p->addon.polls.configured);
}

static void put_polls(struct strbuf *t, const struct health *h)
{
	strbuf_decimal(t, h->polls.asked, 0);
}

static void put_answers(struct strbuf *t, const struct health *h)
{
	strbuf_decimal(t, h->polls.answered, 0);
}

static void put_valid(struct strbuf *t, const struct health *h)
{
	strbuf_decimal(t, h->valid, 0);
}

static void put_timeouts(struct strbuf *t, const struct health *h)
{
	strbuf_decimal(t, h->polls.timeouts, 0);
}

static void put_all_timeouts(struct strbuf *t, const struct health *h)
{
	strbuf_decimal(t, h->p->addon.polls.all.timeouts, 0);
}

/* Of the answers of an interval one may be to a request before it. */
static void put_success(struct strbuf *t, const struct health *h)
{
	int64_t answered = h->polls.answered < h->polls.asked ? h->polls.answered : h->polls.asked;
	if (h->polls.asked > 0)
		strbuf_decimal(t, answered * 1000 / h->polls.asked, 3);
	else
		strbuf_string(t, "null");
}

/* Since the captures have started, by the number of answers. */
static void put_mean_ms(struct strbuf *t, const struct health *h)
{
	int64_t answered = 0, sum_ms = 0;
	for (int n = 0; n < ADDON_PACKS; n++) {
		const struct addon_counts *counts = &h->p->addon.polls.last[n];
		answered += counts->answered;
		sum_ms += counts->answered * counts->mean_ms;
	}
	put_number(t, answered > 0, answered > 0 ? sum_ms / answered : 0);
}

/* By what the sheet says of an attribute.  Those with nothing of ours are left out. */
static const struct {
	const char *source;
	void (*put)(struct strbuf *t, const struct health *h);
} writers[] = {
	{"health.state", put_state},
	{"health.reason", put_reason},
	{"link: channel kind", put_transport},
	{"event mode", put_mode},
	{"age of the last byte", put_age},
	{"stats bytes, per interval", put_bytes},
	{"stats frames", put_frames},
	{"bridge.devices", put_detected},
	{"addresses heard", put_detected_list},
	{"time*1000", put_time},
	{"addresses with state healthy", put_responding},
	{"addresses that are down", put_missing},
	{"score of the links", put_score},
	{"their worst_today", put_worst_score},
	{"their incidents", put_incidents},
	{"count of -a", put_configured},
	{"-a", put_configured_list},
	{"stats asked", put_polls},
	{"stats answered", put_answers},
	{"stats answered - damaged", put_valid},
	{"stats timeouts", put_timeouts},
	{"sum since start", put_all_timeouts},
	{"answered / asked", put_success},
	{"stats mean_ms", put_mean_ms},
};

static void put_attribute(struct strbuf *t, const struct addon_health *a, const struct health *h)
{
	for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
		if (strcmp(writers[i].source, a->source) != 0)
			continue;
		payload_key(t, a->attribute);
		writers[i].put(t, h);
	}
}

/* What was counted since the last message, as in 30 s. */
static void take_polls(struct health *h, const struct publisher *p, int64_t span_us)
{
	const struct addon_polls *polls = &p->addon.polls;
	uint64_t rejected = addon_polls_rejected(p);
	h->polls.asked = in_30_s((uint64_t)polls->all.asked, (uint64_t)polls->then.asked, span_us);
	h->polls.answered = in_30_s((uint64_t)polls->all.answered, (uint64_t)polls->then.answered, span_us);
	h->polls.timeouts = in_30_s((uint64_t)polls->all.timeouts, (uint64_t)polls->then.timeouts, span_us);
	h->valid = h->polls.answered - in_30_s(rejected, polls->rejected_then, span_us);
	if (h->valid < 0)
		h->valid = 0;
}

static void publish_health(struct publisher *p, const struct health *h)
{
	struct strbuf t = publisher_payload();
	const char *topic = NULL;
	for (size_t i = 0; i < addon_row_count && !topic; i++)
		if (addon_rows[i].form == ADDON_HEALTH)
			topic = addon_rows[i].topic;
	strbuf_char(&t, '{');
	for (size_t i = 0; i < addon_health_count; i++)
		put_attribute(&t, &addon_health[i], h);
	strbuf_char(&t, '}');
	outbox_state(p->outbox, topic, t.data, t.size, OUTBOX_ALWAYS);
}

void addon_health_time(struct publisher *p, int64_t now_us)
{
	struct health h = {.p = p, .real_us = now_us + p->real_less_us};
	struct addon *a = &p->addon;
	if (a->foreign_us)
		return;
	take_packs(&h, p, now_us);
	take_links(&h, p);
	bool due = a->health_us == 0 || now_us - a->health_us >= HEALTH_US;
	if (!due && a->health && strcmp(a->health, h.state) == 0)
		return;
	if (a->health_us > 0) {
		h.bytes = in_30_s((uint64_t)all_bytes(p), a->bytes, now_us - a->health_us);
		h.frames = in_30_s(a->frames, a->frames_then, now_us - a->health_us);
		take_polls(&h, p, now_us - a->health_us);
	}
	a->health = badness(h.state) == 2              ? "down"
		    : badness(h.state) == 1            ? "degraded"
		    : strcmp(h.state, "starting") == 0 ? "starting"
						       : "healthy";
	a->health_us = now_us > 0 ? now_us : 1;
	a->bytes = (uint64_t)all_bytes(p);
	a->frames_then = a->frames;
	a->polls.then = a->polls.all;
	a->polls.rejected_then = addon_polls_rejected(p);
	publish_health(p, &h);
	addon_states_repeat_can(p);
}
