#!/bin/sh
# jk-mqtt is killed and comes back: no pack that goes on sending is offline for that at a subscriber, and one
# that fell silent meanwhile is.  A real broker.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

# The record has the system's time, so that its age is known.
now() {
	live "$1" "$2" | sed "s/\"time\":[0-9]*/\"time\":$(date +%s)/"
}
start() { # OPTIONS...
	mqtt -i 0 "$@" "$broker_name:$broker_port"
}
# What the broker retains of the earlier run has come.
told_so() {
	wait_for sh -c "sed -n '/New client connected from .* as jk-mqtt-$(printf %x "$mqtt")-/,\$p' \
		'$dir/broker.log' | grep -q 'Sending PUBLISH to jk-mqtt-.*$1/availability'"
}
killed() {
	kill -KILL "$mqtt"
	wait "$mqtt" 2>/dev/null
}

plain_broker
recorder "$dir/seen"
feed
start
for bms in 1 2; do
	now $bms 1 >&9
	seen "^jk/bms_$bms/availability 1 1 online"
done
for run in 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21; do
	killed
	start
	told_so bms_2
	now 1 $run >&9
	now 2 $run >&9
	seen "^jk/bms_2/live .*\"total_runtime\":$run,"
done
ok "killed twenty times: no pack was offline" lacks -E '^jk/bms_[12]/availability . . offline' "$dir/seen"
ok "the bridge was, by its will" test "$(grep -c '^jk/status 1 . offline' "$dir/seen")" -ge 20
ok "and is online" equals "$(last jk/status)" online

# One falls silent while nobody listens.
killed
start -t 2
told_so bms_2
now 1 30 >&9
ok "the silent one is offline" seen '^jk/bms_2/availability 1 1 offline'
ok "which is reported" said 'bms_2: not received since the start: offline'
ok "and again, with the others that nobody hears" said \
	'known to the broker, but not received for 2 s: bms_2;'

# Stopped before a pack was heard: it ends in offline.
killed
now 1 31 >&9
start
seen '^jk/bms_1/live .*"total_runtime":31,'
killed
afresh
start
told_so bms_1
kill "$mqtt"
wait "$mqtt"
ok "stopped before a pack is heard: offline" seen '^jk/bms_1/availability 1 1 offline'

# The broker is killed and comes back with nothing: the packs are online all the time.
start
now 1 40 >&9
seen '^jk/bms_1/availability 1 1 online'
afresh
stop_broker KILL
start_broker
recorder "$dir/seen"
now 1 41 >&9
seen '^jk/bms_1/live .*"total_runtime":41,'
ok "a broker that has forgotten all" seen '^jk/bms_1/availability 1 1 online'
ok "no pack was offline" lacks -E '/availability . . offline' "$dir/seen"
end_of_feed
wait "$mqtt"
ok "exit 0" equals $? 0
done_testing
