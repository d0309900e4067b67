#!/bin/sh
# The table of jk.conf(5) is that of the programs: each option exists, with the same bounds and default, and
# each option of a program is in it, or is known to be none for a service.  What jk-service print prints runs.
. tests/e2e/lib.sh

LC_ALL=C awk -v mode=table -f scripts/conf-table.awk -f scripts/conf-words.awk -f scripts/conf-values.awk \
	-f scripts/conf-plan.awk -f scripts/conf.awk </dev/null | sed 1d >"$dir/table"
ok "there is a table" test "$(wc -l <"$dir/table")" -ge 50
tab=$(printf '\t')

# ---- options ----

for program in jk-capture jk-decode jk-alarm jk-bank jk-history jk-mqtt jk-write; do
	$program -h >"$dir/$program"
done
# Those that jk-service sets itself, or that are for a terminal or a look.
cat >"$dir/others" <<'END'
jk-capture --name --requests --ready --help --version
jk-decode --output --keys --type --map --ready --fields --help --version
jk-alarm --state --spare --expect --status --ready --default-rules --help --version
jk-bank --state --spare --ready --help --version
jk-history --file --ready --help --version
jk-mqtt --commands --state --status --ready --forget --entities --help --version
jk-write --commands --requests --state --replies --ready --list --help --version
END
# long PROGRAM OPTION: --poll for -a
long() { sed -n "s/^ *$2, \(--[a-z-]*\).*/\1/p; s/^ *\($2\) .*/\1/p" "$dir/$1" | head -n 1; }
while read -r program others; do
	{
		# shellcheck disable=SC2086 # words
		printf '%s\n' $others
		awk -F "$tab" -v program="$program" '$5 == program && $6 != "" { print $6 }' "$dir/table" |
			while read -r option; do long "$program" "$option"; done
	} | sort -u >"$dir/known"
	grep -oE -e '^ +(-[A-Za-z], )?--[a-z-]+' "$dir/$program" | grep -o -e '--.*' | sort -u >"$dir/has"
	ok "all options of $program are in jk.conf(5), or of no use there" diff "$dir/has" "$dir/known"
done <"$dir/others"

# ---- bounds ----

# refuses PROGRAM OPTION VALUE: its message is about the option.
refuses() {
	case $1 in
	jk-capture) $1 "$2" "$3" x 2>&1 ;;
	jk-mqtt) $1 "$2" "$3" http://x 2>&1 ;;
	*) $1 "$2" "$3" 2>&1 ;;
	esac | grep -q -e "^$1: $2 $3: "
}
accepts() { ! refuses "$@"; }
awk -F "$tab" '$4 ~ /^(number|integer) / { print $1 FS $2 FS $4 FS $5 FS $6 }' "$dir/table" >"$dir/numbers"
while IFS=$tab read -r keyword word kind program option; do
	# shellcheck disable=SC2086 # words
	set -- $kind
	what="$keyword $word"
	ok "$what: $2 is the least of $program" accepts "$program" "$option" "$2"
	ok "$what: $3 is the most" accepts "$program" "$option" "$3"
	case $1 in number) step=.001 ;; *) step=1 ;; esac
	less=$(awk -v n="$2" -v s=$step 'BEGIN { print n - s }')
	more=$(awk -v n="$3" -v s=$step 'BEGIN { printf "%.3f\n", n + s }')
	[ "$1" = number ] || more=${more%.*}
	ok "$what: $less is less" refuses "$program" "$option" "$less"
	ok "$what: $more is more" refuses "$program" "$option" "$more"
done <"$dir/numbers"

# ---- rates ----

# The manual page has the rates of CAN.  jk-capture has opened nothing when it reports -a.
sed -n '/^is one of 10000/,/\.$/p' man/jk-capture.1 | grep -oE '[0-9]+' >"$dir/rates"
ok "the manual page has rates" test "$(wc -l <"$dir/rates")" -ge 8
for rate in $(cat "$dir/rates"); do
	echo "$rate yes"
	echo "$((rate - 1)) no"
	echo "$((rate * 10 + 1)) no"
