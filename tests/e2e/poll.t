#!/bin/sh
# Polling a simulated bus behind a gateway: who is asked, dead packs, other masters, and links that break.
. tests/e2e/lib.sh

# Every fault of the line: no record of the wrong pack, no wrong value, nothing lost.
sim --speed 20 --all-faults --log "$dir/log" 1:16 2:8 3:15 9:16:11
capture -a 1-3,9 -i 0.2 "tcp:127.0.0.1:$port"
ok "fifteen frames of each" heard_times 15 ' 09#55AAEB9002'
ok "statistics count what was asked, answered and missed" heard '!stats 0[1239] asked=[1-9][0-9]* answered=[1-9][0-9]* timeouts=[1-9][0-9]* mean_ms=[0-9]* p99_ms=[0-9]*$'
ok "SIGTERM ends it with 0" stop_capture
jk-decode "$dir/frames" >"$dir/records"
perl -ne 'print if /"heard":true/' "$dir/log" >"$dir/heard"
ok "no record that was not sent, and none is missing" tests/e2e/stream.pl among "$dir/heard" "$dir/frames" "$dir/records"
ok "timeouts are events" grep -q '"event":"timeout","words":"0[1239] ' "$dir/records"
ok "they are no reason to yield" sh -c "! grep -q 'mode listen' '$dir/frames'"
stop_sim

# Each kind of adapter
for kind in "--echo" "--echo --echo-late 20" "--padding 3" "--echo-part 0.3 --echo" "--segment 7 --segment-delay 5"; do
	# shellcheck disable=SC2086 # options
	sim --speed 5 $kind 1:16 2:8
	capture -a 1-2 -i 0.3 "tcp:127.0.0.1:$port"
	ok "an adapter with $kind" heard_times 5 ' 02#55AAEB9002'
	ok "$kind: it still polls" sh -c "! grep -q 'mode listen' '$dir/frames'"
	stop_capture
	stop_sim
done
sim --speed 5 --cut 8 1:16
capture -a 1 -i 0.3 "tcp:127.0.0.1:$port"
ok "an adapter that cuts acknowledgements off: orphans, no records" heard_times 3 '!orphan 55AAEB9002'
ok "what to look at is said" wait_for grep -q 'no acknowledgement behind them' "$dir/capture.err"
ok "not one frame has a sender" sh -c "! grep -q '#55AAEB90' '$dir/frames'"
stop_capture
stop_sim

# Dead from the start, dying, coming back
sim --speed 1 --silence 2 --silence 3@2-9 1:16 2:16 3:16
capture -a 1-3 -i 0.5 "tcp:127.0.0.1:$port"
ok "a dead pack is said" heard '!timeout 02 live'
ok "so is one that dies" heard_times 3 '!timeout 03'
ok "the living one is asked on" heard_times 12 ' 01#55AAEB9002'

ok "it comes back, and tells again what it is" heard ' 03#55AAEB9003'
ok "stops" stop_capture
stop_sim

# A master from the start; one that comes later
sim --speed 1 --master 1:16
capture -a 1-2 "tcp:127.0.0.1:$port"
ok "a master on the bus is noticed" heard ' !mode listen master$'
ok "and its frames are recorded" heard ' 00#55AAEB9002'
ok "nothing is transmitted" sh -c "! grep -q ' T$' '$dir/frames'"
ok "stops" stop_capture
stop_sim
sim --speed 1 --master-at 4- --log "$dir/log" 1:16
capture -a 1 -i 0.4 "tcp:127.0.0.1:$port"
ok "it polls" heard ' !mode poll$'
ok "until a master comes" heard ' !mode listen master$'
ok "who is recorded" heard ' 00#55AAEB9002'
sed '1,/!mode listen master/d' "$dir/frames" >"$dir/after"
ok "nothing is transmitted after that" sh -c "! grep -q ' T$' '$dir/after'"
ok "stops" stop_capture
stop_sim

