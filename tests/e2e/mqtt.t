#!/bin/sh
# jk-mqtt and a broker: topics, what is retained, availability, values, names, and how it ends.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

plain_broker
recorder "$dir/seen"
feed
mqtt -t 3600 -w 60 -i 0 -k -d 8 "$broker_name:$broker_port" 8>"$dir/ready"
ok "ready" wait_for test -s "$dir/ready"
ok "the bridge is online, retained" seen '^jk/status 1 1 online$'
live 1 100 >&9
ok "a live record is retained" seen '^jk/bms_1/live 1 1 \{.*"total_runtime":100,'
ok "the device is online" seen '^jk/bms_1/availability 1 1 online$'
ok "its state is there before it is online, and before its discovery" sh -c "
	grep -nE '^(jk/bms_1/(live|availability)|homeassistant/device/jk_bms_1/config) ' '$dir/seen' | cut -d' ' -f1 | cut -d: -f2 | awk '!s[\$0]++' |
		tr '\n' ' ' | grep -q '^jk/bms_1/live jk/bms_1/availability'"
ok "discovery follows, retained" seen '^homeassistant/device/jk_bms_1/config 1 1 \{'
ok "behind the state" sh -c "
	l=\$(grep -n '^jk/bms_1/live ' '$dir/seen' | head -n 1 | cut -d: -f1)
	d=\$(grep -n '^homeassistant/device/jk_bms_1/' '$dir/seen' | head -n 1 | cut -d: -f1)
	[ \$l -lt \$d ]"
last jk/bms_1/live >"$dir/live.json"
live 1 100 >"$dir/record"
ok "its members keep their digits" sh -c "
	for m in total_voltage current power state_of_charge capacity_remaining balancing_current uptime; do
		d=\$(grep -o '\"'\$m'\":[^,}]*' '$dir/record') && grep -qF \"\$d\" '$dir/live.json' ||
			{ echo \$m; exit 1; }
	done"
ok "time, channel and address are in it" jq -e \
	'.time == 1763856000.069139 and .channel == "bus" and .bms == 1' "$dir/live.json"
ok "and what is in no other member is left out" jq -e \
	'[keys[] | select(test("^unknown_|^reserved_|^trailer$|^alarm_wire"))] == []' "$dir/live.json"
ok "-k: one value a topic" seen '^jk/bms_1/total_voltage 1 1 52\.270$'
ok "-k: cells" seen '^jk/bms_1/cell_voltage_16 1 1 3\.268$'
ok "-k: switches as words" seen '^jk/bms_1/charging 1 1 ON$'
ok "-k: texts" seen '^jk/bms_1/balancer_status 1 1 Off$'

# On change alone.
live 1 100 >&9
live 1 101 >&9
ok "what changed" seen '^jk/bms_1/total_runtime 1 1 101$'
ok "the whole as well" seen '^jk/bms_1/live 1 1 .*"total_runtime":101,'
ok "what did not is not repeated" told 1 '^jk/bms_1/total_voltage '
ok "nor is the whole" told 2 '^jk/bms_1/live '

# Other records.
settings 1 >&9
about 1 >&9
ok "settings" seen '^jk/bms_1/settings 1 1 \{.*"smart_sleep_voltage":3\.400,'
ok "about" seen '^jk/bms_1/about 1 1 \{.*"vendor_id":"JK_PB2A16S15P"'
event null open /dev/ttyUSB0 >&9
event null mode "poll" >&9
ok "the link" seen '^jk/link/bus 1 1 \{.*"open":true,"source":"/dev/ttyUSB0".*"mode":"poll"'
event null stats "- up=60 bytes=9000 junk=3 orphan=1 reopened=0" >&9
ok "its numbers" seen '^jk/link/bus 1 1 \{.*"up":60,"bytes":9000,"junk":3'
printf '%s\n' \
	'{"time":1763856000.5,"channel":"bus","bms":1,"type":"health","state":"degraded","reason":"timeouts"}' >&9
