#!/bin/sh
# jk-decode as a filter, jk-capture - and the replay of recordings: input and output that end, break, or are
# late.
. tests/e2e/lib.sh

jk-sim -o "$dir/raw" --log "$dir/log" --duration 60 --master 1:16 2:8
jk-capture -n bus - <"$dir/raw" >"$dir/frames"
run jk-decode "$dir/frames"
cp "$dir/out" "$dir/records"
ok "decodes a recording" test -s "$dir/records"
ok "stdin and file give the same" sh -c "jk-decode <'$dir/frames' | cmp - '$dir/records'"
ok "- is stdin" sh -c "jk-decode - <'$dir/frames' | cmp - '$dir/records'"
ok "any part decodes the same" sh -c "{ head -n 40 '$dir/frames' | jk-decode; tail -n +41 '$dir/frames' |
	jk-decode; } | cmp - '$dir/records'"
ok "every record is JSON" jq -e . "$dir/records"
ok "no passcode in the records" lacks -i 'secret' "$dir/records"

run sh -c "jk-decode '$dir/frames' >/dev/full"
ok "a full disk is 111" equals "$status" 111
ok "and is reported" grep -q 'cannot write to stdout: No space left' "$dir/err"
{
	jk-decode "$dir/frames" "$dir/frames" "$dir/frames" 2>"$dir/err"
	echo $? >"$dir/status"
} | true
ok "a closed pipe is 111" equals "$(cat "$dir/status")" 111
run jk-decode "$dir/nothing" "$dir/frames"
ok "one missing file leaves the others" cmp -s "$dir/out" "$dir/records"
ok "and its exit status" equals "$status" 111
: >"$dir/empty"
run jk-decode "$dir/empty"
ok "an empty file is nothing" equals "$status$(cat "$dir/out" "$dir/err")" 0
run jk-decode "$build/jk-decode"
ok "a binary file is no crash" equals "$status" 0
ok "its lines are named" grep -q "jk-decode:1: " "$dir/err"
ok "but not a thousand times" test "$(wc -l <"$dir/err")" -lt 30

# damage around a valid line
valid=$(grep -m 1 '#55AAEB9002' "$dir/frames")
{
	printf '%s\n' "$valid"
	printf '(1.000000) bus 01#5\n(1.000000) bus 01#zz R\n(x) bus 01#55\n(1.000000)\n\r\n'
	printf 'bus 01#55\n(1.000000) bus 01#5\0005\n'
	head -c 3000 /dev/zero | tr '\0' A
	printf '\n%s\n' "$valid"
	printf '%s' "$valid"
} >"$dir/damaged"
run jk-decode "$dir/damaged"
ok "what is valid around damaged lines comes out" equals "$(wc -l <"$dir/out")" 3
ok "the lines are named" grep -q "damaged:2: an odd number of hex digits" "$dir/err"
ok "the last one lacks its newline" grep -q "damaged:11: the last line has no newline" "$dir/err"

# a filter answers when its input is used up, and not only at its end
mkfifo "$dir/in"
: >"$dir/out" # of an earlier one, at which a look would come too soon
jk-decode <"$dir/in" >"$dir/out" &
filter=$!
children="$children $filter"
exec 9>"$dir/in"
printf '%s\n' "$valid" >&9
ok "one line in, one record out" wait_for grep -q '"type":"live"' "$dir/out"
kill -TERM $filter
ok "SIGTERM is 0" wait $filter
exec 9>&-

{
	jk-decode "$dir/frames" "$dir/frames" "$dir/frames" "$dir/frames" &
	echo $! >"$dir/pid"
	wait $!
	echo $? >"$dir/status"
} 2>"$dir/err" | {
	# it has begun when there is something in the pipe: FIONREAD
	perl -e 'do { select undef, undef, undef, .01; ioctl STDIN, 0x541B, $n = pack "i" }
		until unpack "i", $n'
	kill -TERM "$(cat "$dir/pid")"
	wait_for test -s "$dir/status"
}
ok "SIGTERM while nobody reads ends it" grep -qE '^(0|111)$' "$dir/status"

