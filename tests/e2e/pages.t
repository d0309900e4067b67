#!/bin/sh
# The manual pages: lint-clean, complete, no wider than a terminal, and in step with the programs.
. tests/e2e/lib.sh

for page in jk-capture.1 jk-decode.1 jk-find.1 jk-mqtt.1 jk-frame.5 jk-record.5 jk-protocol.7 jk-pipeline.7; do
	ok "$page is there" test -s man/$page
	ok "$page: mandoc has nothing to say" sh -c "test -z \"\$(mandoc -Tlint -Wwarning man/$page)\""
	ok "$page: 80 columns" sh -c "! mandoc man/$page | col -bx | grep -E '.{81}'"
done
for program in jk-capture jk-decode jk-mqtt; do
	for option in $($program -h | grep -oE -e ' --[a-z]+' | sort -u); do
		ok "$program(1) tells of $option" grep -q -e "Fl -${option#--}\|Fl Fl ${option#--}\|-${option#-}" man/$program.1
	done
done
ok "the keys in jk-record(5) are those of the tables" man/update --check
for key in $(jk-keys | grep -oE '^\.It (Li )?[a-z_0-9]+' | sed 's/.* //' | head -n 40); do
	grep -q "$key" man/jk-record.5 || echo "$key"
done >"$dir/missing"
ok "none of them is missing" test ! -s "$dir/missing"
done_testing
