#!/bin/sh
# The tables against the sheets that they were written from, and records of real devices against the sheets.
. tests/e2e/lib.sh

sheets=${JK_SHARED:-../shared}/protocol
captures=${JK_SHARED:-../shared}/captures
jk-decode --fields >"$dir/fields"
ok "--fields has a header" sh -c "head -n 1 '$dir/fields' |
	grep -q '^frame	offset	size	type	scale	unit	key	register	writable	min	max	step	record	add	remark$'"
if [ -d "$sheets" ]; then
	ok "the tables are the sheets" tests/e2e/sheets.pl tables "$sheets" "$dir/fields"
else
	skip "the tables are the sheets" "no sheets here"
fi
jk-mqtt --entities >"$dir/entities"
if [ -d "$sheets" ]; then
	ok "the entities are those of the sheet" tests/e2e/sheets.pl entities "$sheets" "$dir/entities"
else
	skip "the entities are those of the sheet" "no sheets here"
fi
export dir
if [ -f "$sheets/alarms.tsv" ]; then
	ok "every alarm of the sheet" tests/e2e/alarm.pl sheet "$sheets/alarms.tsv"
else
	skip "every alarm of the sheet" "no sheets here"
fi
if [ -d "$sheets" ] && [ -d "$captures" ]; then
	cat "$captures"/*.frames >"$dir/frames"
	jk-decode --all "$dir/frames" >"$dir/records" 2>/dev/null
	ok "frames of real devices decode to what the sheets say" tests/e2e/sheets.pl values "$sheets" \
		"$dir/frames" "$dir/records"
	ok "none of them is rejected" lacks '"rejected"' "$dir/records"
	jk-alarm "$dir/records" >"$dir/alarms"
	ok "real devices raise no alarm of the default rules but a low battery" \
		none_among '"source":"rule"' -vE '"key":"(state_of_charge|silent)"' "$dir/alarms"
else
	skip "frames of real devices" "no captures here"
fi
done_testing
