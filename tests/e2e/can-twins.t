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
done_testing
