#!/bin/sh
# jk-health: which bus is not heard, which broker is not connected.
. tests/e2e/lib.sh

conf=$dir/jk.conf run=$dir/run
mkdir -p "$run/status" "$dir/state"
cat >"$conf" <<END
bus shed /dev/ttyS0 poll 1-4
bus roof tcp:10.0.0.7:5000
pack shed:1 north "North – 1"
broker h.local:1883
broker ::1
run $run
state $dir/state
END
now=$(date +%s)
# Processes that are called jk-mqtt, as those that write the files.
mkfifo "$dir/in"
exec 8<>"$dir/in"
jk-mqtt 127.0.0.1:1 <"$dir/in" 2>/dev/null 8>&- &
one=$!
jk-mqtt 127.0.0.1:1 <"$dir/in" 2>/dev/null 8>&- &
two=$!
children="$children $one $two"
line() { # FIELD...
	printf '%s' "$1"
	shift
	printf '\t%s' "$@"
	echo
}
well() {
	{
		line link shed polling "$now.000000" 'receiving records'
		line link roof listening "$((now - 5)).000000" 'receiving records'
	} >"$run/status/alarm"
	line broker h.local:1883 connected "$now.0" - "$one" >"$run/status/mqtt"
	line broker '[::1]:1883' connected "$now.0" - "$two" >"$run/status/mqtt-2"
}
health() {
	run jk-health -f "$conf" "$@"
}
# ill NAME LINE...: exit 1, and these lines are all.
ill() {
	ill_name=$1
	shift
	printf 'jk-health: %s\n' "$@" >"$dir/expected"
	sed -E 's/[0-9]+ s/N s/g' "$dir/out" >"$dir/shown"
	ok "$ill_name: exit 1" test "$status" -eq 1
	ok "$ill_name: $*" cmp "$dir/expected" "$dir/shown"
}

well
health
ok "all is well" test "$status" -eq 0
ok "without a word" test ! -s "$dir/out" -a ! -s "$dir/err"

line link roof listening "$((now - 40)).0" 'no bytes received' >>"$run/status/alarm"
health
ill 'a bus is silent' 'bus roof: no valid frame for N s: no bytes received'
health -s 3600
ok "with a longer limit all is well" test "$status" -eq 0
well
line link roof listening "$((now - 4)).0" - >>"$run/status/alarm"
line link shed polling "$((now - 4)).0" - >>"$run/status/alarm"
health --seconds=2
ill 'with a shorter one both are silent' 'bus shed: no valid frame for N s' 'bus roof: no valid frame for N s'

line link shed closed - 'No such device' >"$run/status/alarm"
health
ill 'nothing has come' 'bus shed: no valid frame yet: No such device' 'bus roof: nothing has come from it'
well
line link roof listening "$((now + 86400)).0" - >>"$run/status/alarm"
health
ill 'the clock was set back' \
	'bus roof: its last valid frame is N s ahead of the clock, which was set back'

well
line broker h.local:1883 disconnected "$((now - 9)).0" 'connection refused' "$one" >"$run/status/mqtt"
rm "$run/status/mqtt-2"
health
ill 'brokers' 'broker h.local:1883: not connected for N s: connection refused' \
	"broker [::1]:1883: $run/status/mqtt-2: cannot be read: does jk-mqtt run?"
well
kill -STOP $one
wait_for grep -q '^State:.*T' "/proc/$one/status"
kill -KILL $two
wait $two
health
ill 'processes' 'broker h.local:1883: its jk-mqtt is stopped' 'broker [::1]:1883: its jk-mqtt does not run'
kill -CONT $one
line broker '[::1]:1883' connected "$now.0" - "$$" >"$run/status/mqtt-2"
health
ill 'another process with the number' 'broker [::1]:1883: its jk-mqtt does not run'

rm "$run/status/alarm"
health
ok "nothing runs" grep -q "^jk-health: $run/status/alarm: cannot be read: does the service run" "$dir/out"
ok "exit 1" test "$status" -eq 1

# ---- what is wrong ----
echo 'bus x' >"$dir/bad.conf"
run jk-health -f "$dir/bad.conf"
ok "a faulty configuration: exit 100" test "$status" -eq 100
ok "and who prints the faults" grep -q 'jk-service -f .*/bad.conf check' "$dir/err"
cp "$conf" "$dir/a=b"
cp "$conf" "$dir/-c"
ok "a name that is odd" sh -c "cd '$dir' && '$PWD/scripts/jk-health' -f a=b >out; [ \$? -eq 1 ]"
ok "and another" sh -c "cd '$dir' && '$PWD/scripts/jk-health' --file=-c >out; [ \$? -eq 1 ]"
run jk-health -f "$dir"
ok "a folder: exit 100" test "$status" -eq 100
run jk-health -f "$dir/none"
ok "no configuration: exit 100" test "$status" -eq 100
for argument in '-s 0' '-s 86401' '-s x' --seconds= -x word '-s' '-s -1' -s1.5; do
	# shellcheck disable=SC2086 # words
	run jk-health $argument
	ok "$argument: exit 100" test "$status" -eq 100
	ok "$argument: says why" grep -q '^jk-health: .*; try jk-health -h$' "$dir/err"
done
run jk-health -h
ok "-h: exit 0" test "$status" -eq 0
ok "-h: 80 columns" lacks -E '.{81}' "$dir/out"
run jk-health --version
ok "-V" grep -q '^jk-health [0-9]' "$dir/out"
# A link to it finds its parts; so it does when installed.
ln -s "$PWD/scripts/jk-health" "$dir/health"
well
line broker '[::1]:1883' connected "$now.0" - "$one" >"$run/status/mqtt-2"
run "$dir/health" -f "$conf"
ok "by a link: $(cat "$dir/out" "$dir/err")" test "$status" -eq 0
done_testing
