#!/bin/sh
# The README and the pages of docs/: their links lead somewhere, the pages and files that they name exist, the
# picture is one of the programs, and a report of a fault is made as they say.
. tests/e2e/lib.sh

papers="README.md HACKING.md $(echo docs/*.md) .github/ISSUE_TEMPLATE/fault.md"
ok "there are ten papers and more" test "$(echo "$papers" | wc -w)" -ge 10

# anchors FILE: of its headings, as GitHub makes them.
anchors() { sed -n 's/^##* //p' "$1" | tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9_\n-'; }
# broken FILE...: links to files that are not there, or to headings that they do not have.
broken() {
	for paper; do
		grep -oE '\]\([^)]*\)' "$paper" | sed 's/^](//; s/)$//' | grep -v '^https://' >"$dir/links"
		while read -r link; do
			file=${link%%#*}
			file=${file:+$(dirname "$paper")/$file}
			file=${file:-$paper}
			if [ ! -e "$file" ]; then
				echo "$paper: $link: no such file"
			elif [ "$link" != "${link#*#}" ]; then
				anchors "$file" | grep -qxF -e "${link#*#}" ||
					echo "$paper: $link: no such heading"
			fi
		done <"$dir/links"
	done
}
# shellcheck disable=SC2086 # names without blanks
ok "the links lead to files and headings" equals "$(broken $papers)" ""
printf '# A\n[a](#a) [b](#b) [c](c.md) [d](https://example.org/)\n' >"$dir/odd.md"
ok "the check finds those that do not" equals "$(broken "$dir/odd.md" | wc -l)" 2
for paper in wiring can adapters models questions from-the-add-on report-a-fault; do
	ok "the README has docs/$paper.md" grep -qF "(docs/$paper.md" README.md
done

# shellcheck disable=SC2086
grep -ohE '\bjk[-.][a-z-]+\([157]\)' $papers | sort -u | tr '()' '. ' >"$dir/pages"
ok "the manual pages that they name are there" sh -c "test -s '$dir/pages' && while read -r page; do
	test -e \"man/\$page\" || { echo \"\$page\"; exit 1; }; done <'$dir/pages'"
# Files of the sources; what begins with a slash is in another place.
cat README.md docs/*.md | sed 's,https://[^) ]*,,g' |
	grep -oE '(^|[^/a-z_])(scripts|docs|tests|share|common)/[a-z0-9_./-]*[a-z0-9]' |
	sed 's/^[^a-z]//' | sort -u >"$dir/files"
ok "so are the files" sh -c "while read -r file; do test -e \"\$file\" || { echo \"\$file\"; exit 1; }
	done <'$dir/files'"

# Pictures: small, and not by hand.
for picture in docs/*.svg docs/*.png; do
	[ ! -e "$picture" ] || ok "$picture is below 100 kB" test "$(wc -c <"$picture")" -lt 100000
done
shown() { sed -n 's/^<text.*>\(.*\)<\/text>$/\1/p' docs/jk-table.svg; }
ok "the README has one of jk-table" grep -qF "(docs/jk-table.svg)" README.md
heading="SOC low high diff MOS T1 T2 pack bms V A W % cells V V mV °C °C °C"
headed() { shown | tr '\n' ' ' | grep -qF "$heading"; }
ok "the picture of jk-table has its heading" headed
jk-sim -o "$dir/raw" --duration 3 1:16
jk-capture -n bus - <"$dir/raw" | jk-decode | jk-table >"$dir/table"
ok "which is still that of jk-table" equals "$(head -n 2 "$dir/table" | tr -s ' \n' ' ')" \
	" $heading "
printf 'a<b&c  d\n' >"$dir/screen"
printf 'rrryy\n' >"$dir/colours"
ok "a screen becomes a picture" sh -c "perl docs/svg.pl '$dir/screen' '$dir/colours' >'$dir/svg' &&
	grep -q '>a&lt;b</text>' '$dir/svg' && grep -q '>&amp;c</text>' '$dir/svg' &&
	grep -q '>d</text>' '$dir/svg'"

# The lines for a configuration.
{
	echo "bus bus tcp:10.0.0.7:5000"
	sed -n 's/^ *\(broker .*\)/\1/p' docs/from-the-add-on.md | sed "s#/etc/jk/password#$dir/password#"
	printf '%s\n' "run $dir/run" "state $dir/state"
} >"$dir/jk.conf"
(umask 077 && echo secret >"$dir/password")
ok "the broker's line with the layout of the add-on" jk-service -f "$dir/jk.conf" check
ok "is a jk-mqtt of that layout" sh -c "jk-service -f '$dir/jk.conf' print | grep -q -- '--layout.addon'"

# A minute of frames for a report, with a simulated gateway.
sim --speed 30 --master 1:16
line=$(sed -n 's/^ *\(timeout 60 .*jk-redact.*\)/\1/p' docs/report-a-fault.md |
	sed "s/tcp:10.0.0.7:5000/tcp:127.0.0.1:$port/; s/timeout 60/timeout --preserve-status 4/")
cd "$dir" || exit 1
ok "frames for a report of a fault" sh -c "$line"
ok "are frames" grep -q ' 01#55AAEB90' frames.log
cd - >/dev/null || exit 1
done_testing
