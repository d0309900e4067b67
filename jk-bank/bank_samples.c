/* SPDX-License-Identifier: MIT */
#include "bank_samples.h"

#include <stdio.h>

#include "bank_balance.h"
#include "bank_energy.h"
#include "bank_rounds.h"
#include "bank_score.h"
#include "cell_stats.h"

enum { CAPACITY_PART = 20 }; /* a change of the capacity by this part is reported */

/* ---- two packs with one address, or with one name ---- */

static void set_sign(unsigned *present, int64_t values[TWINS_SIGNS], enum twins_sign sign, bool has,
		     int64_t value)
{
	if (!has)
		return;
	values[sign] = value;
	*present |= 1u << sign;
}

static void look_for_twins(struct bank_sink *sink, struct bank_source *s, const struct reading *r)
{
	int64_t values[TWINS_SIGNS] = {0};
	unsigned present = 0;
	bool can = s->kind == PACK_SOURCE_CAN;
	if (r->serial.n > 0)
		set_sign(&present, values, TWINS_SERIAL, true, twins_hash(r->serial.p, r->serial.n));
	set_sign(&present, values, TWINS_CELLS, !can && r->cells, __builtin_popcount(r->cells));
	set_sign(&present, values, TWINS_RUNTIME, reading_has(r, READING_RUNTIME),
		 r->number[READING_RUNTIME] / 1000);
	set_sign(&present, values, TWINS_CYCLES, reading_has(r, READING_CYCLES),
		 r->number[READING_CYCLES] / 1000);
	set_sign(&present, values, TWINS_CAPACITY, reading_has(r, READING_FULL), r->number[READING_FULL]);
	set_sign(&present, values, TWINS_CHARGE, can && reading_has(r, READING_CHARGE),
		 r->number[READING_CHARGE] / 1000);
	if (can && reading_has(r, READING_CHARGE))
		twins_status(&s->twins, s->link->time.at_us);
	twins_frame(&s->twins, s->link->time.at_us, present, values);
	if (s->twins.two && !s->two_logged)
		bank_complain(sink, TROUBLE_ADDRESS, s->pack, "two packs have this address: not counted");
	s->two_logged = s->twins.two;
}

/* Do both have a value, and do these differ by more than that? */
static bool differ(const struct bank_model *m, const struct bank_source *a, const struct bank_source *b,
		   enum reading_number n, int64_t by)
{
	int64_t x, y;
	return bank_source_number(m, a, n, &x) && bank_source_number(m, b, n, &y) &&
	       (x - y > by || y - x > by);
}

/* Two sources of one pack show one pack: what a pack keeps for years is the same in both. */
static bool contradict(const struct bank_model *m, const struct bank_source *a, const struct bank_source *b)
{
	enum { CYCLE = 1000 };
	static const int64_t hour = INT64_C(3600) * 1000;
	if (!bank_source_fresh(m, a) || !bank_source_fresh(m, b))
		return false;
	return differ(m, a, b, READING_CYCLES, 2 * CYCLE) || differ(m, a, b, READING_RUNTIME, hour);
}

static void look_for_namesakes(struct bank_sink *sink, struct bank_model *m, struct pack *pack)
{
	bool conflict = false;
	for (int i = 0; i < pack->sources; i++)
		for (int j = 0; j < i; j++)
			conflict |= contradict(m, pack->source[i], pack->source[j]);
	if (conflict && !pack->conflict)
		bank_complain(sink, TROUBLE_NAME, pack, "two packs have this name: not counted");
	pack->conflict = conflict;
}

/* ---- values ---- */

static void keep_values(struct bank_model *m, struct bank_source *s, const struct reading *r)
{
	uint64_t own = r->has & ((UINT64_C(1) << BANK_VALUES) - 1);
	bool whole = s->kind == PACK_SOURCE_RS485;
	s->has = whole ? own : s->has | own;
	s->cells = whole ? r->cells : s->cells | r->cells;
	for (uint64_t left = own; left; left &= left - 1) {
		int n = __builtin_ctzll(left);
		s->number[n] = r->number[n];
		s->number_at_us[n] = m->now_us;
	}
	for (uint32_t left = r->cells; left; left &= left - 1) {
		int n = __builtin_ctz(left);
		s->cell_mv[n] = r->cell_mv[n];
		s->cell_at_us[n] = m->now_us;
	}
}

/* The capacity that a BMS has learned changes slowly; another one is another pack, or was set. */
static void look_at_capacity(struct bank_sink *sink, struct pack *pack, const struct reading *r)
{
	int64_t full = r->number[READING_FULL], by = full - pack->full_mah;
	char what[96];
	if (!reading_has(r, READING_FULL) || full <= 0 || full == pack->full_mah)
		return;
	if (pack->full_mah > 0 && (by < 0 ? -by : by) * CAPACITY_PART > pack->full_mah) {
		snprintf(what, sizeof what, "the full capacity was %lld.%03d Ah, and is %lld.%03d Ah",
			 (long long)(pack->full_mah / 1000), (int)(pack->full_mah % 1000),
			 (long long)(full / 1000), (int)(full % 1000));
		bank_complain(sink, TROUBLE_CAPACITY, pack, what);
		if (pack->cells)
			cell_stats_gap(pack->cells);
	}
	pack->full_mah = full;
}

