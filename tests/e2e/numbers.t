#!/bin/sh
# Numbers that are hard to take: every kind of float in a frame, and members of records that are too large or
# too long.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

count_of() { # PATTERN FILE: how many lines have it
	grep -c -e "$1" "$2"
}

# ---- floats of frames, through every stage ----

tests/e2e/floats.pl frames tests/golden/live.frames >"$dir/frames"
floats=$(tests/e2e/floats.pl count)
ok "every class of float" test "$floats" -gt 2000
jk-decode "$dir/frames" >"$dir/records" 2>"$dir/decode.err"
ok "each is a live record" equals "$(count_of '"type":"live"' "$dir/records")" "$floats"
ok "with the value of the float" sh -c "tests/e2e/floats.pl values <'$dir/records'"
jk-decode -o csv -k total_runtime,battery_voltage_correction "$dir/frames" >"$dir/csv"
ok "csv has the same" sh -c \
	"sed -n 's/^[^,]*,[^,]*,[^,]*,\([0-9]*\),\(.*\)/\"total_runtime\":\1,\"battery_voltage_correction\":\2}/p' '$dir/csv' |
	sed 's/:}/:null}/' | tests/e2e/floats.pl values"
jk-alarm "$dir/records" >"$dir/alarms" 2>"$dir/alarm.err"
ok "jk-alarm takes each" equals "$(count_of '"type":"live".*"alarms":\[' "$dir/alarms")" "$floats"
ok "without a word" equals "$(cat "$dir/decode.err" "$dir/alarm.err" 2>&1)" ""
ok "jq takes each" equals \
	"$(jq -c 'select(.type == "live") | .battery_voltage_correction | type' "$dir/records" | wc -l)" \
	"$floats"
jk-table <"$dir/records" >"$dir/table" 2>"$dir/table.err"
ok "jk-table draws the newest" grep -q '^bus  *1 ' "$dir/table"
ok "jk-table: without a word" lacks . "$dir/table.err"

plain_broker
recorder "$dir/seen"
feed
mqtt -t 3600 -w 60 -i 0 "$broker_name:$broker_port"
cat "$dir/alarms" >&9
ok "jk-mqtt publishes the last" seen "^jk/bms_1/live 1 1 .*\"total_runtime\":$((floats - 1)),"
ok "and takes each" lacks 'no record' "$dir/mqtt.err"

# ---- members of others ----

# odd MEMBERS: a record with these members of somebody else
odd() {
	live 1 "$1" | sed 's/}$/,'"$2"'}/'
}
odd 5001 '"mine":99999999999999999999999,"cell_extras":[1,1e999,3]' |
	sed 's/"state_of_health":[0-9]*/"state_of_health":1e400/' >"$dir/odd"
cat "$dir/odd" >&9
ok "a number that is too large costs that member" seen \
	'^jk/bms_1/live 1 1 .*"state_of_health":null,.*"total_runtime":5001,.*"mine":null,"cell_extras":\[1,null,3\]'
odd 5002 '"long":1.23456789012345678901234567890,"deep":{"er":[-1e400,{"x":18446744073709551616}]}' |
	tee -a "$dir/odd" >&9
ok "on any level; a long one stays" seen \
	'^jk/bms_1/live 1 1 .*"total_runtime":5002,.*"long":1.23456789012345678901234567890,"deep":\{"er":\[null,\{"x":null\}\]\}'
odd 5003 "\"digits\":$(printf '9%.0s' $(seq 400)).5,\"tiny\":1e-400,\"mine\":-9223372036854775809" |
	sed 's/"errors_bitmask":0/"errors_bitmask":1e400/' | tee -a "$dir/odd" >&9
ok "whatever makes it too large" seen \
	'^jk/bms_1/live 1 1 .*"errors_bitmask":null.*"total_runtime":5003,.*"digits":null,"tiny":1e-400,"mine":null'
ok "which is reported" said 'stdin:[0-9]*: state_of_health: a number that is too large: null'
ok "and no record was lost" lacks 'no record' "$dir/mqtt.err"
printf '%s\n' 'state_of_health < 50 alarm' 'total_runtime >= 5001 alarm' >"$dir/rules"
jk-alarm -r "$dir/rules" "$dir/odd" >"$dir/alarms" 2>"$dir/alarm.err"
ok "jk-alarm passes the bytes on" sh -c "sed -n '/\"live\"/s/,\"alarms\":.*/}/p' '$dir/alarms' |
	cmp - '$dir/odd'"
ok "and evaluates the rest" grep -q '"key":"total_runtime".*"active":true' "$dir/alarms"
ok "and names what is ignored" grep -q 'a bitmask is not a number: ignored' "$dir/alarm.err"
end_of_feed
done_testing
