/* SPDX-License-Identifier: MIT */
#include "bank_score.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"

enum health { UNKNOWN, HEALTHY, DEGRADED, DOWN };
enum {
	DEGRADED_MOST = 79,
	AGE_FINE = 2,  /* usual intervals without a record */
	AGE_LOST = 10, /* with so many the term is 0 */
	LATENCY_FINE_MS = 200,
	LATENCY_LOST_MS = 1024, /* a capture counts no longer ones */
};

struct score *score_of(struct score **at)
{
	if (!*at && (*at = calloc(1, sizeof **at)))
		(*at)->worst = SCORE_NONE;
	return *at;
}

/* ---- what is counted ---- */

void score_frame(struct score *s, bool valid)
{
	if (valid)
		s->now.valid++;
	else
		s->now.damaged++;
}

/* The number behind "NAME=" among the words; 0 if there is none. */
static int64_t number_of(struct slice words, const char *name)
{
	size_t size = strlen(name);
	int64_t value = 0;
	for (struct slice word; (word = slice_word(&words)).n > 0;)
		if (word.n > size && memcmp(word.p, name, size) == 0)
			number_parse(word.p + size, word.n - size, 0, INT64_MAX, &value);
	return value;
}

/* A counter that is smaller than before is that of a capture that was restarted. */
static int64_t growth(bool counted, int64_t *last, int64_t now)
{
	int64_t by = !counted ? 0 : now >= *last ? now - *last : now;
	*last = now;
	return by;
}

void score_stats(struct score *s, struct slice words)
{
	s->now.asked = growth(s->counted, &s->asked, number_of(words, "asked="));
	s->now.timeouts = growth(s->counted, &s->timeouts, number_of(words, "timeouts="));
	s->now.damaged += growth(s->counted, &s->orphan, number_of(words, "orphan="));
	s->p99_ms = number_of(words, "p99_ms=");
	s->counted = true;
	s->window[s->next] = s->now;
	s->next = (s->next + 1) % SCORE_WINDOW;
	s->now = (struct score_counts){.asked = 0};
}

bool score_health(struct score *s, struct slice state, struct slice reason)
{
	static const char *const names[] = {"unknown", "healthy", "degraded", "down"};
	int before = s->health;
	for (int i = UNKNOWN; i <= DOWN; i++)
		if (slice_is(state, names[i]))
			s->health = i;
	slice_copy(s->reason, sizeof s->reason, reason.p ? reason : (struct slice){"", 0});
	s->incidents += before < DEGRADED && s->health >= DEGRADED;
	return s->health != before;
}

/* ---- the terms ---- */

static struct score_counts last_minute(const struct score *s)
{
	struct score_counts sum = s->now;
	for (int i = 0; i < SCORE_WINDOW; i++) {
		sum.asked += s->window[i].asked;
		sum.timeouts += s->window[i].timeouts;
		sum.valid += s->window[i].valid;
		sum.damaged += s->window[i].damaged;
	}
	return sum;
}

/* 100 up to fine, 0 from lost on, and evenly between them. */
static int64_t falling(int64_t value, int64_t fine, int64_t lost)
{
	return value <= fine ? 100 : value >= lost ? 0 : 100 - 100 * (value - fine) / (lost - fine);
}

struct terms {
	int64_t value[SCORE_TERMS]; /* SCORE_NONE: unknown */
	char words[SCORE_TERMS][SCORE_REASON_MAX];
};

static void set_counted(struct terms *t, const struct score *s)
{
	struct score_counts c = last_minute(s);
	int64_t timeouts = c.timeouts < c.asked ? c.timeouts : c.asked;
	if (c.asked > 0)
		t->value[SCORE_ANSWERED] = 100 * (c.asked - timeouts) / c.asked;
	snprintf(t->words[SCORE_ANSWERED], SCORE_REASON_MAX, "%lld of %lld requests unanswered",
		 (long long)timeouts, (long long)c.asked);
	if (c.valid + c.damaged > 0)
		t->value[SCORE_DAMAGED] = 100 * c.valid / (c.valid + c.damaged);
	snprintf(t->words[SCORE_DAMAGED], SCORE_REASON_MAX, "%lld of %lld frames damaged",
		 (long long)c.damaged, (long long)(c.valid + c.damaged));
	if (c.asked > 0)
		t->value[SCORE_LATENCY] = falling(s->p99_ms, LATENCY_FINE_MS, LATENCY_LOST_MS);
	snprintf(t->words[SCORE_LATENCY], SCORE_REASON_MAX, "answers take up to %lld ms",
		 (long long)s->p99_ms);
}

