#!/bin/sh
# jk-replay: the lines of a span, all of them and no others, from an archive of s6-log in any state.
. tests/e2e/lib.sh

command -v zstd >/dev/null || {
	echo "1..0 # SKIP there is no zstd"
	exit 0
}
export TZ=CET-1CEST,M3.5.0,M10.5.0/3
archive=$dir/archive
mkdir "$archive"
# named SECONDS SUFFIX: the file of s6-log that was finished then, 10 s ahead of UTC as TAI64 is
named() { printf '%s/@40000000%08x00000000.%s' "$archive" $(($1 + 10)) "$2"; }
# packed SECONDS: the same, compressed, from stdin
packed() { zstd -q -1 -c >"$(named "$1" s)"; }
# lines FROM TO STEP [CHANNEL]: times from FROM to TO, of the packs 1 and 2
lines() {
	awk -v from="$1" -v to="$2" -v step="$3" -v channel="${4-shed}" 'BEGIN {
		for (t = from; t < to; t += step)
			printf "(%d.%06d) %s !timeout %02d live\n", t, t % 1000, channel, ++n % 2 + 1 }'
}
replay() { run jk-replay -d "$archive" "$@"; }
# span FROM TO FILE: what should come of all lines
span() { awk -v from="$1" -v to="$2" '{ t = substr($1, 2) + 0 } t >= from && t <= to' "$3"; }

# Three hours in files of twenty minutes, and what is being written.
start=1795000000
: >"$dir/all"
for i in 0 1 2 3 4 5 6 7 8; do
	lines $((start + 1200 * i)) $((start + 1200 * (i + 1))) 2 >"$dir/part"
	cat "$dir/part" >>"$dir/all"
	case $i in
	8) cp "$dir/part" "$archive/current" ;;
	7) cp "$dir/part" "$archive/previous" ;;
	3) cp "$dir/part" "$(named $((start + 1200 * (i + 1))) u)" ;;
	*) packed $((start + 1200 * (i + 1))) <"$dir/part" ;;
	esac
