/* SPDX-License-Identifier: MIT */
#include "setting_rules.h"

#include <string.h>

#include "firmware.h"
#include "number.h"
#include "setting.h"
#include "value.h"

/* One setting stays below another, or at most equals it. */
struct rule {
	const char *low, *high;
	bool may_equal;
};

static const struct rule rules[] = {
	{"power_off_voltage", "cell_voltage_undervoltage_protection", false},
	{"cell_voltage_undervoltage_protection", "cell_voltage_undervoltage_recovery", false},
	{"cell_voltage_undervoltage_protection", "cell_soc0_voltage", false},
	{"cell_soc0_voltage", "cell_soc100_voltage", false},
	{"cell_soc100_voltage", "cell_voltage_overvoltage_protection", true},
	{"cell_voltage_overvoltage_recovery", "cell_voltage_overvoltage_protection", false},
	{"cell_request_float_voltage", "cell_request_charge_voltage", true},
	{"cell_request_charge_voltage", "cell_voltage_overvoltage_protection", true},
	{"charge_overtemperature_protection_recovery", "charge_overtemperature_protection", false},
	{"discharge_overtemperature_protection_recovery", "discharge_overtemperature_protection", false},
	{"mosfet_overtemperature_protection_recovery", "mosfet_overtemperature_protection", false},
	{"charge_undertemperature_protection", "charge_undertemperature_protection_recovery", false},
	{"discharge_undertemperature_protection", "discharge_undertemperature_protection_recovery", false},
};

/*
 * By how much the rule is violated; 0: it is not.  A voltage of 0 means that the function is not in use.  0
 * degrees do not: a recovery at -5 with a trip at 0 would charge freezing cells.
 */
static int64_t violation(const struct rule *rule, const struct field *low, int64_t low_raw, int64_t high_raw)
{
	if (low->unit != UNIT_CELSIUS && (low_raw == 0 || high_raw == 0))
		return 0;
	int64_t over = low_raw - high_raw + !rule->may_equal;
	return over > 0 ? over : 0;
}

static bool broken(const struct rule *rule, const struct field *other, const uint8_t *settings,
		   const char *relation, struct strbuf *why)
{
	strbuf_string(why, "must be ");
	strbuf_string(why, relation);
	strbuf_string(why, rule->may_equal ? " or equal to " : " ");
	strbuf_string(why, other->key);
	strbuf_string(why, ", which is ");
	value_print(why, other, setting_get(other, settings));
	return false;
}

static bool rule_allows(const struct rule *rule, const struct field *f, int64_t raw, const uint8_t *settings,
			struct strbuf *why)
{
	const struct field *low = field_find(FRAME_SETTINGS, rule->low),
			   *high = field_find(FRAME_SETTINGS, rule->high);
	if (f != low && f != high)
		return true;
	int64_t low_raw = setting_get(low, settings), high_raw = setting_get(high, settings);
	int64_t now = violation(rule, low, low_raw, high_raw);
	int64_t then = violation(rule, low, f == low ? raw : low_raw, f == high ? raw : high_raw);
	if (then == 0 || then <= now)
		return true;
	return f == low ? broken(rule, high, settings, "below", why)
			: broken(rule, low, settings, "above", why);
}

bool setting_rules_allow(const struct field *f, int64_t raw, const uint8_t *settings, struct strbuf *why)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (!rule_allows(&rules[i], f, raw, settings, why))
			return false;
	return true;
}

/* Which number in the name of a model limits which current, and how many amperes one unit of it is. */
static const struct rating {
	const char *key;
	int place; /* in struct model */
	int64_t amperes;
} ratings[] = {
	{"max_charge_current", 2, 10},
	{"max_discharge_current", 2, 10},
	{"max_balance_current", 0, 1},
};

static const struct rating *find_rating(const struct field *f)
{
	for (size_t i = 0; i < sizeof ratings / sizeof *ratings; i++)
		if (strcmp(ratings[i].key, f->key) == 0)
			return &ratings[i];
	return NULL;
}

bool setting_rules_need_about(const struct field *f)
{
	return f->firmware.major > 0 || find_rating(f) != NULL;
}

/* A text of the about frame, up to its NUL or end. */
static const char *text_of(const uint8_t *about, const char *key, size_t *n)
{
	const struct field *f = field_find(FRAME_ABOUT, key);
	const char *p = (const char *)about + f->offset;
	*n = strnlen(p, f->size);
	return p;
}

/* Parses digits at *at.  Returns how many there are. */
static size_t take_number(const char *p, size_t n, size_t *at, int64_t *number)
{
	size_t from = *at;
	while (*at < n && p[*at] >= '0' && p[*at] <= '9')
		++*at;
	return number_parse(p + from, *at - from, 0, 9999, number) ? *at - from : 0;
}

/*
 * The numbers of a model: B 2 A 16 S 20 P is a balancer of 2 A, 16 cells, and 20 times 10 A.  Source:
 * PB2A16S20P is sold for 2 A and 200 A, PB2A16S15P for 150 A.
 */
static bool parse_model(const char *p, size_t n, int64_t numbers[3])
{
	const char *b = memchr(p, 'B', n);
	if (!b)
		return false;
	size_t at = (size_t)(b - p) + 1;
	for (int i = 0; i < 3; i++) {
		if (take_number(p, n, &at, &numbers[i]) == 0 || at == n || p[at] != "ASP"[i])
			return false;
		at++;
	}
	return true;
}

static bool rating_allows(const struct field *f, int64_t raw, const uint8_t *about, struct strbuf *why)
{
	const struct rating *rating = find_rating(f);
	size_t n;
	const char *name = text_of(about, "vendor_id", &n);
	int64_t numbers[3];
	if (!rating || !parse_model(name, n, numbers) || numbers[rating->place] == 0)
		return true;
	struct decimal most = {(int32_t)(numbers[rating->place] * rating->amperes), 0};
	if (raw <= setting_raw(f, most))
		return true;
	strbuf_string(why, "more than the ");
	value_decimal(why, most);
	strbuf_string(why, " A that ");
	for (size_t i = 0; i < n; i++)
		strbuf_char(why, name[i] > 0x20 && name[i] < 0x7F ? name[i] : '?');
	strbuf_string(why, " is made for");
	return false;
}

bool setting_rules_allow_firmware(const struct field *f, const uint8_t *about, struct strbuf *why)
{
	size_t n;
	const char *p = text_of(about, "software_version", &n);
	if (firmware_has(p, n, f->firmware))
		return true;
	strbuf_string(why, "needs firmware ");
	strbuf_unsigned(why, f->firmware.major);
	strbuf_char(why, '.');
	strbuf_unsigned(why, f->firmware.minor);
	strbuf_string(why, "; this BMS has ");
	for (size_t i = 0; i < n; i++)
		strbuf_char(why, p[i] > 0x20 && p[i] < 0x7F ? p[i] : '?');
	strbuf_string(why, n == 0 ? "an unknown one" : "");
	return false;
}

bool setting_rules_allow_model(const struct field *f, int64_t raw, const uint8_t *about, struct strbuf *why)
{
	return setting_rules_allow_firmware(f, about, why) && rating_allows(f, raw, about, why);
}
