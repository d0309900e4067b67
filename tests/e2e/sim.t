#!/bin/sh
# The simulated bus itself: what its options promise, seen in its log and by a small client.
. tests/e2e/lib.sh

# logged PATTERN: in the log of the simulated bus; count PATTERN prints how often
logged() { grep -q "$1" "$dir/log"; }
count() { grep -c "$1" "$dir/log"; }
# written OPTIONS...: a bus into $dir/raw and $dir/log, as fast as it goes
written() { jk-sim -o "$dir/raw" --log "$dir/log" "$@"; }
# span FROM TO PATTERN: whether the lines with the pattern, one at least, all lie in that time
span() {
	grep "$3" "$dir/log" | perl -ne '
		BEGIN { ($from, $to) = splice @ARGV, 0, 2 }
		/"t":([\d.]+)/ or die "no time: $_"; $n++; $1 >= $from && $1 <= $to or die "at $1: $_";
		END { $n or die "none\n" }' "$1" "$2"
}
# One at a time, since they share the log.
stop_bus() {
	[ -z "${sim-}" ] || { kill -TERM "$sim" && wait "$sim"; }
	sim=
}
# bus OPTIONS...: on TCP; pty OPTIONS...: on $dir/tty
bus() {
	stop_bus
	sim --log "$dir/log" "$@"
}
pty() {
	stop_bus
	: >"$dir/port"
	jk-sim --pty="$dir/tty" --log "$dir/log" "$@" >"$dir/port" 2>"$dir/sim.err" &
	sim=$!
	children="$children $sim"
	wait_for grep -q '^pty ' "$dir/port"
	port=$dir/tty
}
# client WORD...: a small client of the bus at $port
client() {
	tests/e2e/client.pl "$port" "$@" >"$dir/heard"
}

# ---- who speaks ----

written --duration 60 --master-at 5-20.5 --master-at 40-50 --poller-at 25-35 1:16 2:8 ||
	echo "Bail out! jk-sim does not run"
ok "a master that comes and goes" span 5 50.5 '"from":"master"'
ok "and is not there in between" none_among '"from":"master"' -E '"t":(2[1-9]|3)[0-9.]+,' "$dir/log"
ok "with its own frames" logged '"what":"frame","bms":0,"type":"settings"'
ok "another client polls in its time" span 25 35.5 '"from":"poller"'
# the first round asks for settings and about as well and takes two
ok "each pack every second" equals "$(count '"from":"poller","bms":2,"type":"live"')" 9
ok "the bus is quiet otherwise" lacks -E '"t":(0|1|2|3|4|5[1-9])[.]' "$dir/log"

# ---- the packs ----

runtime() { # PATTERN: the first one
	grep -m 1 "$1" "$dir/log" | sed 's/.*"total_runtime":\([0-9]*\).*/\1/'
}
written --duration 5 --poller-at 0-5 --twin 1:15@0 1:16 2:8
before=$(runtime '"frame","bms":2,"type":"live"')
written --duration 5 --poller-at 0-5 --twin 1:15@0 --runtime 3600 1:16 2:8
ok "a pack that has run an hour longer" equals "$(($(runtime '"frame","bms":2,"type":"live"') - before))" 3600

# ---- answers ----

written --duration 60 --cut 5 1:16 2:8
ok "cut answers: damaged acknowledgements" equals "$(grep '"what":"ack"' "$dir/log" |
	grep -vc '"state":"damaged"')" 0
ok "none counts as acknowledged" equals "$(count '"acked":true')" 0
ok "three bytes of them are left" logged \
	'"what":"ack","bms":1,"type":"live","state":"damaged","heard":true,"hex":"011016"}'
written --duration 60 --cut 20 1:16 2:8
ok "cut further: no acknowledgement" lacks '"what":"ack"' "$dir/log"
ok "and a frame without its end" grep -q '"state":"truncated"' "$dir/log"
ok "and that frame is 288 bytes long" sh -c "grep '\"state\":\"truncated\"' '$dir/log' |
	grep -qE '\"hex\":\"[0-9A-F]{576}\"'"
written --duration 600 --cut 8@0.5 1:16
ok "with a probability" sh -c "grep -q '\"acked\":true' '$dir/log' && grep -q '\"acked\":false' '$dir/log'"