# A FIFO without a writer has no input yet: what opens it by name can be stopped, and reads it when one comes.
mkfifo "$dir/later"
caught() { # PROCESS: its SIGTERM has a handler
	caught=$(sed -n 's/^SigCgt:.*\(.....\)$/\1/p' "/proc/$1/status") && test $((0x$caught >> 14 & 1)) = 1
}
opened() { # PROCESS FILE
	find "/proc/$1/fd" -lname "$2" | grep -q .
}
stops_without_writer() { # COMMAND...
	"$@" >"$dir/out" 2>"$dir/err" &
	waiting=$!
	children="$children $waiting"
	waits caught $waiting && waits opened $waiting "$dir/later" || return 1
	kill -TERM $waiting
	status=0
	wait $waiting || status=$?
	equals "$status$(cat "$dir/out" "$dir/err")" "$expected"
}
expected=0
for program in "jk-capture file:$dir/later" "jk-decode $dir/later" "jk-redact $dir/later" \
	"jk-alarm $dir/later" "jk-bank $dir/later" "jk-format -o csv $dir/later" \
	"jk-history -f $dir/later.db $dir/later"; do
	# shellcheck disable=SC2086 # words
	ok "a FIFO without a writer, SIGTERM: $program" stops_without_writer $program
done
jk-capture "file:$dir/later" >"$dir/out" 2>"$dir/err" &
waiting=$!
children="$children $waiting"
wait_for opened $waiting "$dir/later"
exec 9>"$dir/later"
printf '(1.000000) a 01#00\n' >&9
ok "a writer that comes later: its line is written, before its end" wait_for grep -q 01#00 "$dir/out"
printf '(1.000000) a 02#00\n(1.000000) a 03#00\n' >&9
exec 9>&-
ok "its end is the end" wait $waiting
ok "with all lines" equals "$(cut -d' ' -f3 "$dir/out" | tr '\n' ' ')$(cat "$dir/err")" "01#00 02#00 03#00 "

# replay
run jk-capture "file:$dir/frames,0"
ok "a replay is the recording" cmp -s "$dir/out" "$dir/frames"
run jk-capture -n other "file:$dir/frames,0"
ok "or under another name" sh -c "sed 's/) bus /) other /' '$dir/frames' | cmp - '$dir/out'"
run jk-capture "file:$dir/damaged,0"
# The line of a carriage return alone is blank: a replay passes it on.
ok "bad lines are left out" equals "$(tr -d '\r' <"$dir/out" | grep -c .) $(wc -l <"$dir/out")" "3 4"
ok "and named" grep -q 'damaged:2: .*: left out' "$dir/err"

# Recordings in one file, up to 30,000 years apart, in either order: whatever the factor, what would take more
# than a day is not waited for.
printf '(1.000000) a 01#00\n(999999999999.000000) a 02#00\n(1.500000) a 03#00\n(1.500100) a 04#00\n' \
	>"$dir/far"
gap='a gap of 999999999998 s in the recording: continuing at once'
expected=
for factor in 1 0.001 0.5 999.999 1000000 0; do
	run timeout 20 jk-capture "file:$dir/far,$factor"
	ok "recordings 30,000 years apart, factor $factor" cmp "$dir/far" "$dir/out"
	[ "$factor" = 0 ] ||
		expected="jk-capture: $dir/far:2: $gap"
	ok "and how far" equals "$(cat "$dir/err")" "$expected"
	expected=
done
printf '(1.000000) a 01#00\n(86402.000000) a 02#00\n(172801.500000) a 03#00\n' >"$dir/days"
jk-capture "file:$dir/days" >"$dir/out" 2>"$dir/err" &
ok "a pause of a day is waited for" wait_for \
	grep -q 'days:3: a pause in the recording: continuing in 86399 s' "$dir/err"
ok "one of more is not" grep -q 'days:2: a gap of 86401 s in the recording: continuing at once' "$dir/err"
ok "its line is written" wait_for grep -q '02#00' "$dir/out"
kill -TERM $!
wait $!

printf '(10.000000) a 01#00\n(10.500000) a 02#00\n(9.000000) a 03#00\n(9.500000) a 04#00\n# word\n' \
	>"$dir/slow"
start=$(date +%s%N)
run jk-capture "file:$dir/slow,2"
took=$((($(date +%s%N) - start) / 1000000))
ok "a replay takes its time" test $took -ge 500
ok "and passes comments on" cmp -s "$dir/out" "$dir/slow"
rm "$dir/out" # in which a look would see the first line too soon
jk-capture "file:$dir/slow,0.001" >"$dir/out" 2>"$dir/err" &
ok "the first line is not waited for" wait_for grep -q 01#00 "$dir/out"
kill -TERM $!
ok "SIGTERM in a pause is 0" wait $!

# CAN among RS485: each line passes as it is, at its time, but damaged ones
printf '(10.000000)   can0 %s\n' 2F4#1302B20F51000000 '18F128F4#E108F00A6B802300 R' 2F4#R8 2f4##3.11.22 \
	45123#81:00:12345678#11 20000004#00 >"$dir/can"
