/* SPDX-License-Identifier: MIT */
/* jk-bank: records in, records out; what is expected is computed by hand. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bank_engine.h"
#include "bank_state.h"
#include "unit.h"

enum { ROOM = 1 << 22, BASE = 1763856000 }; /* midnight UTC */

static struct bank_engine engine;
static struct members members;
static struct {
	char data[ROOM];
	size_t size;
	char complaint[256];
	int saved;
} output;

static struct strbuf begin(void *context)
{
	(void)context;
	return (struct strbuf){.data = output.data + output.size, .capacity = 65536};
}

static bool end(void *context, const struct strbuf *record)
{
	(void)context;
	ck_assert(!record->overflow);
	output.size += record->size;
	output.data[output.size] = '\0';
	return true;
}

static void complain(void *context, const char *what)
{
	(void)context;
	snprintf(output.complaint, sizeof output.complaint, "%s", what);
}

static void save(void *context)
{
	(void)context;
	output.saved++;
}

static void clear(void)
{
	output.size = 0;
	output.data[0] = output.complaint[0] = '\0';
}

/* banks: NAME or NAME=PACK,PACK; NULL ends them. */
static void fresh(const char *name, const char *packs, ...)
{
	va_list more;
	setenv("TZ", "UTC0", 1);
	tzset();
	memset(&engine, 0, sizeof engine);
	ck_assert_ptr_null(bank_model_add(&engine.model, name, strlen(name), packs));
	va_start(more, packs);
	while ((name = va_arg(more, const char *)))
		ck_assert_ptr_null(
			bank_model_add(&engine.model, name, strlen(name), va_arg(more, const char *)));
	va_end(more);
	reading_keys_begin(&members);
	bank_engine_begin(&engine, &members,
			  (struct bank_sink){.begin = begin, .end = end, .complain = complain, .save = save});
	output.saved = 0;
	clear();
}

__attribute__((format(printf, 1, 2))) static void feed(const char *format, ...)
{
	char line[4096];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	bank_engine_line(&engine, line, (size_t)n);
}

/* A record of a pack, seconds behind BASE. */
static void pack_says(double time, const char *type, const char *pack, int bms, const char *rest)
{
	feed("{\"time\":%.6f,\"channel\":\"bus\",\"bms\":%d,\"pack\":\"%s\",\"type\":\"%s\"%s}", BASE + time,
	     bms, pack, type, rest);
}

static void live(double time, const char *pack, int bms, const char *rest)
{
	pack_says(time, "live", pack, bms, rest);
}

#define NORTH                                                                                                \
	",\"cell_voltages\":[3.250,3.251,3.249],\"total_voltage\":10.000,\"current\":10.000,"                \
	"\"state_of_charge\":50,\"capacity_remaining\":50.000,\"full_charge_capacity\":100.000,"             \
	"\"charging\":true,\"discharging\":true,\"temperature_sensor_1\":20.5,\"temperature_sensor_2\":-3.1"
#define NORTH_USED                                                                                           \
	",\"cell_voltages\":[3.250,3.251,3.240],\"total_voltage\":10.000,\"current\":-20.000,"               \
	"\"state_of_charge\":50,\"capacity_remaining\":50.000,\"full_charge_capacity\":100.000"
#define SOUTH                                                                                                \
	",\"cell_voltages\":[3.260,3.261,3.255],\"total_voltage\":10.200,\"current\":-4.000,"                \
	"\"state_of_charge\":60,\"capacity_remaining\":120.000,\"full_charge_capacity\":200.000,"            \
	"\"charging\":false,\"discharging\":true,\"temperature_sensor_1\":18.0"

static void north_at(double time)
{
	live(time, "north", 1, NORTH);
}

/* The last record of our own that holds all of these words; "" if there is none. */
static const char *last(const char *type, const char *name)
{
	static char record[16384];
	char wanted[64];
	record[0] = '\0';
	snprintf(wanted, sizeof wanted, "\"type\":\"%s\"", type);
	for (char *p = output.data, *newline; (newline = strchr(p, '\n')); p = newline + 1) {
		char line[16384];
		snprintf(line, sizeof line, "%.*s", (int)(newline - p), p);
		if (strstr(line, wanted) && strstr(line, name))
			memcpy(record, line, sizeof record);
	}
	return record;
}

static void has(const char *record, const char *words)
{
	ck_assert_msg(strstr(record, words), "%s is not in %s", words, record);
}

/* The last record of the energy of "north". */
static void energy_has(const char *words)
{
	has(last("energy", "\"pack\":\"north\""), words);
}

static void both(double time)
{
	north_at(time);
	live(time + 0.5, "south", 2, SOUTH);
}