ok "a device's health" seen '^jk/bms_1/health 1 1 \{"state":"degraded","reason":"timeouts"\}'
printf '%s\n' \
	'{"time":1763856000.5,"channel":"bus","bms":null,"type":"health","state":"down","reason":"closed"}' \
	>&9
ok "a link's health" seen '^jk/link/bus 1 1 \{.*"state":"down","reason":"closed"'
printf '%s\n' \
	'{"time":1763856000.5,"channel":"-","bms":null,"type":"summary","count":2,"severity":"alarm","bms_list":[1]}' >&9
ok "the summary" seen '^jk/summary 1 1 \{"count":2,"severity":"alarm"'
transition 1 0 >&9
ok "a transition is a message, not retained" seen \
	'^jk/bms_1/alarm 0 1 \{"time":1763856000.000000,.*"key":"cell_overvoltage".*"active":true'
ok "the active alarms are" seen \
	'^jk/bms_1/alarms 1 1 \{"count":1,"alarms":\[\{"key":"cell_overvoltage","severity":"alarm","since":1763856000\.000000\}\]\}'
ok "and the bridge knows" seen '^jk/bridge 1 1 .*"global_alarm":true'
live 1 103 | sed 's/}$/,"alarms":[]}/' >&9
ok "a live record with none clears them" seen '^jk/bms_1/alarms 1 1 \{"count":0,"alarms":\[\]\}'
ok "and the bridge knows" wait_for sh -c "grep '^jk/bridge ' '$dir/seen' | tail -n 1 |
	grep -q '\"global_alarm\":false'"

transition 1 2 | sed \
	's/}$/,"alarms":[{"key":"silent","severity":"alarm","since":1.0},{"key":"x","severity":"info","since":2.0,"stale":true}]}/' >&9
ok "a transition that tells all active ones" seen \
	'^jk/bms_1/alarms 1 1 \{"count":1,"alarms":\[\{"key":"silent",.*"stale":true\}\]\}'

# The same address on a second channel.
live 1 200 attic >&9
ok "a second device of one name is reported" said 'bus:1 and attic:1 would both be bms_1'
ok "in jk/bridge too" seen '^jk/bridge 1 1 .*"conflicts":\["attic:1 would be bms_1"\]'
live 1 104 >&9
ok "the first goes on" seen '^jk/bms_1/live 1 1 .*"total_runtime":104,'
ok "without a mixture" lacks '"total_runtime":200,' "$dir/seen"

# Eight cells instead of sixteen: the values of those that are gone do not stay.
eight() {
	eight_cells | sed 's/"uptime":[^,]*,//'
}
settled eight >&9
ok "-k: the value of a cell that is gone is taken away" seen '^jk/bms_1/cell_voltage_16 1 1 $'
ok "-k: and of its wire" seen '^jk/bms_1/cell_resistance_9 1 1 $'
ok "-k: and that of a key that is gone" seen '^jk/bms_1/uptime 1 1 $'
ok "-k: those that are there stay" lacks '^jk/bms_1/cell_voltage_[1-8] 1 1 $' "$dir/seen"
settled live 1 106 >&9
ok "-k: sixteen again" wait_for sh -c \
	"[ \"\$(grep '^jk/bms_1/cell_voltage_16 ' '$dir/seen' | tail -n 1)\" = \
	'jk/bms_1/cell_voltage_16 1 1 3.268' ]"

# Bad records.
printf '%s\n' 'nonsense' '{"time":1' '[]' '{"time":1.5,"channel":"bus","bms":99,"type":"live"}' \
	'{"time":1.5,"channel":"a/b#","bms":1,"type":"live"}' \
	'{"time":1.5,"channel":"bus","bms":1,"type":"unheard-of"}' >&9
head -c 1000000 /dev/zero | tr '\0' x >&9
printf '\n' >&9
printf '%s\n' \
	'{"time":1763856000.1,"channel":"bus","bms":1,"type":"about","vendor_id":"A","device_passcode":"1234","setup_passcode":"5678"}' >&9
