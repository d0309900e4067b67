#!/bin/sh
# All alarms together, at the bridge: any, how many, the worst, and where.  What is only information counts
# nowhere, and is shown.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

# live_with BMS SEQUENCE BITS: a live record with these bits of errors_bitmask
live_with() {
	bits=${3#null}
	active=true
	[ $((${bits:-0} & ~786432)) -ne 0 ] || active=false
	live "$1" "$2" | sed "s/\"errors_bitmask\":[0-9]*/\"errors_bitmask\":$3/
		s/\"alarm_active\":[a-z]*/\"alarm_active\":$active/"
}
# bridge JSON: the four, as a list
bridge() {
	four='.global_alarm, .global_alarm_count, .global_alarm_severity, .global_alarm_packs'
	ok "$1" wait_for sh -c "[ \"\$(grep '^jk/bridge ' '$dir/seen' | tail -n 1 | cut -d' ' -f4- |
		jq -c '[$four]')\" = '$2' ]"
}

plain_broker
recorder "$dir/seen"
feed
mkfifo "$dir/alarmed"
printf 'silent > 30s alarm "silent"\nlink_down >= 2s critical\n' >"$dir/rules"
start() {
	jk-alarm -s "$dir/state" -r "$dir/rules" <"$dir/feed" >"$dir/alarmed" 2>/dev/null 9>&- &
	alarm=$!
	children="$children $alarm"
	mqtt_input=$dir/alarmed mqtt -i 0 "$broker_name:$broker_port"
}
start
live_with 1 1 0 >&9
live_with 2 1 0 >&9
bridge "nothing" '[false,0,null,[]]'
live_with 1 2 786432 >&9
ok "information: in the list, and not counted" wait_for sh -c \
	"[ \"\$(grep '^jk/bms_1/alarms ' '$dir/seen' | tail -n 1 | cut -d' ' -f4- |
	jq -c '[.count, [.alarms[] | .key]]')\" = '[0,[\"gps_disconnected\",\"modify_password\"]]' ]"
ok "information: nothing in the summary" wait_for sh -c \
	"[ \"\$(grep '^jk/summary ' '$dir/seen' | tail -n 1 | cut -d' ' -f4- |
	jq -c '[.count, .worst, .info, .where]')\" = '[0,null,2,[]]' ]"
bridge "nor at the bridge" '[false,0,null,[]]'
live_with 2 2 524304 >&9
bridge "one alarm beside information" '[true,1,"alarm",["bms_2"]]'
live_with 1 3 524289 >&9
bridge "a warning more" '[true,2,"alarm",["bms_1","bms_2"]]'
live_with 2 3 524306 >&9
bridge "a critical one" '[true,3,"critical",["bms_1","bms_2"]]'
ok "of a pack: its count is that of alarms" wait_for sh -c \
	"[ \"\$(grep '^jk/bms_2/alarms ' '$dir/seen' | tail -n 1 | cut -d' ' -f4- |
	jq -c '[.count, (.alarms | length)]')\" = '[2,3]' ]"
printf '%s\n' \
	'{"time":1763856010.000000,"channel":"shed","bms":null,"type":"event","event":"close","words":"gone"}' \
	'{"time":1763856020.000000,"channel":"shed","bms":null,"type":"event","event":"stats","words":"- up=20 bytes=0 junk=0 orphan=0 reopened=0"}' >&9
bridge "a link" '[true,4,"critical",["bms_1","bms_2","shed"]]'

seen '^homeassistant/device/jk_bridge/config ' >/dev/null
ok "four entities" equals "$(discovered homeassistant/device/jk_bridge/config | jq -c '.components | keys')" \
	'["global_alarm","global_alarm_count","global_alarm_packs","global_alarm_severity"]'
ok "any" equals "$(discovered homeassistant/device/jk_bridge/config |
	jq -c '.components.global_alarm | [.platform, .device_class, .state_topic]')" \
	'["binary_sensor","problem","jk/bridge"]'
