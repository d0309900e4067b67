/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "keys.h"
#include "rules.h"
#include "unit.h"

static struct rules rules;
static struct rules_error error;

static bool parse(const char *text)
{
	memset(&error, 0, sizeof error);
	return rules_parse(&rules, text, strlen(text), &error);
}

static const struct rule *one(const char *text)
{
	ck_assert_msg(parse(text), "%s: %u:%u: %s", text, error.line, error.column, error.text);
	ck_assert_uint_eq(rules.count, 1);
	return &rules.rule[0];
}

START_TEST(the_parts_of_a_rule)
{
	const struct rule *r = one("delta_cell_voltage > 0.050 for 60s clear < 0.030 warning \"cells "
				   "\\\"drift\\\" apart\" # why\n");
	ck_assert_int_eq(r->kind, RULE_VALUE);
	ck_assert_str_eq(r->key, "delta_cell_voltage");
	ck_assert_int_eq(r->op, RULE_ABOVE);
	ck_assert_int_eq(r->limit_micro, 50000);
	ck_assert_int_eq(r->for_us, 60000000);
	ck_assert(r->has_clear);
	ck_assert_int_eq(r->clear_op, RULE_BELOW);
	ck_assert_int_eq(r->clear_micro, 30000);
	ck_assert_int_eq(r->severity, SEVERITY_WARNING);
	ck_assert_str_eq(r->text, "cells \"drift\" apart");
	ck_assert_str_eq(r->condition, "delta_cell_voltage > 0.050 for 60s clear < 0.030");
	r = one("\t state_of_charge<15%  clear>=20% \t info");
	ck_assert_int_eq(r->op, RULE_BELOW);
	ck_assert_int_eq(r->limit_micro, 15000000);
	ck_assert_int_eq(r->clear_op, RULE_AT_LEAST);
	ck_assert_int_eq(r->severity, SEVERITY_INFO);
	ck_assert_str_eq(r->text, "state_of_charge<15% clear>=20%");
	r = one("silent > 1.5min critical");
	ck_assert_int_eq(r->kind, RULE_SILENT);
	ck_assert_int_eq(r->limit_us, 90000000);
	r = one("link_down >= 10 s alarm");
	ck_assert_int_eq(r->kind, RULE_LINK_DOWN);
	ck_assert_int_eq(r->op, RULE_AT_LEAST);
	ck_assert_int_eq(one("link_silent > 1h alarm")->limit_us, INT64_C(3600000000));
	ck_assert_int_eq(one("charging == off warning")->limit_micro, 0);
	ck_assert_int_eq(one("charging != true warning")->limit_micro, 1000000);
	ck_assert_int_eq(one("charge_status_id == 2 info")->op, RULE_EQUAL);
	ck_assert_int_eq(one("cell_voltage_3 > 3.6V alarm")->limit_micro, 3600000);
	ck_assert_int_eq(one("temperature_sensor_1 <= -10.5\xC2\xB0"
			     "C alarm")
				 ->limit_micro,
			 -10500000);
	ck_assert_int_eq(one("temperature_sensor_1 < -10C alarm")->limit_micro, -10000000);
	ck_assert_int_eq(one("cell_voltage_overvoltage_protection > 3.65 info")->limit_micro,
			 3650000);                                                  /* settings */
	ck_assert_int_eq(one("max_temperature > 60 alarm")->limit_micro, 60000000); /* CAN alone */
	ck_assert_int_eq(one("current > 100 clear < 90 for 10s alarm")->for_us, 10000000);
}
END_TEST

START_TEST(durations)
{
	static const struct {
		const char *text;
		int64_t us;
	} cases[] = {{"1ms", 1000},
		     {"0.001 ms", 1},
		     {"1500ms", 1500000},
		     {"1s", 1000000},
		     {"0.001s", 1000},
		     {"2m", 120000000},
		     {"2min", 120000000},
		     {"1h", INT64_C(3600000000)},
		     {"1d", INT64_C(86400000000)},
		     {"365d", INT64_C(365) * 86400 * 1000000},
		     {"31536000s", INT64_C(365) * 86400 * 1000000},
		     {"31536000.001s", 0},
		     {"31536000000ms", INT64_C(365) * 86400 * 1000000},
		     {"365.001d", 0},
		     {"8760.001h", 0},
		     {"525600.001m", 0}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[80];
		snprintf(text, sizeof text, "silent > %s alarm", cases[i].text);
		if (cases[i].us > 0)
			ck_assert_int_eq(one(text)->limit_us, cases[i].us);
		else
			ck_assert(!parse(text) && strcmp(error.text, "longer than 365 days") == 0);
	}
}
END_TEST

