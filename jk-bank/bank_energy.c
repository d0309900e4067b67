/* SPDX-License-Identifier: MIT */
#include "bank_energy.h"

#include <string.h>

/* Records that changed places are at most so late; a clock that was set back more than this is followed. */
enum { BACK_US = 2000000 };

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
	int64_t passed_us = time_us - pack->point_us;
	if (!in_bounds(mv, ma))
		return ENERGY_ODD;
	int64_t uw = mv * ma;
	if (pack->has_point && passed_us <= 0 && pack->resumed)
		return ENERGY_REPLAYED;
	if (pack->has_point && passed_us <= 0 && passed_us >= -BACK_US)
		return ENERGY_LATE;
	if (!pack->has_point) {
		result = ENERGY_BEGUN;
	} else if (passed_us < 0) {
		result = ENERGY_SET_BACK;
		step.gap_us = usual_us;
		set_back(m, pack);
	} else if (passed_us > limit_us) {
		result = ENERGY_BEGUN;
		step.gap_us = passed_us;
	} else {
		step = ledger_trapezoid(pack->point_uw, uw, pack->point_ma, ma, passed_us);
	}
	add(m, pack, &step);
	set_point(pack, time_us, uw, ma);
	return result;
}

void energy_day(struct bank_model *m, struct ledger *ledger)
{
	static const struct ledger_step nothing;
	if (m->day.day > ledger->day && ledger->day > 0)
		ledger_add(ledger, m->day.day, &nothing);
}
