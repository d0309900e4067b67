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
# of which there is one fewer while it waits
fewer() { [ "$(descriptors "$capture")" -le "$wanted" ]; }
ok "no descriptor is left open" wait_for fewer
ok "a reset is named" heard '!close Connection reset by peer'
ok "stops" stop_capture
stop_sim
sim --speed 1 --one-client 1:16
capture -a 1 "tcp:127.0.0.1:$port"
heard ' 01#55AAEB9002'
: >"$dir/second"
jk-capture -a 1 "tcp:127.0.0.1:$port" >"$dir/second" 2>/dev/null &
second=$!
children="$children $second"
# or the first, if it has just opened its connection anew
ok "a gateway for one client: the other is turned away" wait_for grep -q '!close closed by the other side' \
	"$dir/second" "$dir/frames"
stop_capture
ok "until the first leaves" wait_for grep -q ' 01#55AAEB9002' "$dir/second"
kill $second
stop_sim
sim --speed 1 1:16 --silence 1@USR1
capture -a 1 -i 0.2 "tcp:127.0.0.1:$port"
heard ' 01#55AAEB9002'
switch_sim
ok "nobody answers: the link is reopened" heard '!close nobody answers'
ok "stops" stop_capture
stop_sim

# A gateway that hangs: the connection stands, and nothing comes or goes; then it wakes up
sim --speed 1 --freeze USR1 1:16
capture -a 1 -i 0.2 "tcp:127.0.0.1:$port"
heard ' 01#55AAEB9002'
switch_sim
ok "a gateway that hangs is given up" heard '!close \(nobody answers\|silent\)'
switch_sim
frames=$(count_of ' 01#55AAEB9002')
ok "when it wakes up it is polled again" heard_times $((frames + 2)) ' 01#55AAEB9002'
ok "stops" stop_capture
stop_sim

# Requests from elsewhere: what is refused, and what goes out
sim --speed 5 1:16
capture -a 1 -n bus -x "$dir/requests" "tcp:127.0.0.1:$port"
heard ' 01#55AAEB9003' # after the first round: a frame that a request brings need not be polled
ok "the FIFO is made" test -p "$dir/requests"
# again and again, since one that is 5 s old is stale
trigger=' 01#0110161E0001020000D22F T$'
triggers=$(count_of "$trigger")
trigger_goes_out() {
	echo "($(date +%s.%6N)) bus 01#0110161E0001020000D22F" >"$dir/requests"
	sleep .2
	[ "$(count_of "$trigger")" -gt "$triggers" ]
}
ok "a trigger goes out" wait_for trigger_goes_out
now=$(date +%s.%6N)
{
	echo "($now) bus 01#010300000001840A"
	echo "($now) other 01#0110161E0001020000D22F"
	echo "($now) bus 02#0110161E0001020000D22F"
	echo "($now) bus 01#0110161E0001020000D22E"
	echo "(1000000000.000000) bus 01#0110161E0001020000D22F"
	echo "nonsense"
	echo "# a comment"
	printf '(%s) bus 01#011016' "$now"
} >"$dir/requests"
for reason in function channel address crc stale; do
	ok "refused: $reason" heard "!refused $reason 01"
done
ok "refused: syntax" heard '!refused syntax 6E6F6E73656E7365$'
ok "stops, with a half line in the FIFO" stop_capture
ok "which was not sent" lacks -E '#011016 T|refused syntax 28' "$dir/frames"
stop_sim
sim --speed 5 --master 1:16
capture -a 1 -n bus -x "$dir/requests" "tcp:127.0.0.1:$port"
heard '!mode listen master'
trigger_is_refused() {
	echo "($(date +%s.%6N)) bus 01#0110161E0001020000D22F" >"$dir/requests"
	sleep .2
	grep -q '!refused listening 0110161E0001020000D22F$' "$dir/frames"
}
ok "while another master is there all is refused" wait_for trigger_is_refused
ok "stops" stop_capture
ok "nothing was transmitted" disturbs_nobody
done_testing