START_TEST(files_of_all_kinds)
{
	ck_assert(parse(""));
	ck_assert_uint_eq(rules.count, 0);
	ck_assert(parse("# nothing\n\n   \t\n"));
	ck_assert_uint_eq(rules.count, 0);
	ck_assert(parse("\xEF\xBB\xBFsilent > 30s alarm\r\n\r\nstate_of_charge < 15 warning\r\n"));
	ck_assert_uint_eq(rules.count, 2);
	ck_assert_uint_eq(rules.rule[1].line, 3);
	ck_assert_str_eq(rules.rule[0].condition, "silent > 30s");
	ck_assert(parse("silent > 30s alarm")); /* without a newline */
	ck_assert_uint_eq(rules.count, 1);
	ck_assert(parse("silent > 30s alarm\nsilent > 5min critical\ncurrent > 1 info\ncurrent < -1 info\n"));
	ck_assert_uint_eq(rules.count, 4);
	ck_assert(parse(default_rules));
	ck_assert_uint_gt(rules.count, 5);
}
END_TEST

/* What is wrong, and where: line, column, and what the message must say. */
static const struct {
	const char *text;
	unsigned line, column;
	const char *says;
} mistakes[] = {
	{"total_volts > 5 alarm", 1, 1, "no such key: total_volts"},
	{"\n# x\n  total_volts > 5 alarm", 3, 3, "no such key"},
	{"15 > 5 alarm", 1, 1, "a key expected, not '15'"},
	{"device_passcode == 1 alarm", 1, 1, "no such key"},
	{"vendor_id == 1 alarm", 1, 1, "is a text"},
	{"errors == 1 alarm", 1, 1, "is a text"},
	{"charge_status == 1 alarm", 1, 1, "is a text"},
	{"cell_voltages > 3 alarm", 1, 1, "cell_voltages is a list: name one cell, as cell_voltage_1"},
	{"cell_voltage_33 > 3 alarm", 1, 1, "no such key"},
	{"current", 1, 8, "an operator (> < >= <= == !=) expected, but the rule ends here"},
	{"current # > 5 alarm", 1, 9, "the rule ends here"},
	{"current = 5 alarm", 1, 9, "an operator"},
	{"current => 5 alarm", 1, 9, "an operator"},
	{"current >> 5 alarm", 1, 9, "an operator"},
	{"current above 5 alarm", 1, 9, "not 'above'"},
	{"current > alarm", 1, 11, "a number expected, not 'alarm'"},
	{"current >", 1, 10, "a number expected"},
	{"current > 5.alarm", 1, 11, "'5.'"},
	{"current > .5 alarm", 1, 11, "'.5'"},
	{"current > 1.2.3 alarm", 1, 11, "'1.2.3'"},
	{"current > +5 alarm", 1, 11, "'+5'"},
	{"current > --5 alarm", 1, 11, "'--5'"},
	{"current > 1e3 alarm", 1, 12, "'e3': the unit of current is A"},
	{"current > 0x10 alarm", 1, 12, "'x10'"},
	{"current > 5,5 alarm", 1, 12, "',5'"},
	{"current > 0.1234567 alarm", 1, 11, "6 decimals"},
	{"current > 99999999999999999999 alarm", 1, 11, "a decimal number"},
	{"current > nan alarm", 1, 11, "a number expected"},
	{"current > 5V alarm", 1, 12, "'V': the unit of current is A"},
	{"total_voltage > 5mV alarm", 1, 18, "the unit of total_voltage is V"},
	{"errors_bitmask > 5V alarm", 1, 19, "errors_bitmask has no unit"},
	{"current > 5", 1, 12, "for, clear or a severity (info, warning, alarm, critical) expected, but"},
	{"current > 5 V alarm", 1, 13, "not 'V'"},
	{"current > 5 fatal", 1, 13, "not 'fatal'"},
	{"current > 5 \"text\"", 1, 13, "a severity"},
	{"current > 5 for alarm", 1, 17, "a duration (as 30s) expected, not 'alarm'"},
	{"current > 5 for 60 alarm", 1, 20, "a unit of time (ms, s, min, h or d) expected, not 'alarm'"},
	{"current > 5 for 60x alarm", 1, 19, "not 'x'"},
	{"current > 5 for 60sec alarm", 1, 19, "not 'sec'"},
	{"current > 5 for 0s alarm", 1, 17, "'0' is no duration"},
	{"current > 5 for -1s alarm", 1, 17, "'-1' is no duration"},
	{"current > 5 for 366d alarm", 1, 17, "longer than 365 days"},
	{"current > 5 for 99999999999d alarm", 1, 17, "duration"},
	{"current > 5 for 1s for 2s alarm", 1, 20, "a second 'for'"},
	{"current > 5 clear 4 alarm", 1, 19, "an operator"},
	{"current > 5 clear > 4 alarm", 1, 19, "< or <= expected after 'clear' of a rule with >"},
	{"current < 5 clear <= 6 alarm", 1, 19, "> or >= expected"},
	{"current > 5 clear == 5 alarm", 1, 19, "< or <= expected"},
	{"current > 5 clear < 6 alarm", 1, 21, "wrong side: it must not be above"},
	{"current < 5 clear > 4 alarm", 1, 21, "wrong side: it must not be below"},
	{"current > 5 clear < 4 clear < 3 alarm", 1, 23, "a second 'clear'"},
	{"current == 5 clear < 4 alarm", 1, 14, "not with =="},
	{"charging > 0 alarm", 1, 10, "charging is on or off: == or != expected"},
	{"charging == 2 alarm", 1, 13, "charging is on or off: one of them expected, not '2'"},
	{"silent < 30s alarm", 1, 8, "> expected after silent"},
	{"silent > 30 alarm", 1, 13, "a unit of time"},
	{"silent > 30s for 5s alarm", 1, 14, "silent has no 'for'"},
	{"silent > 30s clear < 5s alarm", 1, 14,
	 "silent has no 'clear': it clears with the next valid frame"},
	{"link_down > 30s clear < 5s alarm", 1, 17,
	 "link_down has no 'clear': it clears with the next bytes"},
	{"link_silent > 30s clear < 5s alarm", 1, 19,
	 "link_silent has no 'clear': it clears with the next record"},
	{"silent > 30s", 1, 13, "a severity"},
	{"current > 5 alarm text", 1, 19, "a \"text\" or the end of the rule expected, not 'text'"},
	{"current > 5 alarm \"text", 1, 19, "no closing"},
	{"current > 5 alarm \"text\" more", 1, 26, "the end of the rule expected, not 'more'"},
	{"current > 5 alarm \"te\\xt\"", 1, 22, "expected after a \\"},
	{"current > 5 alarm \"te\tt\"", 1, 22, "a control character"},
	{"current > 5 alarm \"\xFFt\"", 1, 19, "not UTF-8"},
	{"current > 5 alarm \"\xC3\xA4\xC3\xB6\" x", 1, 24, "not 'x'"}, /* a column is a character */
	{"current > 5 alarm\rx", 1, 18, "not the byte 0D"},
	{"current > 5 alarm\ncurrent >= 6 for 1s alarm", 2, 1, "line 1 is a rule for current on this side"},
	{"silent > 5s alarm\n\nsilent > 5s alarm", 3, 1, "line 1"},
	{"user_alarm == 1 alarm\nuser_alarm == 2 alarm\nuser_alarm == 1 alarm", 3, 1, "line 1"},
};

