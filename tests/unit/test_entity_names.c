/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "entities.h"
#include "unit.h"

/*
 * The names of entities, which people read.  A name that is only its key with blanks, as "Gps heartbeat
 * switch" was, is forbidden unless all its words are ordinary ones.
 */

enum { NAME_MAX_SHOWN = 60 };

static bool in(const char *word, const char *const *list)
{
	while (*list && strcmp(*list, word) != 0)
		list++;
	return *list;
}

/* How an abbreviation or a compound is written, whatever its key is. */
static const char *const spelled[] = {"GPS", "LCD", "PCL", "MOSFET", "UART1", "UART2", "UART3", "CAN",
				      "BMS", "ACC", "RTC", "RCV",    "RFV",   "RS485", "RS232", NULL};

/* What only keys have. */
static const char *const of_keys[] = {"soc",
				      "soh",
				      "max",
				      "min",
				      "mos",
				      "overvoltage",
				      "undervoltage",
				      "overcurrent",
				      "overtemperature",
				      "undertemperature",
				      "precharge",
				      "dry1",
				      "dry2",
				      "soc0",
				      "soc100",
				      "bitmask",
				      "stored",
				      "id",
				      "formatted",
				      "elapsed",
				      "multiplexed",
				      "uart",
				      NULL};

static void check_word(const char *name, const char *word)
{
	char lower[80];
	size_t n = strlen(word);
	for (size_t i = 0; i <= n; i++)
		lower[i] = (char)tolower((unsigned char)word[i]);
	for (size_t i = 0; spelled[i]; i++)
		ck_assert_msg(strcasecmp(spelled[i], word) != 0 || strcmp(spelled[i], word) == 0, "%s: %s",
			      name, word);
	ck_assert_msg(!in(lower, of_keys), "%s: %s", name, word);
	for (size_t i = 1; i < n; i++)
		ck_assert_msg(in(word, spelled) || !isdigit((unsigned char)word[i]) ||
				      isdigit((unsigned char)word[i - 1]),
			      "%s: a number in %s", name, word);
}

static void check_words(const char *name)
{
	char copy[256];
	snprintf(copy, sizeof copy, "%s", name);
	for (char *rest = copy, *word; (word = strsep(&rest, " ()"));)
		check_word(name, word);
}

/* "gps_heartbeat_switch" as "Gps heartbeat switch" */
static void mechanical(const char *key, char name[80])
{
	snprintf(name, 80, "%s", key);
	for (char *p = name; *p; p++)
		*p = *p == '_' ? ' ' : *p;
	name[0] = (char)toupper((unsigned char)name[0]);
}

static const char *const ordinary[] = {
	"total",     "voltage",       "current", "power",      "charging",  "discharging", "state",
	"of",        "charge",        "health",  "capacity",   "remaining", "full",        "cycles",
	"runtime",   "temperature",   "sensor",  "cell",       "average",   "resistance",  "balancing",
	"heating",   "charger",       "plugged", "contact",    "status",    "emergency",   "time",
	"countdown", "smart",         "sleep",   "battery",    "type",      "alarm",       "active",
	"errors",    "hardware",      "version", "software",   "device",    "name",        "serial",
	"number",    "manufacturing", "date",    "user",       "data",      "option",      "switch",
	"delay",     "start",         "stop",    "limit",      "balancer",  "dry",         "address",
	"last",      "update",        "special", "uptime",     "discharge", "requested",   "request",
	"bits",      "maker",         "enabled", "protection", "heat",      "mode",        "setting",
	"weakest",   "deviation",     "score",   "to",         "empty",     NULL};

static bool is_ordinary(const char *name)
{
	char copy[80];
	snprintf(copy, sizeof copy, "%s", name);
	copy[0] = (char)tolower((unsigned char)copy[0]);
	for (char *rest = copy, *word; (word = strsep(&rest, " "));)
		if (!in(word, ordinary) && strspn(word, "0123456789") < strlen(word))
			return false;
	return true;
}

START_TEST(written_for_people)
{
	size_t count;
	const struct entity *e = entities(&count);
	for (size_t i = 0; i < count; i++) {
		char key[80];
		mechanical(e[i].key, key);
		ck_assert_msg(isupper((unsigned char)e[i].name[0]), "%s", e[i].name);
		ck_assert_msg(strlen(e[i].name) <= NAME_MAX_SHOWN && !strchr(e[i].name, '_'), "%s",
			      e[i].name);
		ck_assert_msg(strcmp(key, e[i].name) != 0 || is_ordinary(key), "%s is its key", e[i].name);
		check_words(e[i].name);
	}
}
END_TEST

/* The bridge, packs, and what a BMS tells an inverter are devices of their own. */
static int device_of(const struct entity *e)
{
	return e->source == ENTITY_BRIDGE       ? 0
	       : e->source == ENTITY_INVERTER   ? 1
	       : e->source == ENTITY_BANK       ? 3
	       : e->source == ENTITY_BANK_EVENT ? 3
						: 2;
}

START_TEST(once_in_a_device)
{
	size_t count;
	const struct entity *e = entities(&count);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++)
			ck_assert_msg(device_of(&e[i]) != device_of(&e[k]) ||
					      strcasecmp(e[i].name, e[k].name) != 0,
				      "%s: %s, %s", e[i].name, e[i].key, e[k].key);
}
END_TEST

/* Some that were their keys. */
START_TEST(some_names)
{
	static const char *const names[][2] = {
		{"gps_locked_charging_switch", "GPS-locked charging switch"},
		{"lcd_buzzer_trigger", "LCD buzzer trigger"},
		{"cell_soc0_voltage", "Cell voltage at 0 % state of charge"},
		{"mosfet_overtemperature_protection", "MOSFET over-temperature protection"},
		{"cell_voltage_overvoltage_protection", "Cell over-voltage protection"},
		{"disable_pcl_module_switch", "Disable PCL module"},
		{"re_bulk_soc", "State of charge for re-bulk"},
	};
	size_t count;
	const struct entity *e = entities(&count);
	for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
		size_t i = 0;
		while (i < count && strcmp(e[i].key, names[k][0]) != 0)
			i++;
		ck_assert_uint_lt(i, count);
		ck_assert_str_eq(e[i].name, names[k][1]);
	}
}
END_TEST

UNIT_RUN("entity_names", written_for_people, once_in_a_device, some_names)