START_TEST(totals)
{
	fresh("bank", NULL, NULL);
	both(0);
	ck_assert_str_eq(last("bank", ""), ""); /* no pack has come twice */
	both(5);
	const char *r = last("bank", "");
	has(r,
	    "{\"time\":1763856005.000000,\"channel\":\"\",\"bms\":null,\"bank\":\"bank\",\"type\":\"bank\",");
	has(r, "\"packs_known\":2,\"packs_heard\":2,\"packs_silent\":0,\"packs_charging_off\":1,"
	       "\"packs_discharging_off\":0,\"incomplete\":false,");
	has(r, "\"total_voltage\":10.100,\"current\":6.000,\"power\":59.200,\"charging_power\":59.200,"
	       "\"discharging_power\":0.000,");
	/* 50 % of 100 Ah and 60 % of 200 Ah */
	has(r, "\"state_of_charge\":56.7,\"capacity_remaining\":170.000,\"full_charge_capacity\":300.000,"
	       "\"stored_wh\":1724.000,\"state_of_charge_spread\":10,");
	has(r, "\"max_cell_voltage\":3.261,\"max_cell_voltage_pack\":\"south\",\"max_voltage_cell\":2,"
	       "\"min_cell_voltage\":3.249,\"min_cell_voltage_pack\":\"north\",\"min_voltage_cell\":3,");
	has(r, "\"max_temperature\":20.5,\"max_temperature_pack\":\"north\",\"max_temperature_sensor\":1,"
	       "\"min_temperature\":-3.1,\"min_temperature_pack\":\"north\",\"min_temperature_sensor\":2,");
	has(r, "\"charge_current_limit\":0.000,\"discharge_current_limit\":null,");
	has(r, "\"silent\":[],\"shares\":[{\"pack\":\"north\",\"current\":166.7,\"capacity\":33.3},"
	       "{\"pack\":\"south\",\"current\":-66.7,\"capacity\":66.7}]}");
}
END_TEST

START_TEST(the_first_after_ten_seconds)
{
	fresh("bank", NULL, NULL);
	north_at(0);
	feed("{\"time\":1763856009.999999,\"channel\":\"bus\",\"bms\":null,\"type\":\"event\",\"event\":"
	     "\"open\"}");
	ck_assert_str_eq(last("bank", ""), "");
	feed("{\"time\":1763856010.000000,\"channel\":\"bus\",\"bms\":null,\"type\":\"event\",\"event\":"
	     "\"open\"}");
	has(last("bank", ""), "\"packs_heard\":1");
}
END_TEST

/* A record of the bank for each round, and at most every second. */
START_TEST(rounds)
{
	fresh("bank", NULL, NULL);
	both(0);
	both(5);
	clear();
	north_at(5.9);
	live(5.95, "south", 2, SOUTH);
	ck_assert_str_eq(last("bank", ""), "");
	north_at(6);
	has(last("bank", ""), "\"time\":1763856006.000000,");
}
END_TEST

START_TEST(a_pack_falls_silent)
{
	fresh("bank", NULL, NULL);
	for (int i = 0; i < 4; i++)
		both(i * 2);
	/* south came every 2 s: after more than 6 s it is silent */
	clear();
	north_at(8);
	north_at(10);
	north_at(12);
	has(last("bank", ""), "\"packs_heard\":2");
	north_at(12.5);
	ck_assert_str_eq(output.complaint, "");
	has(last("bank", ""), "\"packs_heard\":2");
	north_at(13.6);
	const char *r = last("bank", "");
	has(r, "\"packs_known\":2,\"packs_heard\":1,\"packs_silent\":1,");
	has(r, "\"incomplete\":true,\"total_voltage\":10.000,\"current\":10.000,");
	has(r,
	    "\"silent\":[\"south\"],\"shares\":[{\"pack\":\"north\",\"current\":100.0,\"capacity\":100.0}]}");
	live(14, "south", 2, SOUTH);
	north_at(15);
	has(last("bank", ""), "\"packs_heard\":2");
}
END_TEST

START_TEST(banks_with_members)
{
	fresh("house", "north,bms_3", "barn", "south,east,west", NULL);
	both(0);
	feed("{\"time\":1763856001.000000,\"channel\":\"bus\",\"bms\":3,\"type\":\"live\"" NORTH "}");
	both(5);
	both(10);
	const char *r = last("bank", "\"bank\":\"house\"");
	has(r, "\"packs_known\":2,\"packs_heard\":2,\"packs_silent\":0,");
	has(r, "\"current\":20.000,");
	r = last("bank", "\"bank\":\"barn\"");
	has(r, "\"packs_known\":3,\"packs_heard\":1,\"packs_silent\":2,");
	has(r, "\"current\":-4.000,");
	has(r, "\"silent\":[\"east\",\"west\"],");
}
END_TEST

