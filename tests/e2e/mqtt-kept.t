#!/bin/sh
# jk-mqtt -s: alarm transitions that the broker has not taken survive the end of jk-mqtt, whatever it is.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

# All numbers of transitions that were published, in their order.
numbers() {
	grep -a '^jk/bms_1/alarm ' "$dir/seen" | grep -o '"number":[0-9]*' | cut -d: -f2 | tr '\n' ' '
}
published() { # NUMBERS
	wait_for sh -c "[ \"\$(grep -a '^jk/bms_1/alarm ' '$dir/seen' | grep -o '\"number\":[0-9]*' |
		cut -d: -f2 | tr '\\n' ' ')\" = '$1 ' ]"
	equals "$(numbers)" "$1 "
}
write_transitions() {
	for number in "$@"; do
		transition 1 "$number"
	done >&9
}
# kept COUNT: so many are in the file.
kept() {
	wait_for sh -c "[ \"\$(head -n 1 '$dir/state' | cut -d' ' -f4)\" = $1 ]"
	equals "$(($(wc -l <"$dir/state") - 1))" "$1"
}
killed() {
	kill -KILL $mqtt
	wait $mqtt 2>/dev/null
}
start() {
	mqtt -i 0 -s "$dir/state" "$broker_name:$broker_port"
}

lasting_broker
recorder "$dir/seen"
feed
start
write_transitions 1 2
ok "with a broker: published" published "1 2"
ok "and not in the file" kept 0
touch -d 2020-01-01 "$dir/state"
write_transitions 3 4 5
ok "further ones" published "1 2 3 4 5"
ok "the file is not written for them" equals "$(date -r "$dir/state" +%Y)" 2020

recorder_settled
stop_broker KILL
write_transitions 6 7
ok "without a broker: in the file" kept 2
killed
start
write_transitions 8
ok "killed: those of before, and another" kept 3
killed
start
kept 3 >/dev/null
kill $mqtt
wait $mqtt
ok "stopped: they are still there" kept 3
start_broker
start
write_transitions 9
ok "with a broker again: each once, in order" published "1 2 3 4 5 6 7 8 9"
ok "they are not in the file any more" kept 0
killed
start
write_transitions 10
ok "they are not published again" published "1 2 3 4 5 6 7 8 9 10"

kill -STOP "$broker"
write_transitions 11 12
ok "a broker that does not acknowledge: in the file" kept 2
killed
kill -CONT "$broker"
start
write_transitions 13
ok "none is lost" wait_for sh -c "grep -a '^jk/bms_1/alarm ' '$dir/seen' | grep -q '\"number\":13}'"
ok "in order" equals "$(numbers | tr ' ' '\n' | sort -nu | tr '\n' ' ' | sed 's/^ //')" \
	"1 2 3 4 5 6 7 8 9 10 11 12 13 "
kept 0 >/dev/null
killed

# Damaged files.
head -c 100 /dev/zero >"$dir/state"
start
ok "a hundred NUL: reported" said "state: .*not a state of jk-mqtt"
ok "kept aside" wait_for sh -c "[ \"\$(wc -c <'$dir/state.bad')\" = 100 ]"
write_transitions 14
ok "the stream goes on" wait_for sh -c "grep -a '^jk/bms_1/alarm ' '$dir/seen' | grep -q '\"number\":14}'"
stop_broker TERM
write_transitions 15 16
ok "two in the file" kept 2
killed
cp "$dir/state" "$dir/whole"
sed 's/"number":15/"number":95/' "$dir/whole" >"$dir/state"
start
ok "a changed digit: reported" said 'state: .*damaged'
ok "kept aside, too" wait_for grep -q '"number":95' "$dir/state.bad"
killed
head -c -5 "$dir/whole" >"$dir/state"
start
ok "one that was cut: reported" said 'state: .*damaged'
killed
cp "$dir/whole" "$dir/state"
mqtt -p other -s "$dir/state" "$broker_name:$broker_port"
ok "of another prefix: dropped and reported" said '2 alarm transitions of an earlier run are dropped'
killed
mkdir "$dir/folder"
jk-mqtt -s "$dir/folder" "$broker_name:$broker_port" </dev/null 2>"$dir/err"
ok "a folder: exit 100" equals $? 100
jk-mqtt -s "$dir/none/state" "$broker_name:$broker_port" </dev/null 2>"$dir/err"
ok "no folder: it does not start" test $? -ne 0
ok "and reports it" grep -q -e "-s $dir/none/state: " "$dir/err"

# A disk that is full at the start
(
	ulimit -f 0
	jk-mqtt -s "$dir/full" "$broker_name:$broker_port" </dev/null 2>&1
	echo "exit $?"
) | cat >"$dir/err"
ok "a full disk: it starts" \
	grep -q 'full: .*: File too large; alarm transitions are not kept until' "$dir/err"
ok "and works" grep -q '^exit 0' "$dir/err"

# More than there is room for: the newest remain.
rm "$dir/state"
start
awk 'BEGIN { for (i = 1; i <= 10020; i++)
	printf "{\"time\":1763856000.0,\"channel\":\"bus\",\"bms\":1,\"type\":\"alarm\",\"key\":\"x\",\"severity\":\"info\",\"active\":%s,\"number\":%d}\n", i % 2 ? "true" : "false", i }' >&9
ok "ten thousand in the file" wait_for sh -c "[ \"\$(head -n 1 '$dir/state' | cut -d' ' -f4)\" = 10000 ] &&
	tail -n 1 '$dir/state' | grep -q '\"number\":10020}'"
end_of_feed
kill $mqtt
wait $mqtt
done_testing
