#!/bin/sh
# jk-mqtt --layout addon and a broker: each row of the add-on's sheets, what the add-on left there, commands,
# and the add-on still running.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

field=${JK_SHARED:-../shared}/field/addon-4.1.4-retained.jsonl

# retained FILE: all that the broker retains now, TOPIC PAYLOAD.  It comes before what is published later.
reads=0
retained() {
	reads=$((reads + 1))
	mosquitto_sub -h "$broker_name" -p "$broker_port" -i "reader$reads-$$" -t '#' -F '%r %t %p' \
		>"$dir/read" 2>/dev/null 9>&- &
	reader=$!
	wait_for grep -q "Sending SUBACK to reader$reads-$$" "$dir/broker.log"
	publish -t "read/$$" -m "$reads"
	wait_for grep -q "^0 read/$$ $reads\$" "$dir/read"
	kill $reader
	wait $reader 2>/dev/null
	sed -n 's/^1 //p' "$dir/read" >"$1"
}
# at_rest FILE PATTERN...: what is retained, once all of them are among it.
at_rest() {
	at_rest=$1
	shift
	tries=0
	while [ $tries -lt 60 ]; do
		tries=$((tries + 1))
		retained "$at_rest"
		missing=
		for pattern; do
			grep -q -e "$pattern" "$at_rest" || missing=$pattern
		done
		[ -n "$missing" ] || return 0
	done
	cannot_go_on "$missing is retained"
}

plain_broker
# of_packs TYPE PATTERN: the whole records of the golden files, as of the packs 1, 2 and so on.
of_packs() {
	grep -h "\"type\":\"$1\",$2" tests/golden/*.records |
		sed 's/"pack":"[^"]*",//; s/"label":"[^"]*",//; s/"time":[0-9]*/"time":1763856000/' |
		awk '{ what = $0; sub(/.*"type"/, "", what) }
			!seen[what]++ && ++n <= 14 {
				sub(/"channel":"[^"]*","bms":[0-9]+/, "\"channel\":\"bus\",\"bms\":" n)
				print
			}'
}
{
	of_packs live '"cell_voltages".*charge_status".*frame_counter'
	of_packs settings '"smart_sleep_voltage".*frame_counter'
	of_packs about '"vendor_id".*frame_counter'
} >"$dir/records"
# count TYPE: how many
count() {
	grep -c "\"type\":\"$1\"" "$dir/records"
}
ok "there are records of all kinds" test "$(count live)" = 14 -a "$(count settings)" -ge 3 -a \
	"$(count about)" -ge 3
if [ -f "$field" ]; then
	ok "what the add-on left" tests/e2e/addon.pl load "$broker_name" "$broker_port" "$field"
	publish -r -t BMS_GLOBAL/authorize_modify_settings/set -m true
	retained "$dir/before"
fi
feed
mkfifo "$dir/commands"
exec 8<>"$dir/commands"
mqtt -i 0 --layout addon -c "$dir/commands" "$broker_name:$broker_port"
said 'connected'
cat "$dir/records" >&9
said 'announced to Home Assistant: [0-9]* packs'
global='^homeassistant/binary_sensor/BMS_GLOBAL_device/alarm_active/config'
at_rest "$dir/retained" "$global" "^homeassistant/sensor/bms_$(count about)_bms_uptime/config" \
	'^homeassistant/sensor/bms_14_bms_14_alarm_list/config' \
	"^homeassistant/number/BMS_$(count settings)_device/bms_$(count settings)_bms_cell_count/config"
ok "each row of the sheets: topic, payload and entity" tests/e2e/addon.pl sheets poll "$dir/records" \
	"$dir/retained"
if [ -f "$field" ]; then
	ok "each message of the add-on has its counterpart" tests/e2e/addon.pl field "$field" "$dir/retained"
	ok "nothing is emptied but what is to be" tests/e2e/addon.pl kept "$dir/before" "$dir/retained"
else
	skip "each message of the add-on has its counterpart" "no messages of the add-on here"
	skip "nothing is emptied but what is to be" "no messages of the add-on here"
fi
ok "our own messages that come back are not foreign" lacks 'another program' "$dir/mqtt.err"

# ---- commands ----

