#!/bin/sh
# The FIFOs of jk-write: whatever ID somebody gives, no program is made to answer itself or another one.
. tests/e2e/lib.sh

mkdir "$dir/replies" "$dir/elsewhere"
mkfifo "$dir/stream" "$dir/replies/good" "$dir/replies/tx" "$dir/elsewhere/out"
mkfifo -m 620 "$dir/replies/others" # of another program that reads commands
exec 5<>"$dir/stream" 6<>"$dir/replies/good" 7<>"$dir/replies/others" 8<>"$dir/elsewhere/out"
jk-write -c "$dir/replies/commands" -x "$dir/replies/tx" -r "$dir/replies" <"$dir/stream" >"$dir/frames" \
	2>"$dir/err" 5<&- 6<&- 7<&- 8<&- &
writer=$!
children="$children $writer"
wait_for test -p "$dir/replies/commands"
ln -s commands "$dir/replies/link"
ln -s ../elsewhere/out "$dir/replies/outside"
ln "$dir/elsewhere/out" "$dir/replies/second"
: >"$dir/replies/file"

give() { printf '%s\n' "$*" >"$dir/replies/commands"; }
# until it has read and answered this one; how many results there are then
settle() {
	echo >>"$dir/marks" # a file, as most calls are in a shell of their own
	marks=$(wc -l <"$dir/marks")
	give "1 no_such_key 1 mark$marks"
	wait_for grep -q "!write mark$marks " "$dir/frames"
	grep -c '!write' "$dir/frames"
}
for id in commands link outside second others tx cmd ../elsewhere/out a/b . .. -x a.b; do
	before=$(settle)
	give "1 no_such_key 1 $id"
	give "1 no_such_key 1 $id @1"
	ok "$id: rejected, each once" equals "$(settle)" $((before + 3))
	ok "$id: and it is not shown" lacks -F "!write $id " "$dir/frames"
done
ok "why: impossible" equals "$(grep -c 'rejected "invalid ID' "$dir/frames")" 26
for fd in 7 8; do
	ok "nothing was sent to descriptor $fd" perl -e 'open F, "<&=", shift;
		$n = pack "i", 0;
		ioctl F, 0x541B, $n or die;
		exit unpack("i", $n) > 0' $fd
done
give "1 no_such_key 1 file"
ok "what is no FIFO gets no reply" wait_for grep -q 'file: not a FIFO for replies' "$dir/err"
ok "and is as it was" test ! -s "$dir/replies/file"
give "1 no_such_key 1 good"
ok "a reply" sh -c "timeout 60 head -n 1 <&6 | grep -q '!write good 1 no_such_key [*] rejected'"

# A stream that ends up in a FIFO of commands is not answered.
before=$(settle)
cat "$dir/frames" >"$dir/stream.copy"
cat "$dir/stream.copy" >"$dir/replies/commands"
ok "results are no commands" equals "$(settle)" $((before + 1))
ok "which is logged" grep -q 'a line of the frame stream, not a command' "$dir/err"

# Two that have each other's FIFO of commands among their replies.
jk-write -n -c "$dir/replies/b" -r "$dir/replies" <"$dir/stream" >"$dir/frames.b" 2>"$dir/err.b" 5<&- 6<&- \
	7<&- 8<&- &
children="$children $!"
wait_for test -p "$dir/replies/b"
before=$(settle)
give "1 no_such_key 1 b"
echo "1 no_such_key 1 commands" >"$dir/replies/b"
ok "of another: rejected" wait_for grep -q '!write - 1 no_such_key [*] rejected "invalid ID' "$dir/frames.b"
ok "and none answers the other" equals "$(settle)" $((before + 2))
exec 5>&-
kill "$writer"

# At the start
bad() { # PATTERN COMMAND...: 100
	pattern=$1
	shift
	run timeout 20 sh -c "$*"
	ok "$*: exit 100" equals "$status" 100
	ok "$*: says why" grep -q -e "$pattern" "$dir/err"
}
mkfifo "$dir/x"
ln -s x "$dir/y"
cd "$dir" || exit 1
exec 5<>x
bad '-x x: this is the FIFO of -c' jk-write -c x -x x
bad '-x bus=y: this is the FIFO of -c' jk-write -c x -x bus=y
bad '-x new: this is the FIFO of -c' jk-write -c new -x new
bad '-c x: this is also stdin, stdout or stderr' jk-write -n -c x '<x'
bad '-c y: this is also stdin, stdout or stderr' jk-write -n -c y '>x </dev/null'
bad '-x x: this is also stdin, stdout or stderr' jk-write -c z -x x '>x </dev/null'
bad '-c x: this is also stdin, stdout or stderr' jk-mqtt -c x 127.0.0.1:1 '<x'
bad '-x x: this is also stdin, stdout or stderr' jk-capture -a 1 -x x tcp:127.0.0.1:1 '>x'
done_testing
