/* SPDX-License-Identifier: MIT */
#include "record_view.h"

#include <stddef.h>
#include <string.h>

#include "can_keys.h"
#include "keys.h"
#include "number.h"
#include "record_keys.h"

static const char *const id_keys[RECORD_VIEW_IDS] = {
	[RECORD_VIEW_TIME] = "time",
	[RECORD_VIEW_CHANNEL] = "channel",
	[RECORD_VIEW_BMS] = "bms",
	[RECORD_VIEW_PACK] = "pack",
	[RECORD_VIEW_LABEL] = "label",
	[RECORD_VIEW_TYPE] = "type",
	[RECORD_VIEW_ALARMS] = "alarms",
	[RECORD_VIEW_ERRORS] = "errors_bitmask",
	[RECORD_VIEW_CAN_LEVELS] = "can_alarm_levels",
	[RECORD_VIEW_CAN_ERRORS] = "can_error_bits",
	[RECORD_VIEW_PRESENT] = "temperature_sensors_present_bitmask",
	[RECORD_VIEW_EVENT_NAME] = "event",
	[RECORD_VIEW_WORDS] = "words",
	[RECORD_VIEW_FRAME] = "frame",
	[RECORD_VIEW_REASON] = "reason",
	[RECORD_VIEW_SERIAL] = "serial_number",
	[RECORD_VIEW_RUNTIME] = "total_runtime",
	[RECORD_VIEW_CYCLES] = "charging_cycles",
	[RECORD_VIEW_CAPACITY] = "full_charge_capacity",
	[RECORD_VIEW_STATE_OF_CHARGE] = "state_of_charge",
	[RECORD_VIEW_CELL_VOLTAGES] = "cell_voltages",
	[RECORD_VIEW_CELL_RESISTANCES] = "cell_resistances",
};

static const char *const type_names[RECORD_VIEW_TYPES] = {
	[RECORD_VIEW_LIVE] = "live",         [RECORD_VIEW_SETTINGS] = "settings",
	[RECORD_VIEW_ABOUT] = "about",       [RECORD_VIEW_CAN] = "can",
	[RECORD_VIEW_INVERTER] = "inverter", [RECORD_VIEW_EVENT] = "event",
	[RECORD_VIEW_REJECTED] = "rejected",
};

static const int64_t TIME_MAX_US = INT64_C(253402300800000000); /* the end of the year 9999 */

/* ---- keys to look for ---- */

static void add_cell(struct record_view_keys *keys, size_t rule)
{
	const char *key = keys->rules->rule[rule].key, *list;
	int index = key_cell(key, strlen(key), &list);
	for (int id = RECORD_VIEW_CELL_VOLTAGES; id < RECORD_VIEW_IDS; id++) {
		if (index == CELL_NONE || strcmp(id_keys[id], list) != 0)
			continue;
		uint16_t *first = &keys->first_cell[id - RECORD_VIEW_CELL_VOLTAGES][index];
		keys->next_cell[rule] = *first;
		*first = (uint16_t)(rule + 1);
	}
}

static void add_bit(struct record_view_keys *keys, size_t rule)
{
	const char *key = keys->rules->rule[rule].key, *of;
	int bit = key_bit(key, strlen(key), &of);
	for (int id = RECORD_VIEW_TIME; bit != BIT_NONE && id < RECORD_VIEW_IDS; id++)
		if (strcmp(id_keys[id], of) == 0)
			keys->bit[rule].of = (uint8_t)id, keys->bit[rule].bit = (uint8_t)bit;
	keys->on_request[rule] =
		keys->bit[rule].of == RECORD_VIEW_NOTHING && key_find(key, strlen(key)).on_request;
}

static void add_all(struct record_view_keys *keys, const struct record_keys *others)
{
	for (size_t i = 0; i < others->count; i++)
		members_add(&keys->members, others->key[i].key, RECORD_VIEW_NOTHING);
}

