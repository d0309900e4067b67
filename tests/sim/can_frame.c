/* SPDX-License-Identifier: MIT */
/*
 * The frames of a pack on CAN: protocol 0 and 6, as the vendor's document V2.1 describes them and as devices
 * send them.  Identifiers, offsets and scales are typed from that text, not taken from the tables of the
 * programs.
 */
#include "can_frame.h"

#include <string.h>

/* The frame in the making, and where its values go. */
struct making {
	struct can_message *m;
	struct text *values;
	unsigned int first_cell; /* counted from 0, of the frames of cells */
};

struct kind {
	uint32_t id; /* of address 0 */
	bool extended;
	int64_t cycle_ms[CAN_CYCLES];
	unsigned int first_cell;
	void (*fill)(const struct making *to, const struct can_view *v);
};

static void value_number(const struct making *to, const char *key, int64_t value, unsigned int digits)
{
	if (to->values != NULL)
		text_key_number(to->values, key, value, digits);
}

static void value_bool(const struct making *to, const char *key, bool value)
{
	if (to->values != NULL)
		text_key_bool(to->values, key, value);
}

/* An unsigned number of 16 bits whose unit is that of the value with its digits. */
static void put(const struct making *to, size_t at, const char *key, int64_t value, unsigned int digits)
{
	wire_put16(to->m->data + at, value);
	value_number(to, key, value, digits);
}

static void put_byte(const struct making *to, size_t at, const char *key, int64_t value)
{
	to->m->data[at] = (uint8_t)value;
	value_number(to, key, value, 0);
}

/* 0x2F4: voltage 0.1 V, current 0.1 A from -400 A (+ is charging), state of charge. */
static void fill_battery(const struct making *to, const struct can_view *v)
{
	const struct sample *s = &v->sample;
	put(to, 0, "total_voltage", s->total_mv / 100, 1);
	wire_put16(to->m->data + 2, s->current_ma / 100 + 4000);
	value_number(to, "current", s->current_ma / 100, 1);
	put_byte(to, 4, "state_of_charge", s->soc_pct);
}

/* 0x4F4: highest cell in mV, its number from 1, lowest cell, its number. */
static void fill_extremes(const struct making *to, const struct can_view *v)
{
	const struct sample *s = &v->sample;
	put(to, 0, "max_cell_voltage", v->max_mv, 3);
	put_byte(to, 2, "max_voltage_cell", s->highest + 1);
	put(to, 3, "min_cell_voltage", s->cell_mv[s->lowest], 3);
	put_byte(to, 5, "min_voltage_cell", s->lowest + 1);
}

/* A probe that is not there has no temperature; the third is that of the MOSFETs. */
static bool probe(const struct sample *s, unsigned int i, int64_t *degrees)
{
	int64_t dc = s->probe_dc[i];
	if (dc == ABSENT_DC || (i > 2 && dc == 0))
		return false;
	*degrees = (dc - (dc < 0 ? 9 : 0)) / 10;
	return true;
}

/* 0x5F4: highest, its probe from 0, lowest, its probe, average; 1 degree from -50; without the MOSFETs. */
static void fill_temperatures(const struct making *to, const struct can_view *v)
{
	unsigned int highest = 0, lowest = 0, count = 0;
	int64_t most = 0, least = 0, sum = 0, degrees;
	for (unsigned int i = 0; i < 5; i++) {
		if (i == 2 || !probe(&v->sample, i, &degrees))
			continue;
		if (count == 0 || degrees > most)
			most = degrees, highest = i;
		if (count == 0 || degrees < least)
			least = degrees, lowest = i;
		sum += degrees;
		count++;
	}
	const int64_t values[3] = {most, least, sum / count};
	static const char *const keys[3] = {"max_temperature", "min_temperature", "average_temperature"};
	for (size_t i = 0; i < 3; i++) {
		to->m->data[2 * i] = (uint8_t)(values[i] + 50);
		value_number(to, keys[i], values[i], 0);
	}
	put_byte(to, 1, "max_temperature_sensor", highest);
	put_byte(to, 3, "min_temperature_sensor", lowest);
}

/* 0x7F4: 16 levels of two bits. */
static void fill_levels(const struct making *to, const struct can_view *v)
{
	wire_put32(to->m->data, v->levels);
	value_number(to, "can_alarm_levels", v->levels, 0);
}

/* 0x18F128F4: remaining, full, charged so far (it wraps), in 0.1 Ah; cycles. */
static void fill_charge(const struct making *to, const struct can_view *v)
{
	const struct sample *s = &v->sample;
	put(to, 0, "capacity_remaining", s->remaining_mah / 100, 1);
	put(to, 2, "full_charge_capacity", s->full_mah / 100, 1);
	put(to, 4, "total_charging_cycle_capacity", s->throughput_mah / 100 % 65536, 1);
	put(to, 6, "charging_cycles", s->cycles, 0);
}

/*
 * 0x18F228F4: a mask, which is 0x10 on a device with five probes, then the probes, 1 degree from -50; FF:
 * absent.
 */
static void fill_probes(const struct making *to, const struct can_view *v)
{
	static const char *const keys[5] = {"temperature_sensor_1", "temperature_sensor_2",
					    "mosfet_temperature", "temperature_sensor_4",
					    "temperature_sensor_5"};
	int64_t degrees;
	put_byte(to, 0, "can_temperature_sensor_mask", 0x10);
	for (unsigned int i = 0; i < 5; i++) {
		bool there = probe(&v->sample, i, &degrees);
		to->m->data[1 + i] = there ? (uint8_t)(degrees + 50) : 0xFF;
		if (there)
			value_number(to, keys[i], degrees, 0);
		else if (to->values != NULL)
			text_key(to->values, keys[i]), text_add(to->values, "null");
	}
}

