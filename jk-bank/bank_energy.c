/* SPDX-License-Identifier: MIT */
#include "bank_energy.h"

#include <string.h>

/*
 * Records that changed places are up to STREAM_TIME_BACK_US late.  What is older is followed when HELD_STEPS
 * records have come behind it in order, each soon after the one before; until then the next record may
 * continue what was before, and then only that was late.  Records in no order at all are not followed: their
 * time would count again.
 */
enum { HELD_STEPS = 4, SOON_US = 120000000 };

static void add(struct bank_model *m, struct pack *pack, const struct ledger_step *step)
{
	ledger_add(&pack->ledger, m->day.day, step);
	for (unsigned i = 0; i < m->banks; i++)
		if (pack->banks >> i & 1)
			ledger_add(&m->bank[i].ledger, m->day.day, step);
	m->dirty = true;
}

static void set_back(struct bank_model *m, struct pack *pack)
{
	ledger_set_back(&pack->ledger, m->day.day);
	for (unsigned i = 0; i < m->banks; i++)
		if (pack->banks >> i & 1)
			ledger_set_back(&m->bank[i].ledger, m->day.day);
}

void energy_settle(struct bank_model *m, struct pack *pack)
{
	if (pack->held_steps == 0)
		return;
	set_back(m, pack);
	add(m, pack, &pack->held);
	pack->held_steps = 0;
}

/* The clock was set back, as far as is known. */
static void begin_hold(struct pack *pack, int64_t usual_us)
{
	if (pack->held_steps == 0) {
		pack->before_us = pack->point_us;
		pack->before_uw = pack->point_uw;
		pack->before_ma = pack->point_ma;
	}
	pack->held = (struct ledger_step){.gap_us = usual_us};
	pack->held_steps = 1;
}

static void hold(struct bank_model *m, struct pack *pack, const struct ledger_step *step, int64_t passed_us)
{
	if (step->gap_us > 0 || passed_us > SOON_US) {
		pack->held = (struct ledger_step){.gap_us = pack->held.gap_us + passed_us};
		pack->held_steps = 0;
	} else {
		ledger_join(&pack->held, step);
	}
	if (++pack->held_steps > HELD_STEPS)
		energy_settle(m, pack);
}

/* A record continues what was before: what came between was late, and is not counted. */
static void end_hold(struct pack *pack, int64_t time_us, int64_t limit_us)
{
	int64_t passed_us = time_us - pack->before_us;
	if (pack->held_steps == 0 || passed_us <= 0 || passed_us > limit_us)
		return;
	pack->point_us = pack->before_us;
	pack->point_uw = pack->before_uw;
	pack->point_ma = pack->before_ma;
	pack->held_steps = 0;
}

static void set_point(struct pack *pack, int64_t time_us, int64_t uw, int64_t ma)
{
	pack->has_point = true;
	pack->resumed = false;
	pack->point_us = time_us;
	pack->point_uw = uw;
	pack->point_ma = ma;
}

static bool in_bounds(int64_t mv, int64_t ma)
{
	return mv > 0 && mv <= LEDGER_VOLTAGE_MAX_MV && ma >= -LEDGER_CURRENT_MAX_MA &&
	       ma <= LEDGER_CURRENT_MAX_MA;
}

enum energy_result energy_sample(struct bank_model *m, struct pack *pack, int64_t time_us, int64_t mv,
				 int64_t ma, int64_t limit_us, int64_t usual_us)
{
	struct ledger_step step = {.gap_us = 0};
	enum energy_result result = ENERGY_COUNTED;
	if (!in_bounds(mv, ma))
		return ENERGY_ODD;
	end_hold(pack, time_us, limit_us);
	int64_t passed_us = time_us - pack->point_us;
	int64_t uw = mv * ma;
	if (pack->has_point && passed_us <= 0 && pack->resumed)
		return ENERGY_REPLAYED;
	if (pack->has_point && passed_us <= 0 && passed_us >= -STREAM_TIME_BACK_US)
		return ENERGY_LATE;
	if (!pack->has_point) {
		result = ENERGY_BEGUN;
	} else if (passed_us < 0) {
		begin_hold(pack, usual_us);
		set_point(pack, time_us, uw, ma);
		return ENERGY_SET_BACK;
	} else if (passed_us > limit_us) {
		result = ENERGY_BEGUN;
		step.gap_us = passed_us;
	} else {
		step = ledger_trapezoid(pack->point_uw, uw, pack->point_ma, ma, passed_us);
	}
	if (pack->held_steps == 0)
		add(m, pack, &step);
	else
		hold(m, pack, &step, passed_us);
	set_point(pack, time_us, uw, ma);
	return result;
}

void energy_day(struct bank_model *m, struct ledger *ledger)
{
	static const struct ledger_step nothing;
	if (m->day.day > ledger->day && ledger->day > 0)
		ledger_add(ledger, m->day.day, &nothing);
}
