/* SPDX-License-Identifier: MIT */
#include "entry.h"

#include <stdlib.h>
#include <string.h>

#include "caps.h"
#include "number.h"
#include "record_keys.h"

static const int64_t TIME_MAX_US = INT64_C(253402300800000000); /* the end of the year 9999 */
/* What is larger is no value of a battery: so sums of a day fit into 64 bits. */
static const int64_t VALUE_MAX = INT64_C(1000000000000);

enum id {
	ID_NOTHING,
	ID_TIME,
	ID_BMS,
	ID_TYPE,
	ID_ACTIVE,
	ID_CELLS,
	ID_CELL_LIST,
	ID_TEXT,
	ID_NUMBER = ID_TEXT + ENTRY_KEYS,
	ID_CELL = ID_NUMBER + ENTRY_NUMBERS_MAX,
	ID_SETTING = ID_CELL + HISTORY_CELLS,
};

static const char *const text_keys[ENTRY_KEYS] = {
	[KEY_PACK] = "pack",
	[KEY_LABEL] = "label",
	[KEY_BANK] = "bank",
	[KEY_CHANNEL] = "channel",
	[KEY_VENDOR] = "vendor_id",
	[KEY_SOFTWARE] = "software_version",
	[KEY_ALARM_KEY] = "key",
	[KEY_SEVERITY] = "severity",
	[KEY_TEXT_OF] = "text",
	[KEY_SINCE] = "since",
	[KEY_EVENT] = "event",
	[KEY_WORDS] = "words",
	[KEY_PERIOD] = "period",
	[KEY_REASON] = "reason",
	[KEY_CHARGED_WH] = "charged_wh_today",
	[KEY_DISCHARGED_WH] = "discharged_wh_today",
	[KEY_CHARGED_AH] = "charged_ah_today",
	[KEY_DISCHARGED_AH] = "discharged_ah_today",
	[KEY_CHARGED_WH_BEFORE] = "charged_wh_yesterday",
	[KEY_DISCHARGED_WH_BEFORE] = "discharged_wh_yesterday",
	[KEY_CHARGED_AH_BEFORE] = "charged_ah_yesterday",
	[KEY_DISCHARGED_AH_BEFORE] = "discharged_ah_yesterday",
	[KEY_REST] = "rest_minutes",
	[KEY_CHARGING] = "charging_minutes",
	[KEY_DISCHARGING] = "discharging_minutes",
	[KEY_NEAR_FULL] = "near_full_minutes",
	[KEY_BALANCING] = "balancing_minutes",
	[KEY_RESISTANCE] = "resistance_milliohm",
	[KEY_RESISTANCE_ERROR] = "resistance_error",
	[KEY_CAPACITY] = "measured_capacity",
	[KEY_WEAKEST] = "weakest_cell",
	[KEY_WEAKEST_DEVIATION] = "weakest_cell_deviation",
	[KEY_WEAKEST_DRIFT] = "weakest_cell_drift",
	[KEY_WORST] = "worst_today",
	[KEY_WORST_AT] = "worst_at",
	[KEY_INCIDENTS] = "incidents",
};

static const char *const type_names[ENTRY_TYPES] = {
	[ENTRY_LIVE] = "live",   [ENTRY_CAN] = "can",       [ENTRY_SETTINGS] = "settings",
	[ENTRY_ABOUT] = "about", [ENTRY_EVENT] = "event",   [ENTRY_ALARM] = "alarm",
	[ENTRY_BANK] = "bank",   [ENTRY_ENERGY] = "energy", [ENTRY_BALANCE] = "balance",
	[ENTRY_SCORE] = "score",
};

/* The keys of columns, each once, and the place of each column's key among them. */
static const char *number_keys[ENTRY_NUMBERS_MAX];
static unsigned number_count;
static uint8_t number_of_column[HISTORY_KINDS][HISTORY_COLUMNS_MAX];

static const char *setting_keys[ENTRY_SETTINGS_MAX];
static unsigned setting_count;

static unsigned number_key(const char *key)
{
	unsigned i = 0;
	while (i < number_count && strcmp(number_keys[i], key) != 0)
		i++;
	if (i == number_count)
		number_keys[number_count++] = key;
	return i;
}