START_TEST(names_of_banks)
{
	struct bank_model m = {.banks = 0};
	ck_assert_str_eq(bank_model_add(&m, "", 0, NULL), "the name of a bank has 1 to 26 characters");
	ck_assert_ptr_null(bank_model_add(&m, "abcdefghijklmnopqrstuvwxyz", 26, NULL));
	ck_assert_str_eq(bank_model_add(&m, "abcdefghijklmnopqrstuvwxyz0", 27, NULL),
			 "the name of a bank has 1 to 26 characters");
	ck_assert_str_eq(bank_model_add(&m, "a b", 3, NULL), "a name has letters, digits, _ and -");
	ck_assert_ptr_null(bank_model_add(&m, "abc", 3, NULL));
	ck_assert_str_eq(bank_model_add(&m, "abc", 3, NULL), "this bank is given twice");
	ck_assert_ptr_null(bank_model_add(&m, "ab", 2, NULL));
	ck_assert_str_eq(bank_model_add(&m, "empty", 5, ","), "a bank has packs");
	while (m.banks < 32) {
		const char name[] = {'x', (char)('a' + m.banks / 10), (char)('a' + m.banks % 10)};
		ck_assert_ptr_null(bank_model_add(&m, name, sizeof name, NULL));
	}
	ck_assert_str_eq(bank_model_add(&m, "more", 4, NULL), "more than 32 banks");
}
END_TEST

/* A sum without the value of one pack is none. */
START_TEST(a_missing_value)
{
	fresh("bank", NULL, NULL);
	for (int i = 0; i < 2; i++) {
		north_at(5 * i);
		live(5 * i + 0.5, "south", 2, ",\"total_voltage\":10.200,\"current\":-4.000");
	}
	const char *r = last("bank", "");
	has(r, "\"current\":6.000,");
	has(r, "\"state_of_charge\":null,\"capacity_remaining\":null,\"full_charge_capacity\":null,"
	       "\"stored_wh\":null,");
	has(r, "\"time_to_full\":null,\"time_to_empty\":null,\"max_cell_voltage\":3.251,"
	       "\"max_cell_voltage_pack\":\"north\"");
	has(r, "{\"pack\":\"south\",\"current\":null,\"capacity\":null}]");
}
END_TEST

START_TEST(limits_of_settings)
{
	fresh("bank", NULL, NULL);
	pack_says(0, "settings", "north", 1,
		  ",\"max_charge_current\":40.000,\"max_discharge_current\":80.000,"
		  "\"cell_voltage_overvoltage_protection\":3.600,\"cell_voltage_undervoltage_protection\":2."
		  "600");
	pack_says(0.1, "settings", "south", 2,
		  ",\"max_charge_current\":30.000,\"max_discharge_current\":90.000,"
		  "\"cell_voltage_overvoltage_protection\":3.650,\"cell_voltage_undervoltage_protection\":2."
		  "700");
	for (int i = 0; i < 2; i++) {
		north_at(1 + 5 * i);
		live(1.5 + 5 * i, "south", 2,
		     ",\"cell_voltages\":[3.2,3.2,3.2],\"total_voltage\":9.6,\"current\":1");
	}
	has(last("bank", ""), "\"charge_current_limit\":30.000,\"discharge_current_limit\":80.000,"
			      "\"charge_voltage_limit\":10.800,\"discharge_voltage_limit\":8.100,\"silent\"");
	north_at(11);
	live(11.5, "south", 2,
	     ",\"total_voltage\":9.6,\"current\":1,\"charging\":false,\"discharging\":false");
	north_at(16);
	has(last("bank", ""), "\"charge_current_limit\":0.000,\"discharge_current_limit\":0.000,");
}
END_TEST

/* What a BMS tells the inverter, for 30 s. */
START_TEST(limits_of_the_inverter)
{
	fresh("bank", NULL, NULL);
	north_at(0);
	pack_says(1, "inverter", "north", 1,
		  ",\"charge_voltage_limit\":56.000,\"discharge_current_limit\":100.000");
	for (int t = 3; t < 31; t += 4)
		north_at(t);
	north_at(31);
	has(last("bank", ""), "\"discharge_voltage_limit\":null,\"inverter_charge_voltage_limit\":56.000,"
			      "\"inverter_discharge_current_limit\":100.000,\"silent\"");
	north_at(32.1);
	has(last("bank", ""), "\"time\":1763856032.100000");
	ck_assert_ptr_null(strstr(last("bank", ""), "inverter_"));
}
END_TEST

/* A pack with 50 of 100 Ah, every 5 s. */
static void half_full(int from, int to, const char *current)
{
	char words[128];
	snprintf(words, sizeof words,
		 ",\"total_voltage\":10.000,\"current\":%s,\"capacity_remaining\":50.000,"
		 "\"full_charge_capacity\":100.000",
		 current);
	for (int t = from; t <= to; t += 5)
		live(t, "north", 1, words);
}

