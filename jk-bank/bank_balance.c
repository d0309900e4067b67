/* SPDX-License-Identifier: MIT */
#include "bank_balance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cell_stats.h"

/* ---- the record ---- */

static void add_estimate(struct strbuf *t, const char *key, const struct estimate *e)
{
	if (e->known && fabs(e->value) < 1e9)
		report_number(t, key, llround(e->value * 1000), 3);
	else
		report_null(t, key);
}

static void add_minutes(struct strbuf *t, const char *key, int64_t ms)
{
	report_number(t, key, report_divide(ms, 6000), 1);
}

static void add_error(struct strbuf *t, const char *key, const struct estimate *e)
{
	add_estimate(t, key, &(struct estimate){.known = e->known, .value = e->error});
}

static void add_resistance(struct strbuf *t, const struct cell_period *p, unsigned cell)
{
	struct estimate r = cell_resistance(p, cell);
	add_estimate(t, "resistance_milliohm", &r);
	add_estimate(t, "resistance_standard_error",
		     &(struct estimate){.known = r.known, .value = r.standard_error});
	add_error(t, "resistance_error", &r);
}

static void add_cell(struct strbuf *t, const struct pack_cells *c, const struct cell_period *p, unsigned cell)
{
	static const char *const keys[CELL_STATES] = {"rest", "charging", "discharging", "near_full"};
	struct estimate drift = cell_drift(c, cell);
	strbuf_string(t, "{\"cell\":");
	strbuf_unsigned(t, cell + 1);
	for (int i = 0; i < CELL_STATES; i++) {
		struct estimate e = cell_deviation(p, cell, (enum cell_state)i);
		add_estimate(t, keys[i], &e);
	}
	add_minutes(t, "highest_minutes", p->cell[cell].highest_ms);
	add_minutes(t, "lowest_minutes", p->cell[cell].lowest_ms);
	add_minutes(t, "balancing_minutes", p->cell[cell].balancing_ms);
	add_resistance(t, p, cell);
	add_estimate(t, "drift", &drift);
	add_error(t, "drift_error", &drift);
	strbuf_char(t, '}');
}

static void add_weakest(struct strbuf *t, const struct pack_cells *c, int64_t full_mah)
{
	struct weak_cell weak[WEAK_CELLS] = {{.cell = 0}};
	unsigned count = cell_weakest(c, full_mah, weak);
	struct estimate mv = {.known = count > 0, .value = weak[0].deviation},
			drift = count > 0 ? cell_drift(c, weak[0].cell) : (struct estimate){.known = false};
	if (count > 0)
		report_number(t, "weakest_cell", weak[0].cell + 1, 0);
	else
		report_null(t, "weakest_cell");
	add_estimate(t, "weakest_cell_deviation", &mv);
	add_estimate(t, "weakest_cell_drift", &drift);
	report_key(t, "weakest");
	for (unsigned i = 0; i < count; i++) {
		strbuf_string(t, i == 0 ? "[{\"cell\":" : ",{\"cell\":");
		strbuf_unsigned(t, weak[i].cell + 1);
		report_text(t, "reason", weak[i].reason);
		strbuf_char(t, '}');
	}
	strbuf_string(t, count > 0 ? "]" : "[]");
}

static void add_pack(struct strbuf *t, const struct pack_cells *c, const struct cell_period *p)
{
	add_minutes(t, "rest_minutes", p->state_ms[CELL_REST]);
	add_minutes(t, "charging_minutes", p->state_ms[CELL_CHARGING]);
	add_minutes(t, "discharging_minutes", p->state_ms[CELL_DISCHARGING]);
	add_minutes(t, "near_full_minutes", p->state_ms[CELL_NEAR_FULL]);
	add_minutes(t, "balancing_minutes", p->balancing_ms);
	add_minutes(t, "balancing_minutes_today", c->day.balancing_ms);
	add_minutes(t, "balancing_minutes_yesterday", c->balancing_day_ms);
	report_number(t, "load_steps", p->steps, 0);
	add_resistance(t, p, BANK_CELLS);
	if (c->measured_mah > 0) {
		report_number(t, "measured_capacity", c->measured_mah, 3);
		report_number(t, "measured_at", c->measured_us, 6);
	} else {
		report_null(t, "measured_capacity");
		report_null(t, "measured_at");
	}
}

