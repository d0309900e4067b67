#!/bin/sh
# jk-plot: each picture of a small history has what it shows.
. tests/e2e/lib.sh
command -v gnuplot >/dev/null || {
	echo "1..0 # SKIP gnuplot is not installed"
	exit 0
}
export TZ=UTC

{
	tests/e2e/history.pl records 1763856000 7200 60 2 | sed 's/"pack":"pack1"/"pack":"bms_1","label":"Nord"/'
	cat <<'END'
{"time":1763858000,"channel":"bus","bms":1,"pack":"bms_1","type":"alarm","key":"cell_overvoltage","severity":"alarm","text":"x","active":true,"since":1763858000}
{"time":1763859000,"channel":"bus","bms":1,"pack":"bms_1","type":"alarm","key":"cell_overvoltage","severity":"alarm","text":"x","active":false,"since":1763858000}
{"time":1763859000,"channel":"bus","bms":1,"pack":"bms_1","type":"energy","charged_wh_today":1500,"discharged_wh_today":700,"charged_ah_today":2,"discharged_ah_today":3}
{"time":1763859000,"channel":"","bms":null,"bank":"bank","type":"energy","charged_wh_today":1500,"discharged_wh_today":700,"charged_ah_today":2,"discharged_ah_today":3}
END
} | jk-history -f "$dir/db" -m 0
plot() { jk-plot -f "$dir/db" --at 2025-11-23 "$@"; }
pack=
has() { # KIND TEXT...: the picture has these texts
	run plot ${pack:+-p "$pack"} -o "$dir/$1.svg" "$1"
	[ "$status" -eq 0 ] || {
		cat "$dir/err"
		return 1
	}
	picture=$dir/$1.svg
	shift
	for text in "$@"; do
		grep -qF "$text" "$picture" || {
			echo "no $text"
			return 1
		}
	done
}
ok "day: the bank and both packs" has day '2025-11-23: power, kW' 'state of charge, %' 'voltage, V' '>bank<' \
	'>bms_1<' '>pack2<'
ok "week: the energy of the bank" has week 'bank: energy to 2025-11-23, kWh' '>charged<' '>discharged<' '>23<'
ok "cells: all of the first pack, and its alarm" has cells 'bms_1, 2025-11-23: cells, V' '>16<' \
	'cell_overvoltage (alarm)'
ok "alarms: one" has alarms 'alarms to 2025-11-23' 'bms_1: cell_overvoltage'
ok "drift: each cell" has drift 'bms_1: cells against their mean, mV' '>16<'
pack=Nord
ok "week, of a label" has week 'Nord: energy to 2025-11-23, kWh' '>charged<' '>23<'
ok "cells, of a label: its alarm, too" has cells 'Nord, 2025-11-23: cells, V' 'cell_overvoltage (alarm)'
plot -o "$dir/day.png" --dark day
ok "a PNG" equals "$(head -c 4 "$dir/day.png" | tail -c 3)" PNG
TERM=dumb plot -o - day >"$dir/out"
ok "the terminal" grep -q 'power, kW' "$dir/out"
run plot --at 2024-01-01 -o "$dir/none.svg" day
ok "no history of that day" equals "$status$(cat "$dir/err")" \
	"100jk-plot: day: there is no history from 2024-01-01 to 2024-01-01"
run jk-plot -f "$dir/none.db" -o "$dir/none.svg" day
ok "no file" equals "$status$(cat "$dir/err")" "100jk-query: $dir/none.db: No such file or directory"
ok "and no picture" test ! -e "$dir/none.svg"
done_testing
