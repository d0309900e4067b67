#!/bin/sh
# What a record costs jk-alarm does not depend on the number of packs, also if each record changes an alarm of
# its pack: in instructions, which are the same on any machine.
. tests/e2e/lib.sh

# records PACKS FROM TO: with these numbers, each pack once in two seconds
live=$(sed -n 1p tests/golden/live.records | sed 's/.*"type"/"type"/')
records() {
	echo "$live" | awk -v packs="$1" -v from="$2" -v to="$3" '{
		for (i = from; i < to; i++) {
			line = $0
			sub(/"errors_bitmask":[0-9]*/,
				"\"errors_bitmask\":" (int(i / packs) % 2 ? 16 : 32), line)
			printf "{\"time\":%.6f,\"channel\":\"bus%d\",\"bms\":%d,%s\n",
				1763856000 + 2 * i / packs, i % packs / 16, i % packs % 16, line
		}
	}'
}
# instructions FILE: of jk-alarm over it
instructions() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null jk-alarm "$1" 2>&1 >/dev/null |
		sed -n 's/.*Collected : //p'
}
# a_record PACKS: after each pack has been heard
a_record() {
	records "$1" 0 "$1" >"$dir/first"
	{ cat "$dir/first" && records "$1" "$1" $(($1 + 1200)); } >"$dir/all"
	echo $((($(instructions "$dir/all") - $(instructions "$dir/first")) / 1200))
}

if ! command -v valgrind >/dev/null; then
	skip "the cost of a record" "there is no valgrind"
elif grep -aq __asan_init "$build/jk-alarm"; then
	skip "the cost of a record" "not with sanitizers"
else
	one=$(a_record 1)
	ok "one pack: $one instructions" test "$one" -gt 0
	for packs in 15 150 1500; do
		cost=$(a_record $packs)
		ok "$packs packs: $cost" test $((cost * 100)) -gt $((one * 80)) \
			-a $((cost * 100)) -lt $((one * 120))
	done
fi

# Memory is for what is there: that of 4096 packs is more than ten times that of one.
peak() { "$build/tests/measure" jk-alarm "$1" 2>&1 >/dev/null | awk '{ print $4 }'; }
if ! grep -aq __asan_init "$build/jk-alarm"; then
	records 1 0 5000 >"$dir/one"
	records 4096 0 5000 >"$dir/many"
	ok "one pack: $(peak "$dir/one") kB" test "$(peak "$dir/one")" -lt 4096
	ok "4096 packs: $(peak "$dir/many") kB" test "$(peak "$dir/many")" -lt 49152
	records 4100 0 8200 >"$dir/more"
	run jk-alarm "$dir/more"
	ok "four packs too many: exit 0" equals "$status" 0
	ok "reported once" equals 1 \
		"$(grep -c 'more than 4096 BMS: passed through, not evaluated' "$dir/err")"
	ok "and counted" grep -q ': 8 records of BMS beyond the first 4096 were passed through' "$dir/err"
	ok "all records come out" equals "$(grep -c '"type":"live"' "$dir/out")" 8200
	ok "those of the others with their alarms" equals 8192 \
		"$(grep -c '"type":"live".*"alarms":\[{' "$dir/out")"
fi
done_testing
