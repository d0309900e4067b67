#!/bin/sh
# jk-table: one row a pack, in columns that fit a terminal; what it does in one is in table-terminal.t.
. tests/e2e/lib.sh

# Columns: characters, as far as none is wide.
widest() { perl -CSD -ne 'chomp; $n = length if length > $n; END { print $n }' "$dir/out"; }

jk-sim -o "$dir/raw" --duration 20 --alarm 2:10 1:16 2:8 10:15
jk-capture -n bus - <"$dir/raw" | jk-decode >"$dir/records"
run jk-table <"$dir/records"
ok "two lines of heading, a row for each pack, and the alarm" equals "$(wc -l <"$dir/out")" 6
addresses() { sed 's/!/ /' "$dir/out" | awk 'NR > 1 { printf "%s ", $2 }'; }
ok "in the order of their addresses" equals "$(addresses)" "bms 1 2 10 2 "
ok "the pack is marked" grep -q '^bus  *!  *2 ' "$dir/out"
ok "the alarm is named" grep -qE '^bus  *2 .*Cell over-voltage$' "$dir/out"
ok "79 columns" test "$(widest)" -le 79
ok "units in the heading" equals "$(sed -n 2p "$dir/out" | tr -s ' ')" \
	"pack bms V A W % cells V V mV °C °C °C"
