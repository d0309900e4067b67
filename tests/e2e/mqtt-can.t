#!/bin/sh
# jk-mqtt and records that are parts of a state, as CAN frames make them; who owns a name; and a broker that
# knows MQTT 3.1.1 alone.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

# can MEMBERS [BMS]: the record of one frame that comes now
can() {
	printf '{"time":%s,"channel":"can0","bms":%d,"type":"can",%s}\n' "$(date +%s.%6N)" "${2:-1}" "$1"
}
state_is() { # FILTER
	last_is jk/bms_1/live "$1"
}

plain_broker
recorder "$dir/seen"
feed
mqtt -i 0 -k "$broker_name:$broker_port"
# listed ALARMS: the newest list of active alarms, each as [key, severity]
listed() {
	wait_for sh -c \
		"[ \"\$(grep '^jk/bms_1/alarms 1 1 ' '$dir/seen' | tail -n 1 | cut -d' ' -f4- |
		jq -c '[.count, [.alarms[] | [.key, .severity]]]')\" = '$1' ]"
}
can '"total_voltage":53.1' >&9
ok "a list of alarms, though no frame has any" listed '[0,[]]'
{
	can '"total_voltage":53.1,"current":1.8,"state_of_charge":81'
	can '"max_cell_voltage":3.327,"max_voltage_cell":1,"min_cell_voltage":3.324,"min_voltage_cell":2'
	can '"max_temperature":22,"min_temperature":21,"average_temperature":22,"max_temperature_sensor":2,"min_temperature_sensor":0'
	can '"cell_voltage_1":3.327,"cell_voltage_2":3.324'
	can '"temperature_sensor_1":22,"temperature_sensor_2":null,"mosfet_temperature":25'
	can '"charging":true,"discharging":true,"balancing":false,"heating":false,"charger_plugged":false,"acc":false'
	can '"requested_charge_voltage":57.6,"requested_charge_current":95.0'
	can '"can_alarm_levels":1'
} >&9
ok "the parts are one state" wait_for state_is \
	'.total_voltage == 53.1 and .cell_voltages[1] == 3.324 and .acc == false and .can_alarm_levels == 1'
ok "the list of alarms is made from the levels" listed '[1,[["cell_overvoltage","critical"]]]'
ok "its digits are those that came" seen '^jk/bms_1/live 1 1 \{.*"requested_charge_current":95\.0'
ok "the device is online" seen '^jk/bms_1/availability 1 1 online$'
ok "-k: a cell" seen '^jk/bms_1/cell_voltage_2 1 1 3\.324$'
ok "global_alarm, without jk-alarm" wait_for sh -c "grep '^jk/bridge ' '$dir/seen' | tail -n 1 |
	grep -q '\"global_alarm\":true'"
announced() { # FILTER
	discovered | jq -ne "input | .components | $1" >/dev/null
}
ok "discovery: what only CAN has" wait_for announced \
	'.max_temperature.device_class == "temperature" and .acc.platform == "binary_sensor" and
		.requested_charge_voltage'
ok "a cell is the same entity as that of RS485" announced \
	'.cell_voltage_2.value_template == "{{value_json.cell_voltages[1]}}"'
ok "cells that are not there are not announced" announced \
	'(has("cell_voltage_3") or has("cell_voltage_17")) | not'
ok "nor is what no frame had" announced '(has("total_runtime") or has("serial_number")) | not'
ok "Home Assistant is told" seen '^homeassistant/device/.* 1 1 \{"dev"'
ok "Home Assistant takes all of it" perl tests/e2e/discovery.pl recording "$dir/seen"

# The frame of the levels does not come when nothing is wrong: other frames do, until it is missed.
levels_end() {
	can '"total_voltage":53.1' >&9
	state_is '.can_alarm_levels == 0'
}
ok "levels are gone two seconds behind their frame" wait_for levels_end
ok "and out of the list" listed '[0,[]]'
can '"can_alarm_levels":3221225519' >&9
ok "several, one that nobody knows" listed \
	'[4,[["cell_overvoltage","warning"],["cell_undervoltage","warning"],["battery_overvoltage","alarm"],["unknown_level_15","warning"]]]'
ok "levels are gone again" wait_for levels_end
ok "and the alarm with them" wait_for sh -c "grep '^jk/bridge ' '$dir/seen' | tail -n 1 |
	grep -q '\"global_alarm\":false'"