/* 10 A and 6 A, in one minute each: 8 A in the mean. */
START_TEST(the_current_of_five_minutes)
{
	fresh("bank", NULL, NULL);
	half_full(0, 55, "10.000");
	half_full(60, 120, "6.000");
	const char *r = last("bank", "");
	/* The first record of the bank is that of 5 s. */
	has(r, "\"current_5min\":7.913,\"time_to_full\":22747,\"time_to_empty\":null,");
	half_full(125, 500, "-5.000");
	has(last("bank", ""), "\"current_5min\":-5.000,\"time_to_full\":null,\"time_to_empty\":36000,");
	half_full(505, 900, "-0.499");
	has(last("bank", ""), "\"current_5min\":-0.499,\"time_to_full\":null,\"time_to_empty\":null,");
	half_full(905, 1300, "-0.500");
	has(last("bank", ""), "\"current_5min\":-0.500,\"time_to_full\":null,\"time_to_empty\":360000,");
}
END_TEST

/* What was longer ago than five minutes does not count, however long nothing came. */
START_TEST(the_current_after_a_pause)
{
	for (int pause = 300; pause <= 400; pause += 5) {
		fresh("bank", NULL, NULL);
		for (int t = 0; t <= 300; t += 5)
			north_at(t);
		for (int t = 300 + pause; t <= 320 + pause; t += 5)
			live(t, "north", 1, NORTH_USED);
		has(last("bank", ""), "\"current_5min\":-20.000,");
	}
}
END_TEST

/* 100 W for 10 s: 0.277 Wh; 10 A: 0.027 Ah. */
START_TEST(energy)
{
	fresh("bank", NULL, NULL);
	north_at(0);
	north_at(9.999999);
	ck_assert_str_eq(last("energy", ""), "");
	ck_assert_int_eq(output.saved, 0);
	north_at(10);
	ck_assert_int_eq(output.saved, 1);
	energy_has(
		"\"charged_wh\":0.277,\"discharged_wh\":0.000,\"charged_ah\":0.027,\"discharged_ah\":0.000,"
		"\"charged_wh_today\":0.277,");
	has(last("energy", "\"bank\":\"bank\""), "\"charged_wh\":0.277,");
	clear();
	north_at(60); /* after more than 30 s nothing is counted */
	north_at(69.999999);
	ck_assert_str_eq(last("energy", ""), "");
	north_at(70);
	energy_has("\"charged_wh\":0.555,");
	energy_has("\"gap_seconds\":50.000}");
}
END_TEST

START_TEST(days_of_energy)
{
	fresh("bank", NULL, NULL);
	for (int t = 86390; t <= 86405; t += 5)
		north_at(t);
	energy_has("\"charged_wh\":0.277,");
	north_at(86460);
	energy_has("\"charged_wh\":0.416,");
	energy_has("\"charged_wh_today\":0.277,");
	energy_has("\"charged_wh_yesterday\":0.138,");
}
END_TEST

START_TEST(what_is_not_counted)
{
	fresh("bank", NULL, NULL);
	for (int t = 0; t <= 20; t += 2)
		north_at(t);
	clear();
	live(18, "north", 1, ",\"total_voltage\":10.000,\"current\":1000.000"); /* 2 s late */
	ck_assert_str_eq(output.complaint, "");
	live(22, "north", 1, ",\"total_voltage\":250.001,\"current\":10.000");
	ck_assert_str_eq(output.complaint, "north: voltage or current is out of all bounds: not counted");
	north_at(24);
	clear();
	north_at(21.999);
	ck_assert_str_eq(output.complaint,
			 "north: the clock was set back by 2 s: nothing is counted over it");
	clear();
	bank_engine_end(&engine);
	/* 24 s of 100 W; the odd one is left out, and the trapezoid goes over it */
	energy_has("\"charged_wh\":0.666,");
	energy_has("\"gap_seconds\":2.000}");
}
END_TEST

START_TEST(another_capacity)
{
	fresh("bank", NULL, NULL);
	live(0, "north", 1, ",\"full_charge_capacity\":100.000");
	live(1, "north", 1, ",\"full_charge_capacity\":105.000");
	live(2, "north", 1, ",\"full_charge_capacity\":100.000");
	ck_assert_str_eq(output.complaint, "");
	live(3, "north", 1, ",\"full_charge_capacity\":105.001");
	ck_assert_str_eq(output.complaint, "north: the full capacity was 100.000 Ah, and is 105.001 Ah");
}
END_TEST