newest=$(jq -r 'select(.type == "live" and .bms == 10) |
	"\(.cell_voltages | length) \(.total_voltage * 100 | round / 100)"' "$dir/records" | tail -n 1)
ok "the newest values" sh -c "LC_ALL=C awk '\$2 == 10 { print \$7, \$3 + 0 }' '$dir/out' | grep -qx '$newest'"
jk-sim -o "$dir/raw" --duration 40 --alarm 2:10@10-20 1:16 2:8
jk-capture -n bus - <"$dir/raw" | jk-decode | jk-alarm >"$dir/records"
run jk-table <"$dir/records"
ok "an alarm that came" grep -qE '^[0-9:]{8}  bus bms 2  raised  alarm: Cell over-voltage$' "$dir/out"
ok "and went" sh -c "tail -n 1 '$dir/out' |
	grep -qE '^[0-9:]{8}  bus bms 2  cleared  alarm: Cell over-voltage$'"

# Names from the map of jk-decode; what a terminal would act on does not reach it.
jk-sim -o "$dir/raw" --duration 40 --alarm 1:10@10-20 --alarm 2:10@10-20 1:16 2:8 3:8
printf '1 north "Nörd – Keller 1"\n2 south\n' >"$dir/map"
jk-capture -n bus - <"$dir/raw" | jk-decode -m "$dir/map" | jk-alarm >"$dir/named"
run jk-table <"$dir/named"
ok "the label is the name, cut after 14 characters" grep -q '^Nörd – Keller     1 .* 16 ' "$dir/out"
ok "without a label the pack's name" grep -q '^south             2 .* 8 ' "$dir/out"
ok "without a name the channel" grep -q '^bus               3 .* 8 ' "$dir/out"
ok "an alarm names the pack once" grep -qE '^[0-9:]{8}  Nörd – Keller 1  raised  alarm: Cell over-voltage$' \
	"$dir/out"
ok "so does one without a label" grep -qE '^[0-9:]{8}  south  cleared  alarm: Cell over-voltage$' "$dir/out"
printf '%s\n' \
	'{"time":1.0,"channel":"a\u001b]0;x\u0007","bms":1,"label":"N\u001b[2J\u009b31m\u202eord\t","type":"live","cell_voltages":[3.1],"errors":"\u001b[1m"}' \
	'{"time":2.0,"channel":"a\u001b\n","bms":1,"type":"alarm","key":"k\u001b","severity":"alarm","text":"\u001b[2Jx","active":true}' >"$dir/escapes"
run jk-table <"$dir/escapes"
no_control() { sed 's/°C//g' "$dir/out" >"$dir/ascii" && LC_ALL=C lacks '[^ -~]' "$dir/ascii"; }
ok "no control character of a record comes out" no_control
ok "and each is shown" grep -q '^N?\[2J?31m?ord?! *1 ' "$dir/out"
c1=$(printf '\302\233')
printf '%s\n' \
	'{"time":1.0,"channel":"a","bms":1,"label":"日本語バッテリー電池","type":"live","cell_voltages":[3.1],"state_of_charge":1}' \
	'{"time":1.0,"channel":"a","bms":2,"label":"e\u0301te\u0301 \u200bx\u202e","type":"live","cell_voltages":[3.1],"state_of_charge":"\u001b[2J"}' \
	'{"time":"'"$c1"'2J","channel":"a","bms":3,"type":"alarm"}' \
	'{"time":1,"type":"live","cell_voltages":"'"$c1"'"}' \
	'{"time":1.0,"channel":"a","bms":4,"pack":"north_of_the_south","type":"live","cell_voltages":[3.1]}' >"$dir/wide"
run jk-table <"$dir/wide"
ok "wide characters take two columns" grep -q '^日本語バッテリ    1 ' "$dir/out"
ok "accents that are characters none, and no value is made of a text" grep -qE \
	"^$(printf 'e\314\201te\314\201') [?]x[?]           2( +-){4} +1( +-)+$" "$dir/out"
ok "a name without a blank is cut" grep -q '^north_of_the_s    4 ' "$dir/out"
ok "what is no record is nothing" equals "$(wc -l <"$dir/out") $(wc -c <"$dir/err")" "5 0"

# Packs heard on CAN: what their frames have told so far, one row each.
row() { # CHANNEL BMS: cells, volts, %, highest cell, MOSFET of that row, and the alarms below
	sed 's/!/ /' "$dir/out" | awk -v channel="$1" -v bms="$2" '
		$1 == channel && $2 == bms && $3 == "alarm:" { alarm = $4; next }
		$1 == channel && $2 == bms { row = $7 " " $3 " " $6 " " $9 " " $11 }
		END { print row, alarm == "" ? "-" : alarm }'
}
printf '(1.0%05d) can0 %s\n' 1 2F4#1302B20F51000000 2 2F5#1402B20F52000000 3 4F4#FF0C06FC0C010000 \
	4 18E028F4#FF0CFC0C00000000 5 18E128F4#FF0C000000000000 6 18E028F4#FE0CFC0C00000000 \
	7 18F228F4#1049494AFF49 8 01F21400#C7141200E4002300 9 7F5#03000000 >"$dir/can"
jk-decode "$dir/can" >"$dir/records"
run jk-table <"$dir/records"
ok "frames of a pack are one row" equals "$(row can0 0)" "5 53.10 81 3.327 24 -"
ok "another pack has its own, with its alarms" equals "$(row can0 1)" "- 53.20 82 - - cell_overvoltage"
ok "a frame without an address has none" equals "$(wc -l <"$dir/out")" 5
printf '(4.000000) can0 2F5#1402B20F52000000\n' >>"$dir/can"
jk-decode "$dir/can" >"$dir/records"
run jk-table <"$dir/records"
ok "an alarm whose frames end is over" equals "$(row can0 1)" "- 53.20 82 - - -"
# One pack on both buses is one row, and its live records count while they come.
printf 'can0:0 north\nbus:1 north\n' >"$dir/map"
live=$(grep -m 1 ' 01#55AAEB9002' tests/golden/live.frames | sed 's/.* 01#/01#/')
printf '(1.000000) bus %s\n(2.000000) can0 2F4#1302B20F51000000\n' "$live" >"$dir/both"
jk-decode -m "$dir/map" "$dir/both" >"$dir/records"
run jk-table <"$dir/records"
ok "one pack on two buses is one row" equals "$(grep -c '^north ' "$dir/out")" 1
volts=$(jq -r 'select(.type == "live").total_voltage * 100 | round / 100' "$dir/records")
ok "of the values of RS485" grep -q "^north .* $volts " "$dir/out"
printf '(20.000000) can0 2F4#1302B20F51000000\n' >>"$dir/both"
jk-decode -m "$dir/map" "$dir/both" >"$dir/records"
run jk-table <"$dir/records"
ok "until it is silent" grep -q "^north .* 53.10 " "$dir/out"

# In a language with a decimal comma awk reads no further than to the point.
cp "$dir/records" "$dir/comma"
jk-table <"$dir/comma" >"$dir/point.out"
if localedef -i de_DE -f UTF-8 "$dir/de_DE.UTF-8" >/dev/null 2>&1; then
	for variable in LC_ALL LC_NUMERIC LANG; do
		run env -u LC_ALL -u LC_NUMERIC -u LANG LOCPATH="$dir" $variable=de_DE.UTF-8 awk \
			'BEGIN { printf "%.2f", 52.27 }'
		ok "$variable=de_DE.UTF-8 has a comma" equals "$(cat "$dir/out")" 52,27
		run env -u LC_ALL -u LC_NUMERIC -u LANG LOCPATH="$dir" $variable=de_DE.UTF-8 jk-table \
			<"$dir/comma"
		ok "the same table with $variable=de_DE.UTF-8" cmp "$dir/out" "$dir/point.out"
		ok "and no message" cmp "$dir/err" /dev/null
	done
else
	skip "a decimal comma" "localedef cannot make de_DE.UTF-8"
fi
run jk-table nonsense
ok "arguments are wrong usage" equals "$status" 100
done_testing
