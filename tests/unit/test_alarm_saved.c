/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alarm_feed.h"
#include "modbus.h"
#include "state_write.h"

/* The lines of the state file. */

static char state[1 << 16];

static const char *saved(void)
{
	struct strbuf t = {.data = state, .capacity = sizeof state - 1};
	state_write(&t, &engine.model);
	ck_assert(!t.overflow);
	state[t.size] = '\0';
	return state;
}

/* The CRC of Modbus over all before it, bit by bit. */
static void check_sum(const char *text)
{
	unsigned crc = 0xFFFF;
	const char *sum = strstr(text, "sum ");
	char expected[16];
	ck_assert_ptr_nonnull(sum);
	for (const char *p = text; p < sum; p++) {
		crc ^= (unsigned char)*p;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1;
	}
	snprintf(expected, sizeof expected, "sum %04X\n", crc);
	ck_assert_str_eq(sum, expected);
}

static void check(const char *expected)
{
	const char *text = saved();
	check_sum(text);
	*strstr(state, "sum ") = '\0';
	ck_assert_str_eq(text, expected);
}

/* Each report of each source, with the key that it has there; rules, with their side or limit. */
START_TEST(alarms)
{
	fresh("silent >= 30s alarm\nstate_of_charge < 15 clear > 20 warning\nstate_of_charge > 90 clear < 80 "
	      "alarm\nuser_alarm == 1 info\nuser_alarm != 0 warning\nlink_down >= 10s alarm\n");
	live(0, 1, ",\"errors_bitmask\":2147483664,\"state_of_charge\":4,\"user_alarm\":1");
	live(0.5, 3, ",\"state_of_charge\":95");
	record(1, 2, "can", ",\"can_alarm_levels\":2,\"can_error_bits\":2");
	check("jk-alarm state 1\n"
	      "time 1000001.000000\n"
	      "link \"c\"\n"
	      "bms 1 \"c\"\n"
	      "alarm bits cell_overvoltage alarm 1000000.000000 1 \"c\"\n"
	      "alarm bits unknown_bit_31 warning 1000000.000000 1 \"c\"\n"
	      "alarm rule state_of_charge< warning 1000000.000000 1 \"c\"\n"
	      "alarm rule user_alarm==1000000 info 1000000.000000 1 \"c\"\n"
	      "alarm rule user_alarm!=0 warning 1000000.000000 1 \"c\"\n"
	      "bms 3 \"c\"\n"
	      "alarm rule state_of_charge> alarm 1000000.500000 3 \"c\"\n"
	      "can 2 \"c\"\n"
	      "alarm can_bits mosfet_overtemperature critical 1000001.000000 2 \"c\"\n"
	      "alarm can_levels cell_overvoltage alarm 1000001.000000 2 \"c\"\n");
}
END_TEST

/* A level has its own severity, whichever it is, and an unknown one its number. */
START_TEST(levels)
{
	fresh("");
	record(0, 2, "can", ",\"can_alarm_levels\":3221225473"); /* 3 of number 15, 1 of number 0 */
	const char *text = saved();
	ck_assert_ptr_nonnull(
		strstr(text, "alarm can_levels cell_overvoltage critical 1000000.000000 2 \"c\"\n"));
	ck_assert_ptr_null(strstr(text, "can_bits"));
	unsigned count = 0;
	for (const char *p = text; (p = strstr(p, "alarm can_levels ")); p++)
		count++;
	ck_assert_uint_eq(count, 2);
}
END_TEST

/* The name of a pack and its label stand behind each of its sources. */
START_TEST(names)
{
	fresh("");
	record(0, 1, "live", ",\"pack\":\"north\",\"label\":\"N \\\"1\\\"\",\"errors_bitmask\":16");
	record(1, 2, "can", ",\"pack\":\"north\",\"can_alarm_levels\":2");
	live(2, 3, "");
	check("jk-alarm state 1\n"
	      "time 1000002.000000\n"
	      "link \"c\"\n"
	      "bms 1 \"c\"\n"
	      "pack \"north\"\n"
	      "label \"N \\\"1\\\"\"\n"
	      "can 2 \"c\"\n"
	      "pack \"north\"\n"
	      "label \"N \\\"1\\\"\"\n"
	      "alarm bits cell_overvoltage alarm 1000000.000000 1 \"c\"\n"
	      "alarm can_levels cell_overvoltage alarm 1000000.000000 2 \"c\"\n"
	      "bms 3 \"c\"\n");
}
END_TEST

/* A link that is down has its own alarm, with - instead of an address. */
START_TEST(links)
{
	fresh("link_down >= 10s alarm\n");
	live(0, 1, "");
	event(1, "close", "gone");
	up(12, 12);
	check("jk-alarm state 1\n"
	      "time 1000012.000000\n"
	      "link \"c\"\n"
	      "alarm rule link_down> alarm 1000001.000000 - \"c\"\n"
	      "bms 1 \"c\"\n");
}
END_TEST

UNIT_RUN("alarm_saved", alarms, levels, names, links)
