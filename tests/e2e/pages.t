#!/bin/sh
# The manual pages: lint-clean, complete, no wider than a terminal, and in step with the programs.
. tests/e2e/lib.sh

lints() {
	mandoc -Tlint -Wwarning "man/$1" >"$dir/lint" && test ! -s "$dir/lint"
}
narrow() {
	mandoc "man/$1" >"$dir/formatted" && col -bx <"$dir/formatted" >"$dir/page" && test -s "$dir/page" &&
		lacks -E '.{81}' "$dir/page"
}
for page in $(cd man && ls -- *.[157]); do
	ok "$page is there" test -s "man/$page"
	ok "$page: mandoc has nothing to say" lints "$page"
	ok "$page: 80 columns" narrow "$page"
done
for program in $programs; do
	for option in $($program -h | grep -oE -e ' --[a-z]+' | sort -u); do
		ok "$program(1) tells of $option" grep -q -e \
			"Fl -${option#--}\|Fl Fl ${option#--}\|-${option#-}" "man/$program.1"
	done
done
jk-alarm --default-rules | grep -vE '^(#|$)' | while IFS= read -r rule; do
	grep -qF -e "$(printf '%s' "$rule" | sed 's/ "[^"]*"$//')" man/jk-rules.5 || echo "$rule"
done >"$dir/missing"
ok "jk-rules(5) has every default rule" test ! -s "$dir/missing"
sed -n '/^\.\\" example rules$/,/^\.Ed$/p' man/jk-rules.5 | grep -v '^\.' |
	sed 's/\\e/\\/g; s/\\&//g; s/\\-/-/g' >"$dir/rules"
ok "jk-rules(5) has examples" test "$(grep -c . "$dir/rules")" -ge 10
ok "and jk-alarm takes them" jk-alarm -r "$dir/rules" /dev/null
ok "the keys in jk-record(5) are those of the tables" man/update --check
# The steps that noise does not make: in the sheet half a millivolt less, so that a step of just as much counts
# however it is rounded.
# deadband KEY: of a pack, the step as jk-mqtt(1) has it
deadband() {
	awk -F '\t' -v key="$1" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["key"] == key && $at["state"] == "live" { print $at["deadband"] * 1000 + 0.5 " mV" }' \
		common/protocol/entities.tsv
}
for key in min_cell_voltage max_cell_voltage delta_cell_voltage; do
	deadband $key
done | uniq >"$dir/deadbands"
ok "one for the extremes of the cells and their difference" equals "$(wc -l <"$dir/deadbands")" 1
steps="$(deadband total_voltage), the extremes of the cells and their difference by $(cat "$dir/deadbands")."
ok "jk-mqtt(1) has the deadbands of the sheet" \
	sh -c "tr '\n' ' ' <man/jk-mqtt.1 | grep -F 'when it has moved by $steps'"
# jk-alarms(7), which man/update makes of the sheet: every alarm has its words.
awk -F '\t' 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
	!($at["key"] in seen) { seen[$at["key"]] = 1
		if ($at["meaning"] !~ /[.]$/ || $at["cause"] !~ /[.]$/ || $at["action"] !~ /[.]$/)
			print $at["key"] }' \
	common/protocol/alarms.tsv >"$dir/missing"
ok "every alarm of the sheet has a meaning, a cause and what to do" cmp "$dir/missing" /dev/null
{
	awk -F '\t' 'NR > 1 { print $5 }' common/protocol/alarms.tsv
	jk-alarm --default-rules | awk '/^[a-z]/ { print $1 }'
	printf '%s\n' inconsistent_frames address_conflict unknown_bit_
} | sort -u >"$dir/keys"
sed -n 's/^[.]\(It \)*Cm //p' man/jk-alarms.7 | tr -d ' ' | tr ',' '\n' | sed 's/NsArN$//' >"$dir/explained"
ok "jk-alarms(7) has them, those of the default rules, and those of jk-alarm" sh -c \
	"test \$(wc -l <'$dir/keys') -gt 50 && test -z \"\$(grep -vxFf '$dir/explained' '$dir/keys')\""
ok "the pictures of frames are those of the sheets" common/protocol/update --check
for key in $(jk-keys | grep -oE '^\.It (Li )?[a-z_0-9]+' | sed 's/.* //' | head -n 40); do
	grep -q "$key" man/jk-record.5 || echo "$key"
done >"$dir/missing"
ok "none of them is missing" test ! -s "$dir/missing"
# The table of alarm bits in jk-protocol(7): each row as the sheet has it.
sed -n '/^bit  alarm/,/^[.]Ed/p' man/jk-protocol.7 | sed '1d; $d; s/  [DMG][DMG A-Z0-9]*$//; s/ *$//' |
	tr '[:upper:]' '[:lower:]' >"$dir/rows"
awk -F '\t' '$1 == "rs485" { printf "%3d  %-38s%s\n", $2, tolower($7), $8 }' common/protocol/alarms.tsv \
	>"$dir/sheet"
ok "jk-protocol(7) has a table of alarm bits" test "$(wc -l <"$dir/rows")" -ge 29
ok "and its rows are those of the sheet" lacks -vxFf "$dir/sheet" "$dir/rows"
ok "the tables of frames in jk-protocol(7) are those of the sheets" tests/e2e/protocol.pl
awk -F '\t' '$1 == "rs485" { key[$2] = $5 }
	$1 == "can_0x18F328F4" && key[$2] != $5 { print $2 ": " $5 " is not " key[$2] }' \
	common/protocol/alarms.tsv >"$dir/other"
ok "as it says, the faults of CAN are those of the same alarm bits" test ! -s "$dir/other"
for key in $(awk -F '\t' '$1 == "can_0x7F4" { print $5 }' common/protocol/alarms.tsv); do
	bits=$(awk -F '\t' -v key="$key" '$1 == "can_0x7F4" && $5 == key {
		print "bits " $2 " and " $2 + 1 }' \
		common/protocol/alarms.tsv)
	grep -A 3 "^\.It .*$key\b" man/jk-record.5 | grep -q "$bits of can_alarm_levels" || echo "$key: $bits"
done >"$dir/other"
ok "jk-record(5) has the bits of the levels of CAN" test ! -s "$dir/other"
done_testing
