#!/bin/sh
# Power cuts of jk-history: what it does to its files is logged, and what a disk may have of that at random
# moments is opened again.  Every minute that the disk had been waited for is there, no row is there twice,
# the file is whole, and the recording brings the rest.
. tests/e2e/lib.sh
cuts=${JK_CUTS:-24}
seed=${JK_SEED:-1}
"${CC:-cc}" -D_GNU_SOURCE -Itests/e2e -shared -fPIC -o "$dir/power.so" tests/e2e/power.c -ldl || exit 1
history() { tests/e2e/history.pl "$@"; }
minutes() {
	sqlite3 "$1" "select m.time, p.name, records, power, current, total_voltage, state_of_charge
		from minute_data m join pack p on p.id = m.pack order by 1, 2" 2>&1
}
history records 1763856000 5400 20 2 >"$dir/records"
jk-history -f "$dir/want.db" "$dir/records"
minutes "$dir/want.db" >"$dir/want"

# Six runs, one after the other; of the last one the end is missing.
mkdir "$dir/files"
lines=$(wc -l <"$dir/records")
for part in 0 1 2 3 4 5; do
	tail -n +$((part * lines / 6 + 1)) "$dir/records" | head -n $((lines / 6)) |
		JK_POWER_LOG="$dir/log" JK_POWER_FILE="$dir/files/" LD_PRELOAD="$dir/power.so" \
			ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 \
			jk-history -f "$dir/files/db"
done
ok "the runs under the log have every minute" equals \
	"$(sqlite3 "$dir/files/db" 'select count(*) from minute_data')" "$(wc -l <"$dir/want")"
ok "it waits for the disk for each minute" test "$(grep -aoE 'sync db(-wal)? 0 0' "$dir/log" | wc -l)" -ge 60
mkdir "$dir/cuts"
made=$(tests/e2e/power.pl "$dir/log" "$cuts" "$seed" "$dir/cuts")
ok "there are cuts" test "${made:-0}" -ge $((cuts / 2))

# Prints what is wrong.
look() { # N
	sure=$dir/cuts/$1/sure/db cut=$dir/cuts/$1/cut/db
	: >"$dir/sure"
	[ ! -s "$sure" ] || ! sqlite3 "$sure" 'select 1 from minute_data limit 1' >"$dir/any" 2>&1 ||
		minutes "$sure" >"$dir/sure"
	jk-history -f "$cut" </dev/null >"$dir/open" 2>&1 || echo "cut $1: exit $?"
	[ ! -e "$cut.bad" ] || echo "cut $1: taken for damaged: $(cat "$dir/open")"
	minutes "$cut" >"$dir/have"
	[ "$(sqlite3 "$cut" 'pragma integrity_check')" = ok ] || echo "cut $1: not whole"
	[ -z "$(cut -d '|' -f 1,2 "$dir/have" | uniq -d)" ] || echo "cut $1: a row twice"
	lost=$(comm -23 "$dir/sure" "$dir/have" | wc -l)
	wc -l <"$dir/sure" >>"$dir/sizes"
	[ "$lost" -eq 0 ] || echo "cut $1: $lost minutes are lost"
	jk-history -f "$cut" "$dir/records"
	minutes "$cut" | cmp - "$dir/want" || echo "cut $1: the recording does not bring the rest"
}
n=0
while [ $n -lt "${made:-0}" ]; do
	look $n
	n=$((n + 1))
done >"$dir/wrong" 2>&1
ok "every minute that was committed is there, once, and the rest comes" \
	sh -c "cat '$dir/wrong'; test ! -s '$dir/wrong'"
ok "the cuts were at many moments" test "$(sort -u "$dir/sizes" | wc -l)" -ge 5
done_testing