done
: >"$archive/lock"
: >"$archive/state"
for span in "0 10800" "0 0" "600 1800" "1200 1201" "3599 4801" "7300 7310" "9000 9600" \
	"9599 9601" "10700 10900"; do
	from=$((start + ${span% *})) to=$((start + ${span#* }))
	replay @$from @$to
	span $from $to "$dir/all" >"$dir/wanted"
	ok "from $span: its lines" cmp "$dir/out" "$dir/wanted"
	ok "from $span: and no message" equals "$status$(cat "$dir/err")" 0
done
replay @$((start - 90000)) @$((start - 80000))
ok "nothing: that is reported" equals "$status $(grep -c 'nothing was recorded' "$dir/err")" "0 1"
replay @$((start - 90000)) @$((start - 80000)).25
ok "with the times, a fraction too" equals "$(cat "$dir/err")" \
	"jk-replay: nothing was recorded from $((start - 90000)).000000 to $((start - 80000)).250000"
ok "a reader that leaves is not" sh -c "jk-replay -d '$archive' @$start +3h 2>'$dir/err' | head -n 1 |
	grep -q . && test ! -s '$dir/err'"
replay @$((start + 7200)).000200 @$((start + 7202)).000201
ok "fractions of a second" equals "$(cut -d' ' -f1 "$dir/out" | tr '\n' ' ')" "($((start + 7200)).000200) "

# As people write times.
at() { date -d "@$((start + $1))" "+$2"; }
span $((start + 3600)) $((start + 4200)) "$dir/all" >"$dir/wanted"
for from in "$(at 3600 '%Y-%m-%d %H:%M:%S')" "$(at 3600 '%Y-%m-%dT%H:%M:%S')" \
	"$(at 3600 '%Y-%-m-%-d %-H:%M:%S')"; do
	for to in "$(at 4200 '%Y-%m-%d %H:%M:%S')" "$(at 4200 '%H:%M:%S')" +10min +600s '+9min60s' \
		'+10 minutes'; do
		replay "$from" "$to"
		ok "$from to $to" cmp "$dir/out" "$dir/wanted"
	done
done
# An archive of now.
now=$(date +%s)
mkdir "$dir/now"
lines $((now - 200000)) $((now + 10)) 5 >"$dir/now/current"
archive=$dir/now
seconds() { sed -n "$1p" "$dir/out" | cut -c2-11; }
ago=$(((now - 3600) / 60 * 60)) # the minute an hour ago
midnight=$(date -d 00:00 +%s) eve=$(date -d 'yesterday 00:00' +%s)
for words in "today|now|$midnight|$now" "yesterday|today|$eve|$midnight" "-10min|now|$((now - 600))|$now" \
	"-1h30min|-1h|$((now - 5400))|$((now - 3600))" "2 hours ago|+1h|$((now - 7200))|$((now - 3600))" \
	"yesterday 18:00|yesterday 18:10|$(date -d 'yesterday 18:00' +%s)|$(date -d 'yesterday 18:10' +%s)" \
	"yesterday 23:55|0:05|$((midnight - 300))|$((midnight + 300))" \
	"-1d|+10min|$((now - 86400))|$((now - 85800))" \
	"$(date -d "@$ago" +%H:%M)|+1min|$ago|$((ago + 60))" \
	"$(date -d "@$((ago + 7200))" +%H:%M)|+1min|$((ago - 79200))|$((ago - 79140))"; do
	IFS='|' read -r from to first last <<-END
		$words
	END
	replay "$from" "$to"
	# Within a few seconds, and those that have gone by since "now".
	late=$(($(date +%s) - now))
	begins=$(($(seconds 1) - first)) ends=$(($(seconds '$') - last))
	ok "$from to $to begins" test $begins -ge 0 -a $begins -lt $((12 + late))
	ok "$from to $to ends" test $ends -le $((6 + late)) -a $ends -gt -6
done
archive=$dir/archive

echo "($(date +%s.%6N)) shed !timeout 09 live" >>"$archive/current"
replay -1s now
ok "what has just come is there" grep -q ' 09 live' "$dir/out"

# Summer time: it ends on 2026-10-25 at 3:00 (01:00 UTC), and begins on 2026-03-29 at 2:00.
mkdir "$dir/summer"
archive=$dir/summer
autumn=1792886400 # 02:00 UTC+2
lines $((autumn - 3600)) $((autumn + 10800)) 60 >"$archive/current"
replay '2026-10-25 02:30' '2026-10-25 02:30:01'
ok "an hour that comes twice: from the first to the last" equals "$(seconds 1) $(seconds '$')" \
	"$((autumn + 1800)) $((autumn + 5400))"
replay '2026-10-25 01:30' '2026-10-25 03:30:01'
ok "an hour more" equals "$(seconds 1) $(seconds '$')" "$((autumn - 1800)) $((autumn + 9000))"
spring=1774746000 # 03:00 UTC+2
lines $((spring - 3600)) $((spring + 10800)) 60 >"$archive/current"
replay '2026-03-29 02:30' '2026-03-29 03:41'
ok "an hour that is skipped: the next one" equals "$(seconds 1) $(seconds '$')" \
	"$((spring + 1800)) $((spring + 2400))"
archive=$dir/archive

# The clock is set back an hour, and forward.
mkdir "$dir/steps"
archive=$dir/steps
lines $start $((start + 3600)) 7 >"$dir/1"
lines $((start + 100)) $((start + 1800)) 7 bus2 >"$dir/2"
lines $((start + 1800)) $((start + 5000)) 7 bus3 >"$dir/3"
packed $((start + 3600)) <"$dir/1"
packed $((start + 1800)) <"$dir/2"
cp "$dir/3" "$archive/current"
replay @$((start + 200)) @$((start + 1500))
cat "$dir/1" "$dir/2" "$dir/3" >"$dir/all.steps"
span $((start + 200)) $((start + 1500)) "$dir/all.steps" | sort >"$dir/wanted"
ok "set back by half an hour: all lines" sh -c "sort '$dir/out' | cmp - '$dir/wanted'"
# Lines that had waited are written after the file's border.
rm -f "$archive"/@*
lines $start $((start + 100)) 2 | packed $((start + 10))
lines $((start + 100)) $((start + 200)) 2 | packed $((start + 205))
: >"$archive/current"
lines $((start + 190)) $((start + 300)) 2 bus2 >"$archive/current"
replay @$((start + 180)) @$((start + 199)) bus2
ok "lines behind the border of their time" equals "$(wc -l <"$dir/out")" 5
archive=$dir/archive

# Buses and packs.
printf '%s\n' 'bus shed tcp:h:1 poll 1-4' 'bus can can:can0' 'pack shed:2 north "North 1"' \
	'pack can:3 south' 'pack shed:10 barn' "record $archive keep 1M" "run $dir/run" >"$dir/jk.conf"
mkdir "$dir/mixed"
t="($start.000000)"
cat >"$dir/mixed/current" <<END
$t shed 02#011016200001020000D6F1 T
$t shed 02#0210162000010478 R
$t shed 0A#0210162000010478 R
$t shed !timeout 02 live
$t shed !timeout 0A live
$t shed !stats - up=1 bytes=1
$t shed !stats 02 asked=1
$t shed !write 7 2 charging_switch on confirmed
$t shed !write 8 shed:10 charging_switch on confirmed
$t shed !lost 5 50
$t roof 02#0210162000010478 R
$t  can 2F4#1302B20F51000000
$t  can 2F7#1302B20F51000000
$t  can 18F128F7#E108F00A6B802300
$t  can 18F128F4#E108F00A6B802300
END
archive=$dir/mixed
picked() { # WORDS: the numbers of the lines that came
	grep -nxFf "$dir/out" "$dir/mixed/current" | cut -d: -f1 | tr '\n' ' '
}
conf=$dir/jk.conf
for words in "shed 2|1 2 4 7 8 10 " "shed 10|3 5 9 10 " "shed north|1 2 4 7 8 10 " \
	"- 2|1 2 4 7 8 10 11 " "- north|1 2 4 7 8 10 " "can 3|13 14 " "can 0|12 15 " \
	"can south|13 14 " "- south|10 13 14 " "roof|11 " "shed barn|3 5 9 10 " \
	"-|1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 "; do
	# shellcheck disable=SC2086 # words
	replay -f "$conf" @$start @$start ${words%|*}
	ok "${words%|*}" equals "$(picked)" "${words#*|}"
done
replay -f "$conf" @$start @$start shed "North 1"
ok "a label" equals "$(picked)" "1 2 4 7 8 10 "
replay -f "$conf" @$start @$start shed south
ok "a pack of another bus" equals "$status" 100
archive=$dir/archive
run jk-replay -f "$conf" @$start @$((start + 11))
ok "the archive of the configuration" equals "$(wc -l <"$dir/out")" 6
run jk-replay -f "$dir/nothing" @$start now
ok "no configuration" equals "$status $(grep -c 'nothing: cannot be read' "$dir/err")" "100 1"
echo 'bus shed tcp:h:1' >"$dir/none.conf"
run jk-replay -f "$dir/none.conf" @$start now
ok "one that records nothing" equals "$status $(grep -c 'nothing is recorded' "$dir/err")" "100 1"
for words in "@1|yesterdya" "32:00|now" "2026-02-29|now" "now|-1h" "-1h|" "@5|@4" \
	"2026-13-01|now" "18:60|now"; do
	replay "${words%|*}" "${words#*|}"
	ok "$words: wrong" equals "$status $(wc -l <"$dir/err")" "100 1"
done

# Damage.
for i in 1 2 5; do
	file=$(named $((start + 1200 * (i + 1))) s)
	case $i in
	1) head -c $(($(wc -c <"$file") / 2)) "$file" >"$dir/half" && cp "$dir/half" "$file" ;;
	2) : >"$file" ;;
	5) printf 'garbage\0\377\n(12' >"$file" ;;
	esac
