/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "layout_jk.h"
#include "logged.h"
#include "mqtt_feed.h"
#include "no_memory.h"

static const struct options options = {.layout = &layout_jk,
				       .prefix = "jk",
				       .discovery_prefix = "homeassistant",
				       .interval_us = 1000000,
				       .silent_us = 30000000};
static int second;

static void begin_mqtt(void)
{
	static bool begun;
	if (begun) {
		outbox_end(&box);
		devices_end(&publisher.devices);
	}
	begun = true;
	second = 0;
	publisher = (struct publisher){0};
	begin_records(&options);
}

static void tell(const char *format, int value)
{
	char text[512];
	struct json_record record;
	snprintf(text, sizeof text, format, second, value);
	if (!json_record_parse(text, strlen(text), &record))
		records_record(&publisher, &record, second * INT64_C(1000000));
}

static void mqtt_round(int round)
{
	second += 10;
	tell("{\"time\":%d,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"cell_voltages\":[3.3,3.3],"
	     "\"total_voltage\":5%d.000}",
	     round);
	tell("{\"time\":%d,\"channel\":\"a\",\"bms\":1,\"type\":\"settings\",\"cell_count\":1%d}", round);
	tell("{\"time\":%d,\"channel\":\"c\",\"bms\":2,\"type\":\"can\",\"max_temperature\":2%d}", round);
	tell("{\"time\":%d,\"channel\":\"a\",\"bms\":null,\"type\":\"event\",\"event\":\"stats\",\"words\":"
	     "\"- up=%d "
	     "bytes=7 junk=0 orphan=0 reopened=0\"}",
	     round);
	tell("{\"time\":%d,\"channel\":\"a\",\"bms\":1,\"type\":\"live\",\"total_voltage\":5%d.500,"
	     "\"alarms\":[{"
	     "\"key\":\"silent\",\"severity\":\"alarm\",\"since\":1}]}",
	     round);
	lifecycle_time(&publisher, second * INT64_C(1000000));
}

static void check_mqtt(void)
{
	snprintf(sent, sizeof sent, "\n");
	mqtt_round(ROUNDS + 1);
	ck_assert_msg(strstr(payload_of("jk/bms_1/live", second + 5), "55.500") != NULL, "bms_1 is missing");
	ck_assert(publisher.devices.count >= 2);
}

START_TEST(records_for_mqtt)
{
	/* json-c copies the language for each text, and the C library keeps what it looks for in this folder:
	 * without memory these are blocks more, but none of ours. */
	unsetenv("LOCPATH");
	catch_log();
	each_allocation(begin_mqtt, mqtt_round, check_mqtt);
	release_log();
}
END_TEST

UNIT_RUN("mqtt_no_memory", records_for_mqtt)
