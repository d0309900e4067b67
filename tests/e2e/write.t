#!/bin/sh
# jk-write by itself, with the test in the place of the capture: each step of a command is taken by hand, so
# that whatever is stopped or killed in the middle is so at a known place.
. tests/e2e/lib.sh
. tests/e2e/write.sh

# begin: a jk-write between $dir/stream, which is open for writing as 5, and $dir/frames; its requests come on
# 6.
begin() {
	rm -f "$dir/stream" "$dir/tx" "$dir/cmd" "$dir/frames" "$dir/err"
	mkfifo "$dir/stream" "$dir/tx" "$dir/ready"
	to=$dir/frames
	if [ "${piped:-}" ]; then
		rm -f "$dir/pipe"
		mkfifo "$dir/pipe"
		cat <"$dir/pipe" >"$dir/through" &
		reader=$!
		children="$children $reader"
		to=$dir/pipe
	fi
	exec 5<>"$dir/stream" 6<>"$dir/tx"
	jk-write -c "$dir/cmd" -x "bus=$dir/tx" -s "$dir/state" -d 3 \
		<"$dir/stream" >"$to" 2>"$dir/err" 3>"$dir/ready" 5<&- 6<&- &
	writer=$!
	children="$children $writer"
	exec 7<"$dir/stream" # a reader of our own, for when it is gone
	exec 5>"$dir/stream" 7<&-
	head -n 1 "$dir/ready" >"$dir/ok.out"
	rm "$dir/ready"
}
only_one() { equals "$(grep -c "!write $1 " "$dir/frames")" 1; }
in_state() { wait_for grep -q "^command $1 bus $2 " "$dir/state"; }
end() {
	exec 5>&- 6>&-
	wait "$writer"
	status=$?
}

# to_STAGE ID: brings a command into that stage.
to_waiting() { # another of the same BMS is before it
	give "1 balancer_switch off before"
	asked $trigger
	give "1 charging_switch off $1"
	in_state waiting "$1"
}
to_reading() {
	give "1 charging_switch off $1"
	asked $trigger
	say "01#$trigger T"
	in_state begun "$1"
}
to_sent() {
	to_reading "$1"
	say "$settings1"
	asked $write
	say "01#$write T"
	in_state written "$1"
}
to_back() {
	to_sent "$1"
	say "$ack R"
	asked $trigger
	say "01#$trigger T"
}

begin
to_back 1
say "$off"
ok "a command is confirmed when it is read back" result 1 confirmed
end
ok "exit 0 at the end of the stream" equals "$status" 0
ok "nothing is left in the state" lacks '^command' "$dir/state"
ok "the stream has passed" sh -c "grep -v '!write' '$dir/frames' | grep -c . | grep -qx 6"
ok "one line of the audit trail" grep -qx "jk-write: $dir/cmd: 1 bus:1 charging_switch off: confirmed" \
	"$dir/err"

for stage in waiting reading sent back; do
	want=unknown
	[ $stage != waiting ] || want=rejected
	begin
	to_$stage 1
	end
	ok "the stream ends while $stage: $want" result 1 $want
	ok "the stream ends while $stage: one result" only_one 1
	ok "the stream ends while $stage: exit 0" equals "$status" 0

	begin
	to_$stage 2
	kill -TERM "$writer"
	end
	ok "SIGTERM while $stage: $want" result 2 $want
	ok "SIGTERM while $stage: one result" only_one 2
	ok "SIGTERM while $stage: exit 0" equals "$status" 0

	begin
	to_$stage 3
	kill -KILL "$writer"
	end
	ok "SIGKILL while $stage: no result" lacks '!write 3' "$dir/frames"
	begin
	ok "the next start says: $want" result 3 $want
	ok "the next start says it once" only_one 3
	end
	begin
	end
	ok "and the start after that says nothing" lacks '!write' "$dir/frames"
done

