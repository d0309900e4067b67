#!/bin/sh
# A command that waited while jk-mqtt or jk-write was stopped is not carried out when that goes on: the whole
# pipeline, with a real broker and the simulated bus, and an age of one second.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

plain_broker
recorder "$dir/seen"
sim --strict --speed 3 1:16 2:16
mkdir "$dir/replies"
mkfifo "$dir/stream" "$dir/frames" "$dir/records"
exec 8<>"$dir/records" # jk-decode lives on while there is no jk-mqtt
# Open for both, so that the pipeline does not end, nor wait, with one that is stopped.
jk-capture -n bus -a 1-2 -g 20 -x "$dir/tx" "tcp:127.0.0.1:$port" >"$dir/stream" 2>"$dir/capture.err" &
children="$children $!"
jk-write -c "$dir/cmd" -x "$dir/tx" -r "$dir/replies" -s "$dir/state" --max-age 1 --per-second 100 \
	<"$dir/stream" >"$dir/frames" 2>"$dir/write.err" &
writer=$!
children="$children $writer"
tee "$dir/log.frames" <"$dir/frames" | jk-decode >"$dir/records" &
children="$children $!"
mqtt_input=$dir/records
mqtt -i 0 -c "$dir/cmd" "$broker_name:$broker_port"
seen '^homeassistant/device/jk_bms_2/config .*charging_switch' >/dev/null
seen '^jk/bms_1/settings ' >/dev/null
wait_for test -p "$dir/cmd"

ask() { # KEY PAYLOAD
	publish -t "jk/bms_1/set/$1" -m "$2"
}
writes() { # on the wire
	grep -cE '#[0-9A-F]{2}101[0-5].* T$' "$dir/log.frames"
}
results() { # RESULT...: of all commands so far
	grep -acE "^jk/bms_1/result/[a-z_]+ 0 1 .*\"result\":\"$1" "$dir/seen"
}
have() { # COUNT RESULT
	wait_for sh -c "[ \$(grep -acE '^jk/bms_1/result/[a-z_]+ 0 1 .*\"result\":\"$2' '$dir/seen') -ge $1 ]"
}
pass_the_age() { # until more than a second has passed: the age is that of the real clock
	end=$(($(date +%s) + 4))
	wait_for sh -c "[ \$(date +%s) -ge $end ]"
}
# fresh_one VALUE: a command that is not old is carried out.  The first ones after a pause may count as old.
fresh_one() {
	key=discharge_precharge_time
	wait_for sh -c \
		"mosquitto_pub -h $broker_name -p $broker_port -q 1 -t jk/bms_1/set/$key -m $1 && sleep 2 &&
		grep -aq '^jk/bms_1/result/$key .*\"value\":\"$1\",\"result\":\"confirmed' '$dir/seen'"
}

ok "a command is carried out" fresh_one 11
afresh
before=$(writes)
kill -STOP "$mqtt"
for i in $(seq 30); do ask smart_sleep_delay $((i % 20 + 1)); done # more than the broker sends at once
pass_the_age
kill -CONT "$mqtt"
ok "jk-mqtt was stopped: each has its result" have 30 'rejected","why":"expired: its age is '
ok "and none another" equals "$(results '[a-z-]')" "$(results 'rejected","why":"expired')"
ok "and nothing was written" equals "$(writes)" "$before"
ok "what comes later is carried out" fresh_one 12

afresh
before=$(writes)
kill -STOP "$writer"
for value in 1 2 3; do ask smart_sleep_delay $value; done
jk-set -c "$dir/cmd" -r "$dir/replies" 2 smart_sleep_delay 4 >"$dir/set.out" 2>"$dir/set.err" &
setter=$!
said 'smart_sleep_delay 3: passed on' >/dev/null
wait "$setter"
ok "jk-set does not wait for a jk-write that is stopped" equals $? 111
ok "and says so" grep -q 'does not answer in .*: it is stopped.*; nothing was sent' "$dir/set.err"
pass_the_age
echo "1 smart_sleep_delay 5 without-time" >"$dir/cmd"
kill -CONT "$writer"
ok "jk-write was stopped: each has its result" have 3 'rejected","why":"expired: its age is '
ok "and one without a time, which is as old as the pause" wait_for grep -q \
	'!write without-time .* rejected "expired: it has no time' "$dir/log.frames"
ok "nothing was written" equals "$(writes)" "$before"
ok "what comes later is carried out" fresh_one 13
echo "1 smart_sleep_delay 6 no-time" >"$dir/cmd"
ok "also without a time" wait_for grep -q '!write no-time 1 smart_sleep_delay 6 confirmed' "$dir/log.frames"

before=$(writes)
now=$(date +%s)
echo "1 smart_sleep_delay 7 future @$((now + 3600))" >"$dir/cmd"
ok "a time in the future is rejected" wait_for grep -q \
	'!write future .* rejected "from the future, so the clocks differ: its time is ahead by 3[0-9.]* s' \
	"$dir/log.frames"
echo "1 smart_sleep_delay 7 old @$((now - 3600)).25" >"$dir/cmd"
ok "an old one, too" wait_for grep -q '!write old .* rejected "expired: its age is 3[0-9.]* s' \
	"$dir/log.frames"
ok "nothing was written" equals "$(writes)" "$before"

# What is published while jk-mqtt is not connected is gone, and a command that is retained is not carried out.
kill -TERM "$mqtt"
wait "$mqtt"
afresh
before=$(writes)
ask smart_sleep_delay 8
publish -r -t jk/bms_1/set/smart_sleep_delay -m 9
mqtt -i 0 -c "$dir/cmd" "$broker_name:$broker_port"
ok "a retained command is rejected" seen \
	'^jk/bms_1/result/smart_sleep_delay .*"result":"rejected","why":"a retained command is ignored'
ok "one of before the connection is not carried out" fresh_one 14
ok "only the new one is written" lacks -a '^jk/bms_1/result/smart_sleep_delay .*confirmed' "$dir/seen"
done_testing