# Two of our own on one bus: one of them yields, and hears what the other asks for
sim --speed 1 --poller-at 3- 1:16 2:16
capture -a 1-2 -i 0.4 "tcp:127.0.0.1:$port"
ok "another client that polls is noticed" heard ' !mode listen master$'
ok "what it asks for is recorded" heard_times 3 ' 02#55AAEB9002'
ok "stops" stop_capture
stop_sim

# Links
sim --speed 1 --hangup 3 --reset 1:16
capture -a 1 -i 0.2 "tcp:127.0.0.1:$port"
heard ' 01#55AAEB9002'
wanted=$(descriptors "$capture")
ok "a gateway that resets is opened again and again" heard_times 3 '!open'
ok "each time it is polled" heard_times 3 ' 01#55AAEB9003'
ok "no descriptor is left open" equals "$(descriptors "$capture")" "$wanted"
ok "a reset is named" heard '!close Connection reset by peer'
ok "stops" stop_capture
stop_sim
sim --speed 1 --one-client 1:16
capture -a 1 "tcp:127.0.0.1:$port"
heard ' 01#55AAEB9002'
jk-capture -a 1 "tcp:127.0.0.1:$port" >"$dir/second" 2>/dev/null &
second=$!
children="$children $second"
ok "a gateway for one client: the other is turned away" wait_for grep -q '!close closed by the other side' "$dir/second"
stop_capture
ok "until the first leaves" wait_for grep -q ' 01#55AAEB9002' "$dir/second"
kill $second
stop_sim
sim --speed 1 1:16 --silence 1@4-
capture -a 1 -i 0.2 "tcp:127.0.0.1:$port"
heard ' 01#55AAEB9002'
ok "nobody answers: the link is opened anew" heard '!close nobody answers'
ok "stops" stop_capture
stop_sim

# A gateway that hangs: the connection stands, and nothing comes or goes; then it wakes up
sim --speed 1 --freeze 3-12 1:16
capture -a 1 -i 0.2 "tcp:127.0.0.1:$port"
heard ' 01#55AAEB9002'
ok "a gateway that hangs is given up" heard '!close \(nobody answers\|silent\)'
frames=$(count_of ' 01#55AAEB9002')
ok "when it wakes up it is polled again" heard_times $((frames + 2)) ' 01#55AAEB9002'
ok "stops" stop_capture
stop_sim

# Requests from elsewhere: what is refused, and what goes out
sim --speed 5 1:16
capture -a 1 -n bus -x "$dir/requests" "tcp:127.0.0.1:$port"
heard '!mode poll'
ok "the FIFO is made" test -p "$dir/requests"
now=$(date +%s.%6N)
{
	echo "($now) bus 01#0110161E0001020000D22F"
	echo "($now) bus 01#010300000001840A"
	echo "($now) other 01#0110161E0001020000D22F"
	echo "($now) bus 02#0110161E0001020000D22F"
	echo "($now) bus 01#0110161E0001020000D22E"
	echo "(1000000000.000000) bus 01#0110161E0001020000D22F"
	echo "nonsense"
	echo "# a comment"
	printf '(%s) bus 01#011016' "$now"
} >"$dir/requests"
ok "a trigger goes out" heard_times 2 ' 01#0110161E0001020000D22F T$'
for reason in function channel address crc stale; do
	ok "refused: $reason" heard "!refused $reason 01"
done
ok "refused: syntax" heard '!refused syntax 6E6F6E73656E7365$'
ok "stops, with a half line in the FIFO" stop_capture
ok "which was not sent" sh -c "! grep -E '#011016 T|refused syntax 28' '$dir/frames'"
stop_sim
sim --speed 5 --master 1:16
capture -a 1 -n bus -x "$dir/requests" "tcp:127.0.0.1:$port"
heard '!mode listen master'
echo "($(date +%s.%6N)) bus 01#0110161E0001020000D22F" >"$dir/requests"
ok "while another master is there all is refused" heard '!refused listening 0110161E0001020000D22F$'
ok "stops" stop_capture
ok "nothing was transmitted" sh -c "! grep -q ' T$' '$dir/frames'"
done_testing