/* Two sources of one name that differ by more than two cycles, or an hour of runtime. */
START_TEST(two_packs_with_one_name)
{
	static const struct {
		const char *one, *other;
		bool two;
	} cases[] = {
		{",\"charging_cycles\":10", ",\"charging_cycles\":12", false},
		{",\"charging_cycles\":10", ",\"charging_cycles\":13", true},
		{",\"charging_cycles\":13", ",\"charging_cycles\":10", true},
		{",\"total_runtime\":7200", ",\"total_runtime\":10800", false},
		{",\"total_runtime\":7200", ",\"total_runtime\":10801", true},
		{",\"total_runtime\":7200", ",\"charging_cycles\":9", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char one[512], other[512];
		fresh("bank", NULL, NULL);
		snprintf(one, sizeof one, "%s%s", ",\"total_voltage\":10,\"current\":1", cases[i].one);
		snprintf(other, sizeof other, "%s%s", ",\"total_voltage\":10,\"current\":1", cases[i].other);
		for (int t = 0; t < 6; t += 2) {
			live(t, "north", 1, one);
			live(t + 1, "north", 2, other);
		}
		ck_assert_str_eq(output.complaint,
				 cases[i].two ? "north: two packs have this name: not counted" : "");
	}
}
END_TEST

static void stats(double time, const char *bms, const char *words)
{
	feed("{\"time\":%.6f,\"channel\":\"bus\",\"bms\":%s,\"type\":\"event\",\"event\":\"stats\",\"words\":"
	     "\"%s\"}",
	     BASE + time, bms, words);
}

static void score_is(const char *name, const char *words)
{
	bank_engine_end(&engine);
	has(last("score", name), words);
}

START_TEST(a_score_of_requests)
{
	fresh("bank", NULL, NULL);
	north_at(0);
	stats(0, "1", "asked=100 timeouts=50 p99_ms=90");
	north_at(2);
	/* 20 more were sent, 5 without an answer */
	stats(3, "1", "asked=120 timeouts=55 orphan=0 p99_ms=200");
	score_is("\"pack\":\"north\"",
		 "\"score\":75,\"health\":\"unknown\",\"reason\":\"5 of 20 requests unanswered\","
		 "\"age\":100,\"answered\":75,\"damaged\":100,\"latency\":100,"
		 "\"health_limit\":null,\"worst_today\":75,");
	north_at(4);
	stats(5, "1", "asked=120 timeouts=55 p99_ms=612"); /* half way from 200 to 1024 ms */
	score_is("\"pack\":\"north\"",
		 "\"score\":50,\"health\":\"unknown\",\"reason\":\"answers take up to 612 ms\",");
	/* The capture was restarted: it counts from 0. */
	north_at(6);
	stats(7, "1", "asked=30 timeouts=0 p99_ms=100");
	score_is("\"pack\":\"north\"",
		 "\"score\":90,\"health\":\"unknown\",\"reason\":\"5 of 50 requests unanswered\",");
	/* What is six statistics old is forgotten. */
	for (int i = 0; i < 5; i++) {
		north_at(8 + 2 * i);
		stats(9 + 2 * i, "1", "asked=30 timeouts=0 p99_ms=100");
	}
	score_is("\"pack\":\"north\"",
		 "\"score\":100,\"health\":\"unknown\",\"reason\":\"\",\"age\":100,\"answered\":100,");
	has(last("score", "\"pack\":\"north\""), "\"worst_today\":50,");
}
END_TEST

START_TEST(a_score_of_frames)
{
	fresh("bank", NULL, NULL);
	north_at(0);
	north_at(2);
	north_at(4);
	pack_says(4.5, "rejected", "north", 1, ",\"reason\":\"checksum\"");
	score_is("\"pack\":\"north\"",
		 "\"score\":75,\"health\":\"unknown\",\"reason\":\"1 of 4 frames damaged\",");
	/* No values for six usual intervals: half way from 2 to 10. */
	for (int t = 6; t < 14; t += 2)
		north_at(t);
	feed("{\"time\":%d,\"channel\":\"bus\",\"bms\":null,\"type\":\"event\",\"event\":\"mark\"}",
	     BASE + 24);
	score_is("\"pack\":\"north\"",
		 "\"score\":50,\"health\":\"unknown\",\"reason\":\"no values for 6.0 intervals\",");
	stats(25, "null", "asked=0 valid=9");
	has(last("score", "\"bms\":null"),
	    "\"score\":87,\"health\":\"unknown\",\"reason\":\"1 of 8 frames damaged\"");
}
END_TEST

static void health(double time, const char *bms, const char *state, const char *reason)
{
	feed("{\"time\":%.6f,\"channel\":\"bus\",\"bms\":%s,\"type\":\"health\",\"state\":\"%s\",\"reason\":"
	     "\"%s\"}",
	     BASE + time, bms, state, reason);
}

START_TEST(a_score_of_health)
{
	fresh("bank", NULL, NULL);
	health(0, "1", "down", "nobody knows it"); /* packs that were not heard */
	health(0, "0", "down", "nobody knows it");
	ck_assert_str_eq(last("score", ""), "");
	north_at(0);
	north_at(2);
	health(2, "1", "healthy", "");
	has(last("score", ""), "\"score\":100,\"health\":\"healthy\",\"reason\":\"\",");
	health(2.1, "1", "degraded", "late answers");
	const char *r = last("score", "");
	has(r, "\"score\":79,\"health\":\"degraded\",\"reason\":\"late answers\",");
	has(r, "\"health_limit\":79,\"worst_today\":79,\"worst_at\":1763856002.100000,\"incidents\":1}");
	clear();
	health(2.2, "1", "degraded", "late answers");
	ck_assert_str_eq(last("score", ""), ""); /* only another state is reported at once */
	health(2.3, "1", "down", "no answer");
	r = last("score", "");
	has(r, "\"score\":0,\"health\":\"down\",\"reason\":\"no answer\",");
	has(r, "\"worst_today\":0,\"worst_at\":1763856002.300000,\"incidents\":1}");
	health(2.4, "1", "healthy", "");
	health(2.5, "1", "down", "no answer");
	has(last("score", ""), "\"incidents\":2}");
	health(3, "null", "down", "no frame");
	has(last("score", "\"bms\":null"), "\"score\":0,\"health\":\"down\",\"reason\":\"no frame\",");
	/* Another day begins without a worst. */
	health(86400, "1", "healthy", "");
	has(last("score", "\"bms\":1"), "\"health\":\"healthy\"");
	has(last("score", "\"bms\":1"), "\"health_limit\":100,\"worst_today\":0,"); /* its age is 0 */
}
END_TEST

START_TEST(hours_of_balance)
{
	fresh("bank", NULL, NULL);
	for (int t = 3540; t <= 3595; t += 5)
		north_at(t);
	ck_assert_str_eq(last("balance", "\"period\":\"day\""), "");
	has(last("balance", "\"period\":\"hour\""), "\"since\":1763859540.000000,"); /* at the start */
	clear();
	north_at(3600);
	const char *r = last("balance", "\"period\":\"hour\"");
	has(r, "\"since\":1763859540.000000,\"rest_minutes\":0.0,\"charging_minutes\":0.9,");
	has(r, "{\"cell\":1,\"rest\":null,\"charging\":0.000,\"discharging\":null,\"near_full\":null,"
	       "\"highest_minutes\":0.0,\"lowest_minutes\":0.0,");
	has(r, "{\"cell\":2,\"rest\":null,\"charging\":1.000,");
	has(r, "\"highest_minutes\":0.9,");
	clear();
	north_at(3605);
	ck_assert_str_eq(last("balance", ""), "");
	bank_engine_end(&engine);
	has(last("balance", "\"period\":\"hour\""), "\"since\":1763859600.000000,");
}
END_TEST

/* 100 % at the begin, 0 % after half an hour of 100 A. */
static void discharge(bool gap)
{
	const char *words = ",\"cell_voltages\":[3.2],\"total_voltage\":10.000,\"current\":-100.000,\"state_"
			    "of_charge\":%d";
	char line[256];
	fresh("bank", NULL, NULL);
	for (int t = 0; t <= 1800; t += 5) {
		snprintf(line, sizeof line, words, t == 0 ? 100 : t == 1800 ? 0 : 50);
		if (!gap || t < 900 || t > 960)
			live(t, "north", 1, line);
	}
	bank_engine_end(&engine);
}

START_TEST(a_capacity_is_measured)
{
	discharge(false);
	has(last("balance", ""), "\"measured_capacity\":50.000,\"measured_at\":1763857800.000000,");
	discharge(true);
	has(last("balance", ""), "\"measured_capacity\":null,\"measured_at\":null,");
}
END_TEST

/* An address that gets another name is another pack; the one before has no source any more. */
START_TEST(a_pack_is_renamed)
{
	fresh("bank", NULL, NULL);
	for (int t = 0; t < 10; t += 2) {
		north_at(t);
		live(t + 0.5, "south", 2, NORTH);
	}
	for (int t = 10; t < 30; t += 2) {
		live(t, "attic", 1, NORTH);
		live(t + 0.5, "south", 2, NORTH);
	}
	const char *r = last("bank", "");
	has(r, "\"packs_heard\":2,\"packs_silent\":1,");
	has(r, "\"current\":20.000,");
	has(r, "\"silent\":[\"north\"],");
	ck_assert_str_eq(output.complaint, "");
}
END_TEST

/* The other source of a pack stays when one gets another name. */
START_TEST(one_source_is_renamed)
{
	fresh("bank", NULL, NULL);
	for (int t = 0; t < 30; t += 2) {
		live(t, t < 10 ? "north" : "attic", 1, NORTH);
		live(t + 0.5, "north", 3, NORTH);
	}
	const char *r = last("bank", "");
	has(r, "\"packs_known\":2,\"packs_heard\":2,\"packs_silent\":0,");
	has(r, "\"current\":20.000,");
}
END_TEST

START_TEST(many_packs)
{
	char name[16];
	fresh("bank", NULL, NULL);
	for (int round = 0; round < 2; round++)
		for (int i = 1; i <= 60; i++) {
			snprintf(name, sizeof name, "p%d", i);
			feed("{\"time\":%d,\"channel\":\"bus%d\",\"bms\":%d,\"pack\":\"%s\",\"type\":"
			     "\"live\"" NORTH "}",
			     BASE + round * 5, i / 5, i % 15, name);
		}
	feed("{\"time\":%d,\"channel\":\"bus0\",\"bms\":null,\"type\":\"event\",\"event\":\"mark\"}",
	     BASE + 6);
	live(7, "p1", 1, NORTH);
	ck_assert_str_eq(output.complaint, "");
	has(last("bank", ""), "\"packs_known\":60,\"packs_heard\":60,");
	has(last("bank", ""), "\"current\":600.000,");
}
END_TEST

static int count(const char *record, const char *word)
{
	int n = 0;
	for (const char *p = record; (p = strstr(p, word)); p++)
		n++;
	return n;
}

/* 20 packs that differ in all settings: too many for one record. */
START_TEST(settings_that_have_no_room)
{
	char name[16], words[2048], left_out[64];
	fresh("bank", NULL, NULL);
	for (int i = 1; i <= 20; i++) {
		size_t n = 0;
		for (int k = READING_SETTING; k < READING_NUMBERS; k++)
			n += (size_t)snprintf(words + n, sizeof words - n, ",\"%s\":%d.001",
					      reading_key((enum reading_number)k), i);
		snprintf(name, sizeof name, "p%d", i);
		pack_says(0, "settings", name, i, words);
		live(1, name, i, NORTH);
	}
	bank_engine_end(&engine);
	const char *r = last("event", "\"event\":\"differ\"");
	int listed = count(r, "{\"key\":");
	ck_assert(0 < listed && listed < READING_SETTINGS_COUNT);
	ck_assert_int_eq(count(r, ": 1.001 (p1), 2.001 (p2)"), listed);
	snprintf(left_out, sizeof left_out, "]}]}],\"settings_left_out\":%d}",
		 READING_SETTINGS_COUNT - listed);
	has(r, left_out);
}
END_TEST

START_TEST(a_state_that_is_read_again)
{
	static char state[65536], again[65536];
	fresh("bank", NULL, NULL);
	for (int t = 0; t <= 300; t += 5) {
		live(t, "north", 1, t % 20 < 10 ? NORTH : NORTH_USED);
		live(t + 1, "south", 2, SOUTH);
	}
	health(301, "1", "degraded", "x");
	struct strbuf t = {.data = state, .capacity = sizeof state};
	bank_state_write(&t, &engine.model);
	ck_assert(!t.overflow);
	bank_engine_end(&engine);
	char before[16384];
	snprintf(before, sizeof before, "%s", last("energy", "\"pack\":\"north\""));
	fresh("bank", NULL, "other", NULL, NULL);
	ck_assert_ptr_null(bank_state_read(&engine.model, &members, state, t.size));
	struct strbuf u = {.data = again, .capacity = sizeof again};
	engine.model.banks = 1; /* that of the state */
	bank_state_write(&u, &engine.model);
	ck_assert_uint_eq(t.size, u.size);
	ck_assert_mem_eq(state, again, t.size);
	/* What it has counted is not counted again. */
	for (int s = 0; s <= 300; s += 5)
		north_at(s);
	feed("{\"time\":%d,\"channel\":\"bus\",\"bms\":null,\"type\":\"event\",\"event\":\"mark\"}",
	     BASE + 301);
	bank_engine_end(&engine);
	ck_assert_str_eq(last("energy", "\"pack\":\"north\""), before);
	/* Each byte counts. */
	for (size_t i = 0; i < t.size; i += 7) {
		struct bank_model *m = &engine.model;
		fresh("bank", NULL, NULL);
		state[i] ^= 1;
		ck_assert_ptr_nonnull(bank_state_read(m, &members, state, t.size));
		ck_assert_uint_eq(m->packs, 0);
		state[i] ^= 1;
	}
	for (size_t n = 0; n < t.size; n += 11)
		ck_assert_ptr_nonnull(bank_state_read(&engine.model, &members, state, n));
}
END_TEST

START_TEST(lines_that_are_no_records)
{
	static const struct {
		const char *line, *complaint;
	} cases[] = {
		{"{\"channel\":\"bus\",\"bms\":1,\"type\":\"live\"}", "no time"},
		{"{\"time\":-1,\"channel\":\"bus\",\"bms\":1,\"type\":\"live\"}", "no time"},
		{"{\"time\":253402300801,\"channel\":\"bus\",\"bms\":1,\"type\":\"live\"}", "no time"},
		{"{\"time\":1,\"bms\":1,\"type\":\"live\"}", "no channel"},
		{"{\"time\":1,\"channel\":\"bus\",\"bms\":1}", "no type"},
		{"{\"time\":1,\"channel\":\"bus\",\"bms\":-1,\"type\":\"live\"}", "no such bms"},
		{"{\"time\":1,\"channel\":\"bus\",\"bms\":256,\"type\":\"live\"}", "no such bms"},
		{"{\"time\":253402300800,\"channel\":\"bus\",\"bms\":255,\"type\":\"x\"}", ""},
		{"{\"time\":0,\"channel\":\"\",\"bms\":null,\"type\":\"x\"}", ""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		fresh("bank", NULL, NULL);
		feed("%s", cases[i].line);
		ck_assert_str_eq(output.complaint, cases[i].complaint);
		/* It is passed on in any case. */
		ck_assert_int_eq(strncmp(output.data, cases[i].line, strlen(cases[i].line)), 0);
	}
	char channel[66] = {0}, line[256];
	memset(channel, 'x', 64);
	for (int n = 64; n <= 65; n++) {
		channel[n - 1] = 'x';
		fresh("bank", NULL, NULL);
		snprintf(line, sizeof line, "{\"time\":1,\"channel\":\"%s\",\"bms\":1,\"type\":\"x\"}",
			 channel);
		feed("%s", line);
		ck_assert_str_eq(output.complaint, n == 64 ? "" : "a channel of more than 64 bytes");
	}
}
END_TEST

/* 100 W for 180 s, and then 40 s earlier: five steps of 5 s are another clock, four may be late records. */
START_TEST(a_clock_that_was_set_back)
{
	static const char *const charged[] = {"\"charged_wh\":5.138,", "\"charged_wh\":5.555,",
					      "\"charged_wh\":5.694,"};
	for (int i = 0; i < 3; i++) {
		fresh("bank", NULL, NULL);
		for (int t = 0; t <= 180; t += 5)
			north_at(t);
		for (int n = 0; n < 4 + i; n++)
			north_at(140 + 5 * n);
		if (i == 0)
			north_at(185); /* it goes on where it was */
		bank_engine_end(&engine);
		energy_has(charged[i]);
		energy_has(i == 0 ? "\"gap_seconds\":0.000}" : "\"gap_seconds\":5.000}");
	}
}
END_TEST

static void serial(double time, const char *number)
{
	char rest[64];
	snprintf(rest, sizeof rest, ",\"serial_number\":\"%s\"", number);
	pack_says(time, "about", "north", 1, rest);
}

/* Two serial numbers in turn: nothing is counted any more, and that is reported once. */
START_TEST(two_packs_with_one_address)
{
	fresh("bank", NULL, NULL);
	for (int t = 0; t <= 10; t += 5)
		north_at(t);
	serial(11, "A1");
	serial(12, "A1");
	ck_assert_str_eq(output.complaint, "");
	serial(13, "B2");
	ck_assert_str_eq(output.complaint, "");
	serial(14, "A1");
	ck_assert_str_eq(output.complaint, "north: two packs have this address: not counted");
	output.complaint[0] = '\0';
	serial(15, "B2");
	ck_assert_str_eq(output.complaint, "");
	for (int t = 20; t <= 80; t += 5)
		north_at(t);
	bank_engine_end(&engine);
	energy_has("\"charged_wh\":0.277,");
}
END_TEST

/* Its values come in several frames, each counts until its frame has not come for some time. */
START_TEST(a_pack_that_is_heard_on_can)
{
	fresh("bank", NULL, NULL);
	for (int t = 1000; t <= 1004; t += 2) {
		pack_says(t, "can", "north", 1, ",\"total_voltage\":10.0,\"current\":10.0");
		pack_says(t + 0.5, "can", "north", 1,
			  ",\"state_of_charge\":50,\"cell_voltage_1\":3.3,"
			  "\"cell_voltage_2\":3.25");
		pack_says(t + 0.6, "can", "north", 1, ",\"cell_voltage_3\":3.35");
	}
	const char *r = last("bank", "");
	has(r, "\"packs_heard\":1,");
	has(r, "\"total_voltage\":10.000,\"current\":10.000,\"power\":100.000,");
	has(r, "\"max_cell_voltage\":3.350,\"max_cell_voltage_pack\":\"north\",\"max_voltage_cell\":3,"
	       "\"min_cell_voltage\":3.250,\"min_cell_voltage_pack\":\"north\",\"min_voltage_cell\":2,");
	/* the cells do not come any more */
	for (int t = 1006; t <= 1016; t += 2)
		pack_says(t, "can", "north", 1, ",\"total_voltage\":10.0,\"current\":10.0");
	r = last("bank", "");
	has(r, "\"total_voltage\":10.000,");
	has(r, "\"max_cell_voltage\":null,");
	has(r, "\"state_of_charge\":null,");
}
END_TEST

UNIT_RUN("bank", totals, the_first_after_ten_seconds, rounds, a_pack_falls_silent, banks_with_members,
	 names_of_banks, a_missing_value, limits_of_settings, limits_of_the_inverter,
	 the_current_of_five_minutes, the_current_after_a_pause, energy, days_of_energy, what_is_not_counted,
	 another_capacity, two_packs_with_one_name, a_score_of_requests, a_score_of_frames, a_score_of_health,
	 hours_of_balance, a_capacity_is_measured, a_pack_is_renamed, one_source_is_renamed, many_packs,
	 settings_that_have_no_room, a_state_that_is_read_again, lines_that_are_no_records,
	 a_clock_that_was_set_back, two_packs_with_one_address, a_pack_that_is_heard_on_can)
