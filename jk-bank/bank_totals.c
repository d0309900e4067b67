/* SPDX-License-Identifier: MIT */
#include "bank_totals.h"

static const int64_t FORGOTTEN_US = INT64_C(7 * 86400) * 1000000;

bool bank_knows_pack(const struct bank_model *m, unsigned bank, const struct pack *pack)
{
	if (!(pack->banks >> bank & 1))
		return false;
	return m->bank[bank].members || pack->heard ||
	       (pack->seen_us > 0 && m->time_us - pack->seen_us < FORGOTTEN_US);
}

static void sum(struct total *t, bool has, int64_t value)
{
	if (has)
		t->value += value;
	else
		t->missing = true;
}

static void highest(struct extreme *e, const struct pack *pack, int64_t value, int64_t number)
{
	if (!e->known || value > e->value)
		*e = (struct extreme){true, value, number, pack};
}

static void lowest(struct extreme *e, const struct pack *pack, int64_t value, int64_t number)
{
	if (!e->known || value < e->value)
		*e = (struct extreme){true, value, number, pack};
}

static void least(struct bound *b, int64_t value)
{
	if (!b->known || value < b->value)
		*b = (struct bound){true, value};
}

static void most(struct bound *b, int64_t value)
{
	if (!b->known || value > b->value)
		*b = (struct bound){true, value};
}

static int64_t number_or(const struct bank_model *m, const struct bank_source *s, enum reading_number n)
{
	int64_t value;
	return bank_source_number(m, s, n, &value) ? value / 1000 : -1;
}

/* A pack on CAN may have sent only its highest and lowest cell so far. */
static unsigned add_cells(struct bank_totals *t, const struct bank_model *m, const struct pack *pack,
			  const struct bank_source *s)
{
	unsigned cells = 0;
	int32_t mv;
	int64_t value;
	for (unsigned i = 0; i < BANK_CELLS; i++) {
		if (!bank_source_cell(m, s, i, &mv))
			continue;
		highest(&t->max_cell, pack, mv, i + 1);
		lowest(&t->min_cell, pack, mv, i + 1);
		cells++;
	}
	if (cells == 0 && bank_source_number(m, s, READING_MAX_CELL, &value))
		highest(&t->max_cell, pack, value, number_or(m, s, READING_MAX_CELL_NUMBER));
	if (cells == 0 && bank_source_number(m, s, READING_MIN_CELL, &value))
		lowest(&t->min_cell, pack, value, number_or(m, s, READING_MIN_CELL_NUMBER));
	return cells;
}

static void add_temperatures(struct bank_totals *t, const struct bank_model *m, const struct pack *pack,
			     const struct bank_source *s)
{
	bool any = false;
	int64_t value;
	for (int i = 0; i < 5; i++) {
		if (!bank_source_number(m, s, (enum reading_number)(READING_TEMPERATURE_1 + i), &value))
			continue;
		highest(&t->max_temperature, pack, value, i + 1);
		lowest(&t->min_temperature, pack, value, i + 1);
		any = true;
	}
	if (!any && bank_source_number(m, s, READING_MAX_TEMPERATURE, &value))
		highest(&t->max_temperature, pack, value, -1);
	if (!any && bank_source_number(m, s, READING_MIN_TEMPERATURE, &value))
		lowest(&t->min_temperature, pack, value, -1);
}

static bool setting(const struct pack *pack, enum reading_number n, int64_t *value)
{
	*value = pack->setting[n - READING_SETTING];
	return pack->settings_has >> (n - READING_SETTING) & 1;
}

/* cells: in series; 0: unknown. */
static void add_limits(struct bank_totals *t, const struct pack *pack, unsigned cells, bool charges,
		       bool discharges)
{
	int64_t value;
	if (!charges)
		least(&t->charge_ma, 0);
	else if (setting(pack, READING_MAX_CHARGE_CURRENT, &value))
		least(&t->charge_ma, value);
	if (!discharges)
		least(&t->discharge_ma, 0);
	else if (setting(pack, READING_MAX_DISCHARGE_CURRENT, &value))
		least(&t->discharge_ma, value);
	if (cells > 0 && setting(pack, READING_CELL_OVERVOLTAGE, &value))
		least(&t->charge_mv, value * cells);
	if (cells > 0 && setting(pack, READING_CELL_UNDERVOLTAGE, &value))
		most(&t->discharge_mv, value * cells);
}

static void add_capacity(struct bank_totals *t, const struct bank_model *m, const struct pack *pack,
			 const struct bank_source *s, int64_t mv)
{
	int64_t charge = 0, remaining = 0, full = 0;
	bool has_charge = bank_source_number(m, s, READING_CHARGE, &charge),
	     has_remaining = bank_source_number(m, s, READING_REMAINING, &remaining),
	     has_full = bank_source_number(m, s, READING_FULL, &full) && full > 0;
	sum(&t->charge, has_charge && has_full, charge * full);
	sum(&t->remaining_mah, has_remaining, remaining);
	sum(&t->full_mah, has_full, full);
	sum(&t->stored_uwh, has_remaining, remaining * mv);
	if (!has_charge)
		return;
	highest(&t->max_charge, pack, charge, -1);
	lowest(&t->min_charge, pack, charge, -1);
}

static void add_pack(struct bank_totals *t, const struct bank_model *m, const struct pack *pack,
		     const struct bank_source *s)
{
	int64_t mv = 0, ma = 0, on;
	bool has_voltage = bank_source_number(m, s, READING_VOLTAGE, &mv);
	bool has_current = bank_source_number(m, s, READING_CURRENT, &ma);
	bool has = has_voltage && has_current;
	sum(&t->voltage_mv, has, mv);
	sum(&t->current_ma, has, ma);
	sum(&t->power_uw, has, mv * ma);
	add_capacity(t, m, pack, s, mv);
	bool charges = !bank_source_number(m, s, READING_CHARGING, &on) || on;
	bool discharges = !bank_source_number(m, s, READING_DISCHARGING, &on) || on;
	t->charging_off += !charges;
	t->discharging_off += !discharges;
	unsigned cells = add_cells(t, m, pack, s);
	add_temperatures(t, m, pack, s);
	add_limits(t, pack, cells, charges, discharges);
}

struct bank_totals bank_totals(const struct bank_model *m, unsigned bank)
{
	struct bank_totals t = {.known = m->bank[bank].known};
	for (size_t i = 0; i < m->packs; i++) {
		const struct pack *pack = m->pack[i];
		const struct bank_source *s = bank_sums_pack(pack, bank) ? pack_holder(m, pack) : NULL;
		if (!m->bank[bank].members && bank_knows_pack(m, bank, pack))
			t.known++;
		if (!s)
			continue;
		t.heard++;
		add_pack(&t, m, pack, s);
	}
	if (t.known < t.heard) /* two packs may have one name, bms_ADDR, on two channels */
		t.known = t.heard;
	t.silent = t.known - t.heard;
	return t;
}
