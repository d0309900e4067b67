#!/bin/sh
# Settings from MQTT: to the FIFO of commands, and the results back.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

mqtt_with_commands
seen '^homeassistant/device/jk_bms_1/config .*smart_sleep_voltage_set' >/dev/null

# ask KEY PAYLOAD [DEVICE]
ask() {
	publish -t "jk/${3:-bms_1}/set/$1" -m "$2"
}
# result KEY RESULT WHY
result() {
	seen "^jk/${4:-bms_1}/result/$1 0 1 \{\"id\":\"mqtt-[0-9]+-[0-9]+\",\"key\":\"$1\",.*\"result\":\"$2\",\"why\":\"$3"
}

count_of_settings() {
	grep -ac '^jk/bms_1/settings ' "$dir/seen"
}
shown_again() { # COUNT of before
	wait_for sh -c "[ \$(grep -ac '^jk/bms_1/settings ' '$dir/seen') -gt $1 ]"
}

before=$(count_of_settings)
ask charging_switch OFF
ok "no FIFO: the result says so" result charging_switch rejected 'no reader on the command FIFO'
ok "and the state is shown again" shown_again "$before"
mkfifo "$dir/commands"
ask charging_switch OFF
ok "no reader: the same" wait_for sh -c \
	"[ \$(grep -ac '^jk/bms_1/result/charging_switch .*no reader on' '$dir/seen') = 2 ]"
touch "$dir/taken"
while IFS= read -r line; do printf '%s\n' "$line" >>"$dir/taken"; done <>"$dir/commands" 9>&- &
reader=$!
children="$children $reader"

# passed PAYLOAD KEY WORD
passed() {
	ask "$2" "$1"
	ok "$2 $1: the line" wait_for grep -qE "^bus:1 $2 $3 mqtt-[0-9]+-[0-9]+ @[0-9]{10}\.[0-9]{6}\$" \
		"$dir/taken"
}
# It is open when a line of ours comes through.
wait_for sh -c "echo probe >'$dir/commands'; sleep .1; grep -q probe '$dir/taken'"
passed OFF charging_switch off
passed ON charging_switch on
passed true balancer_switch on
passed 0 balancer_switch off
passed 3.65 cell_voltage_overvoltage_protection 3.65
passed -10 charge_undertemperature_protection -10
passed 'Low SOC' lcd_buzzer_trigger Low_SOC
passed 'Battery_over-voltage' dry1_trigger Battery_over-voltage
passed 13 dry2_trigger 13
passed 20 cell_count 20

# refused KEY PAYLOAD WHY
refused() {
	ask "$1" "$2"
	ok "refused: $1, $3" result "$1" rejected "$3"
}
lines=$(wc -l <"$dir/taken")
refused heating_switch MAYBE 'must be ON or OFF'
refused power_off_voltage high 'must be a number'
refused balancing_start_voltage '3.3 4' 'must be a number'
refused max_charge_current '1;reboot' 'must be a number'
refused dry1_trigger Nonsense 'must be one of the setting'
refused nonsense 1 'there is no such setting'
refused control_bitmask 1 'there is no such setting'
refused total_voltage 1 'there is no such setting'
refused charge_overcurrent_protection_delay "$(printf '3\n4')" 'the payload is not one word'
refused discharge_overcurrent_protection_delay "$(printf '\303\251')" 'the payload is not one word'
ok "control characters are not shown: each is a question mark" sh -c "
	grep -q '^jk-mqtt: bms_1 charge_overcurrent_protection_delay 3?4: rejected: ' '$dir/mqtt.err' &&
	grep -q '^jk-mqtt: bms_1 discharge_overcurrent_protection_delay ??: rejected: ' '$dir/mqtt.err'"
ask display_always_on_switch "$(printf 'ON\njk-mqtt: forged\033[2J\r\177~!')"
ok "no line can be forged" said \
	'^jk-mqtt: bms_1 display_always_on_switch ON?jk-mqtt:?forged?\[2J??~!: rejected: '
