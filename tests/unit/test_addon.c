/* SPDX-License-Identifier: MIT */
/* --layout addon: the texts of values, and what is published, announced, emptied and refused when. */
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "addon_echo.h"
#include "addon_text.h"
#include "addon_watch.h"
#include "layout_addon.h"
#include "lifecycle.h"
#include "messages.h"
#include "records.h"
#include "unit.h"

static struct options options;
static struct outbox box;
static struct publisher publisher;
static struct json_object *published; /* the last payload of each topic since the last clear */
static int last_mid;
static size_t emptied;

/* ---- texts ---- */

static const char *number(int64_t micro, unsigned digits)
{
	static char text[64];
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	addon_number_text(&t, micro, digits);
	text[t.size] = '\0';
	return text;
}

START_TEST(numbers_are_short)
{
	ck_assert_str_eq(number(3300000, 3), "3.3");
	ck_assert_str_eq(number(70000, 3), "0.07");
	ck_assert_str_eq(number(100000000, 3), "100");
	ck_assert_str_eq(number(0, 3), "0");
	ck_assert_str_eq(number(3267500, 3), "3.268");
	ck_assert_str_eq(number(3267499, 3), "3.267");
	ck_assert_str_eq(number(-1243000, 3), "-1.243");
	ck_assert_str_eq(number(-500, 3), "-0.001");
	ck_assert_str_eq(number(-499, 3), "0");
	ck_assert_str_eq(number(-200000000, 1), "-200");
	ck_assert_str_eq(number(81500000, 0), "82");
	ck_assert_str_eq(number(1, 6), "0.000001");
}
END_TEST

static const struct addon_row *row_of(const char *topic, enum addon_mode mode)
{
	int n;
	for (size_t i = 0; i < addon_row_count; i++)
		if (addon_rows[i].mode == mode && addon_match(addon_rows[i].topic, topic, &n))
			return &addon_rows[i];
	ck_abort_msg("no row of %s", topic);
	return NULL;
}

static const char *text_of(const char *topic, const char *json)
{
	static char text[512];
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	struct json_object *value = json_tokener_parse(json);
	addon_text(&t, row_of(topic, ADDON_POLL), value);
	json_object_put(value);
	text[t.size] = '\0';
	return text;
}

START_TEST(values)
{
	ck_assert_str_eq(text_of("BMS_1/Heating", "true"), "1");
	ck_assert_str_eq(text_of("BMS_1/Heating", "false"), "0");
	ck_assert_str_eq(text_of("BMS_1/Heating", "null"), "None");
	ck_assert_str_eq(text_of("BMS_1/control/charging_switch/state", "true"), "True");
	ck_assert_str_eq(text_of("BMS_1/control/charging_switch/state", "false"), "False");
	ck_assert_str_eq(text_of("BMS_1/state/bms", "\"JK_PB2A16S20P-X\""), "JK_PB2A16S20P");
	ck_assert_str_eq(text_of("BMS_1/state/brand", "\"Input Userdata\""), "Input Us");
	ck_assert_str_eq(text_of("BMS_1/state/serialnb", "\"äöüäöüäöüäöüäöü\""), "äöüäöüäöüäöüä");
	ck_assert_str_eq(text_of("BMS_1/state/bms", "\"\""), "None");
	ck_assert_str_eq(text_of("BMS_1/state/bms", "\"   \""), "None");
	ck_assert_str_eq(text_of("BMS_1/state/bms", "\"a b  \""), "a b");
	ck_assert_str_eq(text_of("BMS_1/state/bms", "\"ab \""), "ab");
	/* It has a state class: Home Assistant takes numbers only. */
	ck_assert_str_eq(text_of("BMS_1/state/sw", "\"15.41\""), "15.41");
	ck_assert_str_eq(text_of("BMS_1/state/sw", "\"V15.4\""), "None");
	ck_assert_str_eq(text_of("BMS_1/state/sw", "\"15.\""), "None");
	ck_assert_str_eq(text_of("BMS_1/Mos_temp", "null"), "None");
	ck_assert_str_eq(text_of("BMS_1/charge_status_time_formatted", "0"), "0S");
	ck_assert_str_eq(text_of("BMS_1/charge_status_time_formatted", "303"), "5M3S");
	ck_assert_str_eq(text_of("BMS_1/charge_status_time_formatted", "3723"), "1H2M3S");
	ck_assert_str_eq(text_of("BMS_1/charge_status_time_formatted", "93784"), "1D2H3M");
}
END_TEST

