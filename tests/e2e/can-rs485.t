#!/bin/sh
# One pack on RS485 and CAN at once, with one name: RS485 has its values while it is heard, else CAN has them.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

cat >"$dir/map" <<MAP
ttyUSB0:1 garage
127.0.0.1:1 garage
can0:1 garage
MAP
# holders: which source holds the voltage in the states that were published, by its digits: RS485, CAN or
# nobody, one line each time it changes, and the time of that state
holders() {
	sed -n 's/^jk\/garage\/live 1 1 //p' "$dir/seen" | perl -ne '
		/"time":([\d.]+)/ or die "no time: $_"; $t = $1 - 1763856000;
		($volts) = /"total_voltage":(\d+\.\d+)/;
		$who = !defined $volts ? "nobody" : $volts =~ /\.\d{3}$/ ? "RS485" : "CAN";
		$who eq ($last // "") and next; $last = $who; printf "%s %.1f\n", $who, $t' >"$dir/holders"
}
held() { cut -d' ' -f1 "$dir/holders" | tr '\n' ' '; }
# since NUMBER: when the change with that number was
since() { sed -n "$1s/.* //p" "$dir/holders"; }
between() { # FROM TIME TO
	awk -v from="$1" -v t="$2" -v to="$3" 'BEGIN { exit !(t != "" && t >= from && t <= to) }' || {
		echo "'$2' is not in $1..$3"
		return 1
	}
}
# never FILTER: no state has it
never() {
	sed -n 's/^jk\/garage\/live 1 1 //p' "$dir/seen" |
		jq -c "select($1) | {time, total_voltage}" >"$dir/wrong"
	head -n 3 "$dir/wrong"
	test ! -s "$dir/wrong"
}

# ---- a recording of both, from which a minute of RS485 is cut ----

jk-sim -o /dev/null --can "$dir/can" --log "$dir/log" --duration 300 1:16
tests/e2e/can-sim.pl replay "$dir/log" "$dir/can" >"$dir/both"
grep -vE '^\(17638561([0-5]).* ttyUSB0 ' "$dir/both" >"$dir/cut"
ok "a recording of both" sh -c "grep -q ' ttyUSB0 01#55AA' '$dir/both' && grep -q ' can0 2F5#' '$dir/both'"
# The times of the last frame before the cut and of the first one after it.
gap=$(sed -n 's/^(17638\([0-9.]*\)) ttyUSB0 01#55AAEB9002.*/\1/p' "$dir/cut" |
	awk '{ t = $1 - 56000 } last && t - last > 30 { printf "%.3f %.3f\n", last, t } { last = t }')
cut_from=${gap% *} cut_to=${gap#* }
ok "without RS485 from $cut_from to $cut_to s" between 59 "$(awk "BEGIN { print $cut_to - $cut_from }")" 66

plain_broker
recorder "$dir/seen"
jk-decode -m "$dir/map" "$dir/cut" | jk-alarm |
	jk-mqtt -i 0 -w 20 "$broker_name:$broker_port" 2>"$dir/mqtt.err"
seen '^jk/status 1 1 offline'
holders
ok "RS485, then CAN, then RS485 has the voltage" equals "$(held | sed 's/^CAN //')" "RS485 CAN RS485 "
sed -i '1{/^CAN/d}' "$dir/holders"
# RS485 is polled every 2 s: it is fresh for three polls.
ok "CAN has it when RS485 is fresh no more" between "$cut_from" "$(since 2)" \
	"$(awk "BEGIN { print $cut_from + 7.5 }")"
ok "RS485 has it back within one poll" between "$cut_to" "$(since 3)" \
	"$(awk "BEGIN { print $cut_to + 2.2 }")"
ok "the pack is one device" equals "$(grep -o '^jk/[a-z0-9_]*/live ' "$dir/seen" | sort -u)" "jk/garage/live "
ok "which never is offline before its last state" perl -ne '
	/^jk\/garage\/availability \S+ \S+ offline/ and $offline++;
	/^jk\/garage\/live / and $offline and die $_;
	/^jk\/garage\/live / and $n++;
	END { $n > 100 or die "$n states\n" }' "$dir/seen"
for key in total_voltage current state_of_charge total_runtime capacity_remaining charging discharging \
	charging_cycles temperature_sensor_1 mosfet_temperature; do
	ok "$key is never unknown, once both were heard" never ".time > 1763856005 and .$key == null"
done
# RS485 has it in mAh, with three decimals; CAN in 0.1 Ah, and it wraps there.
ok "the capacity that wraps on CAN is not shown" none_among '^jk/garage/live ' \
	-E '"total_charging_cycle_capacity":[0-9]+\.[0-9][,}]' "$dir/seen"
ok "that of RS485 is" grep -qE '^jk/garage/live .*"total_charging_cycle_capacity":[0-9]+\.[0-9]{3}[,}]' \
	"$dir/seen"
ok "the runtime goes on, whoever has it" sh -c "sed -n 's/^jk\/garage\/live 1 1 //p' '$dir/seen' |
	jq .total_runtime | grep -v null | sort -nc"
ok "cells, too: those of CAN in the minute" never ".time > 1763856115 and .time < 1763856155 and
	(if .cell_voltage_1 then .cell_voltage_1 else .cell_voltages[0] end) == null"

# ---- at the time of the day ----

afresh
mkfifo "$dir/bus" "$dir/canbus"
sim --can "$dir/canbus" --mute USR1 1:16
exec 8<>"$dir/bus"
jk-capture -a 1 -i 1 "tcp:127.0.0.1:$port" >&8 2>"$dir/capture.err" 9>&- &
children="$children $!"
cat "$dir/canbus" >&8 9>&- &
children="$children $!"
jk-decode -m "$dir/map" <"$dir/bus" 8>&- 9>&- | jk-alarm 8>&- 9>&- |
	jk-mqtt -i 0.5 -t 3 "$broker_name:$broker_port" 2>"$dir/mqtt.err" 8>&- 9>&- &
children="$children $!"
rs485_has='^jk/garage/live .*"total_voltage":[0-9]*[.][0-9]{3}[,}]'
can_has='^jk/garage/live .*"total_voltage":[0-9]*[.][0-9][,}]'
ok "RS485 has the voltage" seen "$rs485_has"
afresh
switch_sim
ok "RS485 is cut: CAN has it" seen "$can_has"
# 20 states are ten seconds, three times as long as a silent device is online.
ok "and keeps it" wait_for sh -c "[ \$(grep -cE '$can_has' '$dir/seen') -ge 20 ]"
switch_sim
afresh
ok "RS485 is back, and has it" seen "$rs485_has"
ok "the device never was offline" lacks '^jk/garage/availability . . offline' "$dir/seen"
ok "nothing was reported as a conflict" lacks 'would both be' "$dir/mqtt.err"
stop_sim
done_testing
