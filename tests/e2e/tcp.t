#!/bin/sh
# Listening to a gateway: the pipeline end to end, events, reconnecting, and a stdout that is slow, full or
# closed.
. tests/e2e/lib.sh

# A gateway that is away: it is looked at again at the end.
# Its port stays its own.
unplugged() { grep -q '"what":"unplugged"' "$1"; }
sim --silence 1 --unplug USR1 --log "$dir/away.log" 1:16
away=$port
away_sim=$sim
switch_sim
wait_for unplugged "$dir/away.log"
: >"$dir/away"
jk-capture -a 1 "tcp:127.0.0.1:$away" >"$dir/away" 2>"$dir/away.err" &
children="$children $!"

sim --speed 20 --master --unplug USR1 --log "$dir/log" --segment 7 1:16 2:8 3:15
capture -d 7 -n bus "tcp:127.0.0.1:$port"
ok "readiness is one newline" wait_for cmp -s "$dir/ready" tests/e2e/newline
ok "the source is reported" heard "^([0-9]*[.][0-9]\{6\}) bus !open tcp:127.0.0.1:$port$"
ok "the mode is reported" heard " bus !mode listen"
for address in 00 01 02 03; do
	ok "live frames of $address" heard " $address#55AAEB9002[0-9A-F]* R$"
done
ok "statistics after two seconds" heard \
	' !stats - up=[2-9][0-9]* bytes=[0-9]* junk=[0-9]* orphan=[0-9]* reopened=[0-9]*$'
ok "statistics of an address" heard \
	' !stats 0[0-3] asked=[0-9]* answered=[0-9]* timeouts=[0-9]* mean_ms=[0-9]* p99_ms=[0-9]*$'
ok "SIGTERM ends it with 0" stop_capture
ok "the last line is whole" sh -c "tail -c 1 '$dir/frames' | cmp -s - tests/e2e/newline"
jk-decode "$dir/frames" >"$dir/records"
ok "no record that was not sent" tests/e2e/stream.pl among "$dir/log" "$dir/frames" "$dir/records"

capture "tcp:127.0.0.1:$port"
ok "connects again" heard '#55AAEB9002'
switch_sim
ok "a gateway that dies is reported" heard ' !close '
# There have been some attempts by then.
tried() { awk '/Connection refused/ { refused = 1 } refused && / !stats - / { n++ } END { exit !n }' \
	"$dir/frames"; }
wait_for tried
ok "and that nobody is there, once" equals "$(count_of '!close cannot connect: Connection refused')" 1
frames=$(count_of '#55AAEB9002')
switch_sim
ok "it comes back" heard_times $((frames + 1)) '#55AAEB9002'
ok "on stderr too" grep -q 'Connection refused; trying again' "$dir/capture.err"
ok "stops" stop_capture
stop_sim

sim --speed 20 --master --hangup 3 1:16
capture "tcp:127.0.0.1:$port"
ok "a gateway that hangs up is opened again and again" heard_times 3 '!open'
ok "stops" stop_capture
stop_sim

capture tcp:no-such-host.invalid:5000
ok "a host that cannot be found is an event" heard '!close cannot look up the host: '
ok "stops" stop_capture

# A port of this machine that nobody listens on can be chosen for our own end: such a connection leads to
# ourselves.
if unshare -rn ip link >/dev/null 2>&1; then
	run unshare -rn sh -c 'ip link set lo up &&
		echo 40004 40005 >/proc/sys/net/ipv4/ip_local_port_range &&
		jk-capture tcp:127.0.0.1:40004 | head -n 1'
	ok "we are not the gateway that is away" grep -q '!close cannot connect: Connection refused' \
		"$dir/out"
else
	skip "a connection that leads to ourselves" "no network of its own can be had"
fi

# A name that is not known yet, then leads to where nobody is, then elsewhere, and is looked up anew each time
own_resolver
sim --speed 20 --master --hangup 4 1:16
: >"$dir/frames"
LD_PRELOAD=$dir/resolver.so RESOLVER_FILE=$dir/resolves ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 \
	jk-capture "tcp:gateway.test:$port" >"$dir/frames" 2>"$dir/capture.err" &
capture=$!
children="$children $capture"
ok "a name that is not known" heard ' gateway.test !close cannot look up the host: Name or service not known'
echo 127.0.0.2 >"$dir/resolves"
ok "a name that leads to where nobody is" heard '!close cannot connect: Connection refused'
echo 127.0.0.1 >"$dir/resolves"
ok "a name that has changed" heard ' gateway.test 00#55AAEB9002'
heard '!close closed by the other side'
echo 127.0.0.2 >"$dir/resolves"
refused=$(count_of 'Connection refused')
ok "it is looked up again when the link has broken" heard_times $((refused + 1)) \
	'!close cannot connect: Connection refused'