static const char *alarm_text(const char *topic, uint32_t errors, bool listening)
{
	static char text[2048];
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	addon_alarm_text(&t, row_of(topic, listening ? ADDON_LISTEN : ADDON_POLL), errors, listening);
	text[t.size] = '\0';
	return text;
}

START_TEST(alarms)
{
	ck_assert_str_eq(alarm_text("BMS_1/alarm/active", 0, false), "OFF");
	ck_assert_str_eq(alarm_text("BMS_1/alarm/active", 1 << 12, false), "ON");
	/* Polling, the add-on ignores the bits from 24 on. */
	ck_assert_str_eq(alarm_text("BMS_1/alarm/active", 1 << 24, false), "OFF");
	ck_assert_str_eq(alarm_text("BMS_1/alarm/active", 1 << 24, true), "ON");
	ck_assert_str_eq(alarm_text("BMS_1/alarm/status", 1, false), "🚨 BMS Alarm Alert");
	ck_assert_str_eq(alarm_text("BMS_1/alarm/status", 0, true), "No BMS alarms");
	ck_assert_str_eq(alarm_text("BMS_1/alarm/visual_status", 0, false), "✅ Aucune alarme");
	ck_assert_str_eq(alarm_text("BMS_1/alarm/visual_status", 0, true), "✅ No alarm");
	ck_assert_str_eq(alarm_text("BMS_1/alarm/visual_status", 0x1003, false), "🚨 3 alarme(s)");
	ck_assert_str_eq(alarm_text("BMS_1/alarm/list", 0, false), "");
	ck_assert_str_eq(alarm_text("BMS_1/alarm/list", 0, true), "No alarms");
	ck_assert_str_eq(alarm_text("BMS_1/alarm/list", 0x1800, false),
			 "Cell under-voltage protection, Battery under-voltage protection");
	ck_assert_str_eq(alarm_text("BMS_1/alarm/list", UINT32_C(0x80000000), true), "Erreur fictive Bit 31");
	ck_assert_uint_le(strlen(alarm_text("BMS_1/alarm/list", UINT32_MAX, true)), 255);
}
END_TEST

START_TEST(packs)
{
	int n;
	ck_assert(addon_match("BMS_{n}/Heating", "BMS_15/Heating", &n) && n == 15);
	ck_assert(addon_match("BMS_{n}/Heating", "BMS_master/Heating", &n) && n == 0);
	ck_assert(!addon_match("BMS_{n}/Heating", "BMS_0/Heating", &n));
	ck_assert(!addon_match("BMS_{n}/Heating", "BMS_16/Heating", &n));
	ck_assert(!addon_match("BMS_{n}/Heating", "BMS_1/Heating_Current", &n));
	ck_assert(!addon_match("BMS_{n}/Heating", "BMS_", &n));
	ck_assert(addon_match("x/bms_{n}_bms_{n}_alarm", "x/bms_2_bms_2_alarm", &n) && n == 2);
	ck_assert(!addon_match("x/bms_{n}_bms_{n}_alarm", "x/bms_2_bms_3_alarm", &n));
	ck_assert(addon_match("CANbus-1/soc", "CANbus-1/soc", &n) && n == ADDON_NO_PACK);
}
END_TEST

/* ---- echoes ---- */

START_TEST(echoes)
{
	ck_assert(!addon_echo_take("a", "1", 1, 0));
	addon_echo_sent("a", "1", 1, 1000000);
	addon_echo_sent("a", "2", 1, 1000000);
	ck_assert(!addon_echo_take("a", "3", 1, 1000000));
	ck_assert(!addon_echo_take("b", "1", 1, 1000000));
	ck_assert(addon_echo_take("a", "2", 1, 1100000));
	/* Late: it is expected however long it takes. */
	ck_assert(addon_echo_take("a", "1", 1, 90000000));
	/* Once more, soon after it was sent and long after that. */
	ck_assert(addon_echo_take("a", "2", 1, 2000000));
	ck_assert(!addon_echo_take("a", "2", 1, 90000000));
	for (int i = 0; i < 1000; i++) {
		char text[16];
		int n = snprintf(text, sizeof text, "%d", i);
		addon_echo_sent("many", text, (size_t)n, 100000000 + i);
	}
	for (int i = 0; i < 1000; i++) {
		char text[16];
		int n = snprintf(text, sizeof text, "%d", i);
		ck_assert_msg(addon_echo_take("many", text, (size_t)n, 200000000), "%d", i);
	}
}
END_TEST

/* ---- the whole ---- */

