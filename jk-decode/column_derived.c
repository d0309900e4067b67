/* SPDX-License-Identifier: MIT */
#include "column_derived.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alarms.h"
#include "bytes.h"
#include "civil.h"
#include "put.h"
#include "strbuf.h"

/* Values that are computed from one frame. */

enum {
	EPOCH_2020 = 1577836800, /* 2020-01-01T00:00:00Z, the epoch of a BMS clock */
};

static char *write_min_cell_voltage(char *p, const struct column *c, const struct source *s)
{
	(void)c;
	return s->live.cells ? put_milli(p, s->live.min_mv) : put_null(p, s->format);
}

static char *write_max_cell_voltage(char *p, const struct column *c, const struct source *s)
{
	(void)c;
	return s->live.cells ? put_milli(p, s->live.max_mv) : put_null(p, s->format);
}

static char *write_delta_cell_voltage(char *p, const struct column *c, const struct source *s)
{
	(void)c;
	return s->live.cells ? put_milli(p, (uint32_t)(s->live.max_mv - s->live.min_mv))
			     : put_null(p, s->format);
}

static char *write_average_cell_voltage(char *p, const struct column *c, const struct source *s)
{
	(void)c;
	return s->live.cells ? put_milli(p, s->live.mean_mv) : put_null(p, s->format);
}

static char *write_min_voltage_cell(char *p, const struct column *c, const struct source *s)
{
	(void)c;
	return s->live.cells ? put_small(p, s->live.min_cell) : put_null(p, s->format);
}

static char *write_max_voltage_cell(char *p, const struct column *c, const struct source *s)
{
	(void)c;
	return s->live.cells ? put_small(p, s->live.max_cell) : put_null(p, s->format);
}

char *put_power(char *p, int64_t power_uw)
{
	uint64_t magnitude_uw = power_uw < 0 ? -(uint64_t)power_uw : (uint64_t)power_uw;
	uint64_t magnitude_mw = (magnitude_uw + 500) / 1000;
	if (power_uw < 0 && magnitude_mw > 0)
		*p++ = '-';
	return magnitude_mw <= UINT32_MAX ? put_milli(p, (uint32_t)magnitude_mw)
					  : put_decimal(p, (int64_t)magnitude_mw, 3);
}

static char *write_power(char *p, const struct column *c, const struct source *s)
{
	(void)c;
	return put_power(p, s->live.power_uw);
}

static char *write_charging_power(char *p, const struct column *c, const struct source *s)
{
	(void)c;
	return put_power(p, s->live.power_uw > 0 ? s->live.power_uw : 0);
}

static char *write_discharging_power(char *p, const struct column *c, const struct source *s)
{
	(void)c;
	return put_power(p, s->live.power_uw < 0 ? -s->live.power_uw : 0);
}

/* A text that needs neither escaping nor, in csv, quotes. */
static char *put_plain(char *p, const struct source *s, const char *text, size_t n)
{
	p = put_quote(p, s->format);
	memcpy(p, text, n);
	p += n;
	return put_quote(p, s->format);
}

/* The numbers, from 1, of the cells whose bit is set: "1 2 16". */
static char *write_wire_warnings(char *p, const struct column *c, const struct source *s)
{
	(void)c;
	enum { CELL_NUMBER_MAX = 3 };
	char text[32 * CELL_NUMBER_MAX], *end = text;
	uint32_t bits = bytes_u32le(s->frame + LIVE_WIRE_RESISTANCE_WARNING_BITMASK);
	for (uint32_t n = 1; bits; n++, bits >>= 1) {
		if (!(bits & 1))
			continue;
		if (end > text)
			*end++ = ' ';
		end = put_small(end, n);
	}
	return put_text(p, s->format, text, (size_t)(end - text));
}

char *put_alarms(char *p, const struct source *s, uint32_t bits, const struct alarm_bit *alarms,
		 unsigned count, size_t max)
{
	char buffer[PUT_CAN_ALARMS_MAX];
	struct strbuf t = {.data = buffer, .capacity = max};
	for (unsigned bit = 0; bit < 32 && bits; bit++) {
		if (!(bits >> bit & 1))
			continue;
		char unknown[24];
		snprintf(unknown, sizeof unknown, "Unknown alarm %u", bit);
		const char *text = bit < count ? alarms[bit].text : unknown;
		size_t room = t.capacity - t.size;
		if (t.size > 0 && room > 0)
			strbuf_char(&t, ';'), room--;
		strbuf_add(&t, text, strlen(text) < room ? strlen(text) : room);
	}
	return put_text(p, s->format, buffer, t.size);
}

static char *write_errors(char *p, const struct column *c, const struct source *s)
{
	(void)c;
	return put_alarms(p, s, s->live.errors, alarm_bits, ALARM_BITS, PUT_ALARMS_MAX);
}