ok "stops" stop_capture
ok "no child is left" wait_for sh -c "! pgrep -f '[g]ateway.test:$port'"
stop_sim

# A name server that does not answer: the child that asks it ends at a signal, and with the capture, whose
# stdout it does not keep open.
mkfifo "$dir/lines"
rm -f "$dir/resolves" "$dir/read"
(cat "$dir/lines" >/dev/null && : >"$dir/read") &
LD_PRELOAD=$dir/resolver.so RESOLVER_FILE=$dir/resolves RESOLVER_SLOW=1 \
	ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 \
	jk-capture "tcp:slow.test:1" >"$dir/lines" 2>"$dir/capture.err" &
capture=$!
children="$children $capture"
wait_for pgrep -P $capture
looker=$(pgrep -P $capture)
kill -TERM "$looker"
ok "SIGTERM ends a look-up" wait_for grep -q 'slow.test:1: cannot look up the host: the look-up was cut off' \
	"$dir/capture.err"
wait_for pgrep -P $capture
looker=$(pgrep -P $capture)
ok "it does not hold stdout" wait_for sh -c "readlink /proc/$looker/fd/1 | grep -qx /dev/null"
ok "nor anything but its pipe" equals \
	"$(find "/proc/$looker/fd" -mindepth 1 -printf '%f\n' | sort | tr -d '\n')" 0123
kill -KILL $capture
ok "the reader of a capture that was killed sees the end" wait_for test -e "$dir/read"
ok "and no look-up goes on" wait_gone "$looker"

# Nobody reads: a pipe whose reader has not begun.  What is not kept is counted, to the byte.
sim --speed 1000 --log "$dir/log" --master --noise 0.3 1:16 2:16 3:16 4:16 5:16 6:16
mkfifo "$dir/fifo"
jk-capture "tcp:127.0.0.1:$port" >"$dir/fifo" 2>/dev/null &
capture=$!
children="$children $capture"
exec 8<"$dir/fifo"
# The log has 7 bytes for each on the wire, a line 2 and more: that is over twice what jk-capture and the pipe
# can keep.
log_is_long() { [ "$(wc -c <"$dir/log")" -gt 12000000 ]; }
wait_for log_is_long
: >"$dir/frames"
cat <&8 >"$dir/frames" &
cat=$!
ok "a reader that slept is told what it missed" heard '!lost [1-9][0-9]* [1-9][0-9]*$'
kill -TERM $capture
wait $capture
exec 8<&-
wait $cat
ok "all lines are whole" lacks -vE '^\([0-9]+\.[0-9]{6}\) 127.0.0.1 ([0-9A-F]{2}#[0-9A-F]+ R|![a-z]+ .*)$' \
	"$dir/frames"

# Told to stop before anybody reads on: what was dropped before is counted too.
stop_sim
: >"$dir/log"
sim --speed 1000 --log "$dir/log" --master --noise 0.3 1:16 2:16 3:16 4:16 5:16 6:16
jk-capture "tcp:127.0.0.1:$port" >"$dir/fifo" 2>"$dir/err" &
capture=$!
children="$children $capture"
exec 8<"$dir/fifo"
wait_for log_is_long
kill -TERM $capture
status=0
wait $capture || status=$?
ok "told to stop while nobody reads: 111" equals $status 111
ok "what was dropped is reported" grep -q '[1-9][0-9]* lines with [1-9][0-9]* bytes of the wire were lost' \
	"$dir/err"
ok "so is what was kept" grep -q 'while stdout was full: [1-9][0-9]* bytes of lines were lost' "$dir/err"
exec 8<&-
stop_sim

sim --speed 20 --master 1:16
status=0
jk-capture "tcp:127.0.0.1:$port" >/dev/full 2>"$dir/err" || status=$?
ok "a full disk ends it with 111" equals "$status" 111
ok "and says so" grep -q 'cannot write to stdout: No space left on device' "$dir/err"
sim --silence 1 1:16
{
	jk-capture "tcp:127.0.0.1:$port" 2>"$dir/err"
	echo $? >"$dir/status"
} | head -n 1 >/dev/null
ok "a closed pipe is noticed on a quiet bus" equals "$(cat "$dir/status")" 111

capture "tcp:127.0.0.1:$port"
ok "after five seconds of nothing: what to try" wait_for grep -q 'nothing at all was received' \
	"$dir/capture.err"
ok "stops" stop_capture

wait_for grep -q ' !stats - up=[1-9][0-9]' "$dir/away"
ok "of a gateway that is away it is not reported that nobody answers" equals "$(cat "$dir/away.err")" \
	"jk-capture: tcp:127.0.0.1:$away: cannot connect: Connection refused; trying again"
kill -USR1 "$away_sim"
ok "that is reported when it is there" wait_for grep -q 'nobody answers: are A, B and ground' "$dir/away.err"
done_testing