static int keep(void *context, const struct outgoing *message, int *mid)
{
	(void)context;
	if (!message->subscribe) {
		json_object_object_add(published, message->topic,
				       json_object_new_string_len(message->payload, (int)message->size));
		emptied += message->size == 0;
	}
	*mid = ++last_mid;
	return 0;
}

static void until_us(int64_t now_us)
{
	for (int i = 0; i < 50; i++) {
		lifecycle_time(&publisher, now_us);
		ck_assert_int_eq(outbox_pump(&box, keep, NULL), 0);
		for (int mid = 1; mid <= last_mid; mid++)
			outbox_acknowledged(&box, mid);
		last_mid = 0;
	}
}

static void until(int64_t seconds)
{
	until_us(seconds * 1000000);
}

static void feed(const char *line, int64_t seconds)
{
	struct json_record record;
	ck_assert_ptr_null(json_record_parse(line, strlen(line), &record));
	records_record(&publisher, &record, seconds * 1000000);
}

/* Both were published, and in this order. */
static bool is_before(const char *one, const char *other)
{
	bool seen = false;
	json_object_object_foreach(published, topic, payload)
	{
		(void)payload;
		seen |= strcmp(topic, one) == 0;
		if (strcmp(topic, other) == 0)
			return seen;
	}
	return false;
}

static const char *payload_of(const char *topic)
{
	const char *payload = json_text(published, topic);
	return payload ? payload : "(nothing)";
}

static void clear(void)
{
	json_object_put(published);
	published = json_object_new_object();
	emptied = 0;
}

static void begin(const char *fifo)
{
	options = (struct options){.layout = &layout_addon,
				   .prefix = "home",
				   .discovery_prefix = "ha",
				   .fifo = fifo,
				   .silent_us = 30000000};
	clear();
	last_mid = 0;
	outbox_begin(&box, -1);
	outbox_connected(&box);
	lifecycle_begin(&publisher, &options, &box, 1);
}

/* A message of another client, as the network thread gives it; false: it does not. */
static bool take(const char *topic, const char *payload, bool retained, int64_t seconds)
{
	size_t n = strlen(payload);
	if (!addon_watch_wants(&options, topic, payload, n, retained, seconds * 1000000))
		return false;
	messages_take(&publisher, topic, payload, n, retained, 0, seconds * 1000000);
	return true;
}

static const char live[] = "{\"time\":5.5,\"channel\":\"c\",\"bms\":1,\"type\":\"live\",\"cell_voltages\":["
			   "3.300,3.210,null],\"total_voltage_coarse\":53.10,\"errors_bitmask\":0,"
			   "\"charging\":true}";
static const char settings[] = "{\"time\":5.6,\"channel\":\"c\",\"bms\":1,\"type\":\"settings\","
			       "\"charging_switch\":true,\"balancer_switch\":true,\"cell_count\":3,"
			       "\"short_circuit_protection_delay\":6000,\"max_charge_current\":100.000}";

static struct json_object *config_of(const char *topic)
{
	struct json_object *message = json_tokener_parse(payload_of(topic));
	ck_assert_msg(message != NULL, "%s: %s", topic, payload_of(topic));
	return message;
}

