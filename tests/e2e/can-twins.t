#!/bin/sh
# Two packs with one address on CAN, as all are delivered: nothing of that address is published while it
# lasts.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

plain_broker
recorder "$dir/seen"
for cycle in documents measured; do
	# The second pack is there from 60 to 120 s.
	jk-sim --can "$dir/can" --can-cycle $cycle --duration 800 --soc 50 --ambient 220 --current 5000 \
		--twin 0:8 --twin-at 60-120 0:16 1:16
	jk-decode "$dir/can" | jk-alarm >"$dir/annotated"
	jk-decode "$dir/can" >"$dir/records"
	for with in annotated records; do
		prefix=jk_${cycle}_$with
		jk-mqtt -i 0 -p "$prefix" -w 20 "$broker_name:$broker_port" <"$dir/$with" 2>"$dir/mqtt.err"
		seen "^$prefix/status 1 1 offline"
		ok "$cycle, $with: nothing of the address is published meanwhile" perl -ne '
			BEGIN { $prefix = shift }
			m{^\Q$prefix\E/bms_0/live \S+ \S+ \{.*"time":([\d.]+)} or next; $t = $1 - 1763856000;
			$n{$t < 60 ? "before" : $t < 120 ? "" : "later"}++;
			$t > 65 && $t < 120 and die "at $t: $_";
			END { $n{before} && $n{later} or die "before: $n{before}, later: $n{later}\n" }' \
			"$prefix" "$dir/seen"
		ok "$cycle, $with: the address is offline" grep -q "^$prefix/bms_0/availability 1 1 offline" \
			"$dir/seen"
		ok "$cycle, $with: the other pack is not" perl -ne '
			BEGIN { $prefix = shift }
			m{^\Q$prefix\E/bms_1/live \S+ \S+ \{.*"time":([\d.]+)} and
				$1 > 1763856065 && $1 < 1763856120 and $n++;
			END { exit !$n }' "$prefix" "$dir/seen"
		ok "$cycle, $with: jk-mqtt says why" grep -q \
			'two packs have the address 0 of can0: their values are not published' "$dir/mqtt.err"
	done
	ok "$cycle: the alarm is published" grep -q \
		"^jk_${cycle}_annotated/bms_0/alarm .*address_conflict" "$dir/seen"
done

# The same pack on RS485: its values are those of RS485 meanwhile.
printf '%s\n' 'ttyUSB0:1 garage' 'can0:1 garage' >"$dir/map"
jk-sim -o /dev/null --log "$dir/log" --can "$dir/other" --duration 200 1:16
jk-sim --can "$dir/can" --can-cycle documents --duration 200 --twin 1:8 --twin-at 60-120 1:16
tests/e2e/can-sim.pl replay "$dir/log" "$dir/can" | jk-decode -m "$dir/map" >"$dir/records"
jk-alarm <"$dir/records" >"$dir/annotated"
for with in annotated records; do
	prefix=both_$with
	jk-mqtt -i 0 -p "$prefix" -w 20 "$broker_name:$broker_port" <"$dir/$with" 2>"$dir/mqtt.err"
	seen "^$prefix/status 1 1 offline"
	sed -n "s/^$prefix\\/garage\\/live 1 1 //p" "$dir/seen" >"$dir/states"
	ok "two buses, $with: RS485 has the values meanwhile" sh -c "jq -s -e '[.[] |
		select(.time > 1763856065 and .time < 1763856120) | .channel == \"ttyUSB0\" and
			.acc == null and
		.total_voltage > 40] | length > 0 and all' '$dir/states' >'$dir/jq'"
	ok "two buses, $with: CAN has its keys before" sh -c "jq -s -e 'any(.[]; .time < 1763856060 and
		.acc != null)' '$dir/states' >'$dir/jq'"
	ok "two buses, $with: the pack is offline at the end alone" equals \
		"$(grep "^$prefix/garage/availability" "$dir/seen" | cut -d' ' -f4 | tr '\n' ' ')" \
		"online offline "
done
done_testing