static void add_numbers(struct members *keys)
{
	number_count = 0;
	for (int kind = 0; kind < HISTORY_KINDS; kind++)
		for (unsigned i = 0; i < history_series[kind].columns; i++)
			number_of_column[kind][i] = (uint8_t)number_key(history_series[kind].column[i].key);
	for (unsigned i = 0; i < number_count; i++)
		members_add(keys, number_keys[i], ID_NUMBER + i);
}

/* What can be set, of either frame; a counter or a serial number is no setting. */
static void add_settings(struct members *keys, enum frame_type type)
{
	const struct record_keys *all = record_keys(type);
	for (size_t i = 0; i < all->count; i++) {
		const struct record_key *key = &all->key[i];
		if (key->origin != KEY_OF_ROW || !key->field->writable || key->on_request)
			continue;
		if (setting_count == ENTRY_SETTINGS_MAX)
			abort(); /* the tables have outgrown it: every test fails then */
		if (members_add(keys, key->key, ID_SETTING + setting_count) == ID_SETTING + setting_count)
			setting_keys[setting_count++] = key->key;
	}
}

static void add_cells(struct members *keys)
{
	const struct record_keys *live = record_keys(FRAME_LIVE);
	for (size_t i = 0; i < live->count; i++)
		if (live->key[i].cell > 0 && strncmp(live->key[i].key, "cell_voltage_", 13) == 0)
			members_add(keys, live->key[i].key, ID_CELL + live->key[i].cell - 1u);
}

/* The other keys of records: those that are known are passed faster. */
static void add_others(struct members *keys)
{
	for (int type = 1; type < FRAME_TYPES; type++)
		for (size_t i = 0; i < record_keys((enum frame_type)type)->count; i++)
			members_add(keys, record_keys((enum frame_type)type)->key[i].key, ID_NOTHING);
}

void entry_begin(struct members *keys)
{
	members_begin(keys);
	members_add(keys, "time", ID_TIME);
	members_add(keys, "bms", ID_BMS);
	members_add(keys, "type", ID_TYPE);
	members_add(keys, "active", ID_ACTIVE);
	members_add(keys, "cell_voltages", ID_CELLS);
	members_add(keys, "cells", ID_CELL_LIST);
	for (unsigned i = 0; i < ENTRY_KEYS; i++)
		members_add(keys, text_keys[i], ID_TEXT + i);
	add_numbers(keys);
	add_cells(keys);
	setting_count = 0;
	add_settings(keys, FRAME_SETTINGS);
	add_settings(keys, FRAME_ABOUT);
	add_others(keys);
}

const char *entry_setting_key(unsigned number)
{
	return setting_keys[number];
}

/* ---- members ---- */

struct taking {
	struct entry *e;
	struct members *keys;
	bool time, type;
};

static struct slice value_of(const struct member *m)
{
	switch (m->kind) {
	case MEMBER_TEXT:
	case MEMBER_NUMBER:
		return (struct slice){m->p, m->n};
	case MEMBER_TRUE:
		return slice_of("true");
	case MEMBER_FALSE:
		return slice_of("false");
	default:
		return (struct slice){NULL, 0};
	}
}

static void take_cell(struct entry *e, const struct member *m, unsigned cell)
{
	int64_t nv; /* so that the bounds are those of the number, not of the rounded one */
	if (cell >= HISTORY_CELLS || m->kind != MEMBER_NUMBER ||
	    !number_rounded(m->p, m->n, 9, 1000000, INT64_C(20000000000), &nv))
		return;
	e->cells |= UINT32_C(1) << cell;
	e->cell_mv[cell] = (int32_t)((nv + 500000) / 1000000);
}

static void take_type(struct taking *t, const struct member *m)
{
	t->type = m->kind == MEMBER_TEXT;
	for (int type = ENTRY_OTHER + 1; type < ENTRY_TYPES && t->type; type++)
		if (slice_is((struct slice){m->p, m->n}, type_names[type]))
			t->e->type = (enum entry_type)type;
}