START_TEST(states_and_discovery)
{
	begin(NULL);
	ck_assert_str_eq(payload_of("JK-BMS-RS485-CAN-module"), "(nothing)");
	until(1);
	ck_assert_str_eq(payload_of("JK-BMS-RS485-CAN-module"), "Online");
	ck_assert_str_eq(payload_of("BMS_GLOBAL/authorize_modify_settings/state"), "false");
	feed(live, 1);
	until(2);
	ck_assert_str_eq(payload_of("BMS_1/Cell_1_volt"), "3.3");
	ck_assert_str_eq(payload_of("BMS_1/Cell_2_volt"), "3.21");
	ck_assert_str_eq(payload_of("BMS_1/Cell_3_volt"), "None");
	ck_assert_str_eq(payload_of("BMS_1/Cell_16_volt"), "None");
	ck_assert_str_eq(payload_of("BMS_1/Tension_Totale_volt"), "53.1");
	ck_assert_str_eq(payload_of("BMS_1/Switch_Charge"), "1");
	ck_assert_str_eq(payload_of("BMS_1/alarm/active"), "OFF");
	ck_assert_str_eq(payload_of("BMS_GLOBAL/alarm/state"), "OFF");
	ck_assert_str_eq(payload_of("BMS_1/Switch_Balance"), "(nothing)");
	ck_assert_str_eq(payload_of("ha/number/BMS_1_device/bms_1_bms_max_charge_current/config"),
			 "(nothing)");
	feed(settings, 3);
	until(20);
	ck_assert_str_eq(payload_of("BMS_1/Switch_Balance"), "1");
	ck_assert_str_eq(payload_of("BMS_1/cell_count_used"), "3");
	ck_assert_str_eq(payload_of("BMS_1/control/charging_switch/state"), "True");
	struct json_object *m = config_of("ha/sensor/bms_1_bms_Cell_1_volt/config");
	ck_assert_str_eq(json_text(m, "unique_id"), "BMS_1_device_bms_Cell_1_volt_v4");
	ck_assert_str_eq(json_text(m, "state_class"), "measurement");
	ck_assert_ptr_null(json_member(m, "value_template"));
	ck_assert_str_eq(json_object_get_string(json_member(json_member(m, "device"), "identifiers")),
			 "[ \"BMS_1_device\" ]");
	ck_assert_str_eq(json_object_get_string(json_member(m, "avty")),
			 "[ { \"t\": \"home\\/status\" }, { \"t\": \"home\\/bms_1\\/availability\" } ]");
	ck_assert_str_eq(json_text(m, "avty_mode"), "all");
	json_object_put(m);
	m = config_of("ha/number/BMS_1_device/bms_1_bms_max_charge_current/config");
	ck_assert_str_eq(json_text(m, "command_topic"), "BMS_1/control/max_charge_current/set");
	ck_assert_int_eq(json_object_get_int(json_member(m, "max")), 600);
	json_object_put(m);
	/* Home Assistant shows no value beyond the bounds. */
	m = config_of("ha/number/BMS_1_device/bms_1_bms_short_circuit_protection_delay/config");
	ck_assert_int_eq(json_object_get_int(json_member(m, "max")), 6000);
	json_object_put(m);
	json_object_object_foreach(published, topic, payload)
	{
		(void)payload;
		ck_assert_msg(!strstr(topic, "home/bms_1/live") && !strstr(topic, "{n}") &&
				      !strstr(topic, "homeassistant"),
			      "%s", topic);
	}
	ck_assert_uint_eq(emptied, 1); /* alarm/list, which is empty without alarms */
	lifecycle_finish(&publisher, 21000000);
	until(22);
	ck_assert_str_eq(payload_of("JK-BMS-RS485-CAN-module"), "Offline");
	outbox_end(&box);
}
END_TEST

/* What a bus that only listens has is another table: no unit, and no texts in French. */
START_TEST(listening)
{
	begin(NULL);
	feed("{\"time\":4.0,\"channel\":\"c\",\"type\":\"event\",\"event\":\"mode\",\"words\":\"listen "
	     "option\"}",
	     1);
	feed("{\"time\":5.5,\"channel\":\"c\",\"bms\":0,\"type\":\"live\",\"charge_status_time_elapsed\":5,"
	     "\"heating\":true,\"errors_bitmask\":0}",
	     1);
	until(1);
	until(5);
	ck_assert_str_eq(payload_of("BMS_master/alarm/visual_status"), "✅ No alarm");
	ck_assert_str_eq(payload_of("BMS_master/alarm/list"), "No alarms");
	ck_assert_str_eq(payload_of("BMS_master/Heating_status_text"), "ON");
	struct json_object *m = config_of("ha/sensor/bms_master_bms_charge_status_time/config");
	ck_assert_str_eq(json_text(m, "unique_id"), "BMS_master_device_bms_charge_status_time_v4");
	ck_assert_ptr_null(json_member(m, "unit_of_measurement"));
	json_object_put(m);
	outbox_end(&box);
}
END_TEST

START_TEST(two_packs_with_one_number)
{
	begin(NULL);
	feed("{\"time\":5.5,\"channel\":\"b\",\"bms\":1,\"pack\":\"south\",\"type\":\"live\","
	     "\"total_voltage_coarse\":26.40}",
	     1);
	until(1);
	feed("{\"time\":5.5,\"channel\":\"a\",\"bms\":1,\"pack\":\"north\",\"type\":\"live\","
	     "\"total_voltage_coarse\":53.10}",
	     2);
	until(2);
	ck_assert_str_eq(payload_of("BMS_1/Tension_Totale_volt"), "53.1");
	feed("{\"time\":9.5,\"channel\":\"b\",\"bms\":1,\"pack\":\"south\",\"type\":\"live\","
	     "\"total_voltage_coarse\":26.50}",
	     3);
	until(10);
	ck_assert_str_eq(payload_of("BMS_1/Tension_Totale_volt"), "53.1");
	outbox_end(&box);
}
END_TEST