/* 0x18F328F4: one bit a fault, in the sequence of the document's table, which has 18. */
static void fill_errors(const struct making *to, const struct can_view *v)
{
	wire_put32(to->m->data, v->errors);
	value_number(to, "can_error_bits", v->errors, 0);
}

/* 0x18F428F4: runtime in s, heating current in mA, state of health. */
static void fill_runtime(const struct making *to, const struct can_view *v)
{
	wire_put32(to->m->data, v->sample.runtime_s);
	value_number(to, "total_runtime", v->sample.runtime_s, 0);
	put(to, 4, "heating_current", v->sample.heating_ma, 3);
	put_byte(to, 6, "state_of_health", 100);
}

/* 0x18F528F4: switches, from bit 0. */
static void fill_switches(const struct making *to, const struct can_view *v)
{
	static const char *const keys[6] = {"charging", "discharging",     "balancing",
					    "heating",  "charger_plugged", "acc"};
	const struct sample *s = &v->sample;
	const bool on[6] = {s->charging, s->discharging, s->balancing != 0, s->heating, false, true};
	for (size_t i = 0; i < 6; i++) {
		to->m->data[0] |= (uint8_t)(on[i] << i);
		value_bool(to, keys[i], on[i]);
	}
}

/* 0x1806E5F4, the only big endian one: requested 0.1 V and 0.1 A, charger (0 is on), heating. */
static void fill_request(const struct making *to, const struct can_view *v)
{
	const int64_t values[2] = {v->charge_cv, v->charge_ca};
	static const char *const keys[2] = {"requested_charge_voltage", "requested_charge_current"};
	for (size_t i = 0; i < 2; i++) {
		to->m->data[2 * i] = (uint8_t)(values[i] >> 8);
		to->m->data[2 * i + 1] = (uint8_t)values[i];
		value_number(to, keys[i], values[i], 1);
	}
	put_byte(to, 4, "charger_switch", v->sample.charging ? 0 : 1);
	put_byte(to, 5, "charge_heat_mode", v->sample.heating);
}

/* 0x18E028F4 and following: four cells each in mV; 0 in a slot without a cell. */
static void fill_cells(const struct making *to, const struct can_view *v)
{
	char key[] = "cell_voltage_00";
	for (unsigned int i = 0; i < 4; i++) {
		unsigned int cell = to->first_cell + i;
		if (cell >= v->sample.cell_count || cell >= CAN_MAX_CELLS)
			break;
		size_t digit = sizeof("cell_voltage_") - 1;
		if (cell + 1 > 9)
			key[digit++] = (char)('0' + (cell + 1) / 10);
		key[digit++] = (char)('0' + (cell + 1) % 10);
		key[digit] = '\0';
		put(to, (size_t)2 * i, key, v->sample.cell_mv[cell], 3);
	}
}

/* In the sequence in which a device sends what is due at the same time. */
static const struct kind kinds[CAN_KINDS] = {
	{0x2F4, false, {20, 100}, 0, fill_battery},       {0x4F4, false, {100, 100}, 0, fill_extremes},
	{0x7F4, false, {100, 100}, 0, fill_levels},       {0x18F128F4, true, {100, 200}, 0, fill_charge},
	{0x18F328F4, true, {100, 100}, 0, fill_errors},   {0x18F528F4, true, {500, 500}, 0, fill_switches},
	{0x1806E5F4, true, {500, 500}, 0, fill_request},  {0x5F4, false, {500, 1000}, 0, fill_temperatures},
	{0x18F228F4, true, {500, 1000}, 0, fill_probes},  {0x18F428F4, true, {500, 1000}, 0, fill_runtime},
	{0x18E028F4, true, {1000, 1500}, 0, fill_cells},  {0x18E128F4, true, {1000, 1500}, 4, fill_cells},
	{0x18E228F4, true, {1000, 1500}, 8, fill_cells},  {0x18E328F4, true, {1000, 1500}, 12, fill_cells},
	{0x18E428F4, true, {1000, 1500}, 16, fill_cells}, {0x18E528F4, true, {1000, 1500}, 20, fill_cells},
	{0x18E628F4, true, {1000, 1500}, 24, fill_cells},
};

/* Levels and faults are sent only while there are some; cells, only those that the pack has. */
int64_t can_cycle_ms(unsigned int kind, enum can_cycle cycle, const struct can_view *v)
{
	const struct kind *k = &kinds[kind];
	if ((k->fill == fill_levels && v->levels == 0) || (k->fill == fill_errors && v->errors == 0) ||
	    k->first_cell >= v->sample.cell_count)
		return 0;
	return k->cycle_ms[cycle];
}

struct can_message can_head(unsigned int kind, uint8_t address)
{
	return (struct can_message){.id = kinds[kind].id + address, .extended = kinds[kind].extended, .n = 8};
}

void can_frame(unsigned int kind, const struct can_view *v, struct can_message *m, struct text *values)
{
	const struct kind *k = &kinds[kind];
	*m = can_head(kind, v->address);
	k->fill(&(struct making){m, values, k->first_cell}, v);
}
