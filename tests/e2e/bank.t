#!/bin/sh
# jk-bank: a year of energy against integrals of its own, state over kills and restarts, and clocks that are
# set.
. tests/e2e/lib.sh

# energy PACK FILE: the last counters of a pack or a bank: charged and discharged Wh, Ah, gap.
energy() {
	jq -r --arg name "$1" 'select(.type == "energy" and (.pack // .bank) == $name) |
		"\(.charged_wh) \(.discharged_wh) \(.charged_ah) \(.discharged_ah) \(.gap_seconds)"' "$2" |
		tail -n 1
}
own() { grep -E '^[^[]*"type":"(bank|energy|balance|score)"' "$1"; }
foreign() { grep -vE '^[^[]*"type":"(bank|energy|balance|score)"' "$1"; }

# ---- a year ----
tests/e2e/bank.pl year 365 480 >"$dir/year" 2>"$dir/true"
run jk-bank "$dir/year"
cp "$dir/out" "$dir/year.out"
ok "nothing is logged about it" equals "$status$(cat "$dir/err")" 0
foreign "$dir/year.out" >"$dir/passed"
ok "every record is passed on unchanged" cmp "$dir/passed" "$dir/year"
own "$dir/year.out" | tail -n 300 >"$dir/json"
ok "what is added is JSON" jq -e . "$dir/json"
near() {
	awk -v "is=$1" -v "should=$2" 'BEGIN {
		n = split(is, a, " ")
		m = split(should, b, " ")
		for (i = 1; i <= m; i++)
			if (n < m || a[i] < b[i] * 0.999 || a[i] > b[i] * 1.001)
				exit 1
	}' || { echo "$1 is not $2" && false; }
}
while read -r pack true; do
	ok "the energy of $pack is true to 0.1 %" near "$(energy "$pack" "$dir/json")" "$true"
