#!/bin/sh
# A result that jk-write could not pass on, since stdout was full, is reported by the next start, with the
# same line.
. tests/e2e/lib.sh

mkfifo "$dir/pipe" "$dir/in" "$dir/ready"
# begin: jk-write with its stream in the FIFO $dir/in, open as 5, and its stdout in $dir/pipe, of which nobody
# reads, as 8.
begin() {
	exec 5<>"$dir/in" 8<>"$dir/pipe"
	jk-write -n -c "$dir/cmd" -s "$dir/state" -d 3 <"$dir/in" >"$dir/pipe" 2>"$dir/err" 3>"$dir/ready" \
		5<&- 8<&- &
	writer=$!
	children="$children $writer"
	head -n 1 "$dir/ready" >"$dir/ok.out"
}
reported() { wait_for grep -q ": $1 1 no_such_key [*]: rejected" "$dir/err"; } # ID: in the audit trail

begin
perl -e 'print "(1763856000.000000) bus !filler ", "x" x 60, "\n" for 1 .. 3000' >&5
printf '1 no_such_key on a\n1 no_such_key on b\n' >"$dir/cmd"
ok "stdout is full: the results are in the audit trail" reported b
kill -KILL "$writer"
wait "$writer" 2>/dev/null
exec 5<&- 8<&-
ok "and wait in the state" equals "$(grep -c '^result .*!write [ab] ' "$dir/state")" 2
sed -n 's/^result //p' "$dir/state" >"$dir/want"

jk-write -n -c "$dir/cmd" -s "$dir/state" </dev/null >"$dir/frames" 2>"$dir/err"
grep '!write' "$dir/frames" >"$dir/got"
ok "the next start tells them, with the same lines" cmp "$dir/want" "$dir/got"
ok "behind a line of their own, as one may have been cut off" equals "$(head -n 1 "$dir/frames")" ""
ok "and says so" grep -q 'an earlier run: reported again, .*!write a 1 no_such_key [*] rejected' "$dir/err"
jk-write -n -c "$dir/cmd" -s "$dir/state" </dev/null >"$dir/frames" 2>"$dir/err"
ok "the start after that says nothing" equals "$(cat "$dir/frames")" ""

# What did reach stdout is not reported again.
mkfifo "$dir/in2"
exec 5<>"$dir/in2"
jk-write -n -c "$dir/cmd" -s "$dir/state" <"$dir/in2" >"$dir/frames" 2>"$dir/err" 5<&- &
writer=$!
children="$children $writer"
send() { wait_for sh -c "printf '1 no_such_key on $1\n' |
	dd of='$dir/cmd' conv=nocreat oflag=nonblock status=none"; }
send c
wait_for grep -q '!write c ' "$dir/frames"
send d # the state is kept once more before the next one is reported
wait_for grep -q '!write d ' "$dir/frames"
kill -KILL "$writer"
wait "$writer" 2>/dev/null
exec 5<&-
jk-write -n -c "$dir/cmd" -s "$dir/state" </dev/null >"$dir/frames" 2>"$dir/err"
ok "what is on stdout is not reported again" lacks '!write c ' "$dir/frames"

# brief FILE: the words of a state that are too few.  They are no result, and the stream goes on.
brief() {
	printf '%s\n' "jk-write 1" "$@" >"$dir/state"
	cp "$dir/state" "$dir/want"
	run jk-write -n -c "$dir/cmd" -s "$dir/state" <tests/golden/all.frames
	ok "$*: the stream goes on" equals "$status" 0
	ok "$*: byte for byte" cmp tests/golden/all.frames "$dir/out"
	ok "$*: it is reported" grep -q "$dir/state: an invalid line: starting afresh" "$dir/err"
	ok "$*: it is kept" cmp "$dir/want" "$dir/state.bad"
}
brief 'result (1763856000.000000) bus !junk 00'
brief 'result (1763856000.000000) bus !write'
brief 'result (1763856000.000000) bus !write '
brief 'result (1763856000.000000) bus !'
brief 'result (1763856000.000000) bus'
brief 'result (1763856000.000000)'
brief 'result ('
brief 'result '
brief 'result'
brief 'command'
brief 'command done bus a bus:1 charging_switch on'
brief 'count bus 1'
# Words that are there, but few: passed on as they are.
printf 'jk-write 1\nresult (1763856000.000000) bus !write a\nresult (1763856000.000000) bus !write  \n' \
	>"$dir/state"
run jk-write -n -c "$dir/cmd" -s "$dir/state" -r "$dir" </dev/null
ok "a result of one word: exit 0" equals "$status" 0
done_testing