done
replay @$start @$((start + 10800))
{
	span $start $((start + 1199)) "$dir/all"
	span $((start + 3600)) $((start + 5999)) "$dir/all"
	span $((start + 7200)) $((start + 10800)) "$dir/all"
} >"$dir/wanted"
ok "a half, an empty and a wrong file: the rest is there" sh -c "grep -vxFf '$dir/out' '$dir/wanted' |
	grep -c . | grep -qx 0"
ok "nothing else is" sh -c "grep -vxFf '$dir/all' '$dir/out' | grep -c . | grep -qx 0"
ok "the half is reported" equals "$status $(grep -c 'damaged: .*what can be read' "$dir/err")" "111 1"
ok "so are the lines" grep -q 'damaged lines' "$dir/err"
archive=$dir/cuts
mkdir "$archive"
whole=$(sed -n 2p "$dir/all")
printf '%s\n' "(1795000000.00$whole" "(1795000000.000000) shed 01#55AA$whole" "12) $whole" "$whole" \
	"# comment" >"$archive/current"
replay @$start @$((start + 10))
ok "a line that was cut, and the one within it" equals "$(grep -cxF "$whole" "$dir/out") $(cat "$dir/err")" \
	"4 jk-replay: 3 damaged lines"
# processed is complete, and has no name yet.
sed -n 5p "$dir/all" | zstd -q -c >"$archive/processed"
chmod 744 "$archive/processed"
replay @$start @$((start + 10))
ok "where s6-log was killed before it gave a name" equals \
	"$(grep -cxF "$(sed -n 5p "$dir/all")" "$dir/out")" 1

