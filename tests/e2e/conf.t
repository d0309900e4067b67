#!/bin/sh
# jk.conf(5): what jk-service check reports of right and wrong files.  The files and messages are in
# conf-right and conf-wrong; here are those that a text cannot hold.
. tests/e2e/lib.sh

conf=$dir/jk.conf
mkdir "$dir/all" "$dir/bin"
# Where one is not installed; the check looks for them.
for program in jk-notify s6-log zstd; do
	ln -s /bin/true "$dir/bin/$program"
done
PATH=$PATH:$dir/bin
check() {
	run jk-service -f "$conf" check
	cp "$conf" "$dir/all/$status-$count"
}
# equal_faults FILE: of the messages, without the program, the file and the notes.
equal_faults() {
	sed "s|^jk-service: $conf:||" "$dir/err" |
		grep -av '^[0-9]*:[0-9]*: note: ' >"$dir/faults"
	diff "$1" "$dir/faults"
}
says() {
	printf '%s\n' "$1" >"$dir/wanted"
	equal_faults "$dir/wanted" && equals "$status" 100
}
folders() { printf 'run %s/run\nstate %s/state\nbroker jk-test\n' "$dir" "$dir"; }

# ---- the texts: cases are separated by lines of =; the messages follow a line of - ----

each_case() { # FILE COMMAND
	awk -v dir="$dir" '/^=+$/ { n++; part = ".conf"; next } /^-+$/ { part = ".wanted"; next }
		{ file = dir "/case" n part; print >file }
		part == ".conf" && !(n in first) { first[n] = $0 }
		END { for (i = 1; i <= n; i++) print i "\t" first[i] }' "$1" >"$dir/cases"
	while IFS="$(printf '\t')" read -r number title; do
		"$2" "$dir/case$number" "$title"
	done <"$dir/cases"
	rm -f "$dir"/case*
}
right() {
	{ cat "$1.conf"; folders; } >"$conf"
	check
	ok "right: $2" equals "$status $(grep -av ' note: ' "$dir/err")" "0 "
}
wrong() {
	# One more bus, so that its absence is no fault.
	{ cat "$1.conf"; echo 'bus last tcp:last:1 poll 1-15'; folders; } >"$conf"
	check
	sed "s|@SOURCE@|$source|; s|@BUS@|$bus|; s|@BROKER@|$broker|; s|@KEYWORDS@|$keywords|" "$1.wanted" \
		>"$dir/wanted"
	ok "wrong: $2" equal_faults "$dir/wanted"
	ok "exit 100" equals "$status" 100
}
source='expected /dev/NAME, serial:PATH[,BAUD], tcp:HOST:PORT, can:IFACE[,BITRATE] or file:LOG[,FACTOR]'
bus='expected poll, listen, interval, gap, wait, silence, only, inverter, all'
broker='expected user, password-file, prefix, discovery-prefix, discovery, layout, interval, cell-step,'
broker="$broker every-change, timeout, max-age, wait, values, cafile, cert, key"
keywords='expected bus, pack, bank, broker, commands, rules, decode, record, copy, notify, history, log,'
keywords="$keywords run, state"
each_case tests/e2e/conf-right right
each_case tests/e2e/conf-wrong wrong

# ---- what is no text ----

odd() {
	# shellcheck disable=SC2059 # escapes
	{ printf "$1"; folders; } >"$conf"
	check
}
odd 'bus a tcp:h:1\r\n\r\npack a:1 b "\303\204"\r\n'
ok "lines may end in CR LF" equals "$status $(cat "$dir/err")" "0 "
odd '\357\273\277bus a tcp:h:1\n'
ok "a byte order mark is skipped" equals "$status $(cat "$dir/err")" "0 "
odd 'bus a tcp:h:1\n# \344\n'
ok "Latin-1" says '2:3: this is not valid UTF-8, but perhaps Latin-1; expected text in UTF-8'
odd 'bus a tcp:h:1\npack a:1 b "\303\204\303"\n'
ok "a cut character" says '2:14: this is not valid UTF-8, but perhaps Latin-1; expected text in UTF-8'
for bytes in '\300\200' '\340\200\200' '\355\240\200' '\360\200\200\200' '\364\220\200\200' \
	'\365\200\200\200'; do
	odd "bus a tcp:h:1\n$bytes\n"
	ok "not UTF-8: $bytes" says \
		'2:1: this is not valid UTF-8, but perhaps Latin-1; expected text in UTF-8'
done
odd 'bus a tcp:h:1\npack a:1 b "\000"\npack a:2 c "\033[2J"\npack a:3 d "\177"
pack a:4 e "\302\205"\rx\n'
ok "control characters" says '2:13: a control character; expected text in UTF-8
3:13: a control character; expected text in UTF-8
4:13: a control character; expected text in UTF-8
5:13: a control character; expected text in UTF-8'
odd 'bus a tcp:h:1\npack\302\240a:1 b\npack a:1 b \342\200\234B\342\200\235\npack a:2\302\240c\n'
ok "what a web page has for a blank and a quote" says "2:5: a no-break space; expected a blank
3:12: this is not a double quote; expected \" around a text
4:9: a no-break space; expected a blank"
odd '\377\376b\000u\000s\000'
ok "UTF-16" says '1:1: this is UTF-16; expected text in UTF-8'
{ echo 'bus a tcp:h:1'; head -c 1000000 /dev/zero | tr '\0' x; echo; folders; } >"$conf"
check
ok "a line of 1 MB" says '2:1: the line is longer than 4096 bytes; expected a shorter one'
{ echo 'bus a tcp:h:1'; printf '# %04094d\n' 0; folders; } >"$conf"
check
ok "a line of 4096 bytes" equals "$status" 0
head -c 1100000 /dev/zero | tr '\0' '\n' >"$conf"
check
newlines=$status-$count
ok "a file of more than 1 MB" equals "$status $(cat "$dir/err")" \
	"100 jk-service: $conf: longer than 1 MB; expected a jk.conf(5)"
