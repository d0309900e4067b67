#!/bin/sh
# The tests' own tools: a wait that fails does so soon, and says what it waited for; what is missing lacks
# nothing.
. tests/e2e/lib.sh

# inner LINES: another test with these lines; its output in $dir/out, $status, and $took seconds
inner() {
	printf '. tests/e2e/lib.sh\n%s\ndone_testing\n' "$1" >"$dir/inner.t"
	read -r begun _ </proc/uptime
	run sh "$dir/inner.t"
	read -r now _ </proc/uptime
	took=$((${now%.*} - ${begun%.*}))
}
says() { grep -qF -e "$1" "$dir/out"; }

export JK_PATIENCE=1
inner 'ok "it comes" wait_for test -e "$dir/never"
ok "the next" true'
ok "a wait that fails in a test: this one fails" says 'not ok 1 - it comes'
ok "it names what it waited for" says '# waited for 1 s: test -e '
ok "the others go on" says 'ok 2 - the next'
inner 'ok "a" true
wait_for test -e "$dir/never"
ok "b" true'
ok "between two tests: nothing goes on" lacks 'ok [0-9]* - b' "$dir/out"
ok "it says so" says 'not ok 2 - test -e '
ok "and where" says 'after test 1: a'
ok "and fails" equals "$status" 1

# With all patience
export JK_PATIENCE=50
inner 'capture -a 1 -n "a b" -
heard frame'
ok "a program that fails ends the wait" says 'not ok 1 - grep'
ok "its last words are shown" says '# jk-capture: -n a b: a name has'
ok "at once: $took s" test "$took" -lt 25
inner 'sim 1:16
command kill -KILL "$sim"
ok "it comes" wait_for test -e "$dir/never"'
ok "so does one that is killed" says 'has ended with 137'
ok "at once: $took s" test "$took" -lt 25
inner 'sim 1:16
stop_sim
(sleep 1; : >"$dir/later") &
ok "it comes" wait_for test -e "$dir/later"
sh -c "exit 3" &
children="$children $!"
ok "its status" sh -c true
wait $!
ok "is what it was" equals $? 3
capture - </dev/null
ok "and it goes on" heard "!close end of input"'
ok "not one that was told to stop, nor the end of the input" lacks '^not ok' "$dir/out"
ok "all were made" says '1..4'

# A process of somebody else, which has the number that one of the test had; and one that has lost its parent.
(
	sleep 1000 &
	echo $! >"$dir/stranger"
)
stranger=$(cat "$dir/stranger")
inner "children=$stranger"
ok "a stranger is not killed" kill -0 "$stranger"
inner "(sleep 1000 & echo \$! >$dir/child; wait) &
wait_for test -s $dir/child
children=\$(cat $dir/child)"
ok "a child's child is" wait_for sh -c "! kill -0 $(cat "$dir/child")"
command kill -KILL "$stranger"

inner 'ok "missing" lacks a "$dir/missing"
: >"$dir/empty"
ok "empty" lacks a "$dir/empty"
ok "not understood" lacks -E "(" "$dir/empty"
echo abc >"$dir/full"
ok "lacks it" lacks x "$dir/full"
ok "has it" lacks b "$dir/full"'
ok "what is missing lacks nothing" equals \
	"$(grep -c '^ok' "$dir/out") $(grep '^not' "$dir/out" | tr '\n' ,)" \
	"2 not ok 1 - missing,not ok 3 - not understood,not ok 5 - has it,"

inner 'ok "long" sh -c "seq -s , 2000; exit 1"
ok "the next" true'
ok "a long output is cut, and the next test has a line of its own" grep -q '^ok 2 - the next' "$dir/out"

for JK_BUILD in "$build" /nonexistent nonexistent; do
	export JK_BUILD
	inner 'run jk-capture -V
ok "it runs" equals "$status" 0'
	case $JK_BUILD in
	"$build") ok "an absolute build" says 'ok 1 - it runs' ;;
	*) ok "$JK_BUILD: no test goes on" grep -q '^Bail out! there is no .*nonexistent/jk' "$dir/out" ;;
	esac
done
# A test prints what has failed and exits with 0: prove is what makes a target of make fail.
for file in $(grep -l 'e2e/lib\.sh' tests/*/run); do
	ok "make runs $file by prove" equals \
		"$(cat Makefile share/*/*.mk | grep -F " $file" | grep -vc 'prove .*alone')" 0
	ok "and in one target at least" test "$(cat Makefile share/*/*.mk | grep -cF " $file")" -ge 1
done
done_testing