/* ---- energy ---- */

static void complain_of_sample(struct bank_sink *sink, const struct pack *pack, enum energy_result result,
			       int64_t back_us)
{
	char what[96];
	if (result == ENERGY_ODD)
		bank_complain(sink, TROUBLE_ODD, pack,
			      "voltage or current is out of all bounds: not counted");
	if (result != ENERGY_SET_BACK)
		return;
	snprintf(what, sizeof what, "the clock was set back by %lld s: nothing is counted over it",
		 (long long)(back_us / 1000000));
	bank_complain(sink, TROUBLE_SET_BACK, pack, what);
}

static void count(struct bank_sink *sink, struct bank_model *m, struct bank_source *s,
		  const struct reading *r, int64_t limit_us, int64_t usual_us)
{
	struct pack *pack = s->pack;
	bool held = pack->held_steps > 0; /* the point may be that of a late record */
	int64_t back_us = pack->point_us - r->time_us, passed_us = held ? 0 : -back_us;
	enum energy_result result = energy_sample(m, pack, r->time_us, r->number[READING_VOLTAGE],
						  r->number[READING_CURRENT], limit_us, usual_us);
	complain_of_sample(sink, pack, result, back_us);
	if (result != ENERGY_REPLAYED && result != ENERGY_LATE)
		pack->seen_us = r->time_us;
	if (result == ENERGY_COUNTED)
		balance_sample(sink, m, pack, s, r->time_us, passed_us);
	else if (result == ENERGY_BEGUN || result == ENERGY_SET_BACK)
		balance_sample(sink, m, pack, s, r->time_us, 0);
}

/* Its interval, unless the clock was set or the record is late. */
static void keep_interval(struct bank_source *s, int64_t time_us, int64_t now_us)
{
	int64_t passed_us = time_us - s->time_us;
	if (s->heard && passed_us > 0)
		spans_add(&s->spans, passed_us);
	if (!s->heard || passed_us > 0 || passed_us < -STREAM_TIME_BACK_US)
		s->time_us = time_us;
	s->heard = true;
	s->at_us = now_us;
}

static void take_sample(struct bank_sink *sink, struct bank_model *m, struct bank_source *s,
			const struct reading *r)
{
	struct pack *pack = s->pack;
	int64_t limit_us = spans_limit_us(&s->spans), usual_us = spans_median_us(&s->spans);
	if (usual_us > 0)
		pack->usual_us = usual_us;
	else if (pack->usual_us > 0 && pack->usual_us <= SPANS_MOST_US)
		limit_us = SPANS_PATIENCE * pack->usual_us;
	keep_interval(s, r->time_us, m->now_us);
	pack->seen = true;
	if (pack_holder(m, pack) != s)
		return;
	if (!pack->conflict)
		count(sink, m, s, r, limit_us, usual_us);
	if (!pack->heard)
		rounds_heard(m, pack, true);
	rounds_mark(m, pack);
}

/* ---- records ---- */

void samples_frame(struct bank_sink *sink, struct bank_model *m, struct bank_link *link,
		   const struct reading *r)
{
	bool can = r->type == READING_CAN;
	if (r->bms < 0)
		return;
	struct bank_source *s = bank_model_source(m, link, r->bms, can ? PACK_SOURCE_CAN : PACK_SOURCE_RS485,
						  r->pack, r->label);
	if (!s) {
		bank_complain(sink, TROUBLE_ROOM, NULL,
			      "a pack for which there is no room or memory: not counted");
		return;
	}
	int64_t passed_us = r->time_us - s->time_us;
	if (s->heard && passed_us < 0 && passed_us >= -STREAM_TIME_BACK_US)
		return; /* out of order: there are newer values */
	struct score *score = score_of(&s->pack->score), *link_score = score_of(&link->score);
	if (score)
		score_frame(score, true);
	if (link_score)
		score_frame(link_score, true);
	look_for_twins(sink, s, r);
	keep_values(m, s, r);
	if (s->pack->sources > 1)
		look_for_namesakes(sink, m, s->pack);
	look_at_capacity(sink, s->pack, r);
	if (reading_has(r, READING_VOLTAGE) && reading_has(r, READING_CURRENT))
		take_sample(sink, m, s, r);
}

void samples_about(struct bank_sink *sink, struct bank_model *m, struct bank_link *link,
		   const struct reading *r)
{
	struct bank_source *s = bank_model_source(m, link, r->bms, PACK_SOURCE_RS485, r->pack, r->label);
	if (s)
		look_for_twins(sink, s, r);
}
