#!/bin/sh
# Readers that leave, and sockets whose peer has gone: the program ends with 111, logs nothing about a reader
# that has enough, and never loops without waiting.  Files that may not grow are an error of write(2).
. tests/e2e/lib.sh

jk-sim -o "$dir/raw" --duration 120 --master 1:16 2:8
jk-capture -n bus - <"$dir/raw" >"$dir/once"
cat "$dir/once" "$dir/once" "$dir/once" "$dir/once" >"$dir/lines"
jk-decode "$dir/lines" >"$dir/records"

# leaves INPUT COMMAND...: the reader of its stdout has left
leaves() {
	input=$1
	shift
	for signal in default ignore; do
		result=$(tests/e2e/left.pl $signal none "$@" <"$input" 2>"$dir/err")
		equals "$result$(cat "$dir/err")" 111 || return 1
	done
}
for program in $programs jk-sim; do
	ok "$program -h whose reader has left: 111, without a word" leaves /dev/null "$program" -h
	[ "$program" = jk-sim ] || ok "$program -V" leaves /dev/null "$program" -V
done
ok "jk-redact -h" leaves /dev/null jk-redact -h
ok "jk-decode, of a file" leaves /dev/null jk-decode "$dir/lines"
ok "jk-decode, of stdin" leaves "$dir/lines" jk-decode
ok "jk-decode --fields" leaves /dev/null jk-decode --fields
ok "jk-alarm" leaves "$dir/records" jk-alarm
ok "jk-alarm --default-rules" leaves /dev/null jk-alarm --default-rules
ok "jk-capture, raw bytes" leaves "$dir/raw" jk-capture -
ok "jk-capture, a replay" leaves /dev/null jk-capture "file:$dir/lines,0"
ok "jk-write" leaves "$dir/lines" jk-write -c "$dir/cmd" -x "$dir/tx"
ok "jk-write --list" leaves /dev/null jk-write --list
ok "jk-redact" leaves "$dir/lines" jk-redact
ok "jk-redact, little" leaves "$dir/once" jk-redact
ok "jk-sim" leaves /dev/null jk-sim -o - --duration 600 1:16
ok "jk-sim, CAN" leaves /dev/null jk-sim --can - --duration 600 1:16
ok "jk-sim, its port" leaves /dev/null jk-sim --tcp 1:16
for script in jk-table jk-set jk-find; do
	ok "$script -h" leaves /dev/null $script -h
done
ok "jk-table" leaves "$dir/records" jk-table
run sh -c "jk-table <'$dir/records' >/dev/full"
ok "jk-table, a full disk" equals \
	"$status $(grep -c '^jk-table: cannot write to stdout: ' "$dir/err")" "111 1"
run sh -c "jk-redact '$dir/once' >/dev/full"
ok "a full disk is reported" equals "$status $(cat "$dir/err")" \
	"111 jk-redact: cannot write to stdout: No space left on device"

# A quiet program whose stdout is a socket: its peer goes after the first line, and poll reports POLLHUP.
quiet() {
	result=$(tests/e2e/left.pl default line "$@" 2>"$dir/err")
	equals "$result$(grep -vE 'a pause in the recording|: listening on tcp:' "$dir/err")" 111
}
printf '(1.000000) a 01#00\n(900.000000) a 02#00\n' >"$dir/pause"
mkfifo "$dir/in"
exec 8<>"$dir/in"
sim --mute 0-1000 1:16
ok "jk-capture, of a gateway" quiet jk-capture "tcp:127.0.0.1:$port"
ok "jk-capture, of stdin" quiet jk-capture - <"$dir/in"
ok "jk-capture, in a pause of a replay" quiet jk-capture "file:$dir/pause"
echo '# a line' >&8
ok "jk-write" quiet jk-write -c "$dir/cmd" -x "$dir/tx" <"$dir/in"

# idle INPUT COMMAND...: a filter has written one line, and its stdin stays open without another.
idle() {
	input=$1
	shift
	for output in line piped-line; do
		head -n 1 "$input" >&8
		result=$(tests/e2e/left.pl default $output "$@" 2>"$dir/err" <"$dir/in")
		equals "$result$(cat "$dir/err")" 111 || return 1
	done
}
for program in jk-decode jk-redact jk-tee; do
	ok "an idle $program" idle "$dir/lines" $program
done
ok "an idle jk-write" idle "$dir/lines" jk-write -c "$dir/cmd" -x "$dir/tx"
for program in jk-alarm jk-bank; do
	ok "an idle $program" idle "$dir/records" $program
done

# Peers that go while the program goes on: of stderr, of the FIFO of requests, and one that only stops to
# transmit.  In 2 s, until the first statistics, it uses next to no time.
cpu_ms() { # of a process
	awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print int(($12 + $13) * 1000 / hz) }' \
		"/proc/$1/stat"
}
capture -a 1 -x "$dir/requests" "tcp:127.0.0.1:$port"
heard '!mode poll'
echo '# nothing' >"$dir/requests"
heard '!stats - up=2'
ok "a writer of requests that goes costs no time" test "$(cpu_ms "$capture")" -lt 500
ok "stops" stop_capture
stop_sim
sim --speed 1 --master 1:16 2:8
ok "jk-find" leaves /dev/null jk-find --seconds 20 "tcp:127.0.0.1:$port"
stop_sim

# ulimit -f is in blocks of 512 bytes
for command in "jk-decode '$dir/lines'" "jk-capture 'file:$dir/lines,0'" "jk-alarm '$dir/records'" \
	"jk-write -c '$dir/cmd' -x '$dir/tx' <'$dir/lines'" "jk-capture - <'$dir/raw'" \
	"jk-sim -o - --duration 600 1:16" "jk-redact '$dir/lines'"; do
	run sh -c "ulimit -f 8; $command >'$dir/short'"
	ok "a file that may not grow: ${command%% *} ends with 111" equals "$status" 111
	ok "and says why" grep -q 'File too large' "$dir/err"
done
done_testing