ok "what still comes stays" state_is '.total_voltage == 53.1 and .cell_voltages == [3.327,3.324]'
unplugged() {
	can '"total_voltage":53.1' >&9
	state_is '.requested_charge_voltage == null and .total_voltage == 53.1'
}
ok "what does not come any more is no value" wait_for unplugged
ok "-k: nor is it there" seen '^jk/bms_1/requested_charge_voltage 1 1 $'
ok "its entity stays" announced '.requested_charge_voltage and .cell_voltage_2'
can '"requested_charge_voltage":57.6' >&9
ok "it comes back" wait_for state_is '.requested_charge_voltage == 57.6'

# The same pack over RS485: without a name its address is taken, with the same name it is the same device.
live 1 700 ttyUSB0 >&9
ok "one address on CAN and RS485 is reported" said 'can0:1 and ttyUSB0:1 would both be bms_1'
can '"state_of_charge":80' >&9
ok "and they are not mixed" wait_for state_is '.state_of_charge == 80 and (has("total_runtime") | not)'
end_of_feed
wait $mqtt
ok "exit 0" equals $? 0
: >"$dir/seen"
feed
mqtt -i 0 "$broker_name:$broker_port"
can '"total_voltage":53.1,"current":1.8' | named pack_can >&9
live 1 701 ttyUSB0 | named pack >&9
ok "two names: two devices" seen '^jk/pack/live 1 1 .*"total_runtime":701,'
ok "of CAN" seen '^jk/pack_can/live 1 1 .*"channel":"can0".*"total_voltage":53.1'

live 2 702 ttyUSB0 | named one >&9
can '"can_only":7' | sed 's/"bms":1/"bms":2/' | named one >&9
live 2 703 ttyUSB0 | named one >&9
ok "one name, CAN and RS485: one device with the values of both" seen \
	'^jk/one/live 1 1 .*"channel":"ttyUSB0","bms":2,.*"total_runtime":703,.*"can_only":7'
can '"can_only":8' | sed 's/"bms":1/"bms":2/' | named one >&9
ok "also when the other comes next" seen \
	'^jk/one/live 1 1 .*"channel":"ttyUSB0","bms":2,.*"total_runtime":703,.*"can_only":8'
settings 2 ttyUSB0 | named one >&9
ok "its settings" seen '^jk/one/settings 1 1 .*"channel":"ttyUSB0","bms":2,'

# A BMS that another bus asks in vain has no name of its own.
printf '%s\n' \
	'{"time":1763856000.0,"channel":"garage","bms":3,"type":"health","state":"down","reason":"3 requests, no answer"}' >&9
live 3 800 cellar >&9
ok "a name is that of the BMS that was heard" seen \
	'^jk/bms_3/live 1 1 .*"channel":"cellar".*"total_runtime":800,'
printf '%s\n' \
	'{"time":1763856000.0,"channel":"cellar","bms":3,"type":"health","state":"healthy","reason":"receiving valid frames"}' >&9
ok "and so is its health" seen '^jk/bms_3/health 1 1 \{"state":"healthy"'
ok "there is no conflict" equals "$(last jk/bridge | jq -c .conflicts)" '[]'
live 3 801 garage >&9
ok "until the other is heard, too" said 'cellar:3 and garage:3 would both be bms_3'

# Nothing was ever heard: the summary is of no channel.
printf '%s\n' \
	'{"time":1763856000.0,"channel":"","bms":null,"type":"summary","count":0,"worst":null,"info":0,"stale":0,"where":[]}' >&9
ok "a summary without a channel" seen '^jk/summary 1 1 \{"count":0,'
ok "nothing was a bad record" lacks 'no record' "$dir/mqtt.err"
live 4 803 cellar | named pack_charging >&9
why='charging_power of pack and power of pack_charging would have the same identifier'
ok "names that would share an identifier: the second is not published" said "cellar:4 is not published: $why"
kill $mqtt
wait $mqtt