ok "in the result neither" result display_always_on_switch rejected 'the payload is not one word'
ok "nothing but text is in the log" lacks '[[:cntrl:]]' "$dir/mqtt.err"
ask smart_sleep_switch ON bms_9
ok "a device that was not heard" result smart_sleep_switch rejected 'no such device' bms_9
printf 'ON\000off' | publish -t jk/bms_1/set/display_always_on_switch -s
ok "a NUL" result display_always_on_switch rejected 'the payload is not one word'
publish -t jk/bms_1/set/max_balance_current -n
ok "an empty payload" result max_balance_current rejected 'the payload is empty'
head -c 1000000 /dev/zero | tr '\0' 1 | publish -t jk/bms_1/set/max_discharge_current -s
ok "a megabyte" result max_discharge_current rejected 'the payload is longer'
publish -t 'jk/bms_1/set/UPPER CASE' -m 1
ok "a key that cannot be is reported" said 'ignoring set topic with invalid device or key'
ask setup_passcode 86421357
ok "a passcode cannot be set" result setup_passcode rejected 'there is no such setting'
ok "and is repeated nowhere" none_among -a '/result/\|^jk-mqtt:' -a 86421357 "$dir/seen" "$dir/mqtt.err"
passed 21 cell_count 21
ok "none of those before is a command" equals "$(wc -l <"$dir/taken")" $((lines + 1))

# Results come back through the stream.
before=$(count_of_settings)
event 1 write '42 1 charging_switch off confirmed' >&9
ok "confirmed" seen \
	'^jk/bms_1/result/charging_switch 0 1 \{"id":"42","key":"charging_switch","value":"off","result":"confirmed","why":""\}'
event 1 write '- 1 power_off_voltage 2.5 rejected \"would be over the undervoltage protection\"' >&9
ok "rejected, and why" seen \
	'^jk/bms_1/result/power_off_voltage 0 1 \{"id":"-","key":"power_off_voltage","value":"2.5","result":"rejected","why":"would be over the undervoltage protection"\}'
ok "then the state is shown again" shown_again "$before"
event 7 write '43 7 charging_switch off confirmed' >&9
ok "of a device that was never heard: its topic" seen '^jk/bms_7/result/charging_switch 0 1 \{"id":"43"'
event null write 'x' >&9
ok "of nobody: reported" said 'result for an unknown device'
settings 1 | sed 's/"charging_switch":true/"charging_switch":false/' >&9
ok "what was read back is the state" wait_for sh -c "grep -a '^jk/bms_1/settings ' '$dir/seen' | tail -n 1 |
	grep -aq '\"charging_switch\":false'"

# The FIFO is full.
kill $reader
wait $reader 2>/dev/null
exec 8<>"$dir/commands"
dd if=/dev/zero bs=4096 count=16 of="$dir/commands" oflag=nonblock 2>/dev/null
ask balancer_switch ON
ok "full: busy" result balancer_switch busy 'the command FIFO is full'
exec 8>&-
kill $mqtt
wait $mqtt
ok "exit 0" equals $? 0

# A retained command would be repeated at each start.
publish -r -t jk/bms_1/set/emergency_duration -m 5
mqtt -i 0 -c "$dir/commands" "$broker_name:$broker_port"
ok "a retained command is ignored, and that is reported" result emergency_duration rejected \
	'a retained command is ignored'
kill $mqtt
wait $mqtt
publish -r -t jk/bms_1/set/emergency_duration -n

# Without -c nothing is taken.
mqtt -i 0 "$broker_name:$broker_port"
live 1 77 >&9
seen '"total_runtime":77,' >/dev/null
results=$(grep -ac '^[^ ]*/result/' "$dir/seen")
ask charging_switch OFF
live 1 78 >&9
seen '"total_runtime":78,' >/dev/null
ok "without -c no command is taken" equals "$(grep -ac '^[^ ]*/result/' "$dir/seen")" "$results"
end_of_feed
wait $mqtt
done_testing
