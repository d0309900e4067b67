/* SPDX-License-Identifier: MIT */
#include "bank_report.h"

#include <string.h>

#include "bank_totals.h"

enum {
	REST_PART = 200,  /* no time to full or empty: less than this part of the capacity in an hour */
	SHARE_PART = 100, /* nor shares of the current */
	INVERTER_GONE_US = 30000000,
};

/* ---- parts of a record ---- */

void report_key(struct strbuf *t, const char *key)
{
	strbuf_string(t, ",\"");
	strbuf_string(t, key);
	strbuf_string(t, "\":");
}

void report_number(struct strbuf *t, const char *key, int64_t value, unsigned places)
{
	report_key(t, key);
	strbuf_decimal(t, value, places);
}

void report_null(struct strbuf *t, const char *key)
{
	report_key(t, key);
	strbuf_string(t, "null");
}

static void text(struct strbuf *t, const char *p, size_t n)
{
	strbuf_char(t, '"');
	strbuf_json(t, p, n);
	strbuf_char(t, '"');
}

void report_text(struct strbuf *t, const char *key, const char *value)
{
	report_key(t, key);
	text(t, value, strlen(value));
}

void report_bool(struct strbuf *t, const char *key, bool value)
{
	report_key(t, key);
	strbuf_string(t, value ? "true" : "false");
}

int64_t report_divide(int64_t value, int64_t by)
{
	return (value + (value < 0 ? -by / 2 : by / 2)) / by;
}

static struct strbuf begin(const struct bank_sink *sink, int64_t time_us, const char *channel, size_t size)
{
	struct strbuf t = sink->begin(sink->context);
	strbuf_string(&t, "{\"time\":");
	strbuf_decimal(&t, time_us, 6);
	report_key(&t, "channel");
	text(&t, channel, size);
	return t;
}

struct strbuf report_begin_pack(const struct bank_sink *sink, const struct pack *pack, int64_t time_us,
				const char *type)
{
	struct strbuf t = begin(sink, time_us, pack->channel, pack->channel_size);
	report_number(&t, "bms", pack->bms, 0);
	if (pack->name[0])
		report_text(&t, "pack", pack->name);
	if (pack->label[0])
		report_text(&t, "label", pack->label);
	report_text(&t, "type", type);
	return t;
}

struct strbuf report_begin_bank(const struct bank_sink *sink, const struct bank *bank, int64_t time_us,
				const char *type)
{
	struct strbuf t = begin(sink, time_us, "", 0);
	report_null(&t, "bms");
	report_text(&t, "bank", bank->name);
	report_text(&t, "type", type);
	return t;
}

struct strbuf report_begin_link(const struct bank_sink *sink, const struct bank_link *link, int64_t time_us,
				const char *type)
{
	struct strbuf t = begin(sink, time_us, link->channel, link->channel_size);
	report_null(&t, "bms");
	report_text(&t, "type", type);
	return t;
}

void report_end(const struct bank_sink *sink, struct strbuf *t)
{
	strbuf_string(t, "}\n");
	if (!sink->end(sink->context, t))
		sink->complain(sink->context, "a record of its bank is too long: dropped");
}

/* ---- bank ---- */

static void add_total(struct strbuf *t, const char *key, bool known, int64_t value, unsigned places)
{
	if (known)
		report_number(t, key, value, places);
	else
		report_null(t, key);
}

static void add_part(struct strbuf *t, const char *before, const char *after)
{
	strbuf_string(t, ",\"");
	strbuf_string(t, before);
	strbuf_string(t, after);
	strbuf_string(t, "\":");
}

/* The value, its pack and its number: "max_temperature", "max_temperature_pack", "max_temperature_sensor". */
static void add_extreme(struct strbuf *t, const char *key, const char *number_key, const struct extreme *e,
			unsigned places)
{
	char name[PACK_NAME_MAX + 1];
	add_total(t, key, e->known, report_divide(e->value, places == 3 ? 1 : 100), places);
	add_part(t, key, "_pack");
	if (e->known) {
		pack_shown_name(e->pack, name);
		text(t, name, strlen(name));
	} else {
		strbuf_string(t, "null");
	}
	add_total(t, number_key, e->known && e->number > 0, e->number, 0);
}

static void add_charge(struct strbuf *t, const struct bank_totals *b)
{
	bool known = b->heard > 0 && !b->charge.missing && !b->full_mah.missing && b->full_mah.value > 0;
	int64_t percent_milli = known ? report_divide(b->charge.value, b->full_mah.value) : 0;
	add_total(t, "state_of_charge", known, report_divide(percent_milli, 100), 1);
	add_total(t, "capacity_remaining", b->heard > 0 && !b->remaining_mah.missing, b->remaining_mah.value,
		  3);
	add_total(t, "full_charge_capacity", b->heard > 0 && !b->full_mah.missing, b->full_mah.value, 3);
	add_total(t, "stored_wh", b->heard > 0 && !b->stored_uwh.missing,
		  report_divide(b->stored_uwh.value, 1000), 3);
	add_total(t, "state_of_charge_spread", b->max_charge.known,
		  (b->max_charge.value - b->min_charge.value) / 1000, 0);
}

