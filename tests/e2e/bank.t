#!/bin/sh
# jk-bank: a year of energy against integrals of its own, state over kills and restarts, and clocks that are
# set.
. tests/e2e/lib.sh

# energy PACK FILE: the last counters of a pack or a bank: charged and discharged Wh, Ah, gap.
energy() {
	jq -r --arg name "$1" 'select(.type == "energy" and (.pack // .bank) == $name) |
		"\(.charged_wh) \(.discharged_wh) \(.charged_ah) \(.discharged_ah) \(.gap_seconds)"' "$2" | tail -n 1
}
own() { grep -E '^[^[]*"type":"(bank|energy)"' "$1"; }
foreign() { grep -vE '^[^[]*"type":"(bank|energy)"' "$1"; }

# ---- a year ----
tests/e2e/bank.pl year 365 240 >"$dir/year" 2>"$dir/true"
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
both=$(awk '{ for (i = 2; i <= NF; i++) sum[i] += $i } END { print sum[2], sum[3], sum[4], sum[5] }' "$dir/true")
ok "that of the bank is their sum" near "$(energy bank "$dir/json")" "$both"
done_testing