done <"$dir/true"
both=$(awk '{ for (i = 2; i <= NF; i++) sum[i] += $i }
	END { print sum[2], sum[3], sum[4], sum[5] }' "$dir/true")
ok "that of the bank is their sum" near "$(energy bank "$dir/json")" "$both"

# ---- cells: the resistance of a weak one and the drift of another, within their stated errors ----
JK_SEEDS=${JK_SEEDS:-2}
seed=0 right=0
while [ $seed -lt "$JK_SEEDS" ]; do
	seed=$((seed + 1))
	tests/e2e/bank.pl cells $seed 10 240 2>"$dir/truth" >"$dir/cells"
	jk-bank "$dir/cells" 2>/dev/null | grep '"type":"balance"' | grep '"period":"day"' |
		tail -n 1 >"$dir/day"
	read -r milliohm drift pack <"$dir/truth"
	if jq -e --argjson milliohm "$milliohm" --argjson drift "$drift" --argjson pack "$pack" '
		def near(is; should; by): is != null and (is - should | fabs) <= by;
		.weakest_cell == 9 and (.load_steps >= 20) and
		near(.resistance_milliohm; $pack; .resistance_error) and
		near(.cells[8].resistance_milliohm; $milliohm; .cells[8].resistance_error) and
		near(.cells[4].drift; $drift; .cells[4].drift_error) and
		.cells[4].drift_error < 2 and .cells[8].resistance_error < 0.05' "$dir/day" >/dev/null; then
		right=$((right + 1))
	fi
done
ok "weak cell, drift and resistances are found in 95 of 100 seeds" test $((right * 100)) -ge $((seed * 95))

# ---- the state ----
mkdir "$dir/kills"
ok "no counter falls, jumps or counts twice when jk-bank is killed" equals \
	"$(tests/e2e/bank.pl kills "${JK_KILLS:-30}" "$dir/kills")" ""
head -n 2000 "$dir/year" >"$dir/part"
jk-bank -s "$dir/state" "$dir/part" >"$dir/once"
first=$(energy north "$dir/once")
cp "$dir/state" "$dir/state.once"
jk-bank -s "$dir/state" "$dir/part" >"$dir/twice"
ok "a recording that is read twice counts once" equals "$(energy north "$dir/twice")" "$first"
ok "and does not change the state" cmp "$dir/state" "$dir/state.once"
head -n 4000 "$dir/year" | tail -n 2000 | jk-bank -s "$dir/state" >"$dir/more"
head -n 4000 "$dir/year" | jk-bank >"$dir/whole"
ok "a restart in between changes no counter" equals "$(energy bank "$dir/more")" "$(energy bank "$dir/whole")"
head -c 2000 /dev/zero >"$dir/zeros"
run jk-bank -s "$dir/zeros" "$dir/part"
ok "a state of zeros is reported" grep -q \
	"zeros: not a state file of this version: starting afresh" "$dir/err"
ok "and kept" test -s "$dir/zeros.bad"
ok "and the counters begin at 0" equals "$status$(energy north "$dir/out")" "0$first"
mkdir "$dir/gone"
run jk-bank -s "$dir/gone/x/state" "$dir/part"
ok "a state that cannot be written is reported once" equals "$(grep -c 'cannot create' "$dir/err")" 1
ok "and the totals are right" equals "$(energy north "$dir/out")" "$first"

# A full disk: what is shown is right, the old state stays, and the next run with room counts each record once.
head -n 1000 "$dir/part" | jk-bank -s "$dir/full" >"$dir/out"
cp "$dir/full" "$dir/full.before"
(ulimit -f 0 && exec jk-bank -s "$dir/full" "$dir/part" 2>&1) | cat >"$dir/out"
ok "a full disk is reported once" equals \
	"$(grep -c "^jk-bank: -s .*full: cannot write .*File too large" "$dir/out")" 1
grep '^{' "$dir/out" >"$dir/shown"
ok "the totals are right" equals "$(energy north "$dir/shown")" "$first"
ok "and the old state is as it was" cmp "$dir/full" "$dir/full.before"
jk-bank -s "$dir/full" "$dir/part" >"$dir/out"
ok "with room again each record counts once" equals "$(energy north "$dir/out")" "$first"

# Incidents of a link and of a pack go on after a restart, and the event of the day is not repeated.
link_health() {
	printf '{"time":%s.000000,"channel":"bus","bms":null,"type":"health","state":"%s","reason":"%s"}\n' "$@"
}
incidents() {
	grep '"bms":null,"type":"score"' "$1" | tail -n 1 | jq -c '[.score, .health, .reason, .incidents]'
}
{
	link_health 1763856000 healthy ""
	link_health 1763856001 down "closed: a"
	link_health 1763856002 healthy ""
	link_health 1763856003 down "closed: b"
} >"$dir/links"
jk-bank -s "$dir/link.state" "$dir/links" >"$dir/out"
ok "incidents of a link are counted" equals "$(incidents "$dir/out")" '[0,"down","closed: b",2]'
{ link_health 1763856004 healthy "" && link_health 1763856005 degraded "c"; } |
	jk-bank -s "$dir/link.state" >"$dir/out"
ok "and go on after a restart" equals "$(incidents "$dir/out")" '[79,"degraded","c",3]'

# ---- clocks and names ----
live() { # TIME BMS PACK AMPERE MORE
	printf '{"time":%s,"channel":"bus","bms":%s,"pack":"%s","type":"live","total_voltage":50.000,' "$1" "$2" "$3"
	printf '"current":%s,"full_charge_capacity":100.000%s}\n' "$4" "$5"
}
series() { # BEGIN COUNT: a record every 10 s
	i=0
	while [ $i -lt "$2" ]; do
		live $(($1 + 10 * i)).000000 1 north 36.000 ""
		i=$((i + 1))
	done
}
{ series 1763856000 7; series 1763769660 7; } >"$dir/back"
run jk-bank "$dir/back"
ok "a clock that is set back by a day is reported" grep -q \
	'north: the clock was set back by 86400 s' "$dir/err"
ok "and nothing is counted over it" equals "$(energy north "$dir/out")" "60 0 1.2 0 10"
{ series 1763856000 7; live 1763856059.000000 1 north -500.000 ""; series 1763856070 6; } >"$dir/late"
run jk-bank "$dir/late"
ok "a record that is out of order is not counted" equals "$(energy north "$dir/out")" "60 0 1.2 0 0"
{ series 1763856000 7; live 1763856040.000000 1 north -500.000 ""; series 1763856070 6; } >"$dir/later"
run jk-bank "$dir/later"
ok "nor is one that is later than that" equals "$(energy north "$dir/out")" "60 0 1.2 0 0"
for seed in 1 2 3 4 5; do
	series 1763856000 500 | perl -MList::Util=shuffle -e "srand $seed; print shuffle <>" >"$dir/shuffled"
	jk-bank "$dir/shuffled" >"$dir/out" 2>"$dir/err"
	energy north "$dir/out"
done >"$dir/energies"
ok "of records in no order nothing counts twice" \
	awk '$1 > 2495 { wrong = 1 } END { exit wrong || NR != 5 }' "$dir/energies" # 499 intervals of 5 Wh
ok "and the steps back are reported" grep -q 'north: the clock was set back by' "$dir/err"
{ series 1763856000 7; series 1763856010 7; } >"$dir/again"
run jk-bank "$dir/again"
ok "but a clock that was set back by a minute is followed" equals "$(energy north "$dir/out")" "60 0 1.2 0 10"
# 2025-10-26, 01:00 UTC: the end of summer time in Berlin; 23:00 UTC is midnight.
perl -e 'printf qq({"time":%d.000000,"channel":"bus","bms":1,"pack":"north","type":"live",)
	. qq("total_voltage":50.000,"current":36.000,"full_charge_capacity":100.000}\n), 1761375600 + 60 * $_ for 0 .. 2700' >"$dir/autumn"
