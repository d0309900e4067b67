/* SPDX-License-Identifier: MIT */
#include "engine.h"
#include <stdio.h>
#include <string.h>
#include "no_memory.h"

static struct engine engine;
static struct rules rules;
static struct record_view_keys keys;
static char output[1 << 16];
static size_t output_size;
static int second;

static struct strbuf begin_line(void *context)
{
	(void)context;
	return (struct strbuf){.data = output + output_size, .capacity = sizeof output - 1 - output_size};
}

static bool end_line(void *context, const struct strbuf *t)
{
	(void)context;
	output_size += t->overflow ? 0 : t->size;
	output[output_size] = '\0';
	return !t->overflow;
}

static void complain(void *context, const char *what)
{
	(void)context, (void)what;
}

static void begin_alarm(void)
{
	static const char text[] = "silent > 30s alarm\n";
	struct rules_error error;
	ck_assert(rules_parse(&rules, text, sizeof text - 1, &error));
	record_view_keys_begin(&keys, &rules);
	second = 0;
	engine_begin(&engine, &rules, &keys,
		     (struct sink){.begin = begin_line, .end = end_line, .complain = complain});
}

static void alarm_round(int round)
{
	static const char *const texts[] = {
		"{\"time\":%d,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"errors_bitmask\":%d}",
		"{\"time\":%d,\"channel\":\"b\",\"bms\":2,\"pack\":\"north\",\"type\":\"live\",\"errors_"
		"bitmask\":%d}",
		"{\"time\":%d,\"channel\":\"c\",\"bms\":2,\"pack\":\"north\",\"type\":\"can\",\"can_alarm_"
		"levels\":%d}",
	};
	output_size = 0;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		char text[256];
		snprintf(text, sizeof text, texts[i], ++second, round == ROUNDS ? 16 : 0);
		engine_line(&engine, text, strlen(text));
	}
}

static void check_alarm(void)
{
	unsigned lines = 0, raised = 0;
	for (const char *p = output; (p = strstr(p, "\"type\":\"live\"")); p++)
		lines++;
	for (const char *p = output;
	     (p = strstr(p, "\"key\":\"cell_overvoltage\",\"severity\":\"alarm\",\"text\"")); p++)
		raised++;
	ck_assert_uint_eq(lines, 2);
	ck_assert_msg(raised == 2, "%u alarms", raised);
}

START_TEST(records_for_alarms)
{
	each_allocation(begin_alarm, alarm_round, check_alarm);
}
END_TEST

UNIT_RUN("alarm_no_memory", records_for_alarms)
