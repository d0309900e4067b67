#!/bin/sh
# The whole way of one command: jk-set, jk-write, jk-capture and the simulated bus, and back; and what happens
# if one of them stands still, dies, or is not there.
. tests/e2e/lib.sh

# pipeline: a bus of four packs that is polled.
pipeline() {
	sim --strict --speed 3 1:16 2:16 3:16:19 4:8
	rm -f "$dir/stream" "$dir/tx" "$dir/cmd"
	mkfifo "$dir/stream" "$dir/ready"
	jk-capture -n bus -a 1-4 -g 20 -x "$dir/tx" "tcp:127.0.0.1:$port" >"$dir/stream" \
		2>"$dir/capture.err" &
	capture=$!
	jk-write -c "$dir/cmd" -x "$dir/tx" -r "$dir/replies" -s "$dir/state" -A "$dir/allow" --per-second \
		100 --per-day 1000 -d 3 \
		<"$dir/stream" >"$dir/frames" 2>"$dir/write.err" 3>"$dir/ready" &
	writer=$!
	children="$children $capture $writer"
	head -n 1 "$dir/ready" >"$dir/ok.out"
	rm "$dir/ready"
	wait_for grep -q '04#55AAEB9003' "$dir/frames"
}
end() {
	kill "$capture" 2>/dev/null
	wait "$writer"
	status=$?
	kill "$sim" 2>/dev/null
	wait_gone "$sim"
}
set_one() {
	run timeout 120 jk-set -c "$dir/cmd" -r "$dir/replies" "$@"
}
echo 'allow 3 discharging_switch' >"$dir/allow"

pipeline
# jk-set, and what a person meets
set_one 1 discharge_precharge_time 77
ok "jk-set tells how it went" grep -q \
	'^1 discharge_precharge_time 77: \|^jk-set: 1 discharge_precharge_time 77: ' "$dir/out" "$dir/err"
set_one 3 discharging_switch of
ok "jk-set: exit 1 and why" grep -q 'jk-set: 3 discharging_switch of: rejected (must be on or off)' "$dir/err"
ok "jk-set: exit 1" equals "$status" 1
set_one 1 discharging_switch off
ok "jk-set: dangerous" grep -q 'dangerous, and not allowed by -A' "$dir/err"
set_one 9 charging_switch off
ok "jk-set: a BMS that is not there" grep -q 'timeout (BMS 9 does not answer' "$dir/err"
ok "jk-set leaves nothing behind" sh -c "test -z \"\$(ls '$dir/replies')\""
# The BMS stops answering between two commands, and comes back
kill -STOP "$sim"
echo '2 charging_switch off stands' >"$dir/cmd"
ok "the bus stands still: timeout" wait_for grep -q ' !write stands 2 charging_switch off timeout' \
	"$dir/frames"
kill -CONT "$sim"
# jk-capture stops, for a while
kill -STOP "$capture"
echo '2 discharge_precharge_time 5' >"$dir/cmd"
wait_for grep -q '^command begun bus - 2 discharge_precharge_time 5' "$dir/state"
kill -CONT "$capture"
wait_for grep -q ' !write - 2 discharge_precharge_time 5 ' "$dir/frames"
ok "jk-capture stood still: one result" equals \
	"$(grep -c ' !write - 2 discharge_precharge_time 5 ' "$dir/frames")" 1
# jk-capture dies
kill -STOP "$sim"
echo '4 discharge_precharge_time 6' >"$dir/cmd"
wait_for grep -q '^command begun bus - 4 discharge_precharge_time 6' "$dir/state"
kill -KILL "$capture"
wait "$writer"
ok "jk-capture dies: jk-write ends with 0" equals $? 0
ok "jk-capture dies: unknown" grep -q ' !write - 4 discharge_precharge_time 6 unknown' "$dir/frames"
kill -CONT "$sim"
end
set_one 1 charging_switch off
ok "jk-set without jk-write: exit 111" equals "$status" 111
ok "jk-set without jk-write: says so" grep -q 'nobody reads it: is jk-write running' "$dir/err"

# With another master on the bus nothing is written
sim --master 1:16
mkfifo "$dir/stream2"
: >"$dir/frames"
jk-capture -n bus -a 1 -x "$dir/tx" "tcp:127.0.0.1:$port" >"$dir/stream2" 2>"$dir/capture.err" &
capture=$!
jk-write -c "$dir/cmd" -x "$dir/tx" -r "$dir/replies" <"$dir/stream2" >"$dir/frames" 2>"$dir/write.err" &
writer=$!
children="$children $capture $writer"
wait_for grep -q '!mode listen master' "$dir/frames"
wait_for test -p "$dir/cmd"
set_one 1 charging_switch off
ok "another master: listening-only" grep -q 'listening-only (bus only listens, master' "$dir/err"
ok "another master: no write on the wire" lacks -E '#[0-9A-F]{2}101[0-5].* T$' "$dir/frames"
kill "$capture"
ok "at the end of the stream jk-write ends, too" wait "$writer"
stop_sim
done_testing
