#!/bin/sh
# 10,000 topics: with -k a pack has a hundred, so these are of 100 packs.  At the end of its input jk-mqtt
# sends all of them.  What a record costs does not depend on their number: in instructions, which are the
# same on any machine, of both threads: so what goes to a real broker, and its acknowledgements, are among
# them.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

# records PACKS TO: so many, of each pack in turn, each with another voltage and charge than the one before
live=$(sed -n 1p tests/golden/live.records | sed 's/.*"type"/"type"/')
records() {
	echo "$live" | awk -v packs="$1" -v to="$2" '{
		for (i = 0; i < to; i++) {
			line = $0
			sub(/"total_voltage":[0-9.]*/, "\"total_voltage\":" 40 + i % 1000 / 1000, line)
			sub(/"state_of_charge":[0-9]*/, "\"state_of_charge\":" int(i / packs) % 100, line)
			printf "{\"time\":%.6f,\"channel\":\"bus%d\",\"bms\":%d,\"pack\":\"p%d\",%s\n",
				1763856000 + 2 * i / packs, i % packs / 16, i % packs % 16, i % packs, line
		}
	}'
}
# instructions FILE PREFIX: of jk-mqtt over it, until the broker has all.  Nothing waits for its minute, and
# nobody is silent: the time that valgrind takes makes no difference.
instructions() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null jk-mqtt --every-change -k -i 0 -w 600 \
		-t 600 -p "$2" "$broker_name:$broker_port" 2>&1 <"$1" >/dev/null |
		sed -n 's/.*Collected : //p'
}
# a_record PACKS [LEAST MOST]: after each pack has been heard.  What jk-mqtt does by the clock adds to it when
# the machine is slow, so of several runs the least counts; five at most, until it is within the bounds.
a_record() {
	records "$1" $(($1 + 300)) >"$dir/all"
	head -n "$1" "$dir/all" >"$dir/first"
	least_first='' least_all=''
	for try in 1 2 3 4 5; do
		first=$(instructions "$dir/first" "first$1_$try")
		all=$(instructions "$dir/all" "all$1_$try")
		[ "${least_first:-$first}" -lt "$first" ] || least_first=$first
		[ "${least_all:-$all}" -lt "$all" ] || least_all=$all
		cost=$(((least_all - least_first) / 300))
		[ "$cost" -le "${2:-0}" ] || [ "$cost" -ge "${3:-1000000000}" ] || break
	done
	echo "$cost"
}
topics() { # PREFIX COUNT: how many are at the broker, up to that
	timeout 60 mosquitto_sub -h "$broker_name" -p "$broker_port" -C "$2" -t "$1/#" -F %t |
		sort -u | wc -l
}

plain_broker
records 100 100 >"$dir/hundred"
run timeout 60 jk-mqtt -k -i 0 -w 50 -p end "$broker_name:$broker_port" <"$dir/hundred"
ok "a hundred packs, read at once: exit 0" equals "$status" 0
ok "everything was sent, and acknowledged without a delay" lacks 'not everything\|no answer' "$dir/err"
ok "these are 10,000 topics" equals 10000 "$(topics end 10000)"

if ! command -v valgrind >/dev/null; then
	skip "the cost of a record" "there is no valgrind"
elif grep -aq __asan_init "$build/jk-mqtt"; then
	skip "the cost of a record" "not with sanitizers"
else
	one=$(a_record 1)
	ok "one pack: $one instructions a record" test "$one" -gt 0
	many=$(a_record 100 $((one * 80 / 100)) $((one * 120 / 100)))
	ok "100 packs: $many" test $((many * 100)) -gt $((one * 80)) -a $((many * 100)) -lt $((one * 120))
fi
done_testing
