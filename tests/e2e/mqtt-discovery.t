#!/bin/sh
# What Home Assistant is told: by the rules of its own, listed in discovery.pl; when; and what is taken away
# again.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

# The rules themselves.
ok "valid messages are accepted" tests/e2e/discovery.pl payload tests/e2e/discovery/sound.json \
	tests/e2e/discovery/states
wrong=0
for file in tests/e2e/discovery/*.json; do
	fault=$(basename "$file" .json)
	[ "$fault" = sound ] && continue
	wrong=$((wrong + 1))
	run tests/e2e/discovery.pl payload "$file" tests/e2e/discovery/states
	ok "refused: $fault" sh -c "[ $status = 1 ] && head -n 1 '$dir/out' | grep -q '^$fault: '"
done
ok "ten of them and more" test $wrong -ge 10

plain_broker
recorder "$dir/seen"
feed
mqtt -i 0 "$broker_name:$broker_port"
live 1 1 >&9
ok "with the first live record" seen "^$config 1 1 \{"
sound "live alone"
ok "sixteen cells" equals "$(discovered |
	jq '[.components | keys[] | select(startswith("cell_voltage_"))] | length')" 16
ok "nothing of settings" equals "$(component smart_sleep_voltage)" null
ok "both availabilities count" equals "$(discovered |
	jq -c '[.availability[].topic, .availability_mode]')" '["jk/status","jk/bms_1/availability","all"]'
ok "the connectivity sensor follows the bridge alone" equals \
	"$(component online_status | jq -c '[.availability[].topic, .state_topic]')" \
	'["jk/status","jk/bms_1/availability"]'
ok "an alarm: its names" equals \
	"$(component alarm_cell_overvoltage | jq -c '[.unique_id, .state_topic]')" \
	'["jk_bms_1_alarm_cell_overvoltage","jk/bms_1/alarms"]'
ok "an alarm: on while it is in the list" equals \
	"$(component alarm_cell_overvoltage | jq -r .value_template)" \
	"{{'ON' if '\"key\":\"cell_overvoltage\"' in value else 'OFF'}}"
ok "one for each alarm of the table" equals "$(discovered |
	jq -r '.components | to_entries[] | select(.value.state_topic == "jk/bms_1/alarms").key' | sort)" \
	"$(echo "$alarm_keys" | sed 's/^/alarm_/' | sort)"
ok "their list is retained, before they are announced" sh -c "
	a=\$(grep -n '^jk/bms_1/alarms 1 1 {\"count\":0,\"alarms\":\[\]}' '$dir/seen' | head -n 1 |
		cut -d: -f1)
	d=\$(grep -n '^$config ' '$dir/seen' | head -n 1 | cut -d: -f1)
	[ \$a -lt \$d ]"
ok "the clock of the BMS has no zone: a plain text, disabled" equals \
	"$(component rtc | jq -c '[.platform, .device_class, .state_class, .unit_of_measurement,
		.enabled_by_default, .value_template]')" \
	'["sensor",null,null,null,false,"{{value_json.rtc}}"]'
ok "an origin" equals "$(discovered | jq -r .origin.name)" jk-mqtt
ok "no model yet" equals "$(discovered | jq -c .device.model)" null
about 1 >&9
settings 1 >&9
ok "again when more is known" seen "^$config 1 1 .*\"mdl\":\"JK_PB2A16S15P\".*\"smart_sleep_voltage\":"
sound "all three"
ok "the device block" equals "$(discovered |
	jq -c '.device | [.name, .sw_version, .hw_version, .serial_number, .identifiers[0]]')" \
	'["JK BMS 1","14.20","14.XA","3101188A001","jk_bms_1"]'
ok "without -c a setting is a sensor" equals "$(component smart_sleep_voltage |
	jq -c '[.platform, .entity_category, .command_topic]')" '["sensor","diagnostic",null]'
ok "a switch is a binary_sensor" equals "$(component charging_switch | jq -r .platform)" binary_sensor
ok "a select is a sensor with options" equals "$(component lcd_buzzer_trigger |
	jq -c '[.platform, .device_class, .options[1]]')" '["sensor","enum","Low SOC"]'
ok "firmware 14 has no heating start" equals "$(component heating_start_temperature)" null
ok "no passcode anywhere" lacks -i 'passcode' "$dir/seen"

# Home Assistant starts.
before=$(grep -c "^$config " "$dir/seen")
publish -t homeassistant/status -m online
ok "again when Home Assistant starts" wait_for sh -c "[ \$(grep -c '^$config ' '$dir/seen') -gt $before ]"
ok "the bridge too" wait_for sh -c \
	"[ \$(grep -c '^homeassistant/device/jk_bridge/config ' '$dir/seen') -ge 2 ]"

# Fewer cells.
settled eight_cells >&9
ok "cells that are gone are taken away" seen "^$config 1 1 .*\"cell_voltage_9\":\{\"p\":\"sensor\"\}"
ok "the others stay" sh -c "grep '^$config ' '$dir/seen' | grep 'cell_voltage_9\":{\"p\":\"sensor\"}' |
	grep -q '\"uniq_id\":\"jk_bms_1_cell_voltage_8\"'"
ok "until then they have no value" sh -c "
	d=\$(grep -nE '^$config .*\"cell_voltage_9\":\{\"p\":\"sensor\"\}' '$dir/seen' | head -n 1 |
		cut -d: -f1)
	head -n \$d '$dir/seen' | grep '^jk/bms_1/live .*\"cells_enabled_bitmask\":255,' | tail -n 1 |
		cut -d' ' -f4- |
		jq -ne 'input | (.cell_voltages | length) == 16 and .cell_voltages[7] > 3 and
			.cell_voltages[8:] == [range(8) | null]'"
ok "and once more without them" wait_for last_lacks "$config " cell_voltage_9
sound "eight cells"
settled live 1 3 >&9
ok "sixteen again" wait_for sh -c "grep '^$config ' '$dir/seen' | tail -n 1 |
	grep -q '\"uniq_id\":\"jk_bms_1_cell_voltage_16\"'"
kill $mqtt
wait $mqtt

# A new run, with eight cells: what the broker keeps of the earlier run is taken away when all records have
# come.
mqtt -i 0 "$broker_name:$broker_port"
settled eight_cells >&9
ok "a new run: all of the earlier one is told of on" wait_for sh -c \
	"grep '^$config ' '$dir/seen' | tail -n 1 | grep '\"uniq_id\":\"jk_bms_1_cell_voltage_16\"' |
	grep -q 'value_json.smart_sleep_voltage'"
ok "with what was known of the device" equals "$(discovered | jq -r .device.model)" JK_PB2A16S15P
settings 1 >&9
about 1 >&9
ok "all records have come: cells that are gone are taken away" wait_for sh -c \
	"grep '^$config ' '$dir/seen' | tail -n 1 | grep -q '\"cell_voltage_9\":{\"p\":\"sensor\"}'"
ok "once more without" wait_for last_lacks "$config " cell_voltage_9
sound "a new run"

# Labels and areas are texts for people; records of a pack may have them later.
live 2 1 | named north >&9
north=homeassistant/device/jk_north/config
ok "a pack with a name: that is the device's" seen "^$north 1 1 .*\"name\":\"north\""
ok "without an area" equals "$(discovered $north | jq -c .device.suggested_area)" null
live 2 2 | named north 'Größe \\"1\\"\",\"area\":\"Süd \\"2\\"' >&9
ok "a label and an area" seen "^$north 1 1 .*\"sa\":"
ok "as they are in the record" \
	equals "$(discovered $north | jq -r '.device | .name, .suggested_area')" 'Größe "1"
Süd "2"'
ok "the area is in no state" lacks '^jk/north/[a-z]* .*"area"' "$dir/seen"
sound "a label and an area"
end_of_feed
wait $mqtt
ok "exit 0" equals $? 0
done_testing
