#!/bin/sh
# The manual pages: lint-clean, complete, no wider than a terminal, and in step with the programs.
. tests/e2e/lib.sh

for page in $(cd man && ls -- *.[157]); do
	ok "$page is there" test -s "man/$page"
	ok "$page: mandoc has nothing to say" sh -c "test -z \"\$(mandoc -Tlint -Wwarning man/$page)\""
	ok "$page: 80 columns" sh -c "! mandoc man/$page | col -bx | grep -E '.{81}'"
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
done_testing
