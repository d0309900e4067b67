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
		 "\"uniq_id\":\"jk_bms_1_total_voltage\","
		 "\"def_ent_id\":\"sensor.jk_bms_1_total_voltage\","
		 "\"name\":\"Total voltage\","
		 "\"val_tpl\":\"{%set v=value_json.total_voltage%}{{none if v is not number else "
		 "this.state if (v-this.state|float(9999))|abs<0.0195 else v|round(2)}}\","
		 "\"dev_cla\":\"voltage\",\"stat_cla\":\"measurement\","
		 "\"unit_of_meas\":\"V\",\"sug_dsp_prc\":2"},
		{"total_voltage", SHAPE_MEMBER, ROLE_SENSOR, true,
		 "\"uniq_id\":\"jk_bms_1_total_voltage\","
		 "\"def_ent_id\":\"sensor.jk_bms_1_total_voltage\","
		 "\"name\":\"Total voltage\",\"stat_t\":\"jk/bms_1/live\","
		 "\"val_tpl\":\"{%set v=value_json.total_voltage%}{{none if v is not number else "
		 "this.state if (v-this.state|float(9999))|abs<0.0195 else v|round(2)}}\","
		 "\"dev_cla\":\"voltage\",\"stat_cla\":\"measurement\","
		 "\"unit_of_meas\":\"V\",\"sug_dsp_prc\":2"},
		{"cell_voltage_2", SHAPE_ARRAY, ROLE_SENSOR, false,
		 "\"uniq_id\":\"jk_bms_1_cell_voltage_2\","
		 "\"def_ent_id\":\"sensor.jk_bms_1_cell_voltage_2\","
		 "\"name\":\"Cell voltage 2\",\"stat_t\":\"jk/bms_1/cells\","
		 "\"val_tpl\":\"{{value_json.cell_voltages[1]}}\","
		 "\"dev_cla\":\"voltage\",\"stat_cla\":\"measurement\","
		 "\"unit_of_meas\":\"V\",\"sug_dsp_prc\":3"},
		{"state_of_charge", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"uniq_id\":\"jk_bms_1_state_of_charge\","
		 "\"def_ent_id\":\"sensor.jk_bms_1_state_of_charge\","
		 "\"name\":\"State of charge\","
		 "\"val_tpl\":\"{{value_json.state_of_charge}}\","
		 "\"dev_cla\":\"battery\",\"stat_cla\":\"measurement\","
		 "\"unit_of_meas\":\"%\",\"sug_dsp_prc\":0"},
		{"balancing", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"uniq_id\":\"jk_bms_1_balancing\","
		 "\"def_ent_id\":\"binary_sensor.jk_bms_1_balancing\","
		 "\"name\":\"Balancing\","
		 "\"val_tpl\":\"{{{true:'ON',false:'OFF'}.get(value_json.balancing)}}\","
		 "\"ic\":\"mdi:battery-heart-variant\""},
		{"balancer_status", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"uniq_id\":\"jk_bms_1_balancer_status\","
		 "\"def_ent_id\":\"sensor.jk_bms_1_balancer_status\","
		 "\"name\":\"Balancer status\","
		 "\"val_tpl\":\"{{value_json.balancer_status}}\","
		 "\"dev_cla\":\"enum\",\"ic\":\"mdi:heart-pulse\","
		 "\"ops\":[\"Off\",\"Charging\",\"Discharging\",\"Unknown\"]"},
		{"errors", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"uniq_id\":\"jk_bms_1_errors\","
		 "\"def_ent_id\":\"sensor.jk_bms_1_errors\",\"name\":\"Errors\","
		 "\"val_tpl\":\"{{value_json.errors[:255]}}\","
		 "\"ent_cat\":\"diagnostic\","
		 "\"ic\":\"mdi:alert-circle-outline\""},
		{"power_on_count", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"uniq_id\":\"jk_bms_1_power_on_count\","
		 "\"def_ent_id\":\"sensor.jk_bms_1_power_on_count\","
		 "\"name\":\"Power-on count\",\"stat_t\":\"jk/bms_1/about\","
		 "\"val_tpl\":\"{{value_json.power_on_count}}\","
		 "\"stat_cla\":\"total_increasing\","
		 "\"sug_dsp_prc\":0,"
		 "\"ent_cat\":\"diagnostic\",\"ic\":\"mdi:counter\""},
		{"balance_trigger_voltage", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"uniq_id\":\"jk_bms_1_balance_trigger_voltage\","
		 "\"def_ent_id\":\"sensor.jk_bms_1_balance_trigger_voltage\","
		 "\"name\":\"Balancing trigger voltage\","
		 "\"stat_t\":\"jk/bms_1/settings\","
		 "\"val_tpl\":\"{{value_json.balance_trigger_voltage}}\","
		 "\"dev_cla\":\"voltage\",\"unit_of_meas\":\"V\","
		 "\"ent_cat\":\"diagnostic\""},
		{"balance_trigger_voltage", SHAPE_MEMBER, ROLE_COMMAND, false,
		 "\"uniq_id\":\"jk_bms_1_balance_trigger_voltage\","
		 "\"def_ent_id\":\"number.jk_bms_1_balance_trigger_voltage\","
		 "\"name\":\"Balancing trigger voltage\","
		 "\"stat_t\":\"jk/bms_1/settings\","
		 "\"val_tpl\":\"{%set v=value_json.balance_trigger_voltage%}{{v if v is number "
		 "and 0.003<=v<=1.0 else none}}\","
		 "\"dev_cla\":\"voltage\",\"unit_of_meas\":\"V\","
		 "\"ent_cat\":\"config\","
		 "\"cmd_t\":\"jk/bms_1/set/balance_trigger_voltage\","
		 "\"qos\":1,\"min\":0.003,\"max\":1.0,\"step\":0.001,\"mode\":\"box\""},
		{"connection_wire_resistance_1", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"uniq_id\":\"jk_bms_1_connection_wire_resistance_1\","
		 "\"def_ent_id\":\"sensor.jk_bms_1_connection_wire_resistance_1\","
		 "\"name\":\"Wire resistance of cell 1\","
		 "\"stat_t\":\"jk/bms_1/settings\","
		 "\"val_tpl\":\"{{value_json.connection_wire_resistance_1}}\","
		 "\"unit_of_meas\":\"\xCE\xA9\",\"ent_cat\":\"diagnostic\","
		 "\"en\":false"},
		{"charging_switch", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"uniq_id\":\"jk_bms_1_charging_switch\","
		 "\"def_ent_id\":\"binary_sensor.jk_bms_1_charging_switch\","
		 "\"name\":\"Charging switch\",\"stat_t\":\"jk/bms_1/settings\","
		 "\"val_tpl\":\"{{{true:'ON',false:'OFF'}.get(value_json.charging_switch)}}\","
		 "\"ic\":\"mdi:battery-charging-50\""},
		{"charging_switch", SHAPE_MEMBER, ROLE_COMMAND, false,
		 "\"uniq_id\":\"jk_bms_1_charging_switch\","
		 "\"def_ent_id\":\"switch.jk_bms_1_charging_switch\","
		 "\"name\":\"Charging switch\",\"stat_t\":\"jk/bms_1/settings\","
		 "\"val_tpl\":\"{{{true:'ON',false:'OFF'}.get(value_json.charging_switch)}}\","
		 "\"ic\":\"mdi:battery-charging-50\","
		 "\"cmd_t\":\"jk/bms_1/set/charging_switch\",\"qos\":1"},
		{"lcd_buzzer_trigger", SHAPE_MEMBER, ROLE_COMMAND, false,
		 "\"uniq_id\":\"jk_bms_1_lcd_buzzer_trigger\","
		 "\"def_ent_id\":\"select.jk_bms_1_lcd_buzzer_trigger\","
		 "\"name\":\"LCD buzzer trigger\",\"stat_t\":\"jk/bms_1/about\","
		 "\"val_tpl\":\"{{none if value_json.lcd_buzzer_trigger_text=='Unknown' else "
		 "value_json.lcd_buzzer_trigger_text}}\","
		 "\"ent_cat\":\"config\","
		 "\"ops\":[\"Off\",\"Low SOC\",\"Battery over-voltage\",\"Battery under-voltage\",\"Cell "
		 "over-voltage\",\"Cell under-voltage\",\"Charge over-current\",\"Discharge "
		 "over-current\",\"Battery over-temperature\",\"MOSFET over-temperature\",\"System "
		 "alarm\",\"Battery low temperature\",\"Remote control\",\"Above SOC\",\"MOSFET abnormal\"],"
		 "\"en\":false,"
		 "\"cmd_t\":\"jk/bms_1/set/lcd_buzzer_trigger\",\"qos\":1"},
		{"lcd_buzzer_trigger", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"uniq_id\":\"jk_bms_1_lcd_buzzer_trigger\","
		 "\"def_ent_id\":\"sensor.jk_bms_1_lcd_buzzer_trigger\","
		 "\"name\":\"LCD buzzer trigger\",\"stat_t\":\"jk/bms_1/about\","
		 "\"val_tpl\":\"{{value_json.lcd_buzzer_trigger_text}}\","
		 "\"dev_cla\":\"enum\",\"ent_cat\":\"diagnostic\","
		 "\"ops\":[\"Off\",\"Low SOC\",\"Battery over-voltage\",\"Battery under-voltage\",\"Cell "
		 "over-voltage\",\"Cell under-voltage\",\"Charge over-current\",\"Discharge "
		 "over-current\",\"Battery over-temperature\",\"MOSFET over-temperature\",\"System "
		 "alarm\",\"Battery low temperature\",\"Remote control\",\"Above SOC\",\"MOSFET "
		 "abnormal\",\"Unknown\"],"
		 "\"en\":false"},
		{"online_status", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"uniq_id\":\"jk_bms_1_online_status\","
		 "\"def_ent_id\":\"binary_sensor.jk_bms_1_online_status\","
		 "\"name\":\"Online\",\"stat_t\":\"jk/bms_1/availability\","
		 "\"avty\":[{\"t\":\"jk/status\"}],"
		 "\"avty_mode\":\"all\",\"pl_on\":\"online\","
		 "\"pl_off\":\"offline\",\"dev_cla\":\"connectivity\","
		 "\"ent_cat\":\"diagnostic\""},
		{"setting", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"uniq_id\":\"jk_bms_1_setting\",\"def_ent_id\":\"event.jk_bms_1_setting\","
		 "\"name\":\"Setting\",\"stat_t\":\"jk/bms_1/result/+\","
		 "\"val_tpl\":\"{{ {'event_type': {'busy': 'rejected', 'listening-only': 'rejected', "
		 "'unknown': 'timeout'}.get(value_json.result, value_json.result), 'key': value_json.key, "
		 "'value': value_json.value, 'reason': value_json.why} | to_json }}\","
		 "\"ent_cat\":\"diagnostic\",\"ic\":\"mdi:cog-sync\","
		 "\"evt_typ\":[\"confirmed\",\"rejected\",\"refused\",\"mismatch\",\"timeout\"]"},
		{"global_alarm_severity", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"uniq_id\":\"jk_bms_1_global_alarm_severity\","
		 "\"def_ent_id\":\"sensor.jk_bms_1_global_alarm_severity\","
		 "\"name\":\"Worst battery alarm\",\"stat_t\":\"jk/bridge\","
		 "\"val_tpl\":\"{{ value_json.global_alarm_severity or 'none' }}\","
		 "\"dev_cla\":\"enum\",\"ic\":\"mdi:alert-circle-outline\","
		 "\"ops\":[\"none\",\"warning\",\"alarm\",\"critical\"]"},
		{"alarm_wire_resistance", SHAPE_MEMBER, ROLE_SENSOR, false,
		 "\"uniq_id\":\"jk_bms_1_alarm_wire_resistance\","
		 "\"def_ent_id\":\"binary_sensor.jk_bms_1_alarm_wire_resistance\","
		 "\"name\":\"Balance wire resistance too high\","
		 "\"stat_t\":\"jk/bms_1/alarms\","
		 "\"val_tpl\":\"{{'ON' if '\\\"key\\\":\\\"wire_resistance\\\"' in value else 'OFF'}}\","
		 "\"dev_cla\":\"problem\",\"ent_cat\":\"diagnostic\","
		 "\"en\":false"},
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
	ck_assert_ptr_null(strstr(cell, "stat_t"));
	const char *voltage = put_by(&every_change, "total_voltage", SHAPE_MEMBER, ROLE_SENSOR, true);
	ck_assert_ptr_nonnull(strstr(voltage, "\"{{value_json.total_voltage}}\""));
	ck_assert_ptr_nonnull(strstr(voltage, "jk/bms_1/live"));
	static const char *const keys[][2] = {{"charging_power", "live"},
					      {"average_cell_voltage", "live"},
					      {"total_runtime", "clocks"},
					      {"charge_status_time_elapsed", "clocks"}};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		char topic[80];
		snprintf(topic, sizeof topic, "\"stat_t\":\"jk/bms_1/%s\"", keys[i][1]);
		const char *text = put(keys[i][0], SHAPE_MEMBER, ROLE_SENSOR, true);
		ck_assert_ptr_nonnull(strstr(text, "\"en\":false"));
		ck_assert_msg(strstr(text, topic), "%s", text);
		text = put_by(&every_change, keys[i][0], SHAPE_MEMBER, ROLE_SENSOR, true);
		ck_assert_ptr_null(strstr(text, "enabled_by_default"));
		ck_assert_ptr_nonnull(strstr(text, "jk/bms_1/live"));
	}
	/* What is off for another reason stays so. */
	ck_assert_ptr_nonnull(
		strstr(put_by(&every_change, "uptime", SHAPE_MEMBER, ROLE_SENSOR, false), "\"en\":false"));
}
END_TEST

/* The label is for people; without an about record there is nothing to tell of the hardware. */
START_TEST(devices)
{
	static char text[1024];
	static const char origin[] = ",\"o\":{\"name\":\"jk-mqtt\",\"sw\":\"" JK_VERSION "\"}";
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	struct device north = {.name = "north", .named = true};
	char expected[1024];
	discovery_entity_device(&t, &options, &north);
	snprintf(expected, sizeof expected, "%s%s",
		 "\"dev\":{\"ids\":[\"jk_north\"],\"name\":\"north\","
		 "\"mf\":\"JiKong\",\"via_device\":\"jk_bridge\"}",
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
		 "\"dev\":{\"ids\":[\"jk_north\"],\"name\":\"N\","
		 "\"mf\":\"JiKong\",\"mdl\":\"JK_PB2A16S20P\",\"hw\":\"15A\","
		 "\"sw\":\"15.41\",\"sn\":\"1\",\"via_device\":\"jk_bridge\"}",
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