cp "$build/jk-decode" "$conf"
check
ok "a program" equals "$status" 100
: >"$conf"
check
ok "an empty file" says '1:1: no bus in the whole file; expected a line  bus NAME SOURCE'
odd '# nothing\n\n'
ok "a file of comments" says '5:1: no bus in the whole file; expected a line  bus NAME SOURCE'
{ folders; printf 'bus a tcp:h:1 listen'; } >"$conf"
check
ok "a last line without a newline" equals "$status $(cat "$dir/err")" \
	"0 jk-service: $conf:4:21: note: the last line has no newline: was the file written to its end?"
{ folders; printf 'bus a tcp:h:1 poll 1-3\nbus b tcp:g:1 poll 1-4\npack a:2 x\nbroker h\n'; } >"$conf"
check
ok "two packs with one address and no name" equals "$status $(cat "$dir/err")" \
	"0 jk-service: $conf:5:15: note: address 1, 3: polled on a, too, and without names only one of two \
packs is published; expected lines  pack b:ADDR NAME"
{ folders; printf 'bus a tcp:h:1 poll'; } >"$conf"
check
ok "a file that is written half" says '4:19: poll: no ADDRS; expected addresses from 1 to 15, such as 1-4,7'
awk 'BEGIN { for (i = 1; i <= 200; i++) print "bus b" i " nowhere" }' >"$conf"
check
ok "two hundred faults are two hundred messages" equals "$(grep -c 'no such source' "$dir/err")" 200

# ---- passwords ----

odd 'bus a tcp:me:Secret1@h:1\nbroker me:Secret1@h\nbroker h Secret1\nbroker i password Secret1 user a\n'
ok "four faults" equals "$(grep -c : "$dir/err")" 4
ok "and no password in a message" lacks Secret1 "$dir/err"
odd 'bus a tcp:h:1\nbroker h user a password-file Secret1\nbroker i password=Secret1
broker j user "Secret1\n'
ok "three faults" equals "$(grep -c : "$dir/err")" 3
ok "and no password in a message" lacks Secret1 "$dir/err"

# ---- all awks ----

# The same of each file, and of each as it is when it was not written to its end.
perl -e 'srand 7; local $/; my $text = <STDIN>;
	for my $n (1 .. 60) { my $t = $text; 
		if ($n % 2) { $t = substr $t, 0, int rand length $t }
		else { substr($t, int rand length $t, 1) = chr int rand 256 for 1 .. 1 + rand 5 }
		open my $f, ">", "$ARGV[0]/100-cut$n" or die; print $f $t }' "$dir/all" <tests/e2e/conf-right
# jk-service itself rejects a file of more than 1 MB, and for the awks 100,000 empty lines are enough.
head -c 100000 /dev/zero | tr '\0' '\n' >"$dir/all/100-newlines"
rm "$dir/all/$newlines"
mkdir "$dir/texts"
for file in "$dir/all"/*; do
	tr '\000' '\001' <"$file" >"$dir/texts/${file##*/}"
done
# by AWK MODE FILE...: what it writes of each, in $dir/by-AWK-MODE
by() {
	by_awk=$1 by_mode=$2
	shift 2
	for file; do
		echo "file	${file##*/}"
		# shellcheck disable=SC2086 # busybox awk
		LC_ALL=C $by_awk -v mode="$by_mode" -f scripts/conf-table.awk -f scripts/conf-words.awk \
			-f scripts/conf-values.awk -f scripts/conf-plan.awk -f scripts/conf.awk <"$file" 2>&1
	done >"$dir/by-${by_awk%% *}-$by_mode"
}
by_all_modes() {
	by "$1" check "$dir/texts"/*
	by "$1" plan "$dir/texts"/0-*
	by "$1" print "$dir/texts"/0-*
}
same() {
	by_all_modes "$1"
	for mode in check plan print; do
		cmp "$dir/by-mawk-$mode" "$dir/by-${1%% *}-$mode" || return 1
	done
}
first="mawk"
command -v mawk >/dev/null || first="awk"
by_all_modes $first
for awk in gawk 'busybox awk' original-awk; do
	if [ $first = mawk ] && command -v "${awk%% *}" >/dev/null; then
		ok "$awk gives the same as mawk" same "$awk"
	else
		skip "$awk gives the same as mawk" "there is no mawk or no $awk"
	fi
done
ok "each line of conf.awk is what its reader takes" none_among -a '^' -avE \
	'^((fault|note)	[0-9]+	[1-9][0-9]*	.+|(look|map|count|file)	.*)$' "$dir/by-$first-check"
ok "there are a hundred files and more" test "$(grep -ac '^file	' "$dir/by-$first-check")" -ge 100
done_testing