/* Seconds until capacity_mah has flowed at the smoothed current. */
static void add_time(struct strbuf *t, const char *key, bool flows, int64_t capacity_mah, int64_t current_ma)
{
	add_total(t, key, flows && capacity_mah >= 0,
		  flows ? report_divide(capacity_mah * 3600, current_ma < 0 ? -current_ma : current_ma) : 0,
		  0);
}

static void add_times(struct strbuf *t, const struct bank *bank, const struct bank_totals *b)
{
	int64_t charge = 0, ms = 0;
	for (int i = 0; i < BANK_WINDOW; i++) {
		charge += bank->window_mams[i];
		ms += bank->window_ms[i];
	}
	int64_t mean_ma = ms > 0 ? report_divide(charge, ms) : 0;
	int64_t size_ma = mean_ma < 0 ? -mean_ma : mean_ma;
	bool known = b->heard > 0 && ms > 0 && !b->remaining_mah.missing && !b->full_mah.missing,
	     flows = known && size_ma > 0 && size_ma * REST_PART >= b->full_mah.value;
	add_total(t, "current_5min", ms > 0, mean_ma, 3);
	add_time(t, "time_to_full", flows && mean_ma > 0, b->full_mah.value - b->remaining_mah.value,
		 mean_ma);
	add_time(t, "time_to_empty", flows && mean_ma < 0, b->remaining_mah.value, mean_ma);
}

static void add_sums(struct strbuf *t, const struct bank_totals *b)
{
	bool known = b->heard > 0 && !b->power_uw.missing;
	int64_t mw = report_divide(b->power_uw.value, 1000);
	add_total(t, "total_voltage", known, known ? report_divide(b->voltage_mv.value, b->heard) : 0, 3);
	add_total(t, "current", known, b->current_ma.value, 3);
	add_total(t, "power", known, mw, 3);
	add_total(t, "charging_power", known, mw > 0 ? mw : 0, 3);
	add_total(t, "discharging_power", known, mw < 0 ? -mw : 0, 3);
}

static void add_limits(struct strbuf *t, const struct bank_totals *b)
{
	add_total(t, "charge_current_limit", b->charge_ma.known, b->charge_ma.value, 3);
	add_total(t, "discharge_current_limit", b->discharge_ma.known, b->discharge_ma.value, 3);
	add_total(t, "charge_voltage_limit", b->charge_mv.known, b->charge_mv.value, 3);
	add_total(t, "discharge_voltage_limit", b->discharge_mv.known, b->discharge_mv.value, 3);
}

/* The limits that were sent to the inverter, while its frames come. */
static void add_inverter(struct strbuf *t, const struct bank_model *m)
{
	const struct bank_inverter *inverter = &m->inverter;
	if (inverter->has == 0 || m->now_us - inverter->at_us > INVERTER_GONE_US)
		return;
	for (unsigned i = 0; i < READING_SETTING - BANK_VALUES; i++) {
		if (!(inverter->has >> i & 1))
			continue;
		add_part(t, "inverter_", reading_key((enum reading_number)(BANK_VALUES + i)));
		strbuf_decimal(t, inverter->number[i], 3);
	}
}

/* A percentage with one decimal; null: of nothing. */
static void add_share(struct strbuf *t, const char *key, bool known, int64_t part, int64_t whole)
{
	add_total(t, key, known && whole != 0,
		  whole != 0 ? report_divide(part * (whole < 0 ? -1000 : 1000), whole < 0 ? -whole : whole)
			     : 0,
		  1);
}

static bool has_room(const struct strbuf *t)
{
	enum { TAIL = 512 };
	return t->capacity - t->size > TAIL;
}

/* Each pack's share of the current against its share of the capacity. */
static void add_shares(struct strbuf *t, const struct bank_model *m, unsigned bank,
		       const struct bank_totals *b)
{
	char name[PACK_NAME_MAX + 1];
	int64_t ma = 0, full = 0,
		size_ma = b->current_ma.value < 0 ? -b->current_ma.value : b->current_ma.value;
	bool flows =
		!b->current_ma.missing && size_ma * SHARE_PART >= b->full_mah.value && !b->full_mah.missing;
	unsigned added = 0;
	report_key(t, "shares");
	strbuf_char(t, '[');
	for (size_t i = 0; i < m->packs && has_room(t); i++) {
		const struct pack *pack = m->pack[i];
		const struct bank_source *s = bank_sums_pack(pack, bank) ? pack_holder(m, pack) : NULL;
		if (!s)
			continue;
		bool has_ma = bank_source_number(m, s, READING_CURRENT, &ma),
		     has_full = bank_source_number(m, s, READING_FULL, &full) && !b->full_mah.missing;
		pack_shown_name(pack, name);
		strbuf_string(t, added++ ? ",{\"pack\":" : "{\"pack\":");
		text(t, name, strlen(name));
		add_share(t, "current", has_ma && flows, ma, b->current_ma.value);
		add_share(t, "capacity", has_full, full, b->full_mah.value);
		strbuf_char(t, '}');
	}
	strbuf_char(t, ']');
}