START_TEST(can)
{
	begin(NULL);
	feed("{\"time\":5.5,\"channel\":\"can0\",\"bms\":2,\"type\":\"can\",\"total_voltage\":48.1,"
	     "\"current\":-5.6}",
	     1);
	until(1);
	until(5);
	ck_assert_str_eq(payload_of("CANbus-1/totalVoltage"), "48.1");
	ck_assert_str_eq(payload_of("CANbus-1/current"), "-5.6");
	ck_assert_str_eq(payload_of("BMS_2/Tension_Totale_volt"), "(nothing)");
	struct json_object *m = config_of("ha/sensor/canbus1_device/totalVoltage/config");
	ck_assert_int_eq(json_object_get_int(json_member(m, "expire_after")), 600);
	json_object_put(m);
	ck_assert_str_eq(payload_of("ha/sensor/canbus1_device/soc/config"), "(nothing)");
	/* The lowest address is the one. */
	feed("{\"time\":6.5,\"channel\":\"can0\",\"bms\":1,\"type\":\"can\",\"total_voltage\":47.0}", 6);
	feed("{\"time\":6.5,\"channel\":\"can0\",\"bms\":2,\"type\":\"can\",\"total_voltage\":48.2}", 6);
	until(12);
	ck_assert_str_eq(payload_of("CANbus-1/totalVoltage"), "47");
	/* It expires in Home Assistant: sent again though it is the same. */
	clear();
	until(45);
	ck_assert_str_eq(payload_of("CANbus-1/totalVoltage"), "47");
	outbox_end(&box);
}
END_TEST

/* ---- what the add-on has left ---- */

START_TEST(what_is_emptied)
{
	begin(NULL);
	until(1);
	clear();
	ck_assert(take("BMS_7/state/password1", "123456", true, 2));
	ck_assert(take("BMS_master/state/password2", "1234", true, 2));
	ck_assert(take("ha/sensor/bms_7_bms_password1/config", "{}", true, 2));
	ck_assert(take("BMS_GLOBAL/system/info", "{}", true, 2));
	ck_assert(take("ha/binary_sensor/BMS_GLOBAL_device/premium_active/config", "{}", true, 2));
	ck_assert(take("BMS_GLOBAL/authorize_modify_settings/set", "true", true, 2));
	/* Nothing else that is there. */
	ck_assert(!take("BMS_7/Cell_1_volt", "3.3", true, 2));
	ck_assert(!take("ha/sensor/bms_7_bms_Cell_1_volt/config", "{}", true, 2));
	ck_assert(!take("ha/sensor/other/config", "{}", true, 2));
	ck_assert(!take("ha/sensor/other/config", "{}", false, 2));
	until(2);
	ck_assert_uint_eq(emptied, 10); /* the discovery of a state is emptied with it */
	/* The entities go before the states that they read. */
	ck_assert(is_before("ha/sensor/bms_7_bms_password1/config", "BMS_7/state/password1"));
	ck_assert(is_before("ha/binary_sensor/BMS_GLOBAL_device/premium_active/config",
			    "BMS_GLOBAL/system/info"));
	ck_assert(is_before("ha/sensor/BMS_GLOBAL_device/premium_tier/config", "BMS_GLOBAL/system/info"));
	ck_assert_str_eq(payload_of("BMS_7/state/password1"), "");
	ck_assert_str_eq(payload_of("BMS_master/state/password2"), "");
	ck_assert_str_eq(payload_of("ha/sensor/bms_7_bms_password1/config"), "");
	ck_assert_str_eq(payload_of("BMS_GLOBAL/system/info"), "");
	ck_assert_str_eq(payload_of("ha/binary_sensor/BMS_GLOBAL_device/premium_active/config"), "");
	ck_assert_str_eq(payload_of("BMS_GLOBAL/authorize_modify_settings/set"), "");
	ck_assert_int_eq(publisher.addon.foreign_us, 0);
	outbox_end(&box);
}
END_TEST

