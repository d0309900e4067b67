#!/bin/sh
# What the packs of the simulated CAN bus send is what jk-decode makes of it: frame by frame, value by value,
# whatever else is on the bus.
. tests/e2e/lib.sh

# a_while OPTIONS...: each frame that is heard is a record with the values that the pack sent.
a_while() {
	jk-sim --can "$dir/can" --log "$dir/log" "$@" || return 1
	jk-decode "$dir/can" >"$dir/records" 2>"$dir/err" || return 1
	tests/e2e/can-sim.pl sent "$dir/log" "$dir/records"
}

ok "ten minutes of three packs" a_while --duration 600 0:16 1:8 11:25:19
ok "nothing is reported" equals "$(cat "$dir/err")" ""
ok "a minute of eight packs at the cycle of the documents" a_while --duration 60 --can-cycle documents \
	0:16 1:15 2:14 3:13 4:4 5:5 6:6 7:7
ok "a day in two minutes, with charge, discharge, frost and balancing" a_while --duration 120 --day 120 \
	--start 05:00 --seed 5 0:16 1:16 2:8:11 3:20:14
ok "with its faults" grep -q '"can_error_bits":' "$dir/records"
ok "levels and faults" a_while --duration 20 --can-levels 0:55555555@1-5 --can-levels 0:AAAAAAAA@5-9 \
	--can-levels 0:FFFFFFFF@9-13 --can-levels 1:43002000 --alarm 0:0003FFFF --alarm 1:00000001@5-9 0:16 \
	1:16
ok "frames that are lost" a_while --duration 120 --can-lost 0.3 0:16 1:8
ok "error frames and those of an inverter are no records" a_while --duration 120 --can-error-frames 0.1 \
	--can-inverter 0:16 1:8
ok "they are there" sh -c "grep -q ' 20000088#' '$dir/can' && grep -q ' 351#' '$dir/can'"
ok "their number is reported at the end, and nothing else" equals "$(wc -l <"$dir/err")" 1
ok "two packs with one address are both decoded" a_while --duration 20 --can-cycle documents --twin 0:8 0:16
done_testing
