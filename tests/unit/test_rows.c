/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "layout_jk.h"
#include "lifecycle.h"
#include "records.h"
#include "slow_topics.h"
#include "unit.h"

/*
 * What a pack costs in Home Assistant's database, at the defaults and by the time of the records: a row for
 * each entity that is enabled by default and that a message gives another state.  A record comes every two
 * seconds. tests/homeassistant/rows.py measures the same in a real one.
 */

enum { MINUTES = 10, RECORDS = 30 * (MINUTES + 1), CELLS = 16, TEXT_MAX = 32 };

static const struct options options = {.layout = &layout_jk,
				       .prefix = "jk",
				       .discovery_prefix = "ha",
				       .silent_us = INT64_C(1) << 40,
				       .interval_us = 5000000,
				       .cell_step_uv = 5000};

static struct outbox box;
static struct publisher p;
static int last_mid;
static bool counts;
static unsigned messages[LAYOUT_TOPICS], rows;
static char shown[ENTITIES_MAX][TEXT_MAX]; /* the states in Home Assistant */

static struct json_object *value_of(const struct entity *e, struct json_object *message)
{
	struct json_object *array = e->array ? json_member(message, e->array) : NULL;
	return array ? json_object_array_get_idx(array, e->cell - 1u)
		     : json_member(message, e->member ? e->member : e->key);
}

/* Less than the deadband from what is shown?  So do the templates. */
static bool is_noise(const struct entity *e, const char *before, struct json_object *value)
{
	return e->deadband && *before &&
	       fabs(json_object_get_double(value) - strtod(before, NULL)) < strtod(e->deadband, NULL);
}

/* Rounded to the digits that are shown, as the templates do where there are more. */
static void state_text(char text[TEXT_MAX], const struct entity *e, const char *before,
		       struct json_object *value)
{
	if (is_noise(e, before, value))
		memmove(text, before, TEXT_MAX);
	else if (json_object_is_type(value, json_type_double) && e->digits > 0)
		snprintf(text, TEXT_MAX, "%.*f", e->digits - 1, json_object_get_double(value));
	else
		snprintf(text, TEXT_MAX, "%s", json_object_get_string(value));
}

static void count_rows(enum layout_topic topic, struct json_object *message)
{
	size_t count;
	const struct entity *e = entities(&count);
	for (size_t i = 0; i < count; i++) {
		struct json_object *value = value_of(&e[i], message);
		char text[TEXT_MAX];
		if (e[i].source != ENTITY_LIVE || e[i].disabled || slow_topics_of(&options, &e[i]) != topic ||
		    !value)
			continue;
		state_text(text, &e[i], shown[i], value);
		rows += counts && strcmp(text, shown[i]) != 0;
		memcpy(shown[i], text, sizeof text);
	}
}

static int keep(void *context, const struct outgoing *m, int *mid)
{
	static const struct {
		const char *name;
		enum layout_topic topic;
	} topics[] = {{"jk/bms_1/live", LAYOUT_LIVE},
		      {"jk/bms_1/cells", LAYOUT_CELLS},
		      {"jk/bms_1/clocks", LAYOUT_CLOCKS}};
	(void)context;
	*mid = ++last_mid;
	for (size_t i = 0; !m->subscribe && i < sizeof topics / sizeof *topics; i++) {
		if (strcmp(m->topic, topics[i].name) != 0)
			continue;
		struct json_tokener *tokener = json_tokener_new(); /* the payload has no end of its own */
		struct json_object *message = json_tokener_parse_ex(tokener, m->payload, (int)m->size);
		ck_assert_ptr_nonnull(message);
		messages[topics[i].topic] += counts;
		count_rows(topics[i].topic, message);
		json_object_put(message);
		json_tokener_free(tokener);
	}
	return 0;
}

static void pump(int64_t now_us)
{
	lifecycle_time(&p, now_us);
	ck_assert_int_eq(outbox_pump(&box, keep, NULL), 0);
	for (int mid = 1; mid <= last_mid; mid++)
		outbox_acknowledged(&box, mid);
	last_mid = 0;
}

