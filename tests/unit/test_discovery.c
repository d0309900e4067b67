/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "device.h"
#include "discovery_entity.h"
#include "entities.h"
#include "layout_jk.h"
#include "retained.h"
#include "unit.h"
#include "version.h"

/* The discovery of an entity of each kind; the expected values are those of entities.tsv. */

static const struct options options = {.layout = &layout_jk, .prefix = "jk", .discovery_prefix = "ha"};
static struct device device = {.name = "bms_1"};

static const struct options every_change = {
	.layout = &layout_jk, .prefix = "jk", .discovery_prefix = "ha", .every_change = true};

static const char *put_by(const struct options *o, const char *key, enum entity_shape shape,
			  enum entity_role role, bool by_itself)
{
	static char text[4096];
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	size_t count;
	const struct entity *e = entities(&count);
	while (count > 0 && strcmp(e->key, key) != 0)
		e++, count--;
	ck_assert_uint_gt(count, 0);
	discovery_entity_put(&t, o, &device, e, shape, role, by_itself);
	ck_assert(!t.overflow);
	text[t.size] = '\0';
	return text;
}

static const char *put(const char *key, enum entity_shape shape, enum entity_role role, bool by_itself)
{
	return put_by(&options, key, shape, role, by_itself);
}

START_TEST(entities_of_each_kind)
{
	static const struct {
		const char *key;
		enum entity_shape shape;
		enum entity_role role;
		bool by_itself;
		const char *expected;
	} cases[] = {
		{"total_voltage", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"unique_id\":\"jk_bms_1_total_voltage\","
		 "\"default_entity_id\":\"sensor.jk_bms_1_total_voltage\","
		 "\"name\":\"Total voltage\","
		 "\"value_template\":\"{% set v = value_json.total_voltage %}{{ (v * 100) | round | int / "
		 "100 "
		 "if v is number else none }}\","
		 "\"device_class\":\"voltage\",\"state_class\":\"measurement\","
		 "\"unit_of_measurement\":\"V\",\"suggested_display_precision\":2"},
		{"total_voltage", SHAPE_MEMBER, ROLE_SENSOR, true,
		 "\"unique_id\":\"jk_bms_1_total_voltage\","
		 "\"default_entity_id\":\"sensor.jk_bms_1_total_voltage\","
		 "\"name\":\"Total voltage\",\"state_topic\":\"jk/bms_1/live\","
		 "\"value_template\":\"{% set v = value_json.total_voltage %}{{ (v * 100) | round | int / "
		 "100 "
		 "if v is number else none }}\","
		 "\"device_class\":\"voltage\",\"state_class\":\"measurement\","
		 "\"unit_of_measurement\":\"V\",\"suggested_display_precision\":2"},
		{"cell_voltage_2", SHAPE_ARRAY, ROLE_SENSOR, false,
		 "\"unique_id\":\"jk_bms_1_cell_voltage_2\","
		 "\"default_entity_id\":\"sensor.jk_bms_1_cell_voltage_2\","
		 "\"name\":\"Cell voltage 2\",\"state_topic\":\"jk/bms_1/cells\","
		 "\"value_template\":\"{{ value_json.cell_voltages[1] }}\","
		 "\"device_class\":\"voltage\",\"state_class\":\"measurement\","
		 "\"unit_of_measurement\":\"V\",\"suggested_display_precision\":3"},
		{"state_of_charge", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"unique_id\":\"jk_bms_1_state_of_charge\","
		 "\"default_entity_id\":\"sensor.jk_bms_1_state_of_charge\","
		 "\"name\":\"State of charge\","
		 "\"value_template\":\"{{ value_json.state_of_charge }}\","
		 "\"device_class\":\"battery\",\"state_class\":\"measurement\","
		 "\"unit_of_measurement\":\"%\",\"suggested_display_precision\":0"},
		{"balancing", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"unique_id\":\"jk_bms_1_balancing\","
		 "\"default_entity_id\":\"binary_sensor.jk_bms_1_balancing\","
		 "\"name\":\"Balancing\","
		 "\"value_template\":\"{{ {true: 'ON', false: 'OFF'}.get(value_json.balancing) }}\","
		 "\"icon\":\"mdi:battery-heart-variant\""},
		{"balancer_status", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"unique_id\":\"jk_bms_1_balancer_status\","
		 "\"default_entity_id\":\"sensor.jk_bms_1_balancer_status\","
		 "\"name\":\"Balancer status\","
		 "\"value_template\":\"{{ value_json.balancer_status }}\","
		 "\"device_class\":\"enum\",\"icon\":\"mdi:heart-pulse\","
		 "\"options\":[\"Off\",\"Charging\",\"Discharging\",\"Unknown\"]"},
		{"errors", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"unique_id\":\"jk_bms_1_errors\","
		 "\"default_entity_id\":\"sensor.jk_bms_1_errors\",\"name\":\"Errors\","
		 "\"value_template\":\"{{ value_json.errors[:255] }}\","
		 "\"entity_category\":\"diagnostic\","
		 "\"icon\":\"mdi:alert-circle-outline\""},
		{"power_on_count", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"unique_id\":\"jk_bms_1_power_on_count\","
		 "\"default_entity_id\":\"sensor.jk_bms_1_power_on_count\","
		 "\"name\":\"Power-on count\",\"state_topic\":\"jk/bms_1/about\","
		 "\"value_template\":\"{{ value_json.power_on_count }}\","
		 "\"state_class\":\"total_increasing\","
		 "\"suggested_display_precision\":0,"
		 "\"entity_category\":\"diagnostic\",\"icon\":\"mdi:counter\""},
		{"balance_trigger_voltage", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"unique_id\":\"jk_bms_1_balance_trigger_voltage\","
		 "\"default_entity_id\":\"sensor.jk_bms_1_balance_trigger_voltage\","
		 "\"name\":\"Balancing trigger voltage\","
		 "\"state_topic\":\"jk/bms_1/settings\","
		 "\"value_template\":\"{{ value_json.balance_trigger_voltage }}\","
		 "\"device_class\":\"voltage\",\"unit_of_measurement\":\"V\","
		 "\"entity_category\":\"diagnostic\""},
		{"balance_trigger_voltage", SHAPE_MEMBER, ROLE_COMMAND, false,
		 "\"unique_id\":\"jk_bms_1_balance_trigger_voltage\","
		 "\"default_entity_id\":\"number.jk_bms_1_balance_trigger_voltage\","
		 "\"name\":\"Balancing trigger voltage\","
		 "\"state_topic\":\"jk/bms_1/settings\","
		 "\"value_template\":\"{% set v = value_json.balance_trigger_voltage %}{{ v if v is number "
		 "and 0.003 <= v <= 1.0 else none }}\","
		 "\"device_class\":\"voltage\",\"unit_of_measurement\":\"V\","
		 "\"entity_category\":\"config\","
		 "\"command_topic\":\"jk/bms_1/set/balance_trigger_voltage\","
		 "\"qos\":1,\"min\":0.003,\"max\":1.0,\"step\":0.001,\"mode\":\"box\""},
		{"connection_wire_resistance_1", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"unique_id\":\"jk_bms_1_connection_wire_resistance_1\","
		 "\"default_entity_id\":\"sensor.jk_bms_1_connection_wire_resistance_1\","
		 "\"name\":\"Wire resistance of cell 1\","
		 "\"state_topic\":\"jk/bms_1/settings\","
		 "\"value_template\":\"{{ value_json.connection_wire_resistance_1 }}\","
		 "\"unit_of_measurement\":\"\xCE\xA9\",\"entity_category\":\"diagnostic\","
		 "\"enabled_by_default\":false"},
		{"charging_switch", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"unique_id\":\"jk_bms_1_charging_switch\","
		 "\"default_entity_id\":\"binary_sensor.jk_bms_1_charging_switch\","
		 "\"name\":\"Charging switch\",\"state_topic\":\"jk/bms_1/settings\","
		 "\"value_template\":\"{{ {true: 'ON', false: 'OFF'}.get(value_json.charging_switch) }}\","
		 "\"icon\":\"mdi:battery-charging-50\""},
		{"charging_switch", SHAPE_MEMBER, ROLE_COMMAND, false,
		 "\"unique_id\":\"jk_bms_1_charging_switch\","
		 "\"default_entity_id\":\"switch.jk_bms_1_charging_switch\","
		 "\"name\":\"Charging switch\",\"state_topic\":\"jk/bms_1/settings\","
		 "\"value_template\":\"{{ {true: 'ON', false: 'OFF'}.get(value_json.charging_switch) }}\","
		 "\"icon\":\"mdi:battery-charging-50\","
		 "\"command_topic\":\"jk/bms_1/set/charging_switch\",\"qos\":1"},
		{"lcd_buzzer_trigger", SHAPE_MEMBER, ROLE_COMMAND, false,
		 "\"unique_id\":\"jk_bms_1_lcd_buzzer_trigger\","
		 "\"default_entity_id\":\"select.jk_bms_1_lcd_buzzer_trigger\","
		 "\"name\":\"LCD buzzer trigger\",\"state_topic\":\"jk/bms_1/about\","
		 "\"value_template\":\"{{ none if value_json.lcd_buzzer_trigger_text == 'Unknown' else "
		 "value_json.lcd_buzzer_trigger_text }}\","
		 "\"entity_category\":\"config\","
		 "\"options\":[\"Off\",\"Low SOC\",\"Battery over-voltage\",\"Battery under-voltage\",\"Cell "
		 "over-voltage\",\"Cell under-voltage\",\"Charge over-current\",\"Discharge "
		 "over-current\",\"Battery over-temperature\",\"MOSFET over-temperature\",\"System "
		 "alarm\",\"Battery low temperature\",\"Remote control\",\"Above SOC\",\"MOSFET abnormal\"],"
		 "\"enabled_by_default\":false,"
		 "\"command_topic\":\"jk/bms_1/set/lcd_buzzer_trigger\",\"qos\":1"},
		{"lcd_buzzer_trigger", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"unique_id\":\"jk_bms_1_lcd_buzzer_trigger\","
		 "\"default_entity_id\":\"sensor.jk_bms_1_lcd_buzzer_trigger\","
		 "\"name\":\"LCD buzzer trigger\",\"state_topic\":\"jk/bms_1/about\","
		 "\"value_template\":\"{{ value_json.lcd_buzzer_trigger_text }}\","
		 "\"device_class\":\"enum\",\"entity_category\":\"diagnostic\","
		 "\"options\":[\"Off\",\"Low SOC\",\"Battery over-voltage\",\"Battery under-voltage\",\"Cell "
		 "over-voltage\",\"Cell under-voltage\",\"Charge over-current\",\"Discharge "
		 "over-current\",\"Battery over-temperature\",\"MOSFET over-temperature\",\"System "
		 "alarm\",\"Battery low temperature\",\"Remote control\",\"Above SOC\",\"MOSFET "
		 "abnormal\",\"Unknown\"],"
		 "\"enabled_by_default\":false"},
		{"online_status", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"unique_id\":\"jk_bms_1_online_status\","
		 "\"default_entity_id\":\"binary_sensor.jk_bms_1_online_status\","
		 "\"name\":\"Online\",\"state_topic\":\"jk/bms_1/availability\","
		 "\"availability\":[{\"topic\":\"jk/status\"}],"
		 "\"availability_mode\":\"all\",\"payload_on\":\"online\","
		 "\"payload_off\":\"offline\",\"device_class\":\"connectivity\","
		 "\"entity_category\":\"diagnostic\""},
		{"setting", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"unique_id\":\"jk_bms_1_setting\",\"default_entity_id\":\"event.jk_bms_1_setting\","
		 "\"name\":\"Setting\",\"state_topic\":\"jk/bms_1/result/+\","
		 "\"value_template\":\"{{ {'event_type': {'busy': 'rejected', 'listening-only': 'rejected', "
		 "'unknown': 'timeout'}.get(value_json.result, value_json.result), 'key': value_json.key, "
		 "'value': value_json.value, 'reason': value_json.why} | to_json }}\","
		 "\"entity_category\":\"diagnostic\",\"icon\":\"mdi:cog-sync\","
		 "\"event_types\":[\"confirmed\",\"rejected\",\"refused\",\"mismatch\",\"timeout\"]"},
		{"global_alarm_severity", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"unique_id\":\"jk_bms_1_global_alarm_severity\","
		 "\"default_entity_id\":\"sensor.jk_bms_1_global_alarm_severity\","
		 "\"name\":\"Worst battery alarm\",\"state_topic\":\"jk/bridge\","
		 "\"value_template\":\"{{ value_json.global_alarm_severity or 'none' }}\","
		 "\"device_class\":\"enum\",\"icon\":\"mdi:alert-circle-outline\","
		 "\"options\":[\"none\",\"warning\",\"alarm\",\"critical\"]"},
		{"alarm_wire_resistance", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"unique_id\":\"jk_bms_1_alarm_wire_resistance\","
		 "\"default_entity_id\":\"binary_sensor.jk_bms_1_alarm_wire_resistance\","
		 "\"name\":\"Balance wire resistance too high\","
		 "\"state_topic\":\"jk/bms_1/alarms\","
		 "\"value_template\":\"{{ 'ON' if 'wire_resistance' in value_json.alarms | default([], true) "
		 "| map(attribute='key') | list else 'OFF' }}\","
		 "\"device_class\":\"problem\",\"entity_category\":\"diagnostic\","
		 "\"enabled_by_default\":false"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_assert_str_eq(put(cases[i].key, cases[i].shape, cases[i].role, cases[i].by_itself),
				 cases[i].expected);
}
END_TEST

/* With --every-change the state has all digits, in the message that comes most often, of more entities. */
START_TEST(every_change_of_all)
{
	const char *cell = put_by(&every_change, "cell_voltage_2", SHAPE_ARRAY, ROLE_SENSOR, false);
	ck_assert_ptr_null(strstr(cell, "state_topic"));
	const char *voltage = put_by(&every_change, "total_voltage", SHAPE_MEMBER, ROLE_SENSOR, true);
	ck_assert_ptr_nonnull(strstr(voltage, "\"{{ value_json.total_voltage }}\""));
	ck_assert_ptr_nonnull(strstr(voltage, "jk/bms_1/live"));
	static const char *const keys[][2] = {{"charging_power", "live"},
					      {"average_cell_voltage", "live"},
					      {"total_runtime", "clocks"},
					      {"charge_status_time_elapsed", "clocks"}};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		char topic[80];
		snprintf(topic, sizeof topic, "\"state_topic\":\"jk/bms_1/%s\"", keys[i][1]);
		const char *text = put(keys[i][0], SHAPE_MEMBER, ROLE_SENSOR, true);
		ck_assert_ptr_nonnull(strstr(text, "\"enabled_by_default\":false"));
		ck_assert_msg(strstr(text, topic), "%s", text);
		text = put_by(&every_change, keys[i][0], SHAPE_MEMBER, ROLE_SENSOR, true);
		ck_assert_ptr_null(strstr(text, "enabled_by_default"));
		ck_assert_ptr_nonnull(strstr(text, "jk/bms_1/live"));
	}
	/* What is off for another reason stays so. */
	ck_assert_ptr_nonnull(strstr(put_by(&every_change, "uptime", SHAPE_MEMBER, ROLE_SENSOR, false),
				     "\"enabled_by_default\":false"));
}
END_TEST

/* The label is for people; without an about record there is nothing to tell of the hardware. */
START_TEST(devices)
{
	static char text[1024];
	static const char origin[] = ",\"origin\":{\"name\":\"jk-mqtt\",\"sw_version\":\"" JK_VERSION "\"}";
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	struct device north = {.name = "north", .named = true};
	char expected[1024];
	discovery_entity_device(&t, &options, &north);
	snprintf(expected, sizeof expected, "%s%s",
		 "\"device\":{\"identifiers\":[\"jk_north\"],\"name\":\"north\","
		 "\"manufacturer\":\"JiKong\",\"via_device\":\"jk_bridge\"}",
		 origin);
	ck_assert_str_eq(text, expected);
	t.size = 0;
	memset(text, 0, sizeof text);
	snprintf(north.label, sizeof north.label, "%s", "N");
	snprintf(north.announcement.model, sizeof north.announcement.model, "%s", "JK_PB2A16S20P");
	snprintf(north.announcement.hardware, sizeof north.announcement.hardware, "%s", "15A");
	snprintf(north.announcement.software, sizeof north.announcement.software, "%s", "15.41");
	snprintf(north.announcement.serial, sizeof north.announcement.serial, "%s", "1");
	discovery_entity_device(&t, &options, &north);
	snprintf(expected, sizeof expected, "%s%s",
		 "\"device\":{\"identifiers\":[\"jk_north\"],\"name\":\"N\","
		 "\"manufacturer\":\"JiKong\",\"model\":\"JK_PB2A16S20P\",\"hw_version\":\"15A\","
		 "\"sw_version\":\"15.41\",\"serial_number\":\"1\",\"via_device\":\"jk_bridge\"}",
		 origin);
	ck_assert_str_eq(text, expected);
}
END_TEST

/* A retained message may have any number of components: memory for them is bounded. */
START_TEST(retained_components_are_bounded)
{
	struct announcement a = {0};
	char key[32], id[64];
	for (int i = 0; i < 1000; i++) {
		struct json_object *message = json_tokener_parse("{\"origin\":{\"name\":\"jk-mqtt\"}}");
		snprintf(key, sizeof key, "old_%d", i);
		snprintf(id, sizeof id, "jk_bms_1_old_%d", i);
		json_object_object_add(message, "unique_id", json_object_new_string(id));
		ck_assert_ptr_null(retained_component(&a, key, "sensor", message));
		json_object_put(message);
		int kept = i + 1 < 2 * ENTITIES_MAX ? i + 1 : 2 * ENTITIES_MAX;
		ck_assert_int_eq(json_object_object_length(a.retained), kept);
	}
	retained_forget(&a);
	ck_assert_ptr_null(a.retained);
}
END_TEST

UNIT_RUN("discovery", entities_of_each_kind, every_change_of_all, devices, retained_components_are_bounded)