static void take_head(struct taking *t, const struct member *m)
{
	int64_t value;
	switch (m->id) {
	case ID_TIME:
		t->time = m->kind == MEMBER_NUMBER &&
			  number_rounded(m->p, m->n, 6, 0, TIME_MAX_US, &t->e->time_us);
		break;
	case ID_BMS:
		if (m->kind == MEMBER_NUMBER && number_parse(m->p, m->n, 0, UINT8_MAX, &value))
			t->e->bms = (int)value;
		break;
	case ID_TYPE:
		take_type(t, m);
		break;
	case ID_ACTIVE:
		t->e->active = m->kind == MEMBER_TRUE;
		break;
	default: /* the list has begun */
		if (m->kind == MEMBER_LIST && m->id == ID_CELL_LIST)
			t->e->cell_list.p = t->keys->reader.p - 1;
	}
}

static void take_setting(struct entry *e, const struct member *m)
{
	struct slice value = value_of(m);
	if (!value.p || e->settings == ENTRY_SETTINGS_MAX)
		return;
	e->setting[e->settings].key = (uint16_t)(m->id - ID_SETTING);
	e->setting[e->settings++].value = value;
}

static void take_member(void *context, const struct member *m)
{
	struct taking *t = context;
	if (m->index != MEMBER_ITSELF) {
		if (m->id == ID_CELLS)
			take_cell(t->e, m, (unsigned)m->index);
	} else if (m->id < ID_TEXT) {
		take_head(t, m);
	} else if (m->id >= ID_SETTING) {
		take_setting(t->e, m);
	} else if (m->id >= ID_CELL) {
		take_cell(t->e, m, m->id - ID_CELL);
	} else if (m->id >= ID_NUMBER) {
		t->e->number[m->id - ID_NUMBER] =
			m->kind == MEMBER_NUMBER ? value_of(m) : (struct slice){NULL, 0};
	} else {
		t->e->text[m->id - ID_TEXT] = value_of(m);
	}
}

/* The list that begins there, with its brackets. */
static void end_list(struct slice *list, const char *end)
{
	struct json_reader r;
	if (!list->p)
		return;
	json_reader_begin(&r, list->p, (size_t)(end - list->p));
	if (json_next(&r) != JSON_LIST || json_skip_level(&r) == JSON_WRONG)
		list->p = NULL;
	else
		list->n = (size_t)(r.p - list->p);
}

/* Among the alarms, which stand at the end of the record. */
static bool has_conflict(const char *p, size_t n)
{
	static const char key[] = "\"address_conflict\"";
	enum { ALARMS_MAX = 4096 };
	size_t from = n > ALARMS_MAX ? n - ALARMS_MAX : 0;
	return memmem(p + from, n - from, key, sizeof key - 1) != NULL;
}

const char *entry_read(struct entry *e, struct members *keys, const char *p, size_t n)
{
	size_t close;
	struct taking t = {.e = e, .keys = keys};
	e->type = ENTRY_OTHER;
	e->bms = -1;
	e->active = e->conflict = false;
	memset(e->text, 0, sizeof e->text);
	memset(e->number, 0, sizeof e->number[0] * number_count);
	e->cells = 0;
	e->cell_list = (struct slice){NULL, 0};
	e->settings = 0;
	const char *wrong = members_read(keys, p, n, &close, take_member, &t);
	if (wrong)
		return wrong;
	if (!t.time)
		return "no time";
	if (!t.type)
		return "no type";
	if (!e->text[KEY_CHANNEL].p || e->text[KEY_CHANNEL].n > RECORD_CHANNEL_MAX)
		return "no channel";
	if (e->type == ENTRY_BALANCE)
		end_list(&e->cell_list, p + n);
	if (e->type == ENTRY_LIVE || e->type == ENTRY_CAN)
		e->conflict = has_conflict(p, n);
	return NULL;
}

bool entry_number(const struct entry *e, enum history_kind kind, unsigned column, int64_t *value)
{
	struct slice digits = e->number[number_of_column[kind][column]];
	return digits.p && number_rounded(digits.p, digits.n, history_series[kind].column[column].places,
					  -VALUE_MAX, VALUE_MAX, value);
}

bool entry_real(struct slice digits, double *value)
{
	int64_t micro;
	if (!digits.p || !number_rounded(digits.p, digits.n, 6, INT64_MIN / 2, INT64_MAX / 2, &micro))
		return false;
	*value = (double)micro / 1e6;
	return true;
}