/* The other keys of records, most of all: no rule needs their values. */
static void add_others(struct record_view_keys *keys)
{
	for (int type = 1; type < FRAME_TYPES; type++)
		add_all(keys, record_keys((enum frame_type)type));
	for (int protocol = 0; protocol < CAN_PROTOCOLS; protocol++)
		add_all(keys, can_keys_all((enum can_protocol)protocol));
}

void record_view_keys_begin(struct record_view_keys *keys, const struct rules *rules)
{
	memset(keys, 0, sizeof *keys);
	keys->rules = rules;
	members_begin(&keys->members);
	for (unsigned id = RECORD_VIEW_TIME; id < RECORD_VIEW_IDS; id++)
		members_add(&keys->members, id_keys[id], id);
	for (size_t i = rules->count; i-- > 0;) {
		if (rules->rule[i].kind != RULE_VALUE)
			continue;
		unsigned id = members_add(&keys->members, rules->rule[i].key, RECORD_VIEW_IDS + (unsigned)i);
		keys->next[i] = keys->first[id];
		keys->first[id] = (uint16_t)(i + 1);
		add_cell(keys, i);
		add_bit(keys, i);
	}
	add_others(keys);
}

/* ---- members ---- */

struct reading {
	struct record_view *record;
	const struct record_view_keys *keys;
	bool time, type, bms; /* are there, and valid */
	bool soc;             /* is there */
	struct slice channel;
	bool bits_not_numeric;
	size_t rule_not_numeric; /* the first, counted from 1 */
};

static bool micro_of(const struct member *m, int64_t *micro)
{
	return m->kind == MEMBER_NUMBER && number_decimal(m->p, m->n, 6, INT64_MIN, INT64_MAX, micro);
}

static bool whole_of(const struct member *m, int64_t max, int64_t *whole)
{
	int64_t micro;
	if (!micro_of(m, &micro) || micro < 0 || micro % 1000000 != 0 || micro / 1000000 > max)
		return false;
	*whole = micro / 1000000;
	return true;
}

static struct slice text_of(const struct member *m)
{
	return m->kind == MEMBER_TEXT ? (struct slice){m->p, m->n} : (struct slice){NULL, 0};
}

static void take_bms(struct reading *r, const struct member *m)
{
	int64_t bms = -1;
	r->bms = m->kind == MEMBER_NULL || whole_of(m, UINT8_MAX, &bms);
	r->record->bms = (int)bms;
}

static void take_type(struct reading *r, const struct member *m)
{
	struct slice name = text_of(m);
	r->type = name.p != NULL;
	for (int type = RECORD_VIEW_LIVE; type < RECORD_VIEW_TYPES; type++)
		if (slice_is(name, type_names[type]))
			r->record->type = (enum record_view_type)type;
}

/* A whole number of 32 bits, or null. */
static void take_bits(struct reading *r, const struct member *m, struct record_view_number *bits)
{
	bits->present = whole_of(m, UINT32_MAX, &bits->micro);
	r->bits_not_numeric = r->bits_not_numeric || (!bits->present && m->kind != MEMBER_NULL);
}

/* A member that tells one pack from another. */
static void take_sign(struct reading *r, const struct member *m)
{
	static const enum twins_sign signs[] = {[RECORD_VIEW_RUNTIME] = TWINS_RUNTIME,
						[RECORD_VIEW_CYCLES] = TWINS_CYCLES,
						[RECORD_VIEW_CAPACITY] = TWINS_CAPACITY,
						[RECORD_VIEW_STATE_OF_CHARGE] = TWINS_CHARGE};
	struct record_view *record = r->record;
	enum twins_sign sign = m->id == RECORD_VIEW_SERIAL ? TWINS_SERIAL : signs[m->id];
	if (m->id == RECORD_VIEW_SERIAL ? m->kind != MEMBER_TEXT || m->n == 0
					: !micro_of(m, &record->twins[sign]))
		return;
	if (m->id == RECORD_VIEW_SERIAL)
		record->twins[sign] = twins_hash(m->p, m->n);
	else if (m->id != RECORD_VIEW_CAPACITY)
		record->twins[sign] /= 1000000;
	record->twins_present |= 1u << sign;
}

