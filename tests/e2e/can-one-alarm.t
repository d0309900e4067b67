#!/bin/sh
# The fault bits of the simulated CAN bus, and an alarm that several report: levels, bits and RS485.
. tests/e2e/lib.sh
. tests/e2e/can-alarm.sh

# ---- fault bits ----

ok "bits of 18F328F4" alarms --duration 60 --alarm 0:12@10-20 0:16 1:16
ok "are alarms" equals "$(of 0 cell_overvoltage)/$(of 0 mosfet_overtemperature)" \
	"true alarm,false alarm/true critical,false critical"
ok "cleared 2 s after the last 18F328F4" between 2.0 "$(after 2 0 cell_overvoltage 18F328F4)" 2.2
ok "nothing else is raised" equals "$(keys)" "0 cell_overvoltage,0 mosfet_overtemperature"
ok "a level and a bit of one alarm" alarms --duration 60 --alarm 0:10@10-20 --can-levels 0:2@10-20 0:16
ok "are one alarm" equals "$(of 0 cell_overvoltage)" "true alarm,false alarm"
ok "and nothing else" equals "$(keys)" "0 cell_overvoltage"

# ---- one pack on two buses ----

echo "ttyUSB0:1 garage" >"$dir/map"
echo "can0:1 garage" >>"$dir/map"
ok "a level, a bit and RS485 report one alarm" alarms -o /dev/null --duration 90 --alarm 1:30@30-60 \
	--can-levels 1:22@30-60 1:16
tests/e2e/can-sim.pl replay "$dir/log" "$dir/can" >"$dir/both"
jk-decode -m "$dir/map" "$dir/both" >"$dir/records"
jk-alarm "$dir/records" >"$dir/annotated"
tests/e2e/can-sim.pl transitions "$dir/annotated" >"$dir/transitions"
ok "it is raised and cleared once" equals "$(of 1 cell_overvoltage)/$(of 1 battery_overvoltage)" \
	"true alarm,false alarm/true alarm,false alarm"
ok "under the key of RS485" equals "$(keys)" "1 battery_overvoltage,1 cell_overvoltage"
done_testing