# A year: 12,000 files, of which those of one evening are large.
archive=$dir/year
mkdir "$archive"
jk-sim -o "$dir/raw" --log "$dir/log" --seed 3 --duration 2700 1:16 2:8 3:16 4:16
jk-capture -n shed - <"$dir/raw" 2>/dev/null | grep -v '!' >"$dir/sim"
evening=$((start + 86400))
# 45 minutes, as from that evening
awk -v begin=$evening -v count="$(wc -l <"$dir/sim")" '{
	sub(/^[^ ]*/, sprintf("(%.6f)", begin + 2700 * NR / count))
	print }' "$dir/sim" >"$dir/big"
lines $start $((start + 10)) 1 | zstd -q -c >"$dir/small"
perl -e '($dir, $small, $from) = @ARGV;
	open F, "<", $small; $data = join "", <F>;
	for (1 .. 12000) {
		open O, ">", sprintf "%s/@40000000%08x%08x.s", $dir, $from + 10 - 2628 * $_, 0;
		print O $data;
	}' "$archive" "$dir/small" "$start"
for i in 0 1 2; do
	awk -v add=$((2700 * i)) '{ t = substr($1, 2, 17) + add
		sub(/^[^ ]*/, sprintf("(%.6f)", t)); print }' "$dir/big" >"$dir/part"
	packed $((evening + 2700 * (i + 1))) <"$dir/part"
done
ok "there is a year" test "$(find "$archive" -type f | wc -l)" -ge 12000
began=$(date +%s%N)
jk-replay -d "$archive" "@$((evening + 3000))" +10min shed 2 2>"$dir/err" | jk-decode -t live >"$dir/out"
took=$((($(date +%s%N) - began) / 1000000))
echo "# ten minutes of a year took $took ms"
ok "ten minutes of a pack" test "$(wc -l <"$dir/out")" -ge 50
ok "of no other, and of no other time" sh -c "jq -e -s 'all(.[]; .bms == 2 and
	.time >= $((evening + 3000)) and .time <= $((evening + 3600)))' '$dir/out'"
ok "in under 5 s" test $took -lt 5000
done_testing