cat >>"$dir/can" <<END
(10.300000)   can0 2F4#1302B20F51000000_9
(10.500000) ttyUSB0 01#00
(10.600000000) can0 7FF#
END
start=$(date +%s%N)
run jk-capture "file:$dir/can,2"
took=$((($(date +%s%N) - start) / 1000000))
ok "CAN passes through a replay" cmp -s "$dir/out" "$dir/can"
ok "in its time" test $took -ge 300
run jk-capture -n other "file:$dir/can,0"
ok "also under another name" sh -c "sed 's/) *[a-zA-Z0-9]* /) other /' '$dir/can' >'$dir/a'
	tr -s ' ' <'$dir/out' | cmp - '$dir/a'"
printf '(10.000000) can0 %s\n' 2F4#1 800#00 2F4#R9 2F4#000000000000000000 >"$dir/can"
run jk-capture "file:$dir/can,0"
ok "damaged CAN lines are left out" sh -c "! test -s '$dir/out' && grep -c 'left out' '$dir/err' | grep -qx 4"

# how many CAN frames made no record: once, at the end, of all files
printf '(10.000000) can0 %s\n' 2F4#R 2F4#R 2F4##0 20000004#00 20000004#00 20000004#00 305#00 \
	>"$dir/skipped"
run jk-decode "$dir/skipped" "$dir/skipped"
ok "skipped CAN frames are counted" equals "$(cat "$dir/err")" \
	"jk-decode: 14 CAN frames skipped: 4 remote, 2 FD, 6 error, 2 with foreign ids"
run sh -c "sed -n 4p '$dir/skipped' | jk-decode"
ok "a single one" equals "$(cat "$dir/err")" "jk-decode: 1 CAN frame skipped: 1 error"
jk-decode <"$dir/in" >"$dir/out" 2>"$dir/err" &
filter=$!
children="$children $filter"
exec 9>"$dir/in"
{
	cat "$dir/skipped"
	printf '%s\n' "$valid"
} >&9
wait_for grep -q '"type":"live"' "$dir/out"
kill -TERM $filter
wait $filter
exec 9>&-
ok "also after SIGTERM" equals "$(cat "$dir/err")" \
	"jk-decode: 7 CAN frames skipped: 2 remote, 1 FD, 3 error, 1 with a foreign id"

# raw bytes
head -c 1000 /dev/urandom >"$dir/noise"
run jk-capture - <"$dir/noise"
ok "noise is junk, all of it" tests/e2e/stream.pl raw "$dir/out" "$dir/noise"
ok "and a hint" grep -q '1000 bytes were received, but no frame' "$dir/err"
run sh -c "printf '\\001\\220\\002\\315\\301' | jk-capture -"
ok "a hint of exceptions: they are no requests" grep -q \
	'answers were received, but no frame: is UART protocol number 1' "$dir/err"
run sh -c "{ head -c 200 /dev/zero | tr '\\0' A; printf '\\001\\020\\026\\040\\000\\001\\004\\113'; } |
	jk-capture -"
ok "a hint of frames without their beginning" grep -q \
	'acknowledgements were received, but not the frames before them' "$dir/err"
printf '\0\1\0\0\0\6\1\3\1\2\3\4' >"$dir/modbus-tcp"
run jk-capture - <"$dir/modbus-tcp"
ok "Modbus-TCP headers are known" grep -q 'set the gateway to transparent mode' "$dir/err"
head -c 100 "$dir/raw" >"$dir/cut"
run jk-capture - <"$dir/cut"
ok "the end in the middle of a frame loses nothing" tests/e2e/stream.pl raw "$dir/out" "$dir/cut"
ok "is done" equals "$status" 0
{
	cat "$dir/raw" "$dir/raw" "$dir/raw" "$dir/raw" "$dir/raw" "$dir/raw" | tee "$dir/raw6" | jk-capture -
} | {
	# until the pipe is full: FIONREAD
	perl -e 'do { select undef, undef, undef, .01; ioctl STDIN, 0x541B, $n = pack "i" }
		until unpack("i", $n) > 40000'
	cat
} >"$dir/out"
ok "who feeds stdin waits for who reads stdout" tests/e2e/stream.pl raw "$dir/out" "$dir/raw6"
ok "nothing is lost then" lacks '!lost' "$dir/out"

# More channels than jk-write keeps track of.
awk 'BEGIN { for (i = 0; i < 2060; i++) printf "(1763856000.%06d) c%d 01#5500 R\n", i, i % 1030 }' \
	>"$dir/many"
run jk-write -n -c "$dir/many.commands" <"$dir/many"
ok "1030 channels: exit 0" equals "$status" 0
ok "all lines pass" cmp "$dir/many" "$dir/out"
ok "reported once" equals "$(grep -c '^jk-write: more than 1024 channels: ' "$dir/err")" 1
ok "and counted" grep -q '^jk-write: 12 lines of channels beyond the first 1024 ' "$dir/err"
done_testing