# What reads the stream further down stops for a while, or dies.
for stage in waiting reading sent back; do
	piped=1
	begin
	piped=
	to_$stage 1
	kill -STOP "$reader"
	say "!junk 00"
	kill -CONT "$reader"
	ok "the reader stops for a while while $stage: the stream goes on" wait_for grep -q '!junk 00' \
		"$dir/through"
	kill -KILL "$reader"
	wait "$reader" 2>/dev/null # so that it is gone before the next line
	say "!junk 01"
	end
	ok "the reader dies while $stage: exit 111" equals "$status" 111
	ok "the reader dies while $stage: the result is on stderr" grep -qE \
		': 1 bus:1 charging_switch off: (unknown|rejected) ' "$dir/err"
done

begin
to_sent 1
say "!timeout 01 write"
asked $trigger
say "01#$trigger T"
say "$settings1"
ok "not acknowledged and nothing changed: written once more" asked $write
say "01#$write T"
say "01#$write R" # an echo
say "02#021010700002 R"
say "$ack R"
asked $trigger
say "01#$trigger T"
say "$off"
ok "and confirmed" result 1 confirmed
give "1 charging_switch off 2"
asked $trigger
say "01#$trigger T"
say "$settings1"
asked $write
say "01#$write T"
say "01#01900300D000 R"                 # no CRC that fits
say "01#019003$(printf '0C01') R"       # exception 3
ok "an exception may be a late answer to another request: what the BMS holds is read" asked $trigger
say "01#$trigger T"
say "$settings1"
ok "an exception is told with number and meaning" result 2 \
	'refused "exception 3 (value invalid or out of range)"'
give "1 charging_switch off 3"
asked $trigger
say "!refused listening $trigger"
ok "a capture that only listens" result 3 listening-only
say "!mode listen master"
give "1 charging_switch off 4"
ok "and has reported so" result 4 'listening-only "bus only listens, master'
say "!mode poll"
give "1 charging_switch off 5"
asked $trigger
kill -STOP "$writer"
say "01#$trigger T"
say "$settings1"
kill -CONT "$writer"
ok "stopped and continued: it goes on" asked $write
say "!refused value $write"
ok "the gate's word" result 5 'rejected "jk-capture refuses the request: value"'
end

# What is no command
begin
printf '\n   \n# a comment\n\r\n' >"$dir/cmd"
printf 'a\0b c d\n1 charging_switch on\r extra\n' >"$dir/cmd"
printf '\377\376 \303\244 x y\n' >"$dir/cmd"
perl -e 'print "x" x 100000, "\n"' >"$dir/cmd"
printf '1 charging_switch o' >"$dir/cmd"
ok "a NUL" wait_for grep -q 'rejected "a NUL byte"' "$dir/frames"
ok "a carriage return in the middle" wait_for grep -q 'rejected "a carriage return in the middle"' \
	"$dir/frames"
ok "bytes that are no UTF-8" wait_for grep -q '!write - [*] [*] [*] rejected' "$dir/frames"
ok "100 kB" wait_for grep -q 'rejected "longer than 511 bytes"' "$dir/frames"
ok "without a newline" wait_for grep -q 'rejected "no newline at its end"' "$dir/frames"
give "1 no_such_key on 9"
ok "and the next is taken" result 9 'rejected "no_such_key: no such key'
# A line over what a FIFO takes at once may come in parts, and with a long pause in it be two.
ok "one result each" equals "$(grep '!write' "$dir/frames" | grep -vc 'longer than 511 bytes')" 5
ok "blank lines are reported on stderr" grep -q 'a blank line or comment' "$dir/err"
say "!junk 00"
ok "the stream goes on" wait_for grep -q '!junk 00' "$dir/frames"
end

# The stream passes, byte for byte
perl -e 'srand 1; for (1 .. 3000) { print join("", map chr(int rand 256), 1 .. rand 300), "\n" }
	print "(1763856000.000000) bus !", "x" x 100000, "\n", "a" x 1023, "\n", "b" x 1024, "\n", "\n" x 100,
		"without a newline"' >"$dir/bytes"
