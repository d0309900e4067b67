#!/bin/sh
# jk-set for several packs, and jk-profile, through jk-write, jk-capture and the simulated bus behind a pseudo
# terminal.
. tests/e2e/lib.sh

sim_pty --strict --speed 5 1:16 2:16 3:16 7:16:19
mkfifo "$dir/stream" "$dir/started"
jk-capture -n bus -a 1,2,3,7 -g 20 -x "$dir/tx" "$pty" >"$dir/stream" 2>"$dir/capture.err" &
capture=$!
echo 'allow 7 cell_count' >"$dir/allow"
jk-write -c "$dir/cmd" -x "$dir/tx" -r "$dir/replies" -s "$dir/state" -A "$dir/allow" --per-second 100 \
	--per-day 1000 -d 3 <"$dir/stream" >"$dir/frames" 2>"$dir/write.err" 3>"$dir/started" &
writer=$!
children="$children $capture $writer"
head -n 1 "$dir/started" >"$dir/ok.out"
printf '%s\n' 'bus:1 north "North"' '2 south' 'bus:3 east' 'can0:0 north' '# a comment' >"$dir/map"
for bms in 01 02 03 07; do heard "$bms#55AAEB9003" && heard "$bms#55AAEB9001"; done

talk() {
	program=$1
	shift
	run timeout 120 "$program" -c "$dir/cmd" -r "$dir/replies" -m "$dir/map" "$@"
}
holds() { # BMS KEY VALUE: by a check, which reads it
	talk jk-set "$1" "$2" "$3"
	equals "$status$(cat "$dir/out")" \
		"0$1 $2 $3: confirmed (the BMS holds it already: nothing was written)"
}
writes() { grep -c '!write' "$dir/frames"; }

# ---- groups ----
talk jk-set 1,3 cell_voltage_overvoltage_protection 3.61
ok "two packs: exit 0" equals "$status" 0
ok "each is reported" equals "$(cat "$dir/out")" "1 cell_voltage_overvoltage_protection 3.61: confirmed
3 cell_voltage_overvoltage_protection 3.61: confirmed"
ok "both were checked before the first was written" equals \
	"$(sed -n 's/.*!\(check\|write\) [^ ]* \([0-9]*\) .*/\1 \2/p' "$dir/frames" | tr '\n' ' ')" \
	"check 1 check 3 write 1 write 3 "
ok "both hold it" holds 3 cell_voltage_overvoltage_protection 3.61
before=$(writes)
talk jk-set 1,2,7 max_charge_current 250
ok "one that is too much for some: exit 1" equals "$status" 1
ok "each of these is reported with its reason" equals "$(cat "$dir/err")" \
	"jk-set: 1 max_charge_current 250: rejected (more than the 200 A that JK_PB2A16S20P is made for)
jk-set: 2 max_charge_current 250: rejected (more than the 200 A that JK_PB2A16S20P is made for)
jk-set: nothing was written"
talk jk-set 1,2,12 max_charge_current 90
ok "a pack that does not answer: exit 1" equals "$status" 1
ok "and says so" grep -q '^jk-set: 12 max_charge_current 90: timeout (BMS 12 does not answer' "$dir/err"
talk jk-set 7,1 cell_count 16
ok "what -A denies for one is written to none" \
	grep -q '1 cell_count 16: rejected (.*not allowed by -A' "$dir/err"
ok "no write was sent for any of them" equals "$(writes)" "$before"
talk jk-set all max_charge_current 90
ok "all: each pack once, although one has two names in the map" equals "$status$(sort "$dir/out")" \
	"0bus:1 max_charge_current 90: confirmed
bus:2 max_charge_current 90: confirmed
bus:3 max_charge_current 90: confirmed
bus:7 max_charge_current 90: confirmed"
talk jk-set north,south max_charge_current 91
ok "names of packs" equals "$status$(cat "$dir/out")" "0bus:1 max_charge_current 91: confirmed
2 max_charge_current 91: confirmed"
talk jk-set east max_charge_current 92
ok "one name" equals "$status$(cat "$dir/out")" "0bus:3 max_charge_current 92: confirmed"
export place=3
talk jk-set 1 max_charge_current 91
ok "the environment names no pack" grep -q '^1 max_charge_current 91: confirmed' "$dir/out"
unset place
talk jk-set west,1 max_charge_current 92
ok "an unknown name: exit 100" equals "$status$(cat "$dir/err")" \
	"100jk-set: west: no pack of $dir/map has this name"
