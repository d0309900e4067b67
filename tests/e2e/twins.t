#!/bin/sh
# Two packs with one address: no other master is seen in them, jk-alarm and jk-mqtt know it, and no value of
# either is published.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

plain_broker
recorder "$dir/messages"
mkfifo "$dir/in"
exec 9<>"$dir/in"

# One after the other, and in turn.
how=0
for twin in 2:8@60 2:8; do
	how=$((how + 1))
	sim --twin "$twin" 1:16 2:16
	capture -a 1-2 -i 0.5 "tcp:127.0.0.1:$port"
	ok "$twin: the capture reports it" heard '!conflict 02 two packs answer'
	ok "$twin: in its log, too" wait_for grep -q 'two packs answer at the address 2: give each its own' \
		"$dir/capture.err"
	conflict=$(grep -n '!conflict' "$dir/frames" | cut -d: -f1)
	ok "$twin: polling goes on" wait_for sh -c "[ \$(tail -n +$conflict '$dir/frames' |
		grep -c '02#55AAEB9002') -ge 8 ]"
	ok "$twin: it is no other master" yields_to_nobody
	stop_capture
	run jk-find --seconds 30 "tcp:127.0.0.1:$port"
	ok "$twin: jk-find marks it" grep -q '^BMS  2 .* TWO PACKS$' "$dir/out"
	ok "$twin: and no other" equals "$(grep -c 'TWO PACKS' "$dir/out")" 1
	stop_sim
	grep -v '!conflict' "$dir/frames" >"$dir/silent" # as of a capture that does not know

	jk-decode "$dir/silent" >"$dir/records"
	jk-alarm "$dir/records" >"$dir/annotated"
	text="Two packs have this address: give each its own with the DIP switches"
	ok "$twin: an alarm says what to do" equals \
		"$(jq -r 'select(.type=="alarm") | [.bms, .key, .severity, .active, .text] | join(" ")' \
		"$dir/annotated")" \
		"2 address_conflict alarm true $text"

	for with in records annotated; do
		prefix=jk$how$with
		jk-mqtt -i 0 -p "$prefix" "$broker_name:$broker_port" <"$dir/in" 2>"$dir/mqtt.err" 9<&- &
		mqtt=$!
		children="$children $mqtt"
		# What waits while there is no connection goes out after the availability.
		wait_for grep -q "^$prefix/status .* online" "$dir/messages"
		cat "$dir/$with" >&9
		ok "$twin, $with: the other pack is published" wait_for grep -q "^$prefix/bms_1/live " \
			"$dir/messages"
		ok "$twin, $with: its address is offline" wait_for grep -q \
			"^$prefix/bms_2/availability .* offline" "$dir/messages"
		kill "$mqtt"
		wait "$mqtt"
		wait_for grep -q "^$prefix/status .* offline" "$dir/messages"
		ok "$twin, $with: and says why" grep -q \
			'two packs have the address 2 of 127.0.0.1: their values are not published' \
			"$dir/mqtt.err"
		grep "^$prefix/bms_2/\(availability\|live\) " "$dir/messages" |
			sed '1,/availability .* offline/d' >"$dir/after"
		ok "$twin, $with: no value of it from then on" equals "$(grep -c live "$dir/after")" 0
	done
	ok "$twin: the transition is published" grep -q "^$prefix/bms_2/alarm .*address_conflict" \
		"$dir/messages"
	ok "$twin: the list has it" grep -q "^$prefix/bms_2/alarms .*address_conflict" "$dir/messages"
done

# Both at once
sim --duplicate 1 1:16
capture -a 1 -i 0.5 "tcp:127.0.0.1:$port"
ok "at once: the hint names it" wait_for grep -q 'do two packs have one address' "$dir/capture.err"
ok "at once: it is no gateway's fault" lacks 'Modbus-TCP' "$dir/capture.err"
stop_capture
done_testing