# What real devices and the simulator send, through jk-decode: the entities are those of the keys that came.
# entities DEVICE: of the last discovery message, each as key, state class, unit, device class
entities() {
	discovered "homeassistant/device/jk_$1/config" | jq -r '.components | to_entries[] |
		[.key, .value.state_class // "-", .value.unit_of_measurement // "-",
			.value.device_class // "-"] |
		join(" ")'
}
# through OPTIONS... < FRAMES: jk-decode and jk-mqtt
through() { jk-decode "$@" | jk-mqtt -w 20 "$broker_name:$broker_port" 2>"$dir/mqtt.err"; }
has_entity() { entities "$1" | grep -qx "$2"; }
afresh
jk-sim --can "$dir/can" --duration 20 5:16
ok "a pack on CAN alone, from its frames" through <"$dir/can"
seen '^jk/status 1 1 offline'
for entity in "total_voltage measurement V voltage" "current measurement A current" \
	"power measurement W power" "state_of_charge measurement % battery" \
	"cell_voltage_16 measurement V voltage" \
	"mosfet_temperature measurement °C temperature" "average_temperature measurement °C temperature" \
	"capacity_remaining measurement Ah -" "charging - - -" "total_runtime total_increasing s duration" \
	"charger_switch - - enum" "requested_charge_voltage measurement V voltage"; do
	ok "entity: $entity" has_entity bms_5 "$entity"
done
ok "a counter that wraps is no meter" has_entity bms_5 "total_charging_cycle_capacity - Ah -"
entities bms_5 >"$dir/entities"
ok "nothing of RS485 alone" lacks -E '^(cell_resistance|balancing_current|errors|uptime)' "$dir/entities"
sound "a pack on CAN"

cat >"$dir/inverter" <<FRAMES
(1763856000.000000) can0 351#9E027C016C07C601
(1763856000.010000) can0 355#63006400
(1763856000.020000) can0 356#521600002B01
(1763856000.030000) can0 35C#C000
(1763856000.040000) can0 35E#4A4B2D424D530000
FRAMES
afresh
ok "frames for an inverter are not published unless asked for" through <"$dir/inverter"
seen '^jk/status 1 1 offline'
ok "is nothing" lacks 'jk/inverter' "$dir/seen"
afresh
ok "asked for" through -t inverter <"$dir/inverter"
seen '^jk/status 1 1 offline'
ok "it is one state" equals "$(last jk/inverter_can0/live | jq -c '[.bms, .channel, .charge_voltage_limit,
	.charge_current_limit, .discharge_current_limit, .discharge_voltage_limit, .state_of_charge, .voltage,
	.charge_enabled, .maker]')" '[null,"can0",67,38,190,45.4,99,57.14,true,"JK-BMS"]'
ok "its limits are entities" has_entity inverter_can0 "charge_voltage_limit measurement V voltage"
ok "its flags" has_entity inverter_can0 "charge_enabled - - -"
ok "its availability" seen '^jk/inverter_can0/availability 1 1 online'
ok "there is no other device" equals "$(grep -o '^jk/[a-z0-9_]*/live ' "$dir/seen" | sort -u)" \
	"jk/inverter_can0/live "
sound "an inverter"

captures=../shared/captures
if [ -d $captures ]; then
	afresh
	ok "a real pack" through <$captures/can-jk-native-250k-16s-fw15.38.frames
	seen '^jk/status 1 1 offline'
	ok "its state" equals "$(last jk/bms_0/live | jq -c '[.total_voltage, .state_of_charge,
		(.cell_voltages | length), .mosfet_temperature, .total_charging_cycle_capacity, .acc]')" \
		'[57.1,99,16,24,9,true]'
	for log in protocol1-deye protocol2-pylon; do
		afresh
		ok "the log of $log" through -t inverter <"$captures/can-jk-$log-500k.frames"
		seen '^jk/status 1 1 offline'
		ok "$log: charge limits" equals "$(last jk/inverter_can0/live | jq -c '[.charge_voltage_limit,
			.charge_current_limit, .discharge_current_limit]')" '[67,38,190]'
	done
	sound "real logs"
else
	skip "logs of real packs" "no captures"
fi

# old_broker CODE
old_broker() {
	: >"$dir/old"
	perl tests/e2e/old-broker.pl "$1" >"$dir/old" 2>"$dir/old.err" 9>&- &
	children="$children $!"
	wait_for grep -q '^port ' "$dir/old"
	old_port=$(sed -n 's/^port //p' "$dir/old")
}
old_broker 0
mqtt "127.0.0.1:$old_port"
live 1 1 >&9
ok "MQTT 3.1.1, answered in its own form: connected" wait_for grep -q '^publish jk/bms_1/live$' "$dir/old"
ok "at the first attempt" equals "$(grep -c '^connect' "$dir/old")" 1
kill $mqtt
wait $mqtt
old_broker 4
mqtt "127.0.0.1:$old_port"
ok "refused there: reported as what it is" said 'broker rejected the connection: .*password'
kill $mqtt
wait $mqtt
done_testing