START_TEST(mistakes_are_named)
{
	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
		ck_assert_msg(!parse(mistakes[i].text), "%s: taken", mistakes[i].text);
		ck_assert_msg(error.line == mistakes[i].line && error.column == mistakes[i].column &&
				      strstr(error.text, mistakes[i].says),
			      "%s: %u:%u: %s", mistakes[i].text, error.line, error.column, error.text);
	}
}
END_TEST

/* A word that is too long for a message is cut, and not by one byte more or less. */
START_TEST(long_words_are_cut)
{
	char word[101], text[256], says[128];
	memset(word, 'k', 100);
	for (size_t n = 58; n <= 62; n++) {
		snprintf(text, sizeof text, "%.*s > 5 alarm", (int)n, word);
		snprintf(says, sizeof says, "no such key: %.*s (jk-record(5)", n < 60 ? (int)n : 60, word);
		ck_assert(!parse(text));
		ck_assert_msg(strstr(error.text, says) != NULL, "%s", error.text);
	}
	memset(word, '1', 100);
	for (size_t n = 38; n <= 42; n++) {
		snprintf(text, sizeof text, "current > %.*s alarm", (int)n, word);
		snprintf(says, sizeof says, "'%.*s': a decimal number", n < 40 ? (int)n : 40, word);
		ck_assert(!parse(text));
		ck_assert_msg(strstr(error.text, says) != NULL, "%s", error.text);
	}
}
END_TEST

START_TEST(bounds)
{
	static char text[200000];
	size_t n = 0;
	ck_assert(!rules_parse(&rules, "silent >\0 30s", 13, &error));
	ck_assert_uint_eq(error.column, 9);
	ck_assert_ptr_nonnull(strstr(error.text, "NUL"));
	memset(text, ' ', 1025);
	ck_assert(!rules_parse(&rules, text, 1025, &error));
	ck_assert_uint_eq(error.column, 1025);
	ck_assert(rules_parse(&rules, text, 1024, &error));
	for (int i = 0; i < RULES_MAX + 1; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "user_alarm == %d info\n", i);
	ck_assert(!rules_parse(&rules, text, n, &error));
	ck_assert_uint_eq(error.line, RULES_MAX + 1);
	ck_assert_ptr_nonnull(strstr(error.text, "more than 512 rules"));
	snprintf(text, sizeof text, "silent > 5s info \"%0*d\"", RULE_TEXT_MAX, 0);
	ck_assert(parse(text));
	ck_assert_uint_eq(strlen(rules.rule[0].text), RULE_TEXT_MAX);
	snprintf(text, sizeof text, "silent > 5s info \"%0*d\"", RULE_TEXT_MAX + 1, 0);
	ck_assert(!parse(text));
	ck_assert_uint_eq(error.column, 19 + RULE_TEXT_MAX);
	snprintf(text, sizeof text, "%0*d > 5", 900, 0);
	memset(text, 'k', 900);
	ck_assert(!parse(text));
}
END_TEST

