#!/bin/sh
# Serial lines, as ptys: opened by a link, for one program alone, gone and back under another number.
. tests/e2e/lib.sh

# Seldom polled, so that a simulated bus that stands still for some seconds does not make the link be reopened
sim_pty --speed 5 --log "$dir/log" 1:16 2:8:11 3:15:19
capture -d 7 -a 1-3 -i 20 "$pty"
ok "readiness is one newline" wait_for cmp -s "$dir/ready" tests/e2e/newline
for address in 01 02 03; do
	for type in 02 01 03; do
		ok "$address: a frame of type $type" heard \
			"^([0-9.]*) ttyJK0 $address#55AAEB90${type}[0-9A-F]* R$"
	done
done
ok "our requests are there" heard ' ttyJK0 03#0310161E0001020000CB4F T$'
ok "it is raw, at the usual speed" sh -c "stty -F '$pty' | grep -q 'speed 115200' && stty -a -F '$pty' |
	grep -q -- '-icanon' &&
	stty -a -F '$pty' | grep -q -- '-echo '"

: >"$dir/second"
jk-capture "$pty" >"$dir/second" 2>"$dir/second.err" &
second=$!
children="$children $second"
ok "a second program is told that it is busy" wait_for grep -q 'ttyJK0: busy: another program has it open' \
	"$dir/second.err"
ok "as an event too, and only once" sh -c "grep -c '!close busy' '$dir/second' | grep -qx 1"
before=$(count_of '!close')
ok "the first one has not noticed" equals "$before" 0
ok "SIGTERM ends the first with 0" stop_capture
ok "then the second gets it" wait_for grep -q '!open' "$dir/second"
kill -TERM $second
wait $second
ok "the last line says why" sh -c "tail -n 1 '$dir/frames' | grep -q '!close told to stop$'"
jk-decode "$dir/frames" >"$dir/records"
ok "no record that was not sent, and none is missing" tests/e2e/stream.pl among "$dir/log" "$dir/frames" \
	"$dir/records"
ok "nothing was lost" lacks '!lost' "$dir/frames"
no_junk() {
	grep '"stalled"' "$dir/log" || lacks -E '!(junk|orphan|timeout)' "$dir/frames"
}
ok "nothing was junk" no_junk
stop_sim

# gone and back: the link leads to another pty each time
sim_pty --speed 1 --unplug USR1 1:16
capture -a 1 -i 20 "$pty"
heard ' 01#55AAEB9002'
wanted=$(descriptors "$capture")
for times in 1 2 3; do
	switch_sim
	ok "pulled out, time $times" heard_times $times '!close the device is gone'
	ok "that there is no device is an event, time $times" heard_times $times \
		'!close no such device: is the adapter plugged in?'
	frames=$(count_of ' 01#55AAEB9002')
	switch_sim
	ok "back, time $times" heard_times $((times + 1)) '!open'
	ok "frames again, time $times" heard_times $((frames + 1)) ' 01#55AAEB9002'
done
ok "no descriptor is left open" equals "$(descriptors "$capture")" "$wanted"
ok "it says what happened" grep -q 'ttyJK0: the device is gone; trying again' "$dir/capture.err"
ok "and that it is over" grep -q 'ttyJK0: it is back' "$dir/capture.err"
ok "stops" stop_capture
stop_sim

# missing from the start
capture -a 1 serial:"$dir/later",9600
ok "a missing device is an event" heard '!close no such device'
ok "and a message with what to do" grep -q 'later,9600: no such device: is the adapter plugged in?' \
	"$dir/capture.err"
jk-sim --pty="$dir/later" 1:16 >/dev/null 2>&1 &
children="$children $!"
ok "it is found when it comes" heard ' later 01#55AAEB9002'
ok "with the speed that was asked for" sh -c "stty -F '$dir/later' | grep -q 'speed 9600'"
ok "stops" stop_capture

run jk-capture README.md
ok "a file without a slash is no source" equals "$status" 100
run jk-capture ./README.md
ok "a file is no serial line" equals "$status" 100
ok "which is reported" grep -q './README.md: not a serial line' "$dir/err"
run jk-capture serial:/dev/null
ok "nor is /dev/null" equals "$status" 100
if [ "$(id -u)" = 0 ]; then
	touch_pty() { chmod 600 "$(readlink -f "$1")"; }
	sim_pty 1:16
	touch_pty "$pty"
	chmod 755 "$dir"
	setpriv --reuid=65534 --regid=65534 --clear-groups "$(command -v jk-capture)" "$pty" >"$dir/frames" \
		2>"$dir/capture.err" &
	capture=$!
	children="$children $capture"
	ok "a device that others own: what is reported" wait_for grep -q 'not permitted' "$dir/capture.err"
	chgrp dialout "$(readlink -f "$pty")"
	chmod 660 "$(readlink -f "$pty")"
	ok "the group that may open it is named" heard 'add your user to the group dialout'
	ok "stops" stop_capture
else
	skip "a device that others own" "only root can make one"
fi
done_testing