static void foreign_stops(const char *topic)
{
	begin(NULL);
	feed(live, 1);
	until(1);
	until(5);
	clear();
	ck_assert_msg(take(topic, "3.5", false, 6), "%s", topic);
	feed("{\"time\":9.5,\"channel\":\"c\",\"bms\":1,\"type\":\"live\",\"total_voltage_coarse\":51.00,"
	     "\"errors_bitmask\":1}",
	     7);
	messages_take(&publisher, "ha/status", "online", 6, false, 0, 7000000);
	until(20);
	json_object_object_foreach(published, name, payload)
	{
		(void)payload;
		ck_assert_msg(strncmp(name, "home/", 5) == 0, "%s is published", name);
	}
	ck_assert_ptr_nonnull(strstr(payload_of("home/bridge"), "\"foreign\":true"));
	/* Also not after the next connection. */
	outbox_disconnected(&box, OUTBOX_ENDED);
	outbox_connected(&box);
	until(21);
	ck_assert_str_eq(payload_of("BMS_1/Cell_1_volt"), "(nothing)");
	/* Its messages go on, then they end. */
	ck_assert(take(topic, "3.4", false, 100));
	ck_assert(take("BMS_1/state/password1", "123456", false, 100));
	until(219);
	ck_assert_str_eq(payload_of("BMS_1/Tension_Totale_volt"), "(nothing)");
	until(226);
	until(230);
	ck_assert_str_eq(payload_of("BMS_1/Tension_Totale_volt"), "51");
	ck_assert_str_eq(payload_of("BMS_1/alarm/active"), "ON");
	ck_assert_str_eq(payload_of("JK-BMS-RS485-CAN-module"), "Online");
	ck_assert_str_eq(payload_of("BMS_1/state/password1"), "");
	ck_assert_str_eq(payload_of("ha/sensor/bms_1_bms_password1/config"), "");
	ck_assert_ptr_nonnull(strstr(payload_of("ha/sensor/bms_1_bms_Cell_1_volt/config"), "jk-mqtt"));
	ck_assert_ptr_nonnull(strstr(payload_of("ha/sensor/BMS_GLOBAL_device/health/config"), "jk-mqtt"));
	ck_assert_ptr_nonnull(strstr(payload_of("home/bridge"), "\"foreign\":false"));
	outbox_end(&box);
}

START_TEST(foreign_messages)
{
	static const char *const topics[] = {
		"BMS_1/Cell_1_volt",
		"BMS_9/alarm/active",
		"BMS_1/control/charging_switch/state",
		"BMS_1/state/fw",
		"BMS_GLOBAL/health",
		"JK-BMS-RS485-CAN-module",
		"CANbus-1/soc",
		"ha/sensor/bms_1_bms_Cell_1_volt/config",
		"ha/number/BMS_1_device/bms_1_bms_max_charge_current/config",
		"ha/switch/BMS_GLOBAL_device/authorize_modify_settings/config",
	};
	for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
		foreign_stops(topics[i]);
	begin(NULL);
	ck_assert(!take("BMS_1/Cell_1_volt", "", false, 6));
	ck_assert(!take("ha/sensor/bms_1_bms_Cell_1_volt/config", "", false, 6));
	messages_take(&publisher, "BMS_1/Cell_1_volt", "", 0, false, 0, 6000000);
	ck_assert_int_eq(publisher.addon.foreign_us, 0);
	outbox_end(&box);
}
END_TEST

/* ---- commands ---- */

static int reader;

static const char *command(const char *topic, const char *payload, int64_t seconds)
{
	static char line[256];
	ck_assert(take(topic, payload, false, seconds));
	until(seconds);
	ssize_t n = read(reader, line, sizeof line - 1);
	line[n > 0 ? n : 0] = '\0';
	char *id = strstr(line, " mqtt-");
	if (id)
		*id = '\0';
	return line;
}

static void refused(const char *key, const char *payload, const char *setting, const char *why)
{
	static int64_t at = 100;
	char topic[128], result[128];
	snprintf(topic, sizeof topic, "BMS_1/control/%s/set", key);
	snprintf(result, sizeof result, "home/bms_1/result/%s", setting);
	clear();
	ck_assert_str_eq(command(topic, payload, ++at), "");
	ck_assert_msg(strstr(payload_of(result), why) != NULL, "%s: %s", result, payload_of(result));
}