static void add_silent_name(struct strbuf *t, unsigned *added, const char *name, size_t n)
{
	if (!has_room(t))
		return;
	if ((*added)++ > 0)
		strbuf_char(t, ',');
	text(t, name, n);
}

/* The member of a bank that no pack has shown so far. */
static bool was_seen(const struct bank_model *m, unsigned bank, struct slice name)
{
	char own[PACK_NAME_MAX + 1];
	for (size_t i = 0; i < m->packs; i++) {
		pack_shown_name(m->pack[i], own);
		if ((m->pack[i]->banks >> bank & 1) && slice_is(name, own))
			return true;
	}
	return false;
}

/* The packs that are known and do not count. */
static void add_silent(struct strbuf *t, const struct bank_model *m, unsigned bank)
{
	char name[PACK_NAME_MAX + 1];
	unsigned added = 0;
	report_key(t, "silent");
	strbuf_char(t, '[');
	for (size_t i = 0; i < m->packs; i++) {
		const struct pack *pack = m->pack[i];
		if (!bank_knows_pack(m, bank, pack) || (bank_sums_pack(pack, bank) && pack_holder(m, pack)))
			continue;
		pack_shown_name(pack, name);
		add_silent_name(t, &added, name, strlen(name));
	}
	struct slice rest = slice_of(m->bank[bank].members ? m->bank[bank].members : ""), word;
	while ((word = slice_next(&rest, ",")).n > 0)
		if (!was_seen(m, bank, word))
			add_silent_name(t, &added, word.p, word.n);
	strbuf_char(t, ']');
}

static void add_counts(struct strbuf *t, const struct bank_totals *b)
{
	report_number(t, "packs_known", b->known, 0);
	report_number(t, "packs_heard", b->heard, 0);
	report_number(t, "packs_silent", b->silent, 0);
	report_number(t, "packs_charging_off", b->charging_off, 0);
	report_number(t, "packs_discharging_off", b->discharging_off, 0);
	report_bool(t, "incomplete", b->silent > 0);
}

void bank_report_live(const struct bank_sink *sink, const struct bank_model *m, unsigned bank,
		      int64_t time_us)
{
	struct bank_totals b = bank_totals(m, bank);
	struct strbuf t = report_begin_bank(sink, &m->bank[bank], time_us, "bank");
	add_counts(&t, &b);
	add_sums(&t, &b);
	add_charge(&t, &b);
	add_times(&t, &m->bank[bank], &b);
	add_extreme(&t, "max_cell_voltage", "max_voltage_cell", &b.max_cell, 3);
	add_extreme(&t, "min_cell_voltage", "min_voltage_cell", &b.min_cell, 3);
	add_extreme(&t, "max_temperature", "max_temperature_sensor", &b.max_temperature, 1);
	add_extreme(&t, "min_temperature", "min_temperature_sensor", &b.min_temperature, 1);
	add_limits(&t, &b);
	add_inverter(&t, m);
	add_silent(&t, m, bank);
	add_shares(&t, m, bank, &b);
	report_end(sink, &t);
}

/* ---- energy ---- */

static void add_amounts(struct strbuf *t, const struct ledger_amount amounts[LEDGER_SUMS], const char *ending)
{
	static const char *const keys[LEDGER_SUMS] = {"charged_wh", "discharged_wh", "charged_ah",
						      "discharged_ah"};
	for (int i = 0; i < LEDGER_SUMS; i++) {
		add_part(t, keys[i], ending);
		strbuf_decimal(t, ledger_milli_hours(&amounts[i], (enum ledger_sum)i), 3);
	}
}

static void add_ledger(const struct bank_sink *sink, struct strbuf *t, const struct ledger *l)
{
	add_amounts(t, l->total, "");
	add_amounts(t, l->today, "_today");
	add_amounts(t, l->yesterday, "_yesterday");
	report_number(t, "gap_seconds", report_divide(l->gap_us, 1000), 3);
	report_end(sink, t);
}

void bank_report_energy(const struct bank_sink *sink, const struct bank_model *m, int64_t time_us)
{
	for (size_t i = 0; i < m->packs; i++) {
		if (!m->pack[i]->seen)
			continue;
		struct strbuf t = report_begin_pack(sink, m->pack[i], time_us, "energy");
		add_ledger(sink, &t, &m->pack[i]->ledger);
	}
	for (unsigned i = 0; i < m->banks; i++) {
		if (!m->bank[i].emitted)
			continue;
		struct strbuf t = report_begin_bank(sink, &m->bank[i], time_us, "energy");
		add_ledger(sink, &t, &m->bank[i].ledger);
	}
}