static char *write_errors_hex(char *p, const struct column *c, const struct source *s)
{
	(void)c;
	char text[] = "0x00000000";
	for (unsigned i = 0; i < 8; i++)
		text[9 - i] = "0123456789ABCDEF"[s->live.errors >> 4 * i & 15];
	return put_plain(p, s, text, sizeof text - 1);
}

static char *write_alarm_active(char *p, const struct column *c, const struct source *s)
{
	(void)c;
	return put_bool(p, alarm_bits_counted(s->live.errors) != 0);
}

static char *write_alarm_bit(char *p, const struct column *c, const struct source *s)
{
	return put_bool(p, s->live.errors >> c->aux & 1);
}

static char *write_balancing(char *p, const struct column *c, const struct source *s)
{
	(void)c;
	return put_bool(p, s->frame[LIVE_BALANCER_STATUS_BITMASK] != 0);
}

/* Days, hours and minutes: 404D0H18M. */
static char *write_runtime(char *p, const struct column *c, const struct source *s)
{
	(void)c;
	uint32_t minutes = bytes_u32le(s->frame + LIVE_TOTAL_RUNTIME) / 60;
	p = put_quote(p, s->format);
	p = put_u32(p, minutes / 1440);
	*p++ = 'D';
	p = put_small(p, minutes / 60 % 24);
	*p++ = 'H';
	p = put_small(p, minutes % 60);
	*p++ = 'M';
	return put_quote(p, s->format);
}

/* The BMS clock, null if it was never set.  It shows local time and has no time zone, so none is written. */
static char *write_rtc(char *p, const struct column *c, const struct source *s)
{
	(void)c;
	uint32_t ticks = bytes_u32le(s->frame + LIVE_RTC_TICKS);
	if (ticks == 0)
		return put_null(p, s->format);
	struct civil t = civil_of((int64_t)EPOCH_2020 + ticks); /* the counter ends in 2156 */
	char text[] = "2020-01-01T00:00:00";
	memcpy(text, put_four_digits + 4 * t.year, 4);
	const int pairs[] = {t.month, t.day, t.hour, t.minute, t.second};
	for (int i = 0; i < 5; i++)
		memcpy(text + 5 + 3 * i, put_four_digits + 4 * pairs[i] + 2, 2);
	return put_plain(p, s, text, sizeof text - 1);
}

/* YYMMDD as 20YY-MM-DD; null if it is not a date. */
static char *write_manufacturing_date(char *p, const struct column *c, const struct source *s)
{
	(void)c;
	const char *t = (const char *)s->frame + ABOUT_MANUFACTURING_DATE;
	for (int i = 0; i < 6; i++)
		if (t[i] < '0' || t[i] > '9')
			return put_null(p, s->format);
	int month = (t[2] - '0') * 10 + t[3] - '0', day = (t[4] - '0') * 10 + t[5] - '0';
	if (t[6] != '\0' || month < 1 || month > 12 || day < 1 || day > 31)
		return put_null(p, s->format);
	const char date[] = {'2', '0', t[0], t[1], '-', t[2], t[3], '-', t[4], t[5]};
	return put_plain(p, s, date, sizeof date);
}

static const struct {
	const char *key;
	column_writer *write;
	uint16_t max;
} writers[] = {
	{"min_cell_voltage", write_min_cell_voltage, 8},
	{"max_cell_voltage", write_max_cell_voltage, 8},
	{"delta_cell_voltage", write_delta_cell_voltage, 8},
	{"average_cell_voltage", write_average_cell_voltage, 8},
	{"min_voltage_cell", write_min_voltage_cell, 8},
	{"max_voltage_cell", write_max_voltage_cell, 8},
	{"wire_resistance_warning", write_wire_warnings, 2 + 3 * 32},
	{"power", write_power, PUT_DECIMAL_MAX},
	{"charging_power", write_charging_power, PUT_DECIMAL_MAX},
	{"discharging_power", write_discharging_power, PUT_DECIMAL_MAX},
	{"errors", write_errors, PUT_ALARMS_MAX + 2},
	{"errors_bitmask_hex", write_errors_hex, 12},
	{"alarm_active", write_alarm_active, 5},
	{"balancing", write_balancing, 5},
	{"total_runtime_formatted", write_runtime, 24},
	{"rtc", write_rtc, 21},
	{"manufacturing_date_text", write_manufacturing_date, 12},
};

void column_of_frame(struct column *column)
{
	for (size_t i = 0; i < sizeof writers / sizeof *writers; i++) {
		if (strcmp(writers[i].key, column->key->key) == 0) {
			column->write = writers[i].write;
			column->max = writers[i].max;
			return;
		}
	}
	abort(); /* a key of common/record_keys.c has no writer: every test fails */
}

void column_of_alarm(struct column *column)
{
	column->write = write_alarm_bit;
	column->max = 5;
	column->aux = column->key->bit;
}