static void set_health(struct terms *t, const struct score *s)
{
	static const int64_t most[] = {SCORE_NONE, 100, DEGRADED_MOST, 0};
	t->value[SCORE_HEALTH] = most[s->health];
	memcpy(t->words[SCORE_HEALTH], s->reason, sizeof s->reason);
}

/* ages: thousandths of the usual interval; negative: unknown. */
static struct terms terms_of(const struct score *s, int64_t age_milli)
{
	struct terms t;
	for (int i = 0; i < SCORE_TERMS; i++) {
		t.value[i] = SCORE_NONE;
		t.words[i][0] = '\0';
	}
	if (age_milli >= 0)
		t.value[SCORE_AGE] = falling(age_milli, AGE_FINE * 1000, AGE_LOST * 1000);
	snprintf(t.words[SCORE_AGE], SCORE_REASON_MAX, "no values for %lld.%lld intervals",
		 (long long)(age_milli / 1000), (long long)(age_milli % 1000 / 100));
	set_counted(&t, s);
	set_health(&t, s);
	return t;
}

/* ---- the record ---- */

static const char *health_name(const struct score *s)
{
	static const char *const names[] = {"unknown", "healthy", "degraded", "down"};
	return names[s->health];
}

static void keep_worst(struct score *s, int64_t day, int64_t value, int64_t time_us)
{
	if (day != s->day)
		s->worst = SCORE_NONE;
	s->day = day;
	if (s->worst != SCORE_NONE && s->worst <= value)
		return;
	s->worst = value;
	s->worst_us = time_us;
}

static void add_terms(struct strbuf *t, const struct terms *terms)
{
	static const char *const keys[SCORE_TERMS] = {"age", "answered", "damaged", "latency",
						      "health_limit"};
	for (int i = 0; i < SCORE_TERMS; i++)
		if (terms->value[i] == SCORE_NONE)
			report_null(t, keys[i]);
		else
			report_number(t, keys[i], terms->value[i], 0);
}

static void report(const struct bank_sink *sink, struct strbuf *t, const struct bank_model *m,
		   struct score *s, int64_t age_milli, int64_t time_us)
{
	struct terms terms = terms_of(s, age_milli);
	int worst = SCORE_HEALTH;
	for (int i = 0; i < SCORE_TERMS; i++)
		if (terms.value[i] != SCORE_NONE &&
		    (terms.value[worst] == SCORE_NONE || terms.value[i] < terms.value[worst]))
			worst = i;
	int64_t value = terms.value[worst];
	if (value != SCORE_NONE) {
		keep_worst(s, m->day.day, value, time_us);
		report_number(t, "score", value, 0);
	} else {
		report_null(t, "score");
	}
	report_text(t, "health", health_name(s));
	report_text(t, "reason", value >= 100 ? s->reason : terms.words[worst]);
	add_terms(t, &terms);
	if (s->worst == SCORE_NONE)
		report_null(t, "worst_today");
	else
		report_number(t, "worst_today", s->worst, 0);
	report_number(t, "worst_at", s->worst_us, 6);
	report_number(t, "incidents", s->incidents, 0);
	report_end(sink, t);
}

void score_report_pack(const struct bank_sink *sink, struct bank_model *m, struct pack *pack, int64_t time_us)
{
	const struct bank_source *newest = NULL;
	int64_t age = SCORE_NONE;
	for (int i = 0; i < pack->sources; i++)
		if (pack->source[i]->heard && (!newest || pack->source[i]->at_us > newest->at_us))
			newest = pack->source[i];
	if (newest && newest->spans.count > 0)
		age = 1000 * (m->now_us - newest->at_us) / spans_median_us(&newest->spans);
	struct score *s = score_of(&pack->score);
	if (!s)
		return;
	struct strbuf t = report_begin_pack(sink, pack, time_us, "score");
	report(sink, &t, m, s, age, time_us);
}

void score_report_link(const struct bank_sink *sink, struct bank_model *m, struct bank_link *link,
		       int64_t time_us)
{
	struct score *s = score_of(&link->score);
	if (!s)
		return;
	struct strbuf t = report_begin_link(sink, link, time_us, "score");
	report(sink, &t, m, s, SCORE_NONE, time_us);
}
