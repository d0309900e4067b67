#!/bin/sh
# A stderr that takes nothing: no program waits for it, none is kept from its end by it, and what was lost is
# counted.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

look=$PWD/tests/e2e/stderr.pl
jk-sim -o "$dir/raw" --log "$dir/sim.log" --duration 20 1:16 2:8
jk-capture -n bus - <"$dir/raw" 2>/dev/null | grep -v '!' >"$dir/lines"
jk-decode "$dir/lines" >"$dir/records"
mkfifo "$dir/log.fifo" "$dir/in"
exec 8<>"$dir/log.fifo" 9<>"$dir/in"

drained() { # PATTERN: what stderr holds is read until the pattern is there
	"$look" drain "$dir/log.fifo" "$dir/log"
	grep -q -e "$1" "$dir/log"
}
lines_out() { # at least so many
	[ "$(wc -l <"$dir/out")" -ge "$1" ]
}
lost='[1-9][0-9]* log lines* lost, stderr took nothing'

# stuck PROGRAM FED WANTED LINES COMMAND...: with a stderr that is full from the start, what is FED (a file)
# and would make it log comes out as WANTED lines; the count is reported when there is room again; and SIGTERM
# ends it while there is none.
stuck() {
	who=$1 fed=$2 wanted=$3
	shift 3
	: >"$dir/log"
	: >"$dir/out"
	"$look" fill "$dir/log.fifo"
	"$@" <"$dir/in" >"$dir/out" 2>&8 8<&- 9<&- &
	pid=$!
	children="$children $pid"
	cat "$fed" >&9
	ok "$who: what comes in goes out while stderr is full" wait_for lines_out "$wanted"
	ok "$who: reports how many lines were lost" wait_for drained "^$who: $lost\$"
	"$look" fill "$dir/log.fifo"
	cat "$fed" >&9
	ok "$who: goes on when stderr is full again" wait_for lines_out $((2 * wanted))
	kill -TERM $pid
	ok "$who: SIGTERM ends it" wait_gone $pid
	ok "$who: with 0" wait $pid
	"$look" drain "$dir/log.fifo" "$dir/log"
	ok "$who: no line is torn" lacks -vE "^(fill fill fill)?\$|^$who: " "$dir/log"
}

{
	printf '(1.000000) bus 01#5\n'
	grep -m 20 '#55AAEB9002' "$dir/lines"
} >"$dir/fed"
stuck jk-decode "$dir/fed" 20 jk-decode
{
	printf '{"cut":\n'
	grep -m 20 '"live"' "$dir/records"
} >"$dir/fed"
stuck jk-alarm "$dir/fed" 20 jk-alarm
head -n 20 "$dir/lines" >"$dir/fed"
mkfifo "$dir/cmd" "$dir/tx"
exec 7<>"$dir/tx"
"$look" command "$dir/cmd" "1 no_such_key 1" & # each makes jk-write log
children="$children $!"
# 22: two results are among the lines, so that something was logged while stderr was full
stuck jk-write "$dir/fed" 22 jk-write -c "$dir/cmd" -x "$dir/tx"

# jk-capture, of a gateway that is gone and back, with the resolver's child.
sim --speed 1 1:16
: >"$dir/log"
"$look" fill "$dir/log.fifo"
capture_stuck() {
	: >"$dir/frames" # before the program begins: what is waited for is of this run
	jk-capture -a 1 "tcp:localhost:$port" >"$dir/frames" 2>&8 8<&- 9<&- &
	capture=$!
	children="$children $capture"
}
capture_stuck
ok "jk-capture: frames come while stderr is full" heard '#55AAEB9002'
stop_sim
ok "jk-capture: notices that the gateway is gone" heard '!close'
ok "jk-capture: reports how many lines were lost" wait_for drained "^jk-capture: $lost\$"
"$look" fill "$dir/log.fifo"
ok "jk-capture: SIGTERM ends it" stop_capture
capture_stuck
ok "jk-capture: that cannot begin goes on trying" heard '!close'
ok "jk-capture: and SIGTERM ends it" stop_capture