static void count_cell(struct reading *r, const struct member *m)
{
	if (m->id != RECORD_VIEW_CELL_VOLTAGES || m->kind != MEMBER_NUMBER)
		return;
	r->record->twins[TWINS_CELLS]++;
	r->record->twins_present |= 1u << TWINS_CELLS;
}

static void take_time(struct reading *r, const struct member *m)
{
	int64_t *time_us = &r->record->time_us;
	r->time = micro_of(m, time_us) && *time_us >= 0 && *time_us <= TIME_MAX_US;
}

static void take_channel(struct reading *r, const struct member *m)
{
	r->channel = text_of(m);
}

static void take_alarms(struct reading *r, const struct member *m)
{
	(void)m;
	r->record->annotated = true;
}

static void take_charge(struct reading *r, const struct member *m)
{
	r->soc = true;
	take_sign(r, m);
}

/* What is done with a member: it has a function, or goes to a place in struct record_view as it is. */
#define PLACE(member) offsetof(struct record_view, member)
static const struct {
	void (*take)(struct reading *r, const struct member *m);
	size_t text, bits; /* where; 0: nowhere, since the time stands first */
} taken[RECORD_VIEW_IDS] = {
	[RECORD_VIEW_TIME] = {.take = take_time},
	[RECORD_VIEW_CHANNEL] = {.take = take_channel},
	[RECORD_VIEW_BMS] = {.take = take_bms},
	[RECORD_VIEW_TYPE] = {.take = take_type},
	[RECORD_VIEW_ALARMS] = {.take = take_alarms},
	[RECORD_VIEW_ERRORS] = {.bits = PLACE(errors)},
	[RECORD_VIEW_CAN_LEVELS] = {.bits = PLACE(can_levels)},
	[RECORD_VIEW_CAN_ERRORS] = {.bits = PLACE(can_errors)},
	[RECORD_VIEW_PRESENT] = {.bits = PLACE(present)},
	[RECORD_VIEW_PACK] = {.text = PLACE(pack)},
	[RECORD_VIEW_LABEL] = {.text = PLACE(label)},
	[RECORD_VIEW_EVENT_NAME] = {.text = PLACE(event)},
	[RECORD_VIEW_WORDS] = {.text = PLACE(words)},
	[RECORD_VIEW_FRAME] = {.text = PLACE(frame)},
	[RECORD_VIEW_REASON] = {.text = PLACE(reason)},
	[RECORD_VIEW_SERIAL] = {.take = take_sign},
	[RECORD_VIEW_RUNTIME] = {.take = take_sign},
	[RECORD_VIEW_CYCLES] = {.take = take_sign},
	[RECORD_VIEW_CAPACITY] = {.take = take_sign},
	[RECORD_VIEW_STATE_OF_CHARGE] = {.take = take_charge},
};

/* A member that has a place in struct record_view.  Those that rules alone want have ids behind these. */
static void take_own(struct reading *r, const struct member *m)
{
	if (m->id >= RECORD_VIEW_IDS)
		return;
	char *record = (char *)r->record;
	if (taken[m->id].take)
		taken[m->id].take(r, m);
	else if (taken[m->id].text)
		*(struct slice *)(void *)(record + taken[m->id].text) = text_of(m);
	else if (taken[m->id].bits)
		take_bits(r, m, (struct record_view_number *)(void *)(record + taken[m->id].bits));
}

/* Sets the value of all rules with this key: a number or a switch.  null is no value; others are logged. */
static void take_value(struct reading *r, const struct member *m)
{
	struct record_view_number number = {false, 0};
	if (r->keys->first[m->id] == 0)
		return;
	if (m->kind == MEMBER_TRUE || m->kind == MEMBER_FALSE)
		number = (struct record_view_number){true, m->kind == MEMBER_TRUE ? 1000000 : 0};
	else
		number.present = micro_of(m, &number.micro);
	for (size_t i = r->keys->first[m->id]; i > 0; i = r->keys->next[i - 1]) {
		if (number.present)
			r->record->value[i - 1] = number;
		else if (m->kind != MEMBER_NULL && (r->rule_not_numeric == 0 || i < r->rule_not_numeric))
			r->rule_not_numeric = i;
	}
}

