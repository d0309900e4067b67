#!/bin/sh
# jk-find on CAN interfaces of the kernel: it lists what is heard, transmits nothing and leaves the interface
# as it is.
. tests/vm/guest/lib.sh

ok "there is a CAN interface" ip link add vcan7 type vcan
run as owner jk-find vcan7
ok "one that is down: 111, at once" ends 111
ok "and how to bring it up" grep -q 'ip link set vcan7 up' "$dir/err"
ok "it is still down" equals "$(cat /sys/class/net/vcan7/operstate)" down
ip link set vcan7 up
jk-sim --can can:vcan7 --can-inverter 0:16 3:8 2>"$dir/sim.err" &
children="$children $!"
wait_for sh -c 'test "$(cat /sys/class/net/vcan7/statistics/tx_packets)" -gt 0'
run as owner jk-find vcan7
ok "packs: 0" ends 0
ok "a heading" grep -qE '^PACK +CELLS +VOLTAGE' "$dir/out"
for pack in '0 16' '3 8'; do
	# shellcheck disable=SC2086 # two words
	set -- $pack
	ok "pack $1 is found, with $2 cells and its voltage" \
		grep -E "^BMS +$1 +$2 cells +[0-9]+[.][0-9]+ V .* 0 or 6: JK" "$dir/out"
done
ok "and no other" equals "$(grep -c '^BMS' "$dir/out")" 2
ok "the frames for an inverter" grep -E '^inverter .* 1 or 2: Deye or Pylontech' "$dir/out"
ok "what to run next" grep -qF 'jk-capture can:vcan7 | jk-decode' "$dir/err"
run as owner jk-find --seconds 5
ok "without SOURCE: 0" ends 0
ok "it finds the interface by itself" grep -q 'a CAN interface: vcan7$' "$dir/err"
ok "and its packs" grep -qE '^BMS +3 ' "$dir/out"
run as owner jk-find can9
ok "one that is not there: 111" ends 111
ok "which is said, with those that are" grep -q 'CAN interfaces of this machine: .*vcan7' "$dir/err"
run as owner jk-find can:lo
ok "no CAN interface: 100" ends 100
done_testing
