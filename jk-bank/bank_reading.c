/* SPDX-License-Identifier: MIT */
#include "bank_reading.h"

#include <stdio.h>
#include <string.h>

#include "can_keys.h"
#include "number.h"
#include "record_keys.h"

static const int64_t TIME_MAX_US = INT64_C(253402300800000000); /* the end of the year 9999 */

/* Ids of members.  Those of the numbers come behind, then those of cells with a key of their own. */
enum id {
	ID_NOTHING,
	ID_TIME,
	ID_CHANNEL,
	ID_BMS,
	ID_TYPE,
	ID_CELLS,
	ID_PACK, /* texts, to the end */
	ID_LABEL,
	ID_EVENT,
	ID_WORDS,
	ID_STATE,
	ID_REASON,
	ID_SERIAL,
	ID_NUMBERS,
	ID_CELL = ID_NUMBERS + READING_NUMBERS,
	IDS = ID_CELL + BANK_CELLS,
};

static const char *const id_keys[ID_NUMBERS] = {
	[ID_TIME] = "time",   [ID_CHANNEL] = "channel",     [ID_BMS] = "bms",
	[ID_TYPE] = "type",   [ID_CELLS] = "cell_voltages", [ID_PACK] = "pack",
	[ID_LABEL] = "label", [ID_EVENT] = "event",         [ID_WORDS] = "words",
	[ID_STATE] = "state", [ID_REASON] = "reason",       [ID_SERIAL] = "serial_number",
};

static const char *const number_keys[READING_NUMBERS] = {
	[READING_VOLTAGE] = "total_voltage",
	[READING_CURRENT] = "current",
	[READING_CHARGE] = "state_of_charge",
	[READING_REMAINING] = "capacity_remaining",
	[READING_FULL] = "full_charge_capacity",
	[READING_CHARGING] = "charging",
	[READING_DISCHARGING] = "discharging",
	[READING_BALANCING] = "balancing",
	[READING_BALANCER] = "balancer_status_bitmask",
	[READING_RUNTIME] = "total_runtime",
	[READING_CYCLES] = "charging_cycles",
	[READING_MAX_CELL] = "max_cell_voltage",
	[READING_MAX_CELL_NUMBER] = "max_voltage_cell",
	[READING_MIN_CELL] = "min_cell_voltage",
	[READING_MIN_CELL_NUMBER] = "min_voltage_cell",
	[READING_MAX_TEMPERATURE] = "max_temperature",
	[READING_MAX_TEMPERATURE_SENSOR] = "max_temperature_sensor",
	[READING_MIN_TEMPERATURE] = "min_temperature",
	[READING_MIN_TEMPERATURE_SENSOR] = "min_temperature_sensor",
	[READING_TEMPERATURE_1] = "temperature_sensor_1",
	[READING_TEMPERATURE_2] = "temperature_sensor_2",
	[READING_TEMPERATURE_3] = "temperature_sensor_3",
	[READING_TEMPERATURE_4] = "temperature_sensor_4",
	[READING_TEMPERATURE_5] = "temperature_sensor_5",
	[READING_CHARGE_VOLTAGE_LIMIT] = "charge_voltage_limit",
	[READING_CHARGE_CURRENT_LIMIT] = "charge_current_limit",
	[READING_DISCHARGE_CURRENT_LIMIT] = "discharge_current_limit",
	[READING_DISCHARGE_VOLTAGE_LIMIT] = "discharge_voltage_limit",
	[READING_MAX_CHARGE_CURRENT] = "max_charge_current",
	[READING_MAX_DISCHARGE_CURRENT] = "max_discharge_current",
	[READING_CELL_OVERVOLTAGE] = "cell_voltage_overvoltage_protection",
	[READING_CELL_UNDERVOLTAGE] = "cell_voltage_undervoltage_protection",
	[READING_CELL_OVERVOLTAGE_RECOVERY] = "cell_voltage_overvoltage_recovery",
	[READING_CELL_UNDERVOLTAGE_RECOVERY] = "cell_voltage_undervoltage_recovery",
	[READING_POWER_OFF_VOLTAGE] = "power_off_voltage",
	[READING_CHARGE_OVERCURRENT_DELAY] = "charge_overcurrent_protection_delay",
	[READING_CHARGE_OVERCURRENT_RECOVERY] = "charge_overcurrent_protection_recovery_time",
	[READING_DISCHARGE_OVERCURRENT_DELAY] = "discharge_overcurrent_protection_delay",
	[READING_DISCHARGE_OVERCURRENT_RECOVERY] = "discharge_overcurrent_protection_recovery_time",
	[READING_SHORT_CIRCUIT_DELAY] = "short_circuit_protection_delay",
	[READING_SHORT_CIRCUIT_RECOVERY] = "short_circuit_protection_recovery_time",
	[READING_CHARGE_OVERTEMPERATURE] = "charge_overtemperature_protection",
	[READING_CHARGE_OVERTEMPERATURE_RECOVERY] = "charge_overtemperature_protection_recovery",
	[READING_DISCHARGE_OVERTEMPERATURE] = "discharge_overtemperature_protection",
	[READING_DISCHARGE_OVERTEMPERATURE_RECOVERY] = "discharge_overtemperature_protection_recovery",
	[READING_CHARGE_UNDERTEMPERATURE] = "charge_undertemperature_protection",
	[READING_CHARGE_UNDERTEMPERATURE_RECOVERY] = "charge_undertemperature_protection_recovery",
	[READING_MOSFET_OVERTEMPERATURE] = "mosfet_overtemperature_protection",
	[READING_MOSFET_OVERTEMPERATURE_RECOVERY] = "mosfet_overtemperature_protection_recovery",
};