/* A pack at this current; its cells are at cell_mv, the cells of one record up to spread_mv apart. */
static void record(int n, int cell_mv, const int above_mv[CELLS], double amperes)
{
	char line[2048], cells[512] = "";
	int sum_mv = 0, min_mv = 9999, max_mv = 0;
	for (int i = 0; i < CELLS; i++) {
		int mv = cell_mv + above_mv[i];
		snprintf(cells + strlen(cells), sizeof cells - strlen(cells), "%s%d.%03d", i ? "," : "",
			 mv / 1000, mv % 1000);
		sum_mv += mv;
		min_mv = mv < min_mv ? mv : min_mv;
		max_mv = mv > max_mv ? mv : max_mv;
	}
	snprintf(line, sizeof line,
		 "{\"time\":%d.0,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"cell_voltages\":[%s],"
		 "\"min_cell_voltage\":%d.%03d,\"max_cell_voltage\":%d.%03d,\"delta_cell_voltage\":0.%03d,"
		 "\"average_cell_voltage\":%.3f,\"total_voltage\":%.3f,\"current\":%.3f,\"power\":%.3f,"
		 "\"charging_power\":0.000,\"discharging_power\":%.3f,\"state_of_charge\":%d,"
		 "\"capacity_remaining\":%.3f,\"full_charge_capacity\":280.000,\"charging_cycles\":7,"
		 "\"mosfet_temperature\":24.1,\"temperature_sensor_1\":%.1f,\"total_runtime\":%d,"
		 "\"uptime\":%d.%d,\"charging\":true,\"discharging\":true}",
		 1000 + 2 * n, cells, min_mv / 1000, min_mv % 1000, max_mv / 1000, max_mv % 1000,
		 max_mv - min_mv, sum_mv / 1000.0 / CELLS, sum_mv / 1000.0, amperes,
		 amperes * sum_mv / 1000.0, -amperes * sum_mv / 1000.0, 80 + (int)(amperes * n / 5000),
		 224 + amperes * n * 2 / 3600, 22.0 + n % 2 / 10.0, 77 + 2 * n, 500 + 2 * n, n % 10);
	struct json_record r;
	ck_assert_ptr_null(json_record_parse(line, strlen(line), &r));
	records_record(&p, &r, n * INT64_C(2000000));
}

static void begin(void)
{
	memset(messages, 0, sizeof messages);
	memset(shown, 0, sizeof shown);
	rows = 0;
	last_mid = 0;
	counts = false;
	outbox_begin(&box, -1);
	outbox_connected(&box);
	lifecycle_begin(&p, &options, &box, 1);
}

/* The first minute is not counted: in it everything is new. */
static void take(int n)
{
	counts = n >= 30;
	for (int tenth = 0; tenth < 20; tenth++)
		pump(n * INT64_C(2000000) + tenth * INT64_C(100000));
}

static void check_budget(const char *name, unsigned cells_max, unsigned rows_max)
{
	printf("# %s, a minute: %.1f messages of live, %.1f of cells, %.1f of clocks, %.1f rows\n", name,
	       messages[LAYOUT_LIVE] / (double)MINUTES, messages[LAYOUT_CELLS] / (double)MINUTES,
	       messages[LAYOUT_CLOCKS] / (double)MINUTES, rows / (double)MINUTES);
	ck_assert_uint_ge(messages[LAYOUT_LIVE], 11 * MINUTES); /* as fresh as -i says */
	ck_assert_uint_le(messages[LAYOUT_LIVE], 12 * MINUTES + 1);
	ck_assert_uint_ge(messages[LAYOUT_CELLS], MINUTES - 1);
	ck_assert_uint_le(messages[LAYOUT_CELLS], cells_max * MINUTES);
	ck_assert_uint_le(messages[LAYOUT_CLOCKS], MINUTES);
	ck_assert_uint_gt(rows, 0);
	ck_assert_uint_le(rows, rows_max * MINUTES);
}

/* Nothing flows, and now and then a cell is measured 1 mV higher or lower. */
START_TEST(at_rest)
{
	struct chance c = {7};
	int above_mv[CELLS] = {0, 3, -2};
	begin();
	for (int n = 0; n < RECORDS; n++) {
		if (n % 8 == 0)
			above_mv[3 + chance_below(&c, CELLS - 3)] ^= 1;
		record(n, 3300, above_mv, 0);
		take(n);
	}
	check_budget("at rest", 1, 20);
	outbox_end(&box);
}
END_TEST

/* Now and then a cell is measured 1 mV lower or higher; their sum is where it is rounded up or down. */
START_TEST(noise)
{
	struct chance c = {7};
	begin();
	for (int n = 0; n < RECORDS; n++) {
		int above_mv[CELLS] = {5};
		for (int i = 1; i < CELLS; i++)
			if (chance_below(&c, 8) == 0)
				above_mv[i] = chance_below(&c, 2) ? 1 : -1;
		record(n, 3300, above_mv, 0);
		take(n);
	}
	check_budget("at rest, of noisy cells", 1, 20);
	outbox_end(&box);
}
END_TEST

/* The current changes with each record, cells are measured 1 mV higher or lower, and all go down slowly. */
START_TEST(under_changing_load)
{
	struct chance c = {7};
	int above_mv[CELLS] = {0, 3, -2};
	begin();
	for (int n = 0; n < RECORDS; n++) {
		int amperes = 20 + (int)chance_below(&c, 60);
		above_mv[3 + chance_below(&c, CELLS - 3)] ^= 1;
		record(n, 3300 - n / 15, above_mv, -amperes);
		take(n);
	}
	check_budget("under changing load", 3, 75);
	outbox_end(&box);
}
END_TEST

UNIT_RUN("rows", at_rest, noise, under_changing_load)