/* A single cell of a list.  A member of its own, if the record has one, takes precedence. */
static void take_cell(struct reading *r, const struct member *m)
{
	struct record_view_number number = {false, 0};
	if (m->id < RECORD_VIEW_CELL_VOLTAGES || m->id >= RECORD_VIEW_IDS || m->index >= CELLS_MAX)
		return;
	size_t i = r->keys->first_cell[m->id - RECORD_VIEW_CELL_VOLTAGES][m->index];
	if (i > 0)
		number.present = micro_of(m, &number.micro);
	for (; number.present && i > 0; i = r->keys->next_cell[i - 1])
		if (!r->record->value[i - 1].present)
			r->record->value[i - 1] = number;
}

static void take_member(void *context, const struct member *m)
{
	struct reading *r = context;
	if (m->index != MEMBER_ITSELF) {
		count_cell(r, m);
		take_cell(r, m);
		return;
	}
	take_own(r, m);
	take_value(r, m);
}

/* ---- keys that a live record leaves out ---- */

/* The value of a rule about a bit, from the bitmask.  A member of its own takes precedence. */
static void derive_bit(struct record_view *record, const struct record_view_keys *keys, size_t rule)
{
	const struct record_view_number *bits = keys->bit[rule].of == RECORD_VIEW_ERRORS    ? &record->errors
						: keys->bit[rule].of == RECORD_VIEW_PRESENT ? &record->present
											    : NULL;
	if (!bits || !bits->present || record->value[rule].present)
		return;
	bool on = bits->micro >> keys->bit[rule].bit & 1;
	record->value[rule] = (struct record_view_number){true, on ? 1000000 : 0};
}

static void look_at_left_out(struct record_view *record, struct record_view_keys *keys)
{
	for (size_t i = 0; i < keys->rules->count; i++) {
		derive_bit(record, keys, i);
		if (!keys->on_request[i] || (record->left_out && !record->value[i].present))
			continue;
		if (!record->value[i].present)
			record->left_out = keys->rules->rule[i].key;
		keys->on_request[i] = false;
	}
}

/* ---- records ---- */

static const char *take_head(struct reading *r)
{
	if (!r->time)
		return "no time";
	if (!r->channel.p)
		return "no channel";
	if (r->channel.n > RECORD_CHANNEL_MAX)
		return "a channel of more than 64 bytes";
	memcpy(r->record->channel, r->channel.p, r->channel.n);
	r->record->channel_size = r->channel.n;
	if (!r->type)
		return "no type";
	return r->bms ? NULL : "no such bms";
}

const char *record_view_read(struct record_view *record, struct record_view_keys *keys, const char *p,
			     size_t n)
{
	memset(record, 0, offsetof(struct record_view, value));
	memset(record->value, 0, keys->rules->count * sizeof *record->value);
	record->bms = -1;
	struct reading r = {.record = record, .keys = keys, .bms = true};
	const char *wrong = members_read(&keys->members, p, n, &record->close, take_member, &r);
	if (!wrong)
		wrong = take_head(&r);
	if (r.bits_not_numeric)
		record->not_numeric = "a bitmask";
	else if (r.rule_not_numeric > 0)
		record->not_numeric = keys->rules->rule[r.rule_not_numeric - 1].key;
	record->can_status = record->type == RECORD_VIEW_CAN && r.soc; /* no other frame of CAN has it */
	if (record->type != RECORD_VIEW_CAN)
		record->twins_present &= ~(1u << TWINS_CHARGE);
	if (!wrong && record->type == RECORD_VIEW_LIVE)
		look_at_left_out(record, keys);
	return wrong;
}