static const char *const type_names[READING_TYPES] = {
	[READING_LIVE] = "live",         [READING_CAN] = "can",       [READING_SETTINGS] = "settings",
	[READING_ABOUT] = "about",       [READING_EVENT] = "event",   [READING_INVERTER] = "inverter",
	[READING_REJECTED] = "rejected", [READING_HEALTH] = "health",
};

const char *reading_key(enum reading_number n)
{
	return number_keys[n];
}

/* ---- keys ---- */

static void add_all(struct members *keys, const struct record_keys *others)
{
	for (size_t i = 0; i < others->count; i++)
		members_add(keys, others->key[i].key, ID_NOTHING);
}

void reading_keys_begin(struct members *keys)
{
	static char cell_keys[BANK_CELLS][24];
	members_begin(keys);
	for (unsigned id = ID_TIME; id < ID_NUMBERS; id++)
		members_add(keys, id_keys[id], id);
	for (unsigned i = 0; i < READING_NUMBERS; i++)
		members_add(keys, number_keys[i], ID_NUMBERS + i);
	for (unsigned i = 0; i < BANK_CELLS; i++) {
		snprintf(cell_keys[i], sizeof *cell_keys, "cell_voltage_%u", i + 1);
		members_add(keys, cell_keys[i], ID_CELL + i);
	}
	/* The other keys of records: those that are known are passed faster. */
	for (int type = 1; type < FRAME_TYPES; type++)
		add_all(keys, record_keys((enum frame_type)type));
	for (int protocol = 0; protocol < CAN_PROTOCOLS; protocol++)
		add_all(keys, can_keys_all((enum can_protocol)protocol));
}

/* ---- members ---- */

struct taking {
	struct reading *r;
	bool time, type, bms; /* are there, and valid */
	struct slice channel;
};

static struct slice text_of(const struct member *m)
{
	return m->kind == MEMBER_TEXT ? (struct slice){m->p, m->n} : (struct slice){NULL, 0};
}

static bool number_of(const struct member *m, unsigned places, int64_t *value)
{
	return m->kind == MEMBER_NUMBER &&
	       number_rounded(m->p, m->n, places, INT64_MIN / 2, INT64_MAX / 2, value);
}