static void report(const struct bank_sink *sink, const struct pack *pack, const struct cell_period *p,
		   const char *period, int64_t time_us)
{
	const struct pack_cells *c = pack->cells;
	unsigned added = 0;
	struct strbuf t = report_begin_pack(sink, pack, time_us, "balance");
	report_text(&t, "period", period);
	report_number(&t, "since", p->since_us, 6);
	add_pack(&t, c, p);
	add_weakest(&t, c, pack->full_mah);
	report_key(&t, "cells");
	for (uint32_t left = p->cells; left; left &= left - 1) {
		strbuf_char(&t, added++ == 0 ? '[' : ',');
		add_cell(&t, c, p, (unsigned)__builtin_ctz(left));
	}
	strbuf_string(&t, added > 0 ? "]" : "[]");
	report_end(sink, &t);
}

void balance_report_all(const struct bank_sink *sink, const struct bank_model *m, int64_t time_us)
{
	for (size_t i = 0; i < m->packs; i++)
		if (m->pack[i]->seen && m->pack[i]->cells && m->pack[i]->cells->hour.since_us > 0)
			report(sink, m->pack[i], &m->pack[i]->cells->hour, "hour", time_us);
}

/* ---- samples ---- */

static bool take_frame(const struct bank_model *m, const struct bank_source *s, int64_t time_us,
		       struct cell_sample *sample)
{
	struct cell_frame *f = &sample->frame;
	int64_t on = 0, balancer = 0;
	f->time_us = time_us;
	if (!bank_source_number(m, s, READING_VOLTAGE, &f->mv) ||
	    !bank_source_number(m, s, READING_CURRENT, &f->ma))
		return false;
	for (unsigned i = 0; i < BANK_CELLS; i++)
		if (bank_source_cell(m, s, i, &f->cell_mv[i]))
			f->cells |= UINT32_C(1) << i;
	bank_source_number(m, s, READING_FULL, &sample->full_mah);
	sample->balancing = bank_source_number(m, s, READING_BALANCING, &on) && on;
	if (bank_source_number(m, s, READING_BALANCER, &balancer))
		sample->balancer = (int)(balancer / 1000);
	return f->cells != 0;
}

/* The hour or day that the time is in begins, if it is another one.  A clock that is set back begins none. */
static void turn(const struct bank_sink *sink, struct pack *pack, struct cell_period *p, const char *name,
		 int64_t index, int64_t time_us)
{
	if (p->since_us > 0 && index <= p->index) {
		p->index = index;
		return;
	}
	if (p->since_us > 0)
		report(sink, pack, p, name, time_us);
	if (p->since_us > 0 && p == &pack->cells->day)
		cell_stats_end_day(pack->cells);
	uint32_t cells = p->cells;
	cell_period_begin(p, index, time_us);
	p->cells = cells;
}

void balance_sample(const struct bank_sink *sink, struct bank_model *m, struct pack *pack,
		    const struct bank_source *s, int64_t time_us, int64_t passed_us)
{
	struct cell_sample sample = {.passed_us = passed_us, .usual_us = spans_median_us(&s->spans)};
	int64_t percent;
	if (!take_frame(m, s, time_us, &sample))
		return;
	if (!cell_stats_make(&pack->cells, sample.frame.cells))
		return;
	struct pack_cells *c = pack->cells;
	turn(sink, pack, &c->hour, "hour", m->day.day * 24 + m->day.hour, time_us);
	turn(sink, pack, &c->day, "day", m->day.day, time_us);
	if (passed_us <= 0)
		cell_stats_gap(c);
	/* Frames of CAN have their cells and their current at different moments: no load steps. */
	if (s->kind == PACK_SOURCE_CAN)
		c->frames = 0;
	cell_stats_sample(c, &sample);
	if (bank_source_number(m, s, READING_CHARGE, &percent))
		cell_stats_charge(c, time_us, percent / 1000, sample.frame.ma * (passed_us / 1000));
	m->dirty = true;
}
