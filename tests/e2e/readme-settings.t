#!/bin/sh
# The lines of the README on settings and on Home Assistant, and its first pipeline, with simulated packs in
# the place of the adapter and a real broker that knows the user and the password of the README.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

top=$PWD
mosquitto_passwd -b -c "$dir/passwords" pack 'the password' >/dev/null 2>&1
broker "listener PORT 127.0.0.1" "password_file $dir/passwords"
sim --strict --speed 3 1:16 2:16 3:16 4:8
cd "$dir" || exit 1

# lines HEADING: the indented lines of that section, fit for this machine.
lines() {
	sed -n "/^$1\$/,/^## /p" "$top/README.md" | sed -n 's/^       *\([^ ]\)/\1/p; s/^    \([^ ]\)/\1/p' |
		sed "s#/dev/ttyUSB0#-n bus tcp:127.0.0.1:$port#
			s#tcp:10.0.0.7:5000#-a 1-4 tcp:127.0.0.1:$port#
			s/^timeout 20 //
			s/homeassistant.local/127.0.0.1:$broker_port/
			s/ broker\$/ -u pack -P password 127.0.0.1:$broker_port/"
}
line() { # HEADING PATTERN: the one line of it that has this
	lines "$1" | grep -e "$2" >"$dir/line"
	[ "$(wc -l <"$dir/line")" = 1 ] || echo "not ok - the README has no line, or several, with $2"
	cat "$dir/line"
}
# start LINE: in the background, as a group of processes that stop_line ends.
start() {
	setsid sh -c "$1" >"$dir/started.out" 2>"$dir/mqtt.err" &
	group=$!
	children="$children -$group"
	wait_for sh -c "kill -0 -$group"
}
stop_line() {
	kill -TERM "-$group"
	wait "$group" 2>/dev/null
	wait_for sh -c "! kill -0 -$group"
}

start "$(line '## Settings' settings-before.json)"
ok "what the packs hold, written down" wait_for sh -c "[ \$(jq -r .bms settings-before.json | sort -u |
	wc -l) = 4 ]"
stop_line

start "$(line '## Settings' '> records' | sed 's/ &$//')"
wait_for test -p cmd
wait_for grep -q '"type":"about"' records
ok "what can be set" sh -c "$(line '## Settings' '^jk-write --list') | grep -q '^charging_switch'"
ok "a switch, and that it is off" sh -c "$(line '## Settings' '^jk-set') | grep -qx 'it is off'"
ok "and the BMS says so" sh -c "jq -r 'select(.bms == 1 and .type == \"settings\").charging_switch' records |
	tail -n 1 | grep -qx false"
ok "a command by hand" sh -c "$(line '## Settings' '^echo')"
ok "its result is in the stream" wait_for grep -q \
	'"words":"a1 2 cell_voltage_overvoltage_protection 3.6 confirmed' records
stop_line

sh -c "$(line '## Home Assistant' '^printf')"
ok "only its owner may read the password" equals "$(stat -c %a password)" 600
to=$dir/seen
mosquitto_sub -h 127.0.0.1 -p "$broker_port" -u pack -P 'the password' -t '#' -F '%t %r %q %p' >"$to" \
	2>"$to.err" &
children="$children $!"
wait_for grep -q 'Sending SUBACK' "$dir/broker.log"
start "$(line '## Home Assistant' '| jk-mqtt')"
ok "Home Assistant: a device for each pack" seen '^homeassistant/device/jk_bms_4/config .*"name":"JK BMS 4"'
ok "Home Assistant: nothing that could be set" none_among -a '^homeassistant/' -aE \
	'"(number|switch|select)"' "$dir/seen"
stop_line

lines '## Home Assistant' | grep -E '^[1-9] [a-z]+ "' >packs
ok "names for two packs" test "$(wc -l <packs)" -eq 2
: >"$to"
start "$(line '## Home Assistant' '| jk-mqtt' | sed 's/ jk-decode / jk-decode -m packs /')"
ok "the device has the label of the map" seen '^homeassistant/device/jk_south/config .*"name":"South, cellar"'
ok "its topics have the name" seen '^jk/north/live '
ok "the others are as before" seen '^jk/bms_3/live '
stop_line

first=$port
sim --strict --speed 3 1:16
lines '## Several buses' | grep -E '^(north|south):' >packs
ok "a name for a pack of each bus" test "$(wc -l <packs)" -eq 2
: >"$to"
start "$(lines '## Several buses' | grep -A 1 '^{' | tr -d '\n' |
	sed "s#-a 1-4 tcp:127.0.0.1:$port#-a 1 tcp:127.0.0.1:$first#
		s#tcp:10.0.0.8:5000#-a 1 tcp:127.0.0.1:$port#")"
ok "two buses: a pack of the first" seen '^jk/north-1/live '
ok "and the one with the same address on the second" seen '^jk/south-1/live '
stop_line
port=$first

: >"$to"
start "$(line '## The programs' '| jk-mqtt -c cmd')"
ok "with -c: a switch of charging" seen \
	'^homeassistant/device/jk_bms_2/config .*"charging_switch_set":\{"p(latform)?":"switch"'
set_topic() { mosquitto_pub -h 127.0.0.1 -p "$broker_port" -u pack -P 'the password' -q 1 -t \
	"jk/bms_2/set/$1" -m "$2"; }
state() { last jk/bms_2/settings | jq -r ".$1"; }
shown() { wait_for sh -c "grep -a '^jk/bms_2/settings ' '$dir/seen' | tail -n 1 | cut -d' ' -f4- | jq -r .$1 |
	grep -qx '$2'"; }
set_topic charging_switch OFF
ok "switched off: confirmed" seen '^jk/bms_2/result/charging_switch .*"result":"confirmed"'
ok "what is shown was read back" shown charging_switch 'false\|OFF'
before=$(state cell_voltage_overvoltage_protection)
set_topic cell_voltage_overvoltage_protection 1.3
ok "a value that a rule forbids: rejected" seen \
	'^jk/bms_2/result/cell_voltage_overvoltage_protection .*"result":"rejected","why":"must be above'
ok "the state stays what the BMS holds" shown cell_voltage_overvoltage_protection "$before"
set_topic cell_count 8
ok "a dangerous one: rejected" seen \
	'^jk/bms_2/result/cell_count .*"result":"rejected","why":"cell_count: dangerous'
ok "and has no entity" lacks -a '/set/cell_count"' "$dir/seen"
stop_line
cd "$top" || exit 1
done_testing