done >"$dir/tried"
same_rate() { # RATE yes|no: so says jk-capture, and so jk-service
	by_capture=yes by_service=yes
	jk-capture -a 1 "can:can0,$1" 2>&1 | grep -q 'the bit rate is a number' && by_capture=no
	echo "bus a can:can0,$1" >"$dir/rate.conf"
	jk-service -f "$dir/rate.conf" print >"$dir/out" 2>&1 || by_service=no
	equals "$by_capture $by_service" "$2 $2"
}
while read -r rate answer; do
	ok "a CAN bus with $rate bit/s: $answer" same_rate "$rate" "$answer"
done <"$dir/tried"

# ---- defaults ----

awk -F "$tab" '$6 != "" && $7 != "" { print $1 FS $2 FS $5 FS $6 FS $7 }' "$dir/table" >"$dir/defaults"
ok "there are defaults" test "$(wc -l <"$dir/defaults")" -ge 10
while IFS=$tab read -r keyword word program option standard; do
	case $standard in all | the\ * | depends*) continue ;; *,*) standard='no limit' ;; esac
	case $word in discovery | layout) standard='the default' ;; esac
	# The option and its lines, up to the next one.
	awk -v option="$option" '/^ +-/ {
			inside = index($0 " ", " " option " ") || index($0, " " option ",") }
		inside' "$dir/$program" >"$dir/help"
	ok "$keyword $word: its default is that of $program" grep -qF -e "($standard)" "$dir/help"
done <"$dir/defaults"

# ---- examples, and what is printed ----

part() { sed -n "/^\.\\\\\" $1\$/,/^\.Ed/p" man/jk.conf.5 | grep -v '^\.' >"$dir/example"; }
part 'first configuration'
ok "a first configuration has four lines" equals "$(wc -l <"$dir/example")" 4
run jk-service -f "$dir/example" print
ok "and no fault" equals "$status $(cat "$dir/err")" "0 "
part 'example configuration'
ok "the long example has more" test "$(wc -l <"$dir/example")" -ge 10
sed "s|^rules.*||; s|allow /etc/jk/allow||" "$dir/example" >"$dir/example.conf"
run jk-service -f "$dir/example.conf" print
ok "and no fault" equals "$status $(cat "$dir/err")" "0 "

# Of an option that is given twice the last one counts, so it could hide what the file says.
cat >"$dir/aged.conf" <<END
bus shed tcp:localhost:1 poll 1-2
pack shed:1 north
broker one max-age 60
broker two
commands yes max-age 5
END
run jk-service -f "$dir/aged.conf" print
ok "max-age of a broker is that of the file, or 10" equals \
	"$(sed -n 's/^jk-mqtt .*\(--max-age [0-9]*\).*/\1/p' "$dir/out")" "--max-age 60
--max-age 10"
awk '/^jk-/ { split("", seen)
		for (i = 2; i <= NF && $i !~ /^[<>|]/; i++) {
			if ($i ~ /^-/ && $i in seen)
				print $1, $i
			seen[$i]
		}
	}' \
	"$dir/out" >"$dir/twice"
ok "no option is given twice" equals "$(cat "$dir/twice")" ""

sim 1:8 2:8
cat >"$dir/jk.conf" <<END
run "$dir/a run"
state $dir/state
bus shed tcp:localhost:$port poll 1-2 interval 0.5
pack shed:1 north "North \\"1\\" '\\\\'" area "Keller \\"2\\""
copy records "$dir/a record.json"
END
jk-service -f "$dir/jk.conf" print >"$dir/commands"
sh "$dir/commands" >"$dir/commands.out" 2>"$dir/commands.err" &
commands=$!
children="$children $commands"
ok "what is printed runs" waits grep -q '"pack":"north".*"type":"live"' "$dir/a record.json"
printf '%s\n' "\"label\":\"North \\\"1\\\" '\\\\'\",\"area\":\"Keller \\\"2\\\"\"" >"$dir/label"
ok "with the label and the area, quoted" grep -qFf "$dir/label" "$dir/a record.json"
pkill -TERM -P "$commands" jk-capture
wait_gone "$commands"
ok "and ends when the capture is stopped" grep -q '"event":"close"' "$dir/a record.json"
printf 'bus a tcp:h:1\nbus a\n' >"$dir/faulty"
run jk-service -f "$dir/faulty" print
ok "nothing is printed of a faulty file" equals "$status $(wc -c <"$dir/out")" "100 0"
done_testing
