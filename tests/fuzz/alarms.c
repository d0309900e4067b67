/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "engine.h"
#include "fuzz.h"
#include "json_reader.h"
#include "slots.h"
#include "state_read.h"
#include "state_write.h"

/*
 * Records into jk-alarm: each line comes out again, what it adds is whole JSON, each alarm of a pack is
 * counted once, and the state that is written can be read again.
 */

unsigned long fuzz_taken;

#define C(time, channel, bms, members)                                                                       \
	"{\"time\":17638560" time ",\"channel\":\"" channel "\",\"bms\":" bms "," members "}\n"
#define LIVE "\"type\":\"live\","
#define CAN "\"type\":\"can\","
#define NORTH "\"pack\":\"north\",\"label\":\"N\","
#define EVENT "\"type\":\"event\",\"event\":"

const char *const fuzz_seeds[] = {
	C("00.125", "ttyUSB0", "1", NORTH LIVE "\"errors_bitmask\":48,\"total_voltage\":53.123"),
	C("02.125", "ttyUSB0", "1", NORTH LIVE "\"errors_bitmask\":0,\"cell_voltages\":[3.3,null,3.7]"),
	C("04.125", "ttyUSB0", "1", NORTH LIVE "\"errors_bitmask\":4294967295,\"state_of_charge\":5"),
	C("60.5", "ttyUSB0", "2", LIVE "\"errors_bitmask\":16,\"total_runtime\":12345"),
	C("00.5", "can0", "0", NORTH CAN "\"can_alarm_levels\":4294967295"),
	C("00.75", "can0", "0", NORTH CAN "\"can_alarm_levels\":48,\"total_overvoltage\":3"),
	C("01.25", "can0", "0", NORTH CAN "\"can_error_bits\":16777215,\"can_error_bits_text\":\"x\""),
	C("03.25", "can0", "0", NORTH CAN "\"total_voltage\":53.1,\"current\":1.8,\"state_of_charge\":81"),
	C("05.25", "can0", "0", NORTH CAN "\"cell_voltage_1\":3.3,\"cell_voltage_2\":null"),
	C("06.25", "can0", "0", CAN "\"total_runtime\":17"),
	C("07.25", "can0", "0", NORTH CAN "\"total_runtime\":950000"),
	C("09.25", "can1", "0", "\"pack\":\"south\"," CAN "\"charging_cycles\":35"),
	C("09.5", "can1", "11", NORTH CAN "\"can_alarm_levels\":1"),
	C("09.75", "can1", "1", NORTH CAN "\"can_alarm_levels\":1"),
	C("09.75", "can1", "null", CAN "\"total_voltage\":53.1"),
	C("09.75", "can1", "null", "\"type\":\"inverter\",\"state_of_charge\":5"),
	C("10.5", "ttyUSB0", "1",
	  "\"type\":\"rejected\",\"frame\":\"live\",\"reason\":\"r\",\"errors_bitmask\":1"),
	C("10.5", "ttyUSB0", "1", NORTH "\"type\":\"settings\",\"cell_count\":16"),
	C("11.5", "can0", "null", EVENT "\"close\",\"words\":\"device vanished\""),
	C("31.5", "can0", "null", EVENT "\"open\",\"words\":\"can\""),
	C("11.5", "ttyUSB0", "null",
	  EVENT "\"stats\",\"words\":\"- up=10 bytes=0 junk=0 orphan=0 reopened=0\""),
	C("11.5", "ttyUSB0", "1", EVENT "\"stats\",\"words\":\"asked=30 answered=0 timeouts=30\""),
	C("11.5", "ttyUSB0", "1", EVENT "\"timeout\",\"words\":\"live\""),
	C("11.5", "ttyUSB0", "1", EVENT "\"conflict\",\"words\":\"\""),
	NULL,
};

static struct engine engine;
static struct rules rules;
static struct record_view_keys keys;
static char line[1 << 14];
static const char *taken; /* the line that was given, until it comes out */
static size_t taken_size;

static struct strbuf begin(void *context)
{
	(void)context;
	return (struct strbuf){.data = line, .capacity = sizeof line};
}

/* The line comes out as it was, or all of it but its last brace, and then its alarms. */
static bool is_taken(const struct strbuf *t)
{
	size_t same = 0;
	while (same < taken_size && same < t->size && t->data[same] == taken[same])
		same++;
	while (same < taken_size && strchr("} \t\r", taken[same]))
		same++;
	return same == taken_size;
}

static bool end(void *context, const struct strbuf *t)
{
	(void)context;
	if (t->overflow)
		return false;
	HOLDS(t->size > 0 && t->data[t->size - 1] == '\n');
	if (taken && is_taken(t))
		taken = NULL;
	else
		HOLDS(fuzz_is_json(t->data, t->size - 1));
	return true;
}

static void complain(void *context, const char *what)
{
	(void)context;
	HOLDS(what[0] != '\0');
}

static void fresh(void)
{
	static const char more[] =
		"total_overvoltage >= 1 warning\ncan_error_bits > 0 warning\n"
		"cell_voltage_3 > 3.65 clear < 3.5 alarm\nstate_of_charge < 10 for 5s alarm\n"
		"silent > 30s alarm\nlink_down > 20s alarm\nlink_silent > 20s alarm\n";
	struct rules_error error;
	if (!rules.count) {
		HOLDS(rules_parse(&rules, more, sizeof more - 1, &error));
		record_view_keys_begin(&keys, &rules);
	}
	engine_begin(&engine, &rules, &keys, (struct sink){begin, end, complain, NULL, NULL});
}

static void check_pack(const struct target *pack)
{
	unsigned active = 0;
	int sources = 0;
	for (size_t i = 0; i < model_slots(&rules); i++)
		active += pack->slot[i].active;
	for (int i = 0; i < PACK_SOURCES_MAX; i++)
		sources += pack->source[i] != NULL;
	HOLDS(active == pack->active && pack->changed == 0 && sources == pack->source_count);
	for (size_t i = 0; i < SLOT_INCONSISTENT; i++) {
		char a[32], b[32];
		for (size_t k = i + 1; pack->slot[i].active && k < SLOT_INCONSISTENT; k++)
			HOLDS(!pack->slot[k].active ||
			      strcmp(slot_key(&rules, i, a), slot_key(&rules, k, b)) != 0 || a[0] == 'u');
	}
}

/* The state is read again, and is the same. */
static void check_state(void)
{
	static char state[4 << 20];
	struct strbuf t = {.data = state, .capacity = sizeof state};
	unsigned dropped;
	state_write(&t, &engine.model);
	HOLDS(!t.overflow);
	fresh();
	HOLDS(state_read(&engine.model, &keys.members, state, t.size, &dropped) == NULL && dropped == 0);
}

/* When the last line is freed, so that a sanitizer sees who kept a part of it. */
static void check_packs(void)
{
	for (size_t i = 0; i < engine.model.packs; i++)
		check_pack(engine.model.pack[i]);
}

static void take_line(const char *p, size_t n)
{
	check_packs();
	taken = p;
	taken_size = n;
	fuzz_taken += engine_line(&engine, p, n);
	HOLDS(!taken);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	fresh();
	fuzz_lines(p, n, take_line);
	check_packs();
	check_state();
	return 0;
}
