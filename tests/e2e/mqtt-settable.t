#!/bin/sh
# What Home Assistant is told of settings, with commands.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

mqtt_with_commands
ok "-c: settings can be set" seen "^$config 1 1 .*\"smart_sleep_voltage_set\":"
ok "those that need the firmware, too" seen "^$config 1 1 .*\"lcd_buzzer_trigger_set\":"
sound "with commands"
ok "a number has the table's bounds" equals "$(component smart_sleep_voltage_set |
	jq -c '[.platform, .min, .max, .step, .mode, .command_topic, .state_topic, .entity_category]')" \
	'["number",0.003,4.35,0.001,"box","jk/bms_1/set/smart_sleep_voltage","jk/bms_1/settings","config"]'
ok "every number has them" equals "$(discovered |
	jq '[.components[] | select(.platform == "number") | .min, .max, .step | select(. == null)] |
		length')" 0
ok "a switch" equals "$(component charging_switch_set | jq -c '[.platform, .command_topic]')" \
	'["switch","jk/bms_1/set/charging_switch"]'
ok "a select" equals "$(component lcd_buzzer_trigger_set |
	jq -c '[.platform, .options[1], (.options | index("Unknown"))]')" '["select","Low SOC",null]'
ok "what is dangerous stays a sensor" equals "$(component discharging_switch |
	jq -r .platform) $(component discharging_switch_set)" "binary_sensor null"
ok "an event for the results of all settings" equals "$(component setting |
	jq -c '[.platform, .name, .state_topic, .enabled_by_default, .event_types]')" \
	'["event","Setting","jk/bms_1/result/+",null,["confirmed","rejected","refused","mismatch","timeout"]]'
component setting >"$dir/setting"
for result in $(sed -n '/RESULT_[A-Z_]*\] = "/p' jk-write/command.c | grep -o '"[a-z-]*"' | tr -d '"'); do
	case $result in valid | none) continue ;; esac # which no command has
	ok "$result is one of them, or becomes one" grep -q "[\"']${result}[\"']" "$dir/setting"
done
for key in cell_count device_address short_circuit_protection_delay multiplexed_port_mode uart1_protocol; do
	ok "$key too" sh -c \
		"[ '$(component "$key" | jq -r .command_topic)' = null ] &&
			[ '$(component "${key}_set")' = null ]"
done
ok "no command is retained" equals "$(discovered | jq '[.components[] | select(.retain)] | length')" 0
event null mode "listen master" >&9
ok "another master for a while" seen '^jk/link/bus 1 1 .*"mode_reason":"master"'
event null mode "listen passive" >&9
ok "listening: they are sensors, and the others are taken away" seen \
	"^$config 1 1 .*\"smart_sleep_voltage_set\":\{\"p\":\"number\"\}"
ok "not so for another master" sh -c "
	m=\$(grep -n '^jk/link/bus .*passive' '$dir/seen' | head -n 1 | cut -d: -f1)
	d=\$(grep -n '^$config .*_voltage_set\":{\"p\":\"number\"}' '$dir/seen' | head -n 1 |
		cut -d: -f1)
	[ \$m -lt \$d ]"
ok "once more without" wait_for last_lacks "$config " smart_sleep_voltage_set
sound "listening"
ok "nor an event" equals "$(component setting)" null
ok "a sensor" equals "$(component smart_sleep_voltage | jq -r .platform)" sensor
event null mode poll >&9
ok "polling again: they can be set" wait_for sh -c "grep '^$config ' '$dir/seen' | tail -n 1 |
	grep -q '\"smart_sleep_voltage_set\":{\"p\":\"number\",\"uniq_id\"'"
sound "polling again"
end_of_feed
wait $mqtt
ok "exit 0" equals $? 0
done_testing