ok "bad records are reported with their line" said 'jk-mqtt: stdin:[0-9]*: no record: cut off in the middle'
ok "a long one too" said 'no record: too long'
ok "and it goes on" seen '^jk/bms_1/about 1 1 \{.*"vendor_id":"A"'
ok "no passcode is published" lacks 'passcode' "$dir/seen"

# The end.
live 1 105 >&9
end_of_feed
wait $mqtt
ok "end of input: exit 0" equals $? 0
ok "the newest state was sent" seen '^jk/bms_1/live 1 1 .*"total_runtime":105,'
ok "the bridge is offline, last of all" wait_for sh -c "tail -n 1 '$dir/seen' |
	grep -q '^jk/status 1 1 offline'"
ok "the device too" equals "$(last jk/bms_1/availability)" offline

# Silence, and back.
afresh
feed
mqtt -t 1 -i 0 -k "$broker_name:$broker_port"
live 1 100 >&9
ok "silent for 1 s: offline" seen '^jk/bms_1/availability 1 1 offline$'
afresh
live 1 102 >&9
ok "back: online at once" seen '^jk/bms_1/availability 1 1 online$'
ok "the new state before that" sh -c "
	grep -E '^jk/bms_1/(total_runtime 1 1 102|availability 1 1 online)' '$dir/seen' | head -n 1 |
		grep -q 'total_runtime'"
kill $mqtt
wait $mqtt

# A device that an earlier run left online.
afresh
publish -r -t home/jk/bms_7/availability -m online
mqtt -p home/jk -D ha -i 600 -w 60 "$broker_name:$broker_port"
ok "a device that is not heard is set offline" seen '^home/jk/bms_7/availability 1 1 offline$'
live 1 300 attic | named roof "Dach – Süd 1" >&9
live 1 301 | named cellar >&9
live 2 302 | named garage >&9
ok "-p, names of packs" seen '^home/jk/roof/live 1 1 .*"total_runtime":300,'
ok "the same address on another channel" seen '^home/jk/cellar/live 1 1 .*"total_runtime":301,'
ok "another address" seen '^home/jk/garage/live 1 1 .*"total_runtime":302,'
ok "-D: the label is the device's name" seen \
	'^ha/device/home_jk_roof/config 1 1 .*"dev":\{[^}]*"name":"Dach – Süd 1"'
ok "without a label it is the pack's" seen \
	'^ha/device/home_jk_cellar/config 1 1 .*"dev":\{[^}]*"name":"cellar"'
live 2 303 | named garage >&9
live 2 304 | named garage >&9
transition 2 0 | named garage >&9
ok "a transition is not delayed" seen '^home/jk/garage/alarm 0 1 '
kill -TERM $mqtt
wait $mqtt
ok "SIGTERM: exit 0" equals $? 0
ok "offline" seen '^home/jk/status 1 1 offline$'
ok "the newest is sent in spite of -i" equals "$(last home/jk/garage/live | jq .total_runtime)" 304
ok "nothing between was" lacks '"total_runtime":303,' "$dir/seen"

# The will.
mqtt "$broker_name:$broker_port"
ok "online" wait_for sh -c "[ \$(grep '^jk/status' '$dir/seen' | tail -n 1 | cut -d' ' -f4) = online ]"
kill -KILL $mqtt
wait $mqtt 2>/dev/null
ok "killed: the will says offline" wait_for sh -c \
	"[ \"\$(grep '^jk/status' '$dir/seen' | tail -n 1)\" = 'jk/status 1 1 offline' ]"

# A short file: it waits for the connection.
afresh
live 5 500 | jk-mqtt -w 60 "$broker_name:$broker_port" 2>"$dir/err"
ok "a short input is sent all the same" seen '^jk/bms_5/live 1 1 .*"total_runtime":500,'
ok "with its discovery" seen '^homeassistant/device/jk_bms_5/config 1 1 \{'
stop_broker
live 5 501 | jk-mqtt "$broker_name:$broker_port" 2>"$dir/err"
ok "no broker: exit 0" equals $? 0
ok "and it says so" grep -q 'not everything could be sent' "$dir/err"
done_testing
