#!/bin/sh
# Alarms of the simulated CAN bus: levels that are raised, change and end without a frame that says so, packs
# that fall silent, two packs with one address; and faults of the bus that are no alarms.
. tests/e2e/lib.sh
. tests/e2e/can-alarm.sh

# ---- levels ----

for cycle in measured documents; do
	ok "$cycle: a level that changes twice" alarms --duration 60 --can-cycle $cycle \
		--can-levels 0:3@10-20 --can-levels 0:1@20-25 --can-levels 0:2@25-30 0:16 1:16
	ok "$cycle: each change is a transition" equals "$(of 0 cell_overvoltage)" \
		"true warning,true critical,true alarm,false alarm"
	ok "$cycle: raised at once" between 10 "$(at 0 cell_overvoltage 1)" 10.2
	ok "$cycle: changed at once" between 20 "$(at 0 cell_overvoltage 2)" 20.2
	ok "$cycle: and again" between 25 "$(at 0 cell_overvoltage 3)" 25.2
	ok "$cycle: cleared 2 s after the last 7F4" between 2.0 "$(after 4 0 cell_overvoltage 7F4)" 2.2
	ok "$cycle: nothing else is raised" equals "$(keys)" "0 cell_overvoltage"
done
ok "several levels at once" alarms --duration 40 --can-levels 0:43002000@5-15 \
	--can-levels 0:2000@15-20 0:16
ok "are alarms, one without a name, too" equals \
	"$(of 0 charge_overcurrent)/$(of 0 high_voltage_interlock)/$(of 0 unknown_level_15)" \
	"true alarm,false alarm/true warning,false warning/true critical,false critical"
ok "the one that goes on is cleared last" between 2.0 "$(after 2 0 charge_overcurrent 7F4)" 2.2
ok "the others when the frame has them no more" between 15 "$(at 0 high_voltage_interlock 2)" 15.2

# ---- silence ----

ok "a pack that falls silent while it has an alarm" alarms --duration 200 \
	--can-levels 0:1@10- --can-silence 0@20-120 0:16 1:16
ok "the alarm is not cleared, and silence is raised" equals "$(of 0 cell_overvoltage)" "true critical"
ok "silence is raised, and cleared by its return" equals "$(of 0 silent | sed 's/ [a-z]*//g')" "true,false"
ok "after 30 s" between 49 "$(at 0 silent 1)" 51.5
ok "the other pack is not silent" equals "$(of 1 silent)" ""
ok "a pack that comes back without the alarm" alarms --duration 200 \
	--can-levels 0:1@10-20 --can-silence 0@20-120 0:16 1:16
ok "it is cleared" equals "$(of 0 cell_overvoltage)" "true critical,false critical"
ok "when the pack is back, not before" between 120 "$(at 0 cell_overvoltage 2)" 122.3

# ---- faults of the bus ----

ok "lost frames, error frames and an inverter" alarms --duration 600 \
	--can-cycle documents --can-lost 0.3 --can-error-frames 0.05 --can-inverter 0:16 1:8
ok "change no value" tests/e2e/can-sim.pl sent "$dir/log" "$dir/records"
ok "and raise nothing" equals "$(cat "$dir/transitions")" ""
ok "and a level with them" alarms --duration 120 \
	--can-lost 0.3 --can-error-frames 0.05 --can-inverter --can-levels 0:1@20-80 0:16 1:8
ok "is raised and cleared once" equals "$(wc -l <"$dir/transitions")/$(of 0 cell_overvoltage)" \
	"2/true critical,false critical"

# ---- two packs with one address ----

for cycle in documents measured; do
	ok "$cycle: two packs with address 0, for a time" alarms --duration 800 \
		--can-cycle $cycle --twin 0:8 --twin-at 60-120 0:16 1:16
	ok "$cycle: raised, and cleared later" equals "$(of 0 address_conflict)" "true alarm,false alarm"
	ok "$cycle: soon" between 60 "$(at 0 address_conflict 1)" 65
	ok "$cycle: not while it lasts" between 120 "$(at 0 address_conflict 2)" 450
	ok "$cycle: the text says what to do" grep -q \
		'"key":"address_conflict".*give each its own' "$dir/annotated"
	ok "$cycle: nothing else is raised" equals "$(keys)" "0 address_conflict"
done
done_testing
