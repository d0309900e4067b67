#!/bin/sh
# Every line of shell in the README, with a simulated gateway in the place of the real one.
. tests/e2e/lib.sh

top=$PWD
sim --speed 30 --master 1:16 2:8 3:15
# What the README names is in the tables, the programs and man/: a row that is renamed is renamed there, too.
keys() { # the words of more than one part, but for those of jq and of jk-alarm, and a folder
	sed 's,(https://[^)]*),,g' README.md | grep -oE '[a-z]+(_[a-z0-9]+)+' | sort -u |
		grep -vxE 'group_by|with_entries|address_conflict|jk_tools'
}
jk-decode --fields | cut -f 7 >"$dir/known"
ok "the README names keys" test "$(keys | wc -l)" -ge 4
ok "each of them is in the tables" sh -c "test -z \"\$(printf '%s\n' \"$(keys)\" | grep -vxFf '$dir/known')\""
for program in $programs; do
	ok "the README has $program in its table" grep -q "^| .$program. |" README.md
done
for page in man/*.[157]; do
	name=$(basename "$page")
	ok "the README names $name" grep -qF "${name%.*}(${name##*.})" README.md
done
grep -oE 'jk-[a-z]+\([157]\)' README.md | sort -u | tr '()' '. ' >"$dir/pages"
ok "the README names no page that does not exist" sh -c "while read -r page; do test -e \"man/\$page\" ||
	exit 1; done <'$dir/pages'"
for message in 'broker rejected the connection' 'cannot connect'; do
	ok "jk-mqtt logs '$message', as the README says" sh -c "grep -qF '\`$message\`' README.md &&
		grep -qF '\"$message: ' jk-mqtt/*.c"
done
grep -oE '\]\(#[a-z-]+\)' README.md | sed 's/^](#//; s/)$//' | sort -u >"$dir/links"
sed -n 's/^##* //p' README.md | tr 'A-Z ' 'a-z-' >"$dir/headings"
links_lead() {
	test -s "$dir/links" && lacks -vxFf "$dir/headings" "$dir/links"
}
ok "its links lead to its headings" links_lead

sed -n '/^```sh$/,/^```$/p' README.md | grep -v '^```' |
	sed "s/tcp:10.0.0.7:5000/tcp:127.0.0.1:$port/; s/^timeout 60/timeout --preserve-status \$minute/" \
	>"$dir/lines"
ok "there are ten lines and more" test "$(wc -l <"$dir/lines")" -ge 10
cp "$top/README.md" "$dir/raw.bin" # whatever bytes
cd "$dir" || exit 1
# The minute of the README: four seconds of a bus that is thirty times as fast, or more where they are not
# enough.
export minute=4
recorded() { grep -q ' 02#55AAEB9002' frames.log && grep -q ' 02#55AAEB9001' frames.log; }
until_recorded() {
	until sh -e -c "$1" && recorded; do
		minute=$((minute * 2))
		[ $minute -lt 120 ] || return 1
	done
}
while IFS= read -r line <&3; do
	case $line in
	*"> frames.log") ok "$line" until_recorded "$line" ;;
	*) ok "$line" sh -e -c "$line" ;;
	esac
done 3<lines
ok "a recording was made" grep -q '#55AAEB9002' frames.log
ok "csv was made" sh -c "head -n 1 bms2.csv | grep -q '^time,channel,bms,cell_voltage_1,'"
ok "of BMS 2" sh -c "sed 1d bms2.csv | cut -d, -f3 | grep -qx 2"
done_testing