recorder "$dir/seen"
publish -t BMS_1/control/charging_switch/set -m False
ok "a command goes to jk-write" said 'bms_1 charging_switch off: passed on'
ok "on the line with our key" sh -c "head -n 1 <&8 | grep -q '^bus:1 charging_switch off mqtt-'"
id=$(sed -n 's/.*charging_switch off: passed on as //p' "$dir/mqtt.err")
settings 1 | sed 's/"charging_switch":true/"charging_switch":false/' >&9
event 1 write "$id bus:1 charging_switch off confirmed" >&9
ok "it is confirmed" seen '^jk/bms_1/result/charging_switch .*"result":"confirmed"'
ok "and the state follows" seen '^BMS_1/control/charging_switch/state . . False$'
publish -t BMS_GLOBAL/authorize_modify_settings/set -m false
ok "it can be switched off" seen '^BMS_GLOBAL/authorize_modify_settings/state . . false$'
publish -t BMS_1/control/charging_switch/set -m True
ok "then a command is refused" seen '^jk/bms_1/result/charging_switch .*Authorize Modify Settings is off'

# ---- the add-on still runs ----

publish -t BMS_2/Courant_total -m 12.345
ok "another program on the topics is logged" said '^jk-mqtt: BMS_2/Courant_total: another program publishes'
ok "and reported" seen '^jk/bridge .*"foreign":true'
afresh
live 1 99 | sed 's/"current":[-0-9.]*/"current":7.5/' >&9
publish -t homeassistant/status -m online
event null open tcp:here >&9
seen '^jk/link/bus .*tcp:here'
publish -t BMS_1/control/charging_switch/set -m True
ok "commands are refused" seen '^jk/bms_1/result/charging_switch .*another program'
of_addon() {
	grep -aE '^(BMS_|CANbus|JK-BMS|homeassistant/[a-z_]+/)' "$dir/seen" |
		grep -v '^BMS_1/control/charging_switch/set '
}
ok "nothing of ours is published there" equals "$(of_addon)" ''
kill "$mqtt"
wait "$mqtt"
exec 8<&-

# ---- a bus that is only listened to, and CAN ----

kill "$recorder"
stop_broker
plain_broker
mqtt -i 0 --layout addon "$broker_name:$broker_port"
said 'connected'
event null mode 'listen option' >&9
sed 's/"bms":14,/"bms":0,/; /"type":"about"/d' "$dir/records" >"$dir/listened"
cat "$dir/listened" >&9
at_rest "$dir/retained" "$global" '^homeassistant/sensor/bms_master_bms_master_alarm_list/config' \
	"^homeassistant/switch/BMS_$(count settings)_device/bms_$(count settings)_bms_balance_switch/"
ok "each row of listening" tests/e2e/addon.pl sheets listen "$dir/listened" "$dir/retained"
kill "$mqtt"
wait "$mqtt"
# A pack that was sold: what is of it alone is cleared, by its number, and ours by its name.
of_master='BMS_master[/_]|/bms_master_'
ok "the other packs are there" grep -qvE "$of_master" "$dir/retained"
run jk-mqtt --layout addon --forget BMS_master bms_0 "$broker_name:$broker_port"
ok "--forget: exit 0" equals "$status" 0
retained "$dir/after"
ok "what is of no pack or another one stays" equals "$(cut -d' ' -f1 "$dir/after" | sort)" \
	"$(cut -d' ' -f1 "$dir/retained" | grep -vE "$of_master|^jk/bms_0/" | sort)"
ok "each topic is printed" equals "$(sort "$dir/out")" \
	"$(cut -d' ' -f1 "$dir/retained" | grep -E "$of_master|^jk/bms_0/" | sort)"
ok "more than a hundred" test "$(wc -l <"$dir/out")" -gt 100
stop_broker
plain_broker
mqtt -i 0 --layout addon "$broker_name:$broker_port"
said 'connected'
sed -n 1,11p tests/golden/can.records >"$dir/can"
cat "$dir/can" >&9
at_rest "$dir/retained" '^homeassistant/sensor/canbus1_device/cell_voltage_1/config'
ok "each row of CAN that was heard" tests/e2e/addon.pl sheets can "$dir/can" "$dir/retained"
ok "the alarm on CAN" grep -qE '^CANbus-1/alarmName .' "$dir/retained"
end_of_feed
done_testing