ok "the worst" equals "$(discovered homeassistant/device/jk_bridge/config |
	jq -c '.components.global_alarm_severity | [.platform, .device_class, .options]')" \
	'["sensor","enum",["none","warning","alarm","critical"]]'
sound "all of it"

# A new run: the summary has those of whom nothing was heard yet.
# jk-alarm would end only with the next record that it writes.
kill $mqtt
wait $mqtt
kill $alarm
wait $alarm 2>/dev/null
: >"$dir/seen"
start
event null stats "- up=60 bytes=9000 junk=0 orphan=0 reopened=0" >&9
bridge "a new run: what jk-alarm has kept" '[true,4,"critical",["bms_1","bms_2","shed"]]'
live_with 1 9 524288 >&9
live_with 2 9 0 >&9
bridge "cleared, but for the link" '[true,1,"critical",["shed"]]'
end_of_feed
wait $mqtt
wait $alarm

# Without jk-alarm the bits of the BMS count.
: >"$dir/seen"
feed
mqtt -i 0 "$broker_name:$broker_port"
live_with 3 1 786432 >&9
ok "without jk-alarm" seen '^jk/bms_3/live '
live_with 4 1 524305 >&9
bridge "without jk-alarm: information does not count" '[true,2,"alarm",["bms_4"]]'
# own_list NAME COUNT ALARMS: the newest list of pack 4; an alarm as [key, severity, since after 1763856000 s]
own_list() {
	ok "without jk-alarm: $1" wait_for sh -c \
		"[ \"\$(grep '^jk/bms_4/alarms 1 1 ' '$dir/seen' | tail -n 1 | cut -d' ' -f4- |
		jq -c '[.count, [.alarms[] |
			[.key, .severity, (.since - 1763856000 | floor)]]]')\" = '[$2,$3]' ]"
}
# at SECONDS: a live record has this time
at() {
	sed "s/\"time\":1763856000/\"time\":$((1763856000 + $1))/"
}
own_list "the list is made from the bits" 2 \
	'[["wire_resistance","warning",0],["cell_overvoltage","alarm",0],["modify_password","info",0]]'
ok "before the discovery that names it" sh -c "
	a=\$(grep -n '^jk/bms_4/alarms ' '$dir/seen' | head -n 1 | cut -d: -f1)
	d=\$(grep -n '^homeassistant/device/jk_bms_4/config ' '$dir/seen' | head -n 1 | cut -d: -f1)
	[ \$a -lt \${d:-1000000} ]"
live_with 4 2 2147483648 >&9
bridge "a bit that nobody knows does" '[true,1,"warning",["bms_4"]]'
own_list "a bit that nobody knows" 1 '[["unknown_bit_31","warning",0]]'
live_with 4 3 2147483664 | at 7 >&9
own_list "one that stays keeps its time" 2 '[["cell_overvoltage","alarm",7],["unknown_bit_31","warning",0]]'
live_with 4 4 null | at 8 >&9
live_with 4 5 16 | at 9 >&9
own_list "null ends none" 1 '[["cell_overvoltage","alarm",7]]'
live_with 4 6 524288 >&9
bridge "none" '[false,0,null,[]]'
own_list "only information" 0 '[["modify_password","info",0]]'
live_with 4 7 0 >&9
own_list "nothing" 0 '[]'
# A jk-alarm that comes later takes over; afterwards the bits alone change nothing.
live_with 4 8 16 | sed 's/}$/,"alarms":[{"key":"low","severity":"warning","since":1763856003.000000}]}/' >&9
own_list "the list of jk-alarm takes its place" 1 '[["low","warning",3]]'
live_with 4 9 1 >&9
live_with 3 9 16 >&9
ok "its own goes on for another pack" seen '^jk/bms_3/alarms 1 1 \{"count":1,'
ok "and not for that one" last_lacks 'jk/bms_4/alarms ' wire_resistance
end_of_feed
wait $mqtt
ok "exit 0" equals $? 0
done_testing