START_TEST(commands)
{
	char path[64];
	snprintf(path, sizeof path, "/tmp/jk-test-addon.%d", (int)getpid());
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	reader = open(path, O_RDONLY | O_NONBLOCK);
	begin(path);
	feed(live, 1);
	feed(settings, 1);
	until(1);
	ck_assert_str_eq(payload_of("BMS_GLOBAL/authorize_modify_settings/state"), "true");
	ck_assert_str_eq(command("BMS_1/control/charging_switch/set", "False", 2), "c:1 charging_switch off");
	ck_assert_str_eq(command("BMS_1/control/balance_switch/set", "True", 3), "c:1 balancer_switch on");
	ck_assert_str_eq(command("BMS_1/control/total_battery_capacity_ah/set", "280", 4),
			 "c:1 total_battery_capacity 280");
	ck_assert_str_eq(command("BMS_1/control/lcd_buzzer_trigger/set", "3", 5), "c:1 lcd_buzzer_trigger 3");
	/* jk-write refuses these, unless its list of allowed settings has them. */
	ck_assert_str_eq(command("BMS_1/control/discharging_switch/set", "False", 6),
			 "c:1 discharging_switch off");
	ck_assert_str_eq(command("BMS_1/control/cell_count/set", "15", 7), "c:1 cell_count 15");
	refused("bms_device_address", "2", "device_address", "jk-set can do it");
	refused("connexion_wire_resistance_1", "0.05", "connection_wire_resistance_5", "wire 5");
	refused("heating_switch", "True", "heating_switch", "the add-on has no such setting");
	ck_assert_str_eq(command("BMS_3/control/charging_switch/set", "False", 80), "");
	ck_assert_ptr_nonnull(strstr(payload_of("home/bms_3/result/charging_switch"), "no such device"));
	/* Off, and on again. */
	ck_assert(take("BMS_GLOBAL/authorize_modify_settings/set", "false", false, 90));
	until(90);
	ck_assert_str_eq(payload_of("BMS_GLOBAL/authorize_modify_settings/state"), "false");
	ck_assert_str_eq(payload_of("BMS_GLOBAL/authorize_modify_settings/set"), "");
	refused("charging_switch", "True", "charging_switch", "Authorize Modify Settings is off");
	ck_assert(take("BMS_GLOBAL/authorize_modify_settings/set", "true", false, 91));
	ck_assert_str_eq(command("BMS_1/control/charging_switch/set", "True", 92), "c:1 charging_switch on");
	/* Not while another program carries them out. */
	ck_assert(take("BMS_1/Cell_1_volt", "3.5", false, 100));
	refused("charging_switch", "False", "charging_switch", "another program");
	close(reader);
	unlink(path);
	outbox_end(&box);
}
END_TEST

START_TEST(no_commands_without_a_fifo)
{
	reader = open("/dev/null", O_RDONLY);
	begin(NULL);
	feed(live, 1);
	until(1);
	refused("charging_switch", "False", "charging_switch", "without -c");
	ck_assert(take("BMS_GLOBAL/authorize_modify_settings/set", "true", false, 200));
	until(200);
	ck_assert_str_eq(payload_of("BMS_GLOBAL/authorize_modify_settings/state"), "false");
	close(reader);
	outbox_end(&box);
}
END_TEST

/* Every attribute is one of the sheet. */
START_TEST(health)
{
	begin(NULL);
	until(6);
	ck_assert_ptr_nonnull(strstr(payload_of("BMS_GLOBAL/health"), "\"status\":\"starting\""));
	feed("{\"time\":4.0,\"channel\":\"c\",\"type\":\"event\",\"event\":\"open\",\"words\":\"tcp:h:1\"}",
	     7);
	feed(live, 7);
	until(15);
	struct json_object *m = config_of("BMS_GLOBAL/health");
	ck_assert_str_eq(json_text(m, "status"), "healthy");
	ck_assert_str_eq(json_text(m, "transport"), "tcp");
	ck_assert_str_eq(json_text(m, "detected_bms_list"), "1");
	ck_assert_int_eq(json_object_get_int(json_member(m, "detected_bms")), 1);
	json_object_object_foreach(m, key, value)
	{
		size_t i = 0;
		(void)value;
		while (i < addon_health_count && strcmp(addon_health[i].attribute, key) != 0)
			i++;
		ck_assert_msg(i < addon_health_count, "%s", key);
	}
	json_object_put(m);
	feed("{\"time\":9.0,\"channel\":\"c\",\"type\":\"health\",\"state\":\"down\",\"reason\":\"closed\"}",
	     16);
	until(25);
	ck_assert_ptr_nonnull(strstr(payload_of("BMS_GLOBAL/health"), "\"status\":\"no_serial_data\""));
	ck_assert_ptr_nonnull(strstr(payload_of("BMS_GLOBAL/health"), "\"health_reason\":\"closed\""));
	outbox_end(&box);
}
END_TEST