TZ=Europe/Berlin jk-bank "$dir/autumn" >"$dir/out"
ok "the day on which summer time ends has 25 hours" equals \
	"$(grep '"pack":"north","type":"energy"' "$dir/out" |
	jq -c 'select(.time >= 1761519600) | .charged_wh_yesterday' | head -n 1)" "$(jq -n '25 * 1800')"
{
	series 1763856000 3
	live 1763856030.000000 1 north 36.000 ',"charging_cycles":5'
	live 1763856031.000000 2 north 36.000 ',"charging_cycles":500'
	live 1763856040.000000 1 north 36.000 ',"charging_cycles":5'
	live 1763856041.000000 2 north 36.000 ',"charging_cycles":500'
} >"$dir/namesakes"
run jk-bank "$dir/namesakes"
ok "two packs with one name are reported" grep -q 'north: two packs have this name: not counted' "$dir/err"
ok "and are in no sum" equals "$(grep '"type":"bank"' "$dir/out" | tail -n 1 |
	jq -c '[.packs_heard, .incomplete]')" \
	'[0,true]'
{ series 1763856000 3; live 1763856030.000000 1 north 36.000 "" | sed 's/:100.000/:300.000/'; } >"$dir/other"
run jk-bank "$dir/other"
ok "another capacity is reported" grep -q \
	'north: the full capacity was 100.000 Ah, and is 300.000 Ah' "$dir/err"

# ---- settings that differ ----
settings() { # TIME BMS PACK AMPERE MORE
	printf '{"time":%s.000000,"channel":"bus","bms":%s,"pack":"%s","type":"settings",' "$1" "$2" "$3"
	printf '"max_charge_current":%s,"short_circuit_protection_delay":%s}\n' "$4" "$5"
}
day() { # BEGIN: half an hour of three packs
	settings "$1" 1 north 100.000 1000000
	settings "$1" 2 south 80.000 1000000
	i=0
	while [ $i -lt 180 ]; do
		live $(($1 + 10 * i + 1)).000000 1 north 1.000 ""
		live $(($1 + 10 * i + 2)).000000 2 south 1.000 ""
		live $(($1 + 10 * i + 3)).000000 3 east 1.000 ""
		[ $i != 9 ] || settings $(($1 + 10 * i + 4)) 3 east 100.000 1500
		i=$((i + 1))
	done
}
{ day 1763856000 && day 1763942400; } >"$dir/settings"
jk-bank -s "$dir/settings.state" "$dir/settings" >"$dir/out"
grep '"event":"differ"' "$dir/out" >"$dir/differ"
ok "packs that differ are reported once a day" equals \
	"$(jq -c '[.bank, .time - .time % 86400]' "$dir/differ")" '["bank",1763856000]
["bank",1763942400]'
ok "only when the settings of all have come" equals "$(head -n 1 "$dir/differ" | jq -r .words)" \
	"max_charge_current: 100 (north east), 80 (south); \
short_circuit_protection_delay: 1000000 (north south), 1500 (east)"
ok "with each value and its packs" \
	equals "$(head -n 1 "$dir/differ" | jq -c '[.settings[0], .settings_left_out]')" \
	'[{"key":"max_charge_current","values":[{"value":100,"packs":["north","east"]},{"value":80,"packs":["south"]}]},0]'
{ grep '"type":"settings"' "$dir/settings" | tail -n 3 && tail -n 3 "$dir/settings"; } |
	sed 's/"time":[0-9]*/"time":1763944300/' >"$dir/later"
run jk-bank "$dir/later"
ok "they are reported after a start without a state" grep -q '"event":"differ"' "$dir/out"
jk-bank -s "$dir/settings.state" "$dir/later" >"$dir/out"
ok "a restart on the same day does not report them again" lacks '"event":"differ"' "$dir/out"
settings 1763856000 1 north 80.000 1000000 | cat - "$dir/settings" |
	sed 's/"max_charge_current":[0-9.]*/"max_charge_current":80/
	s/"short_circuit_protection_delay":[0-9]*/"short_circuit_protection_delay":1500/' | jk-bank >"$dir/out"
ok "nothing is reported of settings that are the same" lacks '"event":"differ"' "$dir/out"

# ---- banks ----
{
	for t in 00 10 20 30; do
		live 17638560$t.000000 1 north 36.000 ""
		[ $t = 30 ] || live 17638560$t.500000 2 south -6.000 ""
	done
	for t in 40 50 60 70; do live 17638560$t.000000 1 north 36.000 ""; done
} >"$dir/two"
jk-bank -b house=north,south -b barn=east,north "$dir/two" >"$dir/out"
last() {
	grep "\"bank\":\"$1\",\"type\":\"bank\"" "$dir/out" | sed -n "$2" |
		jq -c "[.packs_known, .packs_heard, .current * 1, .incomplete, .silent]"
}
ok "currents are summed" equals "$(last house 2p)" '[2,2,30,false,[]]'
ok "a silent pack makes the bank incomplete" equals "$(last house "\$p")" '[2,1,36,true,["south"]]'
ok "so does one that never came" equals "$(last barn "\$p")" '[2,1,36,true,["east"]]'
done_testing