/* Nothing that one byte changes or cuts in rules may do more than be a mistake. */
START_TEST(damaged_rules)
{
	static char text[8192];
	struct chance chance = {7};
	size_t size = strlen(default_rules);
	unsigned taken = 0, runs = (unsigned)unit_environment("JK_STREAMS", 20000);
	for (unsigned i = 0; i < runs; i++) {
		memcpy(text, default_rules, size);
		for (unsigned k = chance_below(&chance, 3); k < 3; k++)
			text[chance_below(&chance, (uint32_t)size)] = (char)chance_below(&chance, 256);
		size_t n = chance_below(&chance, 4) ? size : chance_below(&chance, (uint32_t)size);
		error = (struct rules_error){0};
		if (rules_parse(&rules, text, n, &error))
			taken++;
		else
			ck_assert(error.line > 0 && error.column > 0 && error.text[0]);
	}
	ck_assert_uint_gt(taken, 0);
	ck_assert_uint_lt(taken, runs);
}
END_TEST

START_TEST(limits_and_hysteresis)
{
	const struct rule r = *one("current > 5 clear < 3 alarm");
	ck_assert(!rule_crossed(&r, 5000000) && rule_crossed(&r, 5000001));
	ck_assert(!rule_cleared(&r, 3000000) && rule_cleared(&r, 2999999));
	const struct rule plain = *one("current >= 5 alarm");
	ck_assert(rule_crossed(&plain, 5000000) && !rule_cleared(&plain, 5000000) &&
		  rule_cleared(&plain, 4999999));
	const struct rule at_most = *one("current <= 5 clear > 5 alarm");
	ck_assert(rule_crossed(&at_most, 5000000) && !rule_crossed(&at_most, 5000001));
	ck_assert(!rule_cleared(&at_most, 5000000) && rule_cleared(&at_most, 5000001));
	const struct rule below = *one("current < 5 clear >= 6 alarm");
	ck_assert(rule_crossed(&below, 4999999) && !rule_crossed(&below, 5000000));
	ck_assert(!rule_cleared(&below, 5999999) && rule_cleared(&below, 6000000));
	const struct rule equal = *one("user_alarm == 1 alarm");
	ck_assert(rule_crossed(&equal, 1000000) && !rule_crossed(&equal, 1000001) &&
		  !rule_crossed(&equal, 999999));
	static const char *const operators[] = {">", "<", ">=", "<=", "==", "!="};
	for (int i = 0; i < RULE_OPERATORS; i++)
		ck_assert_str_eq(rule_operator_text((enum rule_operator)i), operators[i]);
	ck_assert_int_eq(one("current > 1000000000 alarm")->limit_micro, INT64_C(1000000000000000));
	ck_assert_int_eq(one("current < -1000000000 alarm")->limit_micro, -INT64_C(1000000000000000));
	ck_assert(!parse("current > 1000000000.000001 alarm") &&
		  !parse("current > -1000000000.000001 alarm"));
	const struct rule unequal = *one("user_alarm != 0 alarm");
	ck_assert(rule_crossed(&unequal, 1) && rule_cleared(&unequal, 0));
}
END_TEST

START_TEST(cells_of_lists)
{
	const char *list;
	ck_assert_int_eq(key_cell("cell_voltage_1", 14, &list), 0);
	ck_assert_str_eq(list, "cell_voltages");
	ck_assert_int_eq(key_cell("cell_resistance_32", 18, &list), 31);
	ck_assert_str_eq(list, "cell_resistances");
	ck_assert_int_eq(key_cell("cell_voltage_33", 15, &list), CELL_NONE);
	ck_assert_int_eq(key_cell("cell_voltage_0", 14, &list), CELL_NONE);
	ck_assert_int_eq(key_cell("cell_voltage_overvoltage_protection", 35, &list), CELL_NONE);
}
END_TEST

UNIT_RUN("rules", the_parts_of_a_rule, durations, files_of_all_kinds, mistakes_are_named, long_words_are_cut,
	 bounds, damaged_rules, limits_and_hysteresis, cells_of_lists)