static void take_cell(struct reading *r, const struct member *m, unsigned cell)
{
	int64_t mv;
	if (cell >= BANK_CELLS || !number_of(m, 3, &mv) || mv <= 0 || mv > 20000)
		return;
	r->cells |= UINT32_C(1) << cell;
	r->cell_mv[cell] = (int32_t)mv;
}

/*
 * What is larger is no value of a BMS: so products of two values fit into 64 bits.  A runtime and a delay in
 * microseconds are large, and no factor of anything.
 */
static bool in_bounds(unsigned n, int64_t value)
{
	bool large = n == READING_RUNTIME || n == READING_SHORT_CIRCUIT_DELAY;
	int64_t most = large ? INT64_C(10000000000000) : 100000000;
	return value >= -most && value <= most;
}

static void take_number(struct reading *r, const struct member *m, unsigned n)
{
	int64_t value = m->kind == MEMBER_TRUE ? 1000 : 0;
	if (m->kind != MEMBER_TRUE && m->kind != MEMBER_FALSE && !number_of(m, 3, &value))
		return;
	if (!in_bounds(n, value))
		return;
	r->has |= UINT64_C(1) << n;
	r->number[n] = value;
}

static void take_type(struct taking *t, const struct member *m)
{
	struct slice name = text_of(m);
	t->type = name.p != NULL;
	for (int type = READING_LIVE; type < READING_TYPES; type++)
		if (slice_is(name, type_names[type]))
			t->r->type = (enum reading_type)type;
}

static void take_head(struct taking *t, const struct member *m)
{
	int64_t value;
	if (m->id == ID_TIME) {
		t->time =
			number_of(m, 6, &t->r->time_us) && t->r->time_us >= 0 && t->r->time_us <= TIME_MAX_US;
	} else if (m->id == ID_CHANNEL) {
		t->channel = text_of(m);
	} else if (m->id == ID_TYPE) {
		take_type(t, m);
	} else if (m->id == ID_BMS) {
		t->bms = m->kind == MEMBER_NULL;
		if (number_of(m, 0, &value) && value >= 0 && value <= UINT8_MAX)
			t->r->bms = (int)value, t->bms = true;
	}
}

static void take_text(struct reading *r, const struct member *m)
{
	struct slice *const to[] = {&r->pack,  &r->label,  &r->event, &r->words,
				    &r->state, &r->reason, &r->serial};
	*to[m->id - ID_PACK] = text_of(m);
}

static void take_member(void *context, const struct member *m)
{
	struct taking *t = context;
	if (m->index != MEMBER_ITSELF) {
		if (m->id == ID_CELLS)
			take_cell(t->r, m, (unsigned)m->index);
	} else if (m->id < ID_CELLS) {
		take_head(t, m);
	} else if (m->id >= ID_CELL && m->id < IDS) {
		take_cell(t->r, m, m->id - ID_CELL);
	} else if (m->id >= ID_NUMBERS) {
		take_number(t->r, m, m->id - ID_NUMBERS);
	} else if (m->id >= ID_PACK) {
		take_text(t->r, m);
	}
}

static const char *check_head(struct taking *t)
{
	if (!t->time)
		return "no time";
	if (!t->channel.p)
		return "no channel";
	if (t->channel.n > RECORD_CHANNEL_MAX)
		return "a channel of more than 64 bytes";
	memcpy(t->r->channel, t->channel.p, t->channel.n);
	t->r->channel_size = t->channel.n;
	if (!t->type)
		return "no type";
	return t->bms ? NULL : "no such bms";
}

const char *reading_read(struct reading *r, struct members *keys, const char *p, size_t n)
{
	size_t close;
	memset(r, 0, offsetof(struct reading, number));
	r->cells = 0;
	r->bms = -1;
	struct taking t = {.r = r, .bms = true};
	const char *wrong = members_read(keys, p, n, &close, take_member, &t);
	return wrong ? wrong : check_head(&t);
}