talk jk-set 1,,2 max_charge_current 92
ok "no list: exit 100" equals "$status" 100

# ---- profiles ----
talk jk-profile save "$dir/one" north
ok "save: exit 0" equals "$status" 0
ok "the model and the firmware are in it" grep -q '^model JK_PB2A16S20P$' "$dir/one"
ok "and the settings" grep -qx 'cell_voltage_overvoltage_protection 3.610' "$dir/one"
ok "as many as can be set" test "$(grep -c '^[a-z]' "$dir/one")" -ge 95
ok "no passcode" lacks -iE 'passcode|password' "$dir/one"
talk jk-profile diff "$dir/one" 1
ok "no difference: exit 0" equals "$status$(cat "$dir/out")" 0
talk jk-profile diff "$dir/one" east
ok "another pack: exit 1, and what differs" \
	equals "$status$(cat "$dir/out")" "1max_charge_current 91.000 92.000
total_battery_capacity 100.000 230.000"
sed 's/^max_charge_current .*/max_charge_current 50/' "$dir/one" >"$dir/other"
run jk-profile diff "$dir/one" "$dir/other"
ok "an earlier file" equals "$status$(cat "$dir/out")" "1max_charge_current 91.000 50"
before=$(writes)
talk jk-profile apply "$dir/other" 1
ok "apply without -y only shows" equals "$status$(cat "$dir/out")" "01 max_charge_current: 91.000 -> 50" ||
	cat "$dir/err"
ok "and writes nothing" equals "$(writes)" "$before"
# The recovery must stay below the protection, which is raised in the same file, behind it.
awk '/^cell_voltage_overvoltage_protection/ { next }
	/^cell_voltage_overvoltage_recovery/ { print $1, "3.640"; next }
	{ print }
	END { print "cell_voltage_overvoltage_protection 3.650" }' "$dir/other" >"$dir/higher"
talk jk-profile -y apply "$dir/higher" 1
ok "apply -y: exit 0" equals "$status" 0
ok "the dry run comes first" equals "$(sed 's/.* -> .*/shown/; s/.*confirmed$/written/' "$dir/out" | uniq)" \
	"shown
written"
ok "one that depends on another comes behind it" \
	equals "$(grep -n 'recovery.*confirmed\|protection.*confirmed' \
	"$dir/out" | sed 's/.*1 \([a-z_]*\) .*/\1/' | tr '\n' ' ')" \
	"cell_voltage_overvoltage_protection cell_voltage_overvoltage_recovery "
talk jk-profile diff "$dir/higher" 1
ok "the pack has all of it" equals "$status$(cat "$dir/out")" 0
talk jk-profile apply "$dir/one" 7
ok "another model is refused" equals "$status$(cat "$dir/err")" \
	"1jk-profile: 7: its model is JK_PB2A16S30P, \
and that of $dir/one is JK_PB2A16S20P: nothing was written"
sed 's/^firmware .*/firmware 15.38/' "$dir/one" >"$dir/older"
talk jk-profile -y apply "$dir/older" 1
ok "another firmware is refused" equals "$status$(cat "$dir/err")" \
	"1jk-profile: 1: its firmware is 15.41, and that of $dir/older is 15.38: nothing was written"
sed 's/^cell_count .*/cell_count 15/' "$dir/higher" >"$dir/dangerous"
before=$(writes)
talk jk-profile -y apply "$dir/dangerous" 1
ok "a dangerous key is refused" equals "$status" 1
ok "with the reason" \
	grep -q 'cell_count: 16 -> 15: rejected (cell_count: dangerous, and not allowed' "$dir/err"
ok "and nothing is written" equals "$(writes)" "$before"
echo 'max_charge_current 50' >"$dir/bad"
talk jk-profile apply "$dir/bad" 1
ok "a file that is no profile: exit 100" equals "$status$(cat "$dir/err")" \
	"100jk-profile: $dir/bad: its first line is not # jk-profile 1"
talk jk-profile save "$dir/gone/x" 1
ok "a file that cannot be written: exit 111" equals "$status" 111
ok "no reply is left behind" equals "$(ls -A "$dir/replies")" ""
done_testing