/* The first alarm that 7F4 reports, by two bits each; none is empty. */
START_TEST(the_alarm_of_can)
{
	static const struct {
		uint32_t levels;
		const char *text;
	} rows[] = {{0x1, "Cell over-voltage"},   {0x8, "Cell under-voltage"},  {0x30, "Pack over-voltage"},
		    {0x40, "Pack under-voltage"}, {0xC4, "Cell under-voltage"}, {0, ""}};
	char line[256];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		begin(NULL);
		snprintf(line, sizeof line,
			 "{\"time\":5.5,\"channel\":\"can0\",\"bms\":2,\"type\":\"can\",\"total_voltage\":48."
			 "1,"
			 "\"can_alarm_levels\":%u}",
			 (unsigned)rows[i].levels);
		feed(line, 1);
		until(5);
		ck_assert_str_eq(payload_of("CANbus-1/alarmName"), rows[i].text);
		outbox_end(&box);
	}
}
END_TEST

static int64_t number_in(struct json_object *m, const char *key)
{
	ck_assert_msg(json_member(m, key) != NULL, "%s", key);
	return json_object_get_int64(json_member(m, key));
}

static void stats(int bms, int asked, int answered, int timeouts, int mean_ms, int64_t at)
{
	char line[250];
	snprintf(line, sizeof line,
		 "{\"time\":%d.0,\"channel\":\"c\",\"bms\":%d,\"type\":\"event\",\"event\":\"stats\","
		 "\"words\":\"%02X asked=%d answered=%d timeouts=%d mean_ms=%d p99_ms=900\"}",
		 (int)at, bms, bms, asked, answered, timeouts, mean_ms);
	feed(line, at);
}

/* What version 4.1.10 has in polling mode: in 30 s, from counters that may have run before, or begin anew. */
START_TEST(health_of_polling)
{
	begin(NULL);
	feed(live, 1);
	stats(1, 1000, 900, 100, 20, 2);
	stats(15, 2000, 1500, 500, 40, 2);
	until(6);
	struct json_object *m = config_of("BMS_GLOBAL/health");
	ck_assert_int_eq(number_in(m, "polls_sent_30s"), 0);
	ck_assert_int_eq(number_in(m, "total_timeouts"), 600);
	ck_assert_ptr_null(json_member(m, "response_success_ratio"));
	ck_assert_ptr_null(json_member(m, "health_score"));
	json_object_put(m);
	for (int at = 10; at <= 60; at += 10) {
		feed(live, at);
		stats(1, 1000 + 2 * at, 900 + at, 100 + at, 20, at);
		stats(15, at == 10 ? 2010 : at, at == 10 ? 1510 : at, at == 10 ? 500 : 0, 40, at);
	}
	for (int i = 0; i < 2; i++)
		feed("{\"time\":60.0,\"channel\":\"c\",\"bms\":1,\"type\":\"rejected\"}", 60);
	feed("{\"time\":60.0,\"channel\":\"c\",\"bms\":null,\"type\":\"score\",\"score\":79,"
	     "\"health\":\"degraded\",\"worst_today\":12,\"incidents\":3}",
	     60);
	until(66);
	m = config_of("BMS_GLOBAL/health");
	/* From 10 to 60 s twice 60 and 60 - 10 for one, and 10 and 60 for the other, in 60 s. */
	ck_assert_int_eq(number_in(m, "polls_sent_30s"), (2 * 60 + 10 + 60) / 2);
	ck_assert_int_eq(number_in(m, "responses_received_30s"), (60 + 10 + 60) / 2);
	ck_assert_int_eq(number_in(m, "valid_responses_30s"), (60 + 10 + 60 - 2) / 2);
	ck_assert_int_eq(number_in(m, "timeouts_30s"), 60 / 2);
	ck_assert_int_eq(number_in(m, "total_timeouts"), 660);
	ck_assert_str_eq(json_object_get_string(json_member(m, "response_success_ratio")), "0.684");
	ck_assert_int_eq(number_in(m, "avg_response_time_ms"), (960 * 20 + 60 * 40) / 1020);
	ck_assert_int_eq(number_in(m, "configured_bms"), 2);
	ck_assert_str_eq(json_text(m, "configured_bms_list"), "1, 15");
	ck_assert_int_eq(number_in(m, "health_score"), 79);
	ck_assert_int_eq(number_in(m, "worst_health_score"), 12);
	ck_assert_int_eq(number_in(m, "health_incident_count"), 3);
	ck_assert_int_eq(number_in(m, "last_valid_response_age_s"), number_in(m, "serial_age_s"));
	json_object_put(m);
	outbox_end(&box);
}
END_TEST

UNIT_RUN("addon", numbers_are_short, values, alarms, packs, echoes, states_and_discovery, listening,
	 two_packs_with_one_number, can, what_is_emptied, foreign_messages, commands,
	 no_commands_without_a_fifo, health, the_alarm_of_can, health_of_polling)