# Late by more than the poller waits: between the next request and its answer, over it, or in the pause.
written --duration 6000 --late 0.3@275 1:16 2:8 3:15
ok "late answers that meet another are torn" logged '"state":"collided"'
ok "others stand between a request and its answer" perl -ne '
	BEGIN { $/ = undef }
	exit !/"what":"request","from":"poller","bms":2[^\n]*\n[^\n]*"what":"frame","bms":1[^\n]*valid[^\n]*\n[^\n]*"what":"ack"[^\n]*\n[^\n]*"what":"frame","bms":2[^\n]*valid/' "$dir/log"
ok "no frame came of it that nobody sent" sh -c "jk-capture - <'$dir/raw' >'$dir/frames' &&
	jk-decode '$dir/frames' >'$dir/records' &&
	tests/e2e/stream.pl raw '$dir/frames' '$dir/raw' &&
		tests/e2e/stream.pl sent '$dir/log' '$dir/frames' '$dir/records'"

silences=$(seq 0 20 780 | while read -r at; do echo "--silence 1@$at-$((at + 10))"; done)
# shellcheck disable=SC2086 # a list
written --duration 800 $silences 1:16 2:8
ok "a pack that dies and comes back forty times" perl -ne '
	/"what":"frame","bms":1/ && /"t":(\d+)/ or next; $alive{int($1 / 10)}++;
	END { exit !(40 == keys %alive && !grep { $_ % 2 == 0 } keys %alive) }' "$dir/log"

# ---- a client on TCP ----

bus 1:16 2:8
client 1 '9?'
ok "an answer comes to the client" grep -q '^55AAEB9002.*011016200001044B' "$dir/heard"
ok "the log tells the fate of its requests" wait_for logged '"from":"client","fate":"answered","bms":1,'
ok "also of one to nobody" logged '"from":"client","fate":"unanswered","bms":9,'
ok "that it came" logged '"what":"connected"'
ok "the log begins with the monotonic clock" logged '"what":"begun","monotonic":[0-9]*\.[0-9]\{6\}}'
ok "and went" wait_for logged '"what":"disconnected"'
bus --echo-late 20 1:16
client 1
ok "an echo that is late comes before the answer" grep -qE '^01101620000102[0-9A-F]{8}55AAEB90' "$dir/heard"
wait_for logged '"what":"frame"'
ok "20 ms later" perl -ne '
	/"from":"client"/ && /"t":([\d.]+)/ and $asked = $1; /"what":"echo"/ && /"t":([\d.]+)/ and $echo = $1;
	END { $echo - $asked > .0199 && $echo - $asked < .0230 or die "$echo - $asked\n" }' "$dir/log"
bus --echo-part 1 1:16
client 1
wait_for logged '"what":"frame"'
ok "a part of an echo" grep -q '"what":"echo".*"state":"truncated"' "$dir/log"
ok "and not all of it" lacks '^01101620000102' "$dir/heard"
bus --late 1@500 1:16 2:8
client 1
ok "a late answer" grep -q '^55AAEB9002.*011016200001044B' "$dir/heard"
ok "is told as late" logged '"fate":"late"'

bus 1:16
tests/e2e/client.pl "$port" 1? >"$dir/heard" &
wait_for logged '"from":"client","fate":"answered"'
stop_sim
ok "what is on the wire at its end is logged, too" logged '"what":"frame","bms":1,.*"heard":\(true\|false\)'

bus --mute 0- 1:16
client '1?'
ok "mute: heard, but nothing comes" equals "$(cat "$dir/heard")" open
ok "which the log tells" wait_for logged '"what":"frame".*"heard":false'
bus --freeze 0- 1:16
client '1?'
ok "frozen: open, but nothing comes" equals "$(cat "$dir/heard")" open
ok "and nothing was heard" lacks -vE '"what":"(begun|stalled)"' "$dir/log"
# pulled_out: while a client is there.
pulled_out() {
	tests/e2e/client.pl "$port" wait >"$dir/heard" &
	waiting=$!
	children="$children $waiting"
	wait_for logged '"what":"connected"'
	switch_sim
	wait $waiting
}
bus --unplug USR1 1:16
pulled_out
ok "unplugged: the connection is closed" equals "$(cat "$dir/heard")" closed
ok "and none is taken" wait_for sh -c "! tests/e2e/client.pl $port"
switch_sim
ok "later there is one again, at the same port" wait_for sh -c \
	"tests/e2e/client.pl $port 1 | grep -q 55AAEB90"
