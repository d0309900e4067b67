#!/bin/sh
# tests/alone.c, in which every test runs: one that does not end is named and ended, with all that it began,
# and fails; the others go on.  And tests/check as a whole.
. tests/e2e/lib.sh

# test_file NAME LINE...
test_file() {
	file=$dir/$1.t
	shift
	printf '%s\n' '#!/bin/sh' "$@" >"$file"
	chmod +x "$file"
}
# begin NAME COMMAND...: in the background; its output in $dir/NAME.out, its exit status at the end of that.
begin() {
	to=$dir/$1.out
	shift
	{
		run_status=0
		"$@" 2>&1 || run_status=$?
		echo "exit $run_status"
	} >"$to" &
}
# has NAME PATTERN
has() {
	grep -qE -e "$2" "$dir/$1.out" || {
		cat "$dir/$1.out"
		return 1
	}
}
none_left() { # NAME: of the processes of its test
	equals "$(grep -lzxF "JK_ALONE=$dir/$1" /proc/[0-9]*/environ 2>/dev/null)" ""
}

mkfifo "$dir/nobody" "$dir/open"
test_file fifo "exec 5<>$dir/open" 'printf "ok 1 - a\nhalf a line"' "echo x >$dir/nobody"
test_file stubborn "trap '' TERM" "sh -c \"trap '' TERM; while :; do sleep 100; done\" &" \
	'while :; do wait; done'
test_file holder 'setsid sh -c "sleep 1000 & sleep 1000" &' 'echo "ok 1 - a"' 'echo 1..1'
test_file fine 'echo "ok 1 - fine"' 'echo 1..1'
test_file flood 'exec yes'
test_file three 'exit 3'
alone=$build/alone
for one in fifo stubborn holder; do
	export JK_ALONE="$dir/$one"
	begin $one prove -v --exec "$alone -t 1" "$dir/$one.t" "$dir/fine.t"
done
export JK_ALONE="$dir/flood"
mkfifo "$dir/unread"
exec 5<>"$dir/unread" # has a reader, which does not read
begin flood sh -c "exec '$alone' -t 1 '$dir/flood.t' >'$dir/unread'"
# The first of these writes to its stderr and waits for the third, which prove must start when the second
# ends.
test_file first 'echo "a message" >&2' ": >$dir/first.wrote" \
	"while ! test -e $dir/third.ran; do sleep .05; done" 'echo "ok 1 - first"' 'echo 1..1'
test_file second "while ! test -e $dir/first.wrote; do sleep .05; done" 'echo "ok 1 - second"' 'echo 1..1'
test_file third ": >$dir/third.ran" 'echo "ok 1 - third"' 'echo 1..1'
begin messages sh -c "prove -v -j2 --exec '$alone -e 3 -t 20' $dir/first.t $dir/second.t $dir/third.t 3>&2"
begin three "$alone" -t 100 "$dir/three.t"
begin none "$alone" "$dir/three.t"
for wrong in x 1x -1 ''; do
	begin "wrong$wrong" "$alone" -t "$wrong" "$dir/fine.t"
done

# make, which builds at once and then hangs, or hangs at once.
for hangs_in in check-quick tests; do
	mkdir "$dir/in-$hangs_in"
	printf '%s\n' '#!/bin/sh' "case \" \$* \" in *' $hangs_in '*) sleep 1000 ;; esac" \
		>"$dir/in-$hangs_in/make"
	chmod +x "$dir/in-$hangs_in/make"
	begin $hangs_in env PATH="$dir/in-$hangs_in:$PATH" "$alone" -t 1 tests/check
done
command wait
unset JK_ALONE

ok "a FIFO without a reader: failed" has fifo '^not ok - .*/fifo.t has not ended within 1 s'
ok "it is in the open" has fifo '^# +[0-9]+ [SD] [a-z_0-9]*: /bin/sh .*/fifo.t'
ok "what it has open" has fifo '^# +5 is .*/open$'
ok "a descendant of one that ignores TERM is named" has stubborn '^#     .*: sleep 100 *$'
ok "and it fails" has stubborn '^not ok - .*/stubborn.t has not ended within 1 s'
ok "a test that leaves a process with its stdout: named" has holder '^# left behind: .* sleep 1000'
for one in fifo stubborn holder; do
	ok "$one: nothing is left" none_left $one
	ok "$one: the next test runs" has $one '^ok 1 - fine'
	ok "$one: prove counts one of them" has $one "/$one.t .*exited 1"
	ok "$one: and fails" has $one '^exit 1'
done
ok "stdout that nobody reads: ended" has flood '^exit 1'
ok "and nothing is left" none_left flood
ok "a message on stderr does not keep other tests from their start" has messages '^Result: PASS'
ok "and it is not lost" has messages '^a message$'
ok "in time: the status of the test" has three '^exit 3'
ok "without a limit, too" has none '^exit 3'
for wrong in x 1x -1 ''; do
	ok "-t '$wrong': not understood" has "wrong$wrong" '^exit 100'
done
ok "all tests have a limit: the build" has tests '^not ok - ended in the build of gcc$'
ok "the tests of one" has check-quick '^not ok - ended in the tests of gcc$'
ok "not the build that has ended" lacks 'in the build of gcc' "$dir/check-quick.out"
ok "that fails" has tests '^exit 1'
ok "and this" has check-quick '^exit 1'
done_testing
