#!/bin/sh
# Eight packs on CAN at the cycle of the documents, 672 frames a second, to a broker: each state at its
# interval, and no value of a pack in the state of another.  JK_HOUR: seconds of it; 3600 take a minute or
# two.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

# Each pack has values of its own, see can-sim.pl.
own_values() {
	for n in 0 1 2 3 4 5 6 7; do
		echo "--soc $n:$((9 * n + 20)) --current $n:$((n * 1000 + 10000))"
		echo "--ambient $n:$((100 + 50 * n)) $n:$((4 * n + 4))"
	done
}
milliseconds() { awk '{ printf "%d\n", $1 * 1000 }' /proc/uptime; }
# eight OPTIONS...: the whole pipeline until the bus ends, for jk-mqtt with $mqtt_options; it took $took ms
eight() {
	began=$(milliseconds)
	# shellcheck disable=SC2046,SC2086 # options
	jk-sim --can - --can-cycle documents $(own_values) "$@" | jk-decode | jk-alarm |
		tee "$dir/annotated" |
		jk-mqtt $mqtt_options -w 20 "$broker_name:$broker_port" 2>"$dir/mqtt.err" 9>&- ||
		return 1
	took=$(($(milliseconds) - began))
}
# states: how many of each pack; also fails if one has a value of another
states() { tests/e2e/can-sim.pl apart jk <"$dir/seen" >"$dir/states"; }
# each AT_LEAST AT_MOST: states of each of eight packs
each() {
	cat "$dir/states"
	awk -v least="$1" -v most="$2" '$2 < least || $2 > most { bad = 1 } END { exit bad || NR != 8 }' \
		"$dir/states"
}

plain_broker
recorder "$dir/seen"
hour=${JK_HOUR:-600}
mqtt_options='-i 5'
ok "$hour s of eight packs" eight --duration "$hour"
seen '^jk/status 1 1 offline'
ok "no value of a pack in another" states
ok "at most a state each 5 s of each, in $took ms" each 1 $((took / 5000 + 2))
ok "which is less than one each 5 s of the recording" each 1 $((hour / 5))
ok "nothing is wrong" lacks -E 'no record|bad|too long' "$dir/mqtt.err"
ok "no alarm" lacks '"type":"alarm"' "$dir/annotated"
# 1 of 23, of each kind of frame: can-decode.t looks at each record.
sed -n '1~23{s/.*"bms":\([0-9]*\),"type":"can".*/jk\/bms_\1\/live 1 1 &/p}' "$dir/annotated" >"$dir/some"
ok "each record has the values of its pack" sh -c "tests/e2e/can-sim.pl apart jk <'$dir/some'"

# At sixty times real time an interval of 0.1 s is 6 s of the packs.
afresh
mqtt_options='-i 0.1'
ok "ten minutes, sixty times as fast as real" eight --duration 600 --speed 60
seen '^jk/status 1 1 offline'
ok "no value of a pack in another then" states
ok "on average at most one state each interval, in $took ms" each 50 $((took / 100 + 2))
done_testing