bus --hangup 1 --reset 1:16
client wait
ok "a hangup with RST" equals "$(cat "$dir/heard")" reset
bus --hangup 1 1:16
client wait
ok "a hangup with FIN" equals "$(cat "$dir/heard")" closed
bus --one-client 1:16
tests/e2e/client.pl "$port" wait >/dev/null &
children="$children $!"
wait_for logged '"what":"connected"'
client wait
ok "a second client is closed" equals "$(cat "$dir/heard")" closed
ok "which the log tells" wait_for logged '"what":"refused"'

# ---- a pseudo terminal ----

pty 1:16
ok "a link to the terminal" equals "$(readlink "$dir/tty")" "$(sed 's/^pty //' "$dir/port")"
client 1
ok "an answer" grep -q '^55AAEB9002.*011016200001044B' "$dir/heard"
wait_for logged '"what":"disconnected"'
: >"$dir/log"
exec 9<>"$dir/tty"
printf '\001\020\026\040\000\001\002\000\000\326\361' >&9
wait_for logged '"what":"ack".*"heard":true'
exec 9>&-
wait_for logged '"what":"disconnected"'
client quiet
ok "what nobody has read is not kept for the next" equals "$(cat "$dir/heard")" open

: >"$dir/log"
# again, if its sender was still there when the answer came
sent_and_gone() {
	printf '\001\020\026\040\000\001\002\000\000\326\361' >"$dir/tty"
	sleep .2
	logged '"what":"frame","bms":1,.*"heard":false'
}
ok "a request is on the wire, even if its sender has gone" wait_for sent_and_gone
client alone
ok "a claim to have it alone ends with who made it" wait_for sh -c \
	"tests/e2e/client.pl '$dir/tty' 1 | grep -q 55AAEB90"

pty --unplug USR1 1:16
before=$(readlink "$dir/tty")
pulled_out
ok "unplugged: a hangup" equals "$(cat "$dir/heard")" closed
ok "the link is gone" wait_for sh -c "! test -h '$dir/tty'"
switch_sim
ok "plugged in again: a link" wait_for test -h "$dir/tty"
ok "to another" sh -c "! test '$before' = \"\$(readlink '$dir/tty')\""
ok "that answers" wait_for sh -c "tests/e2e/client.pl '$dir/tty' 1 | grep -q 55AAEB90"
ok "the log tells" sh -c "grep -q '\"what\":\"unplugged\"' '$dir/log' &&
	grep -q '\"what\":\"plugged\"' '$dir/log'"

# ---- values in the log ----

# Late answers fall between those of two packs with one address: each frame has the values of its own pack.
jk-sim -o "$dir/raw" --log "$dir/log" --duration 300 --poller-at 0-300 --late .3@300 --twin 1:15@0 1:16 2:8
values_agree() {
	perl -ne '/"type":"live","state":"valid"/ or next;
		/"hex":"55AAEB9002..(..)(..)\w*","values":\{"cell_voltages":\[([\d.]+)/ or next;
		$count++;
		$wrong++ if hex("$2$1") != int $3 * 1000 + .5;
		END { print "$count frames, ", $wrong // 0, " wrong\n";
			exit($count < 100 || $wrong) }' "$dir/log"
}
ok "each frame is logged with its own values, also beside late ones" values_agree

# ---- what is typed wrong ----

for wrong in '--master-at 5' '--master-at 5-5' '--unplug 9-8' '--poller-at x-9' '--cut 0' '--cut 401' \
	'--cut 3@2' '--echo-late -1' \
	'--echo-part 1.1' '--freeze -3' '--silence 16@1-2' '--mute 5' '--refuse 0'; do
	# shellcheck disable=SC2086 # an option and its value
	run jk-sim --tcp $wrong 1:16
	ok "$wrong: exit 100" equals "$status" 100
	ok "$wrong: says so" grep -q "jk-sim: ${wrong% *}: wrong value: ${wrong#* }" "$dir/err"
done
jk-sim -h | grep -oE -e '--[a-z-]+' | sort -u >"$dir/told"
for option in $(grep -oE '_ROW\("[a-z-]+"' tests/sim/config.c | cut -d'"' -f2); do
	ok "-h tells of --$option" grep -qx -e "--$option" "$dir/told"
done
done_testing
