#!/bin/sh
# Polling a simulated bus behind a gateway: every fault of the line, and each kind of adapter.
. tests/e2e/lib.sh

# Every fault of the line: no record of the wrong pack, no wrong value, nothing lost.  Nobody is at address 4.
sim --speed 20 --all-faults --log "$dir/log" 1:16 2:8 3:15 9:16:11
capture -a 1-4,9 -i 0.2 "tcp:127.0.0.1:$port"
ok "fifteen frames of each" heard_times 15 ' 09#55AAEB9002'
some='[1-9][0-9]*'
ok "statistics count what was asked, answered and missed" heard \
	"!stats 0[12349] asked=$some answered=$some timeouts=$some mean_ms=[0-9]* p99_ms=[0-9]*\$"
ok "SIGTERM ends it with 0" stop_capture
jk-decode "$dir/frames" >"$dir/records"
ok "no record that was not sent, and none is missing" tests/e2e/stream.pl among "$dir/log" "$dir/frames" \
	"$dir/records"
ok "timeouts are events" grep -q '"event":"timeout","words":"04 ' "$dir/records"
ok "they are no reason to yield" yields_to_nobody
stop_sim

# Each kind of adapter
for kind in "--echo" "--echo --echo-late 20" "--padding 3" "--echo-part 0.3 --echo" \
	"--segment 7 --segment-delay 5"; do
	# shellcheck disable=SC2086 # options
	sim --speed 5 $kind 1:16 2:8
	capture -a 1-2 -i 0.3 "tcp:127.0.0.1:$port"
	ok "an adapter with $kind" heard_times 5 ' 02#55AAEB9002'
	ok "$kind: it still polls" yields_to_nobody
	stop_capture
	stop_sim
done
sim --speed 5 --cut 8 1:16
capture -a 1 -i 0.3 "tcp:127.0.0.1:$port"
ok "an adapter that cuts acknowledgements off: orphans, no records" heard_times 3 '!orphan 55AAEB9002'
ok "what to look at is reported" wait_for grep -q 'no acknowledgements after them' "$dir/capture.err"
ok "not one frame has a sender" lacks '#55AAEB90' "$dir/frames"
stop_capture
stop_sim
done_testing
