#!/bin/sh
# Polling over links that break and come back; requests from elsewhere.
. tests/e2e/lib.sh

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
sim --speed 1 1:16
capture -a 1 -i 0.2 "tcp:127.0.0.1:$port"
heard ' 01#55AAEB9002'
kill -STOP "$sim"
ok "a gateway that hangs is given up" heard '!close \(nobody answers\|silent\)'
kill -CONT "$sim"
frames=$(count_of ' 01#55AAEB9002')
ok "when it wakes up it is polled again" heard_times $((frames + 2)) ' 01#55AAEB9002'
ok "stops" stop_capture
stop_sim

# Requests from elsewhere: what is refused, and what goes out
sim --speed 5 1:16
capture -a 1 -n bus -x "$dir/requests" "tcp:127.0.0.1:$port"
heard ' 01#55AAEB9003' # after the first round: a frame that a request brings need not be polled
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
