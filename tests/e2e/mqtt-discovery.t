#!/bin/sh
# What Home Assistant is told: by the rules of its own, listed in discovery.pl; when; and what is taken away again.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

# The rules themselves.
ok "sound messages are accepted" tests/e2e/discovery.pl payload tests/e2e/discovery/sound.json tests/e2e/discovery/states
wrong=0
for file in tests/e2e/discovery/*.json; do
	fault=$(basename "$file" .json)
	[ "$fault" = sound ] && continue
	wrong=$((wrong + 1))
	run tests/e2e/discovery.pl payload "$file" tests/e2e/discovery/states
	ok "refused: $fault" sh -c "[ $status = 1 ] && head -n 1 '$dir/out' | grep -q '^$fault: '"
done
ok "ten of them and more" test $wrong -ge 10

config=homeassistant/device/jk_bms_1/config
component() {
	last $config | jq -c --arg c "$1" '.components[$c]'
}
rounds() {
	grep -c "^$config " "$dir/seen"
}
sound() {
	# The messages of another form are from the part of the test before.
	grep -v "^homeassistant/${2:-nothing}/" "$dir/seen" >"$dir/seen.sound"
	ok "$1: no complaint" tests/e2e/discovery.pl recording "$dir/seen.sound"
}

plain_broker
recorder "$dir/seen"
feed
mqtt -i 0 "$broker_name:$broker_port"
live 1 1 >&9
ok "with the first live record" seen "^$config 1 1 \{"
sound "live alone"
ok "sixteen cells" equals "$(last $config | jq '[.components | keys[] | select(startswith("cell_voltage_"))] | length')" 16
ok "nothing of settings" equals "$(component smart_sleep_voltage)" null
ok "both availabilities count" equals "$(last $config | jq -c '[.availability[].topic, .availability_mode]')" '["jk/status","jk/bms_1/availability","all"]'
ok "the connectivity sensor follows the bridge alone" equals "$(component online_status | jq -c '[.availability[].topic, .state_topic]')" '["jk/status","jk/bms_1/availability"]'
ok "an alarm bit" equals "$(component alarm_cell_overvoltage | jq -r .value_template)" "{{ 'ON' if value_json.errors_bitmask | bitwise_and(16) else 'OFF' }}"
ok "an origin" equals "$(last $config | jq -r .origin.name)" jk-mqtt
ok "no model yet" equals "$(last $config | jq -c .device.model)" null
about 1 >&9
settings 1 >&9
ok "again when more is known" seen "^$config 1 1 .*\"model\":\"JK_PB2A16S15P\".*\"smart_sleep_voltage\":"
sound "all three"
ok "the device block" equals "$(last $config | jq -c '[.device.name, .device.sw_version, .device.hw_version, .device.serial_number, .device.identifiers[0]]')" '["JK BMS 1","14.20","14.XA","3101188A001","jk_bms_1"]'
ok "without -c a setting is a sensor" equals "$(component smart_sleep_voltage | jq -c '[.platform, .entity_category, .command_topic]')" '["sensor","diagnostic",null]'
ok "a switch is a binary_sensor" equals "$(component charging_switch | jq -r .platform)" binary_sensor
ok "a select is a sensor with options" equals "$(component lcd_buzzer_trigger | jq -c '[.platform, .device_class, .options[1]]')" '["sensor","enum","Low SOC"]'
ok "firmware 14 has no heating start" equals "$(component heating_start_temperature)" null
ok "no passcode anywhere" sh -c "! grep -qi passcode '$dir/seen'"

# Home Assistant starts.
before=$(rounds)
mosquitto_pub -h "$broker_name" -p "$broker_port" -t homeassistant/status -m online
ok "again when Home Assistant starts" wait_for sh -c "[ \$(grep -c '^$config ' '$dir/seen') -gt $before ]"
ok "the bridge too" wait_for sh -c "[ \$(grep -c '^homeassistant/device/jk_bridge/config ' '$dir/seen') -ge 2 ]"

# Fewer cells: live records of the golden file's second device, which has eight.
sed -n '/"bms":2,/p' tests/golden/live.records | sed -n 1p | sed 's/"bms":2,/"bms":1,/; s/ttyUSB0/bus/' >"$dir/eight"
cat "$dir/eight" >&9
ok "cells that are gone are taken away" seen "^$config 1 1 .*\"cell_voltage_9\":\{\"platform\":\"sensor\"\}"
ok "the others stay" sh -c "grep '^$config ' '$dir/seen' | grep 'cell_voltage_9\":{\"platform\":\"sensor\"}' | grep -q '\"unique_id\":\"jk_bms_1_cell_voltage_8\"'"
ok "before the state that lacks them" sh -c "
	d=\$(grep -nE '^$config .*\"cell_voltage_9\":\{\"platform\":\"sensor\"\}' '$dir/seen' | head -n 1 | cut -d: -f1)
	s=\$(grep -n '^jk/bms_1/live .*\"cells_enabled_bitmask\":255,' '$dir/seen' | head -n 1 | cut -d: -f1)
	[ \$d -lt \$s ]"
ok "and once more without them" wait_for sh -c "! grep '^$config ' '$dir/seen' | tail -n 1 | grep -q cell_voltage_9"
sound "eight cells"
live 1 3 >&9
ok "sixteen again" wait_for sh -c "grep '^$config ' '$dir/seen' | tail -n 1 | grep -q '\"unique_id\":\"jk_bms_1_cell_voltage_16\"'"
kill $mqtt
wait $mqtt

# A new run, with eight cells: what the broker keeps of the earlier run is taken away.
: >"$dir/seen"
mqtt -i 0 "$broker_name:$broker_port"
cat "$dir/eight" >&9
ok "a new run: cells of the earlier one are taken away" seen "^$config 1 1 .*\"cell_voltage_9\":\{\"platform\":\"sensor\"\}"
ok "so are its settings, which are not known yet" seen "^$config 1 1 .*\"smart_sleep_voltage\":\{\"platform\":\"sensor\"\}"
ok "once more without" wait_for sh -c "! grep '^$config ' '$dir/seen' | tail -n 1 | grep -q cell_voltage_9"
sound "a new run"
kill $mqtt
wait $mqtt

# With commands.
: >"$dir/seen"
mqtt -i 0 -c "$dir/commands" "$broker_name:$broker_port"
{
	live 1 1
	settings 1
	about 1
} >&9
ok "-c: settings can be set" seen "^$config 1 1 .*\"smart_sleep_voltage_set\":"
ok "those that need the firmware, too" seen "^$config 1 1 .*\"lcd_buzzer_trigger_set\":"
sound "with commands"
ok "a number has the table's bounds" equals "$(component smart_sleep_voltage_set | jq -c '[.platform, .min, .max, .step, .mode, .command_topic, .state_topic, .entity_category]')" \
	'["number",0.003,4.35,0.001,"box","jk/bms_1/set/smart_sleep_voltage","jk/bms_1/settings","config"]'
ok "every number has them" equals "$(last $config | jq '[.components[] | select(.platform == "number" and (.min == null or .max == null or .step == null))] | length')" 0
ok "a switch" equals "$(component charging_switch_set | jq -c '[.platform, .command_topic]')" '["switch","jk/bms_1/set/charging_switch"]'
ok "a select" equals "$(component lcd_buzzer_trigger_set | jq -c '[.platform, .options[1], (.options | index("Unknown"))]')" '["select","Low SOC",null]'
ok "what is dangerous stays a sensor" equals "$(component discharging_switch | jq -r .platform) $(component discharging_switch_set)" "binary_sensor null"
for key in cell_count device_address short_circuit_protection_delay multiplexed_port_mode uart1_protocol; do
	ok "$key too" sh -c "[ '$(component "$key" | jq -r .command_topic)' = null ] && [ '$(component "${key}_set")' = null ]"
done
ok "no command is retained" equals "$(last $config | jq '[.components[] | select(.retain)] | length')" 0
event null mode "listen master" >&9
ok "listening: they are sensors, and the others are taken away" seen "^$config 1 1 .*\"smart_sleep_voltage_set\":\{\"platform\":\"number\"\}"
ok "once more without" wait_for sh -c "! grep '^$config ' '$dir/seen' | tail -n 1 | grep -q smart_sleep_voltage_set"
sound "listening"
ok "a sensor" equals "$(component smart_sleep_voltage | jq -r .platform)" sensor
event null mode poll >&9
ok "polling again: they can be set" wait_for sh -c "grep '^$config ' '$dir/seen' | tail -n 1 | grep -q '\"smart_sleep_voltage_set\":{\"platform\":\"number\",\"unique_id\"'"
sound "polling again"
kill $mqtt
wait $mqtt

# One message an entity.
: >"$dir/seen"
mqtt -i 0 -c "$dir/commands" --discovery=component "$broker_name:$broker_port"
{
	live 1 1
	settings 1
	about 1
} >&9
ok "--discovery=component" seen '^homeassistant/sensor/jk_bms_1/total_voltage/config 1 1 \{'
ok "numbers too" seen '^homeassistant/number/jk_bms_1/smart_sleep_voltage_set/config 1 1 \{'
ok "the last of them" seen '^homeassistant/binary_sensor/jk_bms_1/alarm_gps_remote_lock/config 1 1 \{'
ok "the device's message is migrated" seen "^$config 1 1 \{\"migrate_discovery\":true\}"
ok "and emptied" seen "^$config 1 1 \$"
ok "the bridge's too" seen '^homeassistant/device/jk_bridge/config 1 1 \{"migrate_discovery":true\}'
ok "and emptied" seen '^homeassistant/device/jk_bridge/config 1 1 $'
ok "after the components were told again" sh -c "
	m=\$(grep -n '^$config 1 1 {\"migrate' '$dir/seen' | head -n 1 | cut -d: -f1)
	c=\$(grep -n '/jk_bms_1/total_voltage/config 1 1 {' '$dir/seen' | cut -d: -f1 | awk -v m=\$m '\$1 > m' | head -n 1)
	e=\$(grep -n '^$config 1 1 \$' '$dir/seen' | head -n 1 | cut -d: -f1)
	[ \$m -lt \$c ] && [ \$c -lt \$e ]"
sound "components" device
cat "$dir/eight" >&9
ok "what is gone has its message emptied" seen '^homeassistant/sensor/jk_bms_1/cell_voltage_16/config 1 1 $'
sound "components, eight cells" device
kill $mqtt
wait $mqtt
: >"$dir/seen"
mqtt -i 0 "$broker_name:$broker_port"
live 1 9 >&9
ok "back to one message: components are migrated" seen '^homeassistant/sensor/jk_bms_1/total_voltage/config 1 1 \{"migrate_discovery":true\}'
ok "and emptied" seen '^homeassistant/sensor/jk_bms_1/total_voltage/config 1 1 $'
ok "the device's message came between" sh -c "
	e=\$(grep -n '/total_voltage/config 1 1 \$' '$dir/seen' | head -n 1 | cut -d: -f1)
	m=\$(grep -n '/total_voltage/config 1 1 {\"migrate' '$dir/seen' | head -n 1 | cut -d: -f1)
	d=\$(grep -n '^$config 1 1 {' '$dir/seen' | cut -d: -f1 | awk -v m=\$m '\$1 > m' | head -n 1)
	[ \$m -lt \$d ] && [ \$d -lt \$e ]"
ok "the bridge's too" wait_for grep -q '^homeassistant/binary_sensor/jk_bridge/global_alarm/config 1 1 {"migrate' "$dir/seen"
ok "and emptied" wait_for grep -q '^homeassistant/binary_sensor/jk_bridge/global_alarm/config 1 1 $' "$dir/seen"
ok "its message came between" sh -c "
	e=\$(grep -n '/global_alarm/config 1 1 \$' '$dir/seen' | head -n 1 | cut -d: -f1)
	m=\$(grep -n '/global_alarm/config 1 1 {\"migrate' '$dir/seen' | head -n 1 | cut -d: -f1)
	d=\$(grep -n '^homeassistant/device/jk_bridge/config 1 1 {' '$dir/seen' | cut -d: -f1 | awk -v m=\$m '\$1 > m' | head -n 1)
	[ \$m -lt \$d ] && [ \$d -lt \$e ]"
kill $mqtt
wait $mqtt

# What somebody else left at our topics: nothing of it comes into our message, by which Home Assistant would refuse all of it.
: >"$dir/seen"
mosquitto_pub -h "$broker_name" -p "$broker_port" -r -q 1 -t $config -m '{"components":{"a b\"c":{"platform":"sensor"},
	"odd":{"platform":"nonsense"},"none":{"platform":null},"list":[],"":{"platform":"sensor"},"gone":{"platform":"sensor"}}}'
awk 'BEGIN { for (i = 0; i < 100000; i++) printf "[" }' |
	mosquitto_pub -h "$broker_name" -p "$broker_port" -r -q 1 -t homeassistant/device/jk_bms_2/config -s
awk 'BEGIN { printf "{\"components\":{\"k\":{\"platform\":\"sensor\"}"; for (i = 0; i < 20000; i++) printf ",\"k%d\":{\"platform\":\"sensor\"}", i; print "}}" }' |
	mosquitto_pub -h "$broker_name" -p "$broker_port" -r -q 1 -t homeassistant/device/jk_bms_3/config -s
mqtt -i 0 "$broker_name:$broker_port"
for bms in 1 2 3; do live $bms 1; done >&9
ok "what an earlier run could have told is taken away" seen "^$config 1 1 .*\"gone\":\{\"platform\":\"sensor\"\}"
ok "then once more" wait_for sh -c "[ \$(grep -c '^$config 1 1 {\"device' '$dir/seen') -ge 3 ]"
ok "all that we tell is JSON" sh -c "grep '^$config 1 1 {\"device' '$dir/seen' | cut -d' ' -f4- | jq -e .device >'$dir/parsed'"
ok "nothing else is in it" sh -c "! grep '^$config 1 1 {\"device' '$dir/seen' | grep -q 'nonsense\|a b\|\"none\"\|\"list\"'"
ok "nonsense is replaced" seen '^homeassistant/device/jk_bms_2/config 1 1 \{"device"'
ok "20,000 components too" wait_for sh -c "grep '^homeassistant/device/jk_bms_3/config 1 1 {\"device' '$dir/seen' | grep -q '\"k0\":{\"platform\":\"sensor\"}'"
ok "no message is too long" sh -c "! grep 'is longer than' '$dir/mqtt.err'"
end_of_feed
wait $mqtt
ok "exit 0" equals $? 0
stop_broker

# Thousands of messages of an earlier run come at once.
packs() {
	for bms in 0 1 2 3 4 5 6 7 8 9 10 11; do
		live $bms "$1"
		settings $bms
		about $bms
	done
}
plain_broker
feed
retained() {
	mosquitto_sub -h "$broker_name" -p "$broker_port" -t 'homeassistant/#' -F '%t' -W 1 2>"$dir/retained.err" | grep -v /device/ | wc -l
}
mqtt -i 0 --discovery=component "$broker_name:$broker_port"
packs 1 >&9
ok "twelve packs in components" wait_for sh -c "
	mosquitto_sub -h 127.0.0.1 -p $broker_port -t 'homeassistant/+/jk_bms_11/alarm_gps_remote_lock/config' -C 1 -W 2 | grep -q unique_id"
kill $mqtt
wait $mqtt
ok "more than a thousand messages" test "$(retained)" -gt 1000
mqtt -i 0 "$broker_name:$broker_port"
packs 2 >&9
all_migrated() {
	[ "$(retained)" = 0 ]
}
ok "all are migrated" wait_for all_migrated
end_of_feed
wait $mqtt
ok "exit 0" equals $? 0
done_testing