# jk-mqtt, whose broker is not there, then is.
plain_broker
stop_broker
: >"$dir/log"
jk-mqtt -i 0 "$broker_name:$broker_port" <"$dir/in" 2>&8 8<&- 9<&- &
mqtt=$!
children="$children $mqtt"
{
	printf 'nonsense\n'
	cat "$dir/records"
	cat "$dir/records"
} >"$dir/fed"
ok "jk-mqtt: stdin is drained while stderr is full" test "$(wc -c <"$dir/fed")" -gt 70000
cat "$dir/fed" >&9
start_broker
recorder "$dir/messages"
ok "jk-mqtt: publishes while stderr is full" wait_for grep -q '^jk/bms_1/live ' "$dir/messages"
ok "jk-mqtt: reports how many lines were lost" wait_for drained "^jk-mqtt: $lost\$"
"$look" fill "$dir/log.fifo"
stop_broker
printf 'nonsense\n' >&9
kill -TERM $mqtt
ok "jk-mqtt: SIGTERM ends it" wait_gone $mqtt
ok "jk-mqtt: with 0" wait $mqtt

# Before there is a loop: messages of getopt, and of a configuration that is wrong.
for program in $programs; do
	"$look" fill "$dir/log.fifo"
	status=0
	timeout 60 "$program" --nonsense 2>&8 8<&- 9<&- || status=$?
	ok "$program: an unknown option is 100 while stderr is full" equals $status 100
done
status=0
timeout 60 jk-capture nonsense 2>&8 8<&- 9<&- || status=$?
ok "a wrong source is 100 while stderr is full" equals $status 100
flags=$(sed -n 's/^flags:\t*//p' /proc/$$/fdinfo/8)
ok "what others share as stderr goes on blocking" test $((flags & 04000)) -eq 0

# Of another user, as a supervisor's pipe: no description of our own can be had.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	: >"$dir/log"
	chmod 755 "$dir"
	chmod 600 "$dir/log.fifo"
	"$look" fill "$dir/log.fifo"
	grep -m 20 '#55AAEB9002' "$dir/lines" | sed '1i(1.000000) bus 01#5' >"$dir/fed"
	stuck jk-decode "$dir/fed" 20 setpriv --reuid 65534 --clear-groups "$(command -v jk-decode)"
else
	skip "another user's pipe" "not root"
fi

# A socket, and a terminal that was stopped.
for kind in socket pty; do
	rm -f "$dir/log" "$dir/pid" "$dir/status" "$dir/went"
	: >"$dir/out"
	"$look" $kind "$dir" jk-decode <"$dir/in" >"$dir/out" &
	children="$children $!"
	grep -m 20 '#55AAEB9002' "$dir/lines" | sed '1i(1.000000) bus 01#5' >"$dir/fed"
	wait_for test -e "$dir/pid"
	cat "$dir/fed" >&9
	ok "$kind: what comes in goes out" wait_for lines_out 20
	: >"$dir/go"
	ok "$kind: the count is reported" wait_for grep -qE "^jk-decode: $lost" "$dir/log"
	kill -TERM "$(cat "$dir/pid")"
	wait_for test -e "$dir/status"
	ok "$kind: SIGTERM is 0" equals "$(cat "$dir/status")" 0

	rm -f "$dir/pid" "$dir/status" "$dir/went"
	"$look" $kind "$dir" jk-decode <"$dir/in" >"$dir/out" &
	children="$children $!"
	wait_for test -e "$dir/pid"
	cat "$dir/fed" >&9
	wait_for lines_out 20
	kill -TERM "$(cat "$dir/pid")"
	wait_for test -e "$dir/status"
	ok "$kind: SIGTERM is 0 while it takes nothing" equals "$(cat "$dir/status")" 0
done

# A file that several share is written as before, and a full disk stops nobody.
{
	echo before >&2
	jk-decode <"$dir/fed" >/dev/null
	echo after >&2
} 2>"$dir/shared"
ok "a file keeps what others write" sh -c "sed -n '1p;\$p' '$dir/shared' | tr '\n' ' ' |
	grep -x 'before after '"
ok "and what it says" grep -q '^jk-decode: stdin:1: ' "$dir/shared"
status=0
jk-decode <"$dir/fed" >"$dir/out" 2>/dev/full || status=$?
ok "a full disk as stderr is 0" equals "$status:$(wc -l <"$dir/out")" 0:20

# Without any: what is opened next is no place for messages.
sim_pty 1:16
jk-capture -a 1 "$pty" >"$dir/frames" 2>&- &
capture=$!
children="$children $capture"
heard '#55AAEB9002'
ok "a closed stderr is no bus" sh -c "readlink /proc/$capture/fd/2 | grep -x /dev/null"
stop_capture
done_testing
