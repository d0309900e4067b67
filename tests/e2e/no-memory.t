#!/bin/sh
# An allocation fails, each in turn, and all from one on: a program ends with 111 and says why, or goes on; it
# never crashes, and what it writes is right.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

if grep -aq __asan_init "$build/jk-mqtt" ||
	! cc -std=c17 -D_GNU_SOURCE -shared -fPIC -O2 -o "$dir/no-memory.so" tests/e2e/no-memory.c; then
	skip "allocations that fail" "not with sanitizers"
	done_testing
	exit
fi

# without_memory AT UNTIL COMMAND...: its status in $status, its files $dir/out and $dir/err
without_memory() {
	at=$1 until=$2
	shift 2
	rm -rf "$dir"/made*
	status=0
	timeout -k 5 60 env NO_MEMORY_AT="$at" NO_MEMORY_UNTIL="$until" NO_MEMORY_COUNT="$dir/count" \
		LD_PRELOAD="$dir/no-memory.so" "$@" <"$input" >"$dir/out" 2>"$dir/err" || status=$?
}

# A line of a live record without what jk-alarm appends
plain='s/,"alarms":\[.*\]}$/}/'
# RIGHT of a program: what it wrote, if it went on
all_lines() { [ "$status" -eq 111 ] || cmp "$dir/all" "$dir/out"; }
# jk-alarm passes what it cannot evaluate
records_pass() {
	[ "$status" -eq 111 ] && return
	sed "$plain" "$input_records" >"$dir/a"
	sed "$plain" "$dir/out" | grep -vE '"type":"(alarm|summary|health)"' >"$dir/b"
	grep -vE '"type":"(alarm|summary|health)"' "$dir/a" | cmp - "$dir/b"
}

# ends_well RIGHT: the status and the words of the last run
ends_well() {
	case $status in
	0) ;;
	111) grep -qiE 'no memory|cannot allocate memory|resource temporarily' "$dir/err" || return 1 ;;
	*) return 1 ;;
	esac
	"$1"
}

# each RIGHT COMMAND...: with each allocation failing
each() {
	right=$1
	shift
	without_memory 0 0 "$@"
	[ "$status" -eq 0 ] || return 1
	cp "$dir/out" "$dir/all"
	read -r count_of_all <"$dir/count"
	number=0
	while [ $number -lt "$count_of_all" ]; do
		number=$((number + 1))
		for until in $number 1000000; do
			without_memory "$number" "$until" "$@"
			ends_well "$right" || {
				echo "allocation $number to $until of $count_of_all: exit $status"
				cat "$dir/err"
				return 1
			}
		done
	done
	echo "$count_of_all allocations"
}

input=/dev/null
input_records=tests/golden/alarm-two-buses.records
ok "jk-decode with a map" each all_lines jk-decode -m tests/golden/names.map tests/golden/names.frames
ok "jk-decode, csv" each all_lines jk-decode -o csv tests/golden/live.frames
ok "jk-alarm with a state" each records_pass jk-alarm -s "$dir/made" "$input_records"
sed -n 1p tests/golden/live.records | awk '{ for (i = 0; i < 90; i++) {
	sub(/"channel":"[^"]*","bms":[0-9]*/, "\"channel\":\"bus" int(i / 3) "\",\"bms\":" i % 3)
	print } }' >"$dir/many"
input_records=$dir/many
ok "jk-alarm with many packs" each records_pass jk-alarm "$dir/many"
input=tests/golden/live.frames
ok "jk-write" each all_lines jk-write -c "$dir/made.cmd" -x "bus=$dir/made.tx" -s "$dir/made.state"
ok "jk-tee" each all_lines jk-tee "$dir/made"
ok "jk-redact" each all_lines jk-redact
jk-sim -o "$dir/raw" --duration 20 1:16 2:8
input=$dir/raw
without_times() { [ "$status" -eq 111 ] || [ "$(wc -l <"$dir/all")" -eq "$(wc -l <"$dir/out")" ]; }
ok "jk-capture" each without_times jk-capture -

# jk-mqtt and its libraries allocate all the time: some in each hundred, and what a subscriber receives then
plain_broker
cat tests/golden/alarm-two-buses.alarm tests/golden/settings.records tests/golden/about.records \
	>"$dir/records"
input=$dir/records
recorder "$dir/seen"
some_of_mqtt() {
	without_memory 0 0 jk-mqtt -k -i 0 "$broker_name:$broker_port"
	read -r count_of_all <"$dir/count"
	number=1
	while [ $number -lt "$count_of_all" ]; do
		without_memory $number $number jk-mqtt -k -i 0 -s "$dir/made" "$broker_name:$broker_port"
		ends_well true || {
			echo "allocation $number of $count_of_all: exit $status"
			cat "$dir/err"
			return 1
		}
		[ $number -lt 40 ] || number=$((number + count_of_all / 120))
		number=$((number + 1))
	done
}
ok "jk-mqtt" some_of_mqtt
ok "what it published is right" tests/e2e/no-memory.pl "$dir/records" "$dir/seen"
done_testing