jk-write -n -c "$dir/cmd" <"$dir/bytes" >"$dir/passed" 2>"$dir/err"
ok "any bytes pass" cmp "$dir/bytes" "$dir/passed"
for _ in 1 2 3 4 5 6 7 8; do cat tests/golden/*.frames; done >"$dir/many"
jk-write -n -c "$dir/cmd" <"$dir/many" | cat >"$dir/passed"
ok "through a pipe" cmp "$dir/many" "$dir/passed"

# Downstream stops reading: the stream is held back, commands have their results, nothing is lost.
mkfifo "$dir/slow"
perl -e 'for my $i (1 .. 40000) { print "(1763856000.000000) bus !filler $i ", "x" x 60, "\n" }' \
	>"$dir/filler"
# shellcheck disable=SC2002 # stdin is a pipe
cat "$dir/filler" | jk-write -n -c "$dir/cmd" 2>"$dir/err" >"$dir/slow" &
writer=$!
children="$children $writer"
exec 8<"$dir/slow"
wait_for test -p "$dir/cmd"
give "1 no_such_key on 1"
ok "a command has its result though stdout is full" wait_for grep -q \
	': 1 bus:1 no_such_key [*]: rejected\|: 1 1 no_such_key [*]: rejected' "$dir/err"
cat <&8 >"$dir/passed"
exec 8<&-
wait "$writer"
ok "its event is between whole lines" equals \
	"$(grep -c '^([0-9.]*) [a-z-]* !write 1 1 no_such_key [*] rejected ".*"$' "$dir/passed")" 1
grep -v '!write' "$dir/passed" >"$dir/rest"
ok "and all else as it was" cmp "$dir/filler" "$dir/rest"

run sh -c "jk-write -n -c '$dir/cmd' <'$dir/many' >/dev/full"
ok "a full disk: exit 111" equals "$status" 111
# shellcheck disable=SC2016
run sh -c '(jk-write -n -c "$0" <"$1"; echo $? >"$0.status") | true; cat "$0.status"' "$dir/cmd" "$dir/many"
ok "a closed pipe: exit 111" equals "$(cat "$dir/out")" 111

# What is wrong at the start
: >"$dir/file"
mkdir "$dir/folder"
printf 'allow 1 charging_switch\nallow 1 nokey\n' >"$dir/allow"
printf 'something else\n' >"$dir/other"
bad() { # STATUS PATTERN OPTIONS...
	want=$1 pattern=$2
	shift 2
	run jk-write "$@" </dev/null
	ok "$pattern: exit $want" equals "$status" "$want"
	ok "$pattern: reported" grep -q -e "$pattern" "$dir/err"
}
bad 100 "-c $dir/file: not a FIFO" -c "$dir/file" -x "$dir/tx"
bad 100 "-x $dir/file: not a FIFO" -c "$dir/cmd" -x "$dir/file"
bad 111 '-c /nonexistent/x: No such file' -c /nonexistent/x -n
bad 100 "-r $dir/file: not a directory" -c "$dir/cmd" -n -r "$dir/file"
bad 100 "$dir/allow:2: 'allow 1 nokey': no such key" -c "$dir/cmd" -n -A "$dir/allow"
bad 100 '-A /nonexistent/x: No such file' -c "$dir/cmd" -n -A /nonexistent/x
bad 111 '-s /nonexistent/x: No such file' -c "$dir/cmd" -n -s /nonexistent/x
bad 100 "-s $dir/folder: not a file" -c "$dir/cmd" -n -s "$dir/folder"
bad 100 'a second one of this channel' -c "$dir/cmd" -x "a=$dir/tx" -x "a=$dir/tx2"
[ "$(id -u)" = 0 ] || {
	mkdir "$dir/shut" && chmod 0 "$dir/shut"
	bad 111 'Permission denied' -c "$dir/shut/x" -n
}

# The table
jk-write --list >"$dir/list"
ok "--list: one line a setting" equals "$(wc -l <"$dir/list")" 108
ok "--list: a header" grep -q \
	'^key	unit	min	max	step	firmware	danger	values	meaning$' "$dir/list"
ok "--list: eight tabs in each line" lacks -vE '^([^	]*	){8}[^	]+$' "$dir/list"
ok "--list: bounds, step and danger" grep -q \
	'^cell_count		2	32	1		dangerous		configured number of cells$' "$dir/list"
ok "--list: names of values" grep -q \
	'^multiplexed_port_mode	bool	0	1	1		dangerous	0=CAN,1=RS485	' \
	"$dir/list"
ok "--list on a full disk: exit 111" sh -c 'jk-write --list >/dev/full; test $? = 111'
done_testing
