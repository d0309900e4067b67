#!/bin/sh
# jk-alarm: a day of the simulated bus against a model of its own; replays, restarts, and output that breaks.
# JK_DAY: seconds of the day.
. tests/e2e/lib.sh

day=${JK_DAY:-86400}
cat >"$dir/rules" <<'END'
silent > 30s alarm "no data"
state_of_charge < 15 clear > 20 warning
END

# Real time runs out only while nothing comes at all, after 25 s: begun here, looked at in the end.
mkfifo "$dir/quiet"
jk-alarm <"$dir/quiet" >"$dir/quiet.out" 2>"$dir/quiet.err" &
quiet=$!
children="$children $quiet"
exec 8>"$dir/quiet"
echo '{"time":1763856000.000000,"channel":"bus","bms":1,"type":"live","errors_bitmask":0}' >&8

# ---- a day: alarms that come and go, packs that fall silent, inconsistent frames ----
half=$((day / 2))
jk-sim -o /dev/null --log "$dir/log1" --duration $half --master --alarm 1:10 --alarm 2:80000 \
	--silence 2@100-400 --silence 3@1000-1029 --silence 1@$((half - 300))-$((half + 9)) --contradict 0.3 \
	1:16 2:8 3:15:19
jk-sim -o /dev/null --log "$dir/log2" --duration $half --master --alarm 1:40000002 --alarm 3:10 --seed 2 \
	--silence 2@50-3000 --soc 10 1:16 2:8 3:15:19
offset=$(tests/e2e/alarm.pl frames 0 "$dir/log1" | tee "$dir/frames" | tail -n 1 | sed 's/^(\([0-9]*\).*/\1/')
offset=$((offset - 1763856000 + 1))
tests/e2e/alarm.pl frames $offset "$dir/log2" >>"$dir/frames"
jk-decode "$dir/frames" >"$dir/records"
run jk-alarm -r "$dir/rules" "$dir/records"
cp "$dir/out" "$dir/alarms"
tests/e2e/alarm.pl expect 0 "$dir/log1" "$dir/log2" >"$dir/expected"
tests/e2e/alarm.pl told "$dir/alarms" >"$dir/told"
ok "the alarms of a day are those of the model" diff "$dir/expected" "$dir/told"
for key in silent state_of_charge cell_overvoltage mosfet_overtemperature modify_password unknown_bit_30 \
	inconsistent_frames; do
	ok "among them $key" grep -q " $key on" "$dir/told"
done
ok "and some that end" grep -q " off" "$dir/told"
ok "nothing is logged about it" equals "$status$(cat "$dir/err")" 0
grep -E '"type":"(alarm|summary|health)"' "$dir/alarms" >"$dir/json"
grep -m 1000 -v '"type":"live"' "$dir/alarms" >>"$dir/json"
grep -m 1000 '"alarms":\[{' "$dir/alarms" >>"$dir/json"
ok "every record is JSON" jq -e . "$dir/json"
perl -ne 'next if /^[^"]*"time":[^"]*"channel":"bus","bms":[^"]*"type":"(?:alarm|summary|health)"/;
	s/,"alarms":\[[^]]*\]\}$/}/ if /"type":"live"/; print' "$dir/alarms" >"$dir/passed"
ok "every record passed on, and is untouched but for its alarms" cmp "$dir/passed" "$dir/records"
ok "each live record has its alarms" none_among '"type":"live"' -v '"alarms":\[' "$dir/alarms"
head -n 1 "$dir/alarms" >"$dir/first"
ok "a summary comes first" grep -q '"type":"summary","count":0,"worst":null' "$dir/first"

# ---- the same however it comes ----
for seed in 1 2 3; do
	ok "in pieces of random size, seed $seed" sh -c \
		"tests/e2e/alarm.pl chunks $seed '$dir/records' | jk-alarm -r '$dir/rules' |
		cmp - '$dir/alarms'"
done
head -n 3000 "$dir/records" >"$dir/some"
jk-alarm -r "$dir/rules" "$dir/some" >"$dir/some.alarms"
ok "one line after the other" sh -c \
	"while IFS= read -r line; do printf '%s\n' \"\$line\"; done <'$dir/some' | jk-alarm -r '$dir/rules' |
	cmp - '$dir/some.alarms'"
ok "through the live pipeline" sh -c \
	"head -n 3000 '$dir/frames' | jk-decode | jk-alarm -r '$dir/rules' | grep -c alarm |
	grep -qx \"\$(grep -c alarm '$dir/some.alarms')\""
split -n l/4 "$dir/records" "$dir/part."
ok "from several files" sh -c "jk-alarm -r '$dir/rules' '$dir'/part.* | cmp - '$dir/alarms'"

# ---- a restart in the middle ----
alarms_of() { grep '"type":"alarm"' "$1" | jq -c '[.time, .bms, .key, .active, .since]'; }
alarms_of "$dir/alarms" >"$dir/whole"
restarts() { # LINES in each run
	rm -f "$dir/state" "$dir/pieces"
	split -l "$1" "$dir/records" "$dir/piece."
	for piece in "$dir"/piece.*; do
		jk-alarm -r "$dir/rules" -s "$dir/state" "$piece" >>"$dir/pieces" || return 1
	done
	rm "$dir"/piece.*
	# what contradicts itself is counted anew, and a silent BMS is given its time again
	alarms_of "$dir/pieces" | grep -vE 'silent|inconsistent_frames' >"$dir/pieced"
	grep -vE 'silent|inconsistent_frames' "$dir/whole" | diff - "$dir/pieced"
}
ok "restarts every 20000 lines raise and clear nothing, and since stays" restarts 20000
printf '%s\n%s\n' \
	'{"time":1763856000.000000,"channel":"bus","bms":1,"type":"live","errors_bitmask":16,"state_of_charge":10}' \
	'{"time":1763856001.000000,"channel":"bus","bms":2,"type":"live","errors_bitmask":0}' >"$dir/two"
rm -f "$dir/state"
mkfifo "$dir/in"
jk-alarm -r "$dir/rules" -s "$dir/state" <"$dir/in" >"$dir/out" &
filter=$!
children="$children $filter"
exec 9>"$dir/in"
cat "$dir/two" >&9
wait_for grep -q cell_overvoltage "$dir/state"
kill -KILL $filter
wait $filter 2>/dev/null
exec 9>&-
sed 's/time":17638560/time":17638570/' "$dir/two" | jk-alarm -r "$dir/rules" -s "$dir/state" >"$dir/out"
ok "after kill -9 nothing is raised anew" lacks '"type":"alarm"' "$dir/out"
ok "since is when it began" grep -q '"key":"cell_overvoltage","severity":"alarm","since":1763856000.000000}' \
	"$dir/out"
ok "until they are confirmed they are stale" sh -c "head -n 1 '$dir/out' |
	jq -ne 'input | .type == \"summary\" and .count == 2 and .stale == 2'"
ok "and then no more" sh -c "tail -n 1 '$dir/out' | jq -ne 'input | .type == \"health\" or .stale == 0'"

# ---- a state file that is damaged, none, or cannot be written ----
cp "$dir/state" "$dir/good"
damaged() { # NAME: of the file in $dir/state
	cp "$dir/state" "$dir/before"
	run jk-alarm -r "$dir/rules" -s "$dir/state" "$dir/two"
	ok "$1: goes on" equals "$status" 0
	ok "$1: says so" grep -q 'starting afresh' "$dir/err"
	ok "$1: is kept" cmp "$dir/before" "$dir/state.bad"
	ok "$1: raised anew" grep -q '"key":"cell_overvoltage".*"active":true' "$dir/out"
	run jk-alarm -r "$dir/rules" -s "$dir/state" "$dir/two"
	ok "$1: the next start has a good one" lacks afresh "$dir/err"
}
head -c 100 "$dir/good" >"$dir/state"
damaged "a cut state"
tr 1 2 <"$dir/good" >"$dir/state"
damaged "a changed state"
: >"$dir/state"
damaged "an empty state"
head -c 5000 /dev/urandom >"$dir/state"
damaged "noise"
cp "$dir/some" "$dir/state"
damaged "another file"
run jk-alarm -s "$dir/nowhere/state" "$dir/two"
ok "a state that cannot be written: goes on" equals "$status$(grep -c '"type":"live"' "$dir/out")" 02
ok "one that cannot be written: reported" grep -q "nowhere/state: cannot create .*: No such file" "$dir/err"
ok "once" equals "$(wc -l <"$dir/err")" 1
run jk-alarm -s /dev/null "$dir/two"
ok "a device as state is 100" equals "$status" 100
ok "and stays what it is" test -c /dev/null
mkfifo "$dir/fifo"
run jk-alarm -s "$dir/fifo" "$dir/two"
ok "a FIFO as state is 100" equals "$status$(test -p "$dir/fifo"; echo $?)" 1000
cat >"$dir/state" <<'END'
jk-alarm state 1
time 1763856001.000000
link "bus"
link "bus \"2\""
bms 1 "bus"
alarm bits cell_overvoltage alarm 1763856000.000000 1 "bus"
alarm rule state_of_charge< warning 1763856000.000000 1 "bus"
bms 2 "bus \"2\""
sum 552B
END
run jk-alarm -r "$dir/rules" -s "$dir/state" "$dir/two"
ok "a state of version 1 is read" sh -c "head -n 1 '$dir/out' |
	jq -ne 'input | .type == \"summary\" and .count == 2 and .stale == 2'"
ok "without a word" equals "$status$(cat "$dir/err")" 0

# ---- rules ----
bad_rules() { # PLACE SAYS: of the rules in $dir/bad
	run jk-alarm -r "$dir/bad" "$dir/two"
	ok "rules: $2: exit 100" equals "$status" 100
	ok "rules: $2: the place is named" grep -q "^jk-alarm: $dir/bad:$1: .*$2" "$dir/err"
	ok "rules: $2: nothing ran" test ! -s "$dir/out"
}
printf 'silent > 30s alarm\n\n  total_volts > 5 alarm\n' >"$dir/bad"
bad_rules 3:3 'no such key: total_volts'
printf 'current > 5 clear < 6 alarm\r\n' >"$dir/bad"
bad_rules 1:21 'wrong side'
printf 'current > 5 for 60 alarm\n' >"$dir/bad"
bad_rules 1:20 'a unit of time'
printf 'current > 5\n' >"$dir/bad"
bad_rules 1:12 'the rule ends here'
printf 'silent > 30s alarm\nsilent > 30s alarm\n' >"$dir/bad"
bad_rules 2:1 'line 1 is a rule'
printf 'silent >\0 30s alarm\n' >"$dir/bad"
bad_rules 1:9 'a NUL byte'
seq -f 'user_alarm == %.0f info' 10000 >"$dir/bad"
bad_rules 513:1 'more than 512 rules'
head -c 2000 /dev/zero | tr '\0' ' ' >"$dir/bad"
bad_rules 1:1025 'a line of more than'
jk-alarm --default-rules >"$dir/default"
jk-alarm -r "$dir/default" "$dir/some" >"$dir/out"
ok "the default rules, printed, are the default rules" sh -c "jk-alarm '$dir/some' | cmp - '$dir/out'"
: >"$dir/none"
run jk-alarm -r "$dir/none" "$dir/two"
ok "no rules: the bits of the BMS alone" equals "$status$(grep -c '"type":"alarm"' "$dir/out")" 01

# ---- as a filter ----
run sh -c "jk-alarm '$dir/some' >/dev/full"
ok "a full disk is 111" equals "$status" 111
ok "and is reported" grep -q 'cannot write to stdout: No space left' "$dir/err"
{
	jk-alarm "$dir/records" "$dir/records" 2>"$dir/err"
	echo $? >"$dir/status"
} | true
ok "a closed pipe is 111" equals "$(cat "$dir/status")" 111
run jk-alarm "$dir/nothing" "$dir/two"
ok "one missing file leaves the others" equals "$status$(grep -c '"type":"live"' "$dir/out")" 1112
run jk-alarm "$build/jk-alarm"
ok "a binary file is no crash" equals "$status" 0
ok "its lines are named" grep -q "jk-alarm:1: " "$dir/err"
printf '{"time":1,"cut' >"$dir/cut"
run jk-alarm "$dir/cut"
ok "what is no record passes as it came" cmp "$dir/cut" "$dir/out"
run jk-alarm "$dir/cut" "$dir/two"
ok "and what follows begins a line" grep -q \
	'^{"time":1763856000.000000,"channel":"bus","bms":1,"type":"live"' "$dir/out"
{ printf '{"time":1763856000.5,"channel":"bus","bms":1,"type":"live","x":"'; head -c 1000000 /dev/zero |
	tr '\0' x; echo '"}'; cat "$dir/two"; } >"$dir/long"
run jk-alarm "$dir/long"
ok "a line of 1 MB is named" grep -q "long:1: too long" "$dir/err"
ok "and the others come out" equals "$(grep -c '"type":"live"' "$dir/out")" 2
run jk-alarm "$dir/alarms"
ok "twice is no more than once" lacks -a '"alarms":.*"alarms":' "$dir/out"

exec 9<>"$dir/in"
jk-alarm -d 7 <"$dir/in" >"$dir/out" 7>"$dir/ready" &
filter=$!
children="$children $filter"
ok "ready" wait_for test -s "$dir/ready"
head -n 1 "$dir/two" >&9
ok "one line in, its records out" wait_for grep -q '"type":"alarm"' "$dir/out"
kill -TERM $filter
ok "SIGTERM is 0" wait $filter
exec 9>&-

# ---- nothing comes ----
ok "silence is noticed when nothing comes at all" wait_for grep -q '"key":"silent"' "$dir/quiet.out"
ok "at the time at which it began" grep -q '^{"time":1763856030.000001,.*"since":1763856000.000000' \
	"$dir/quiet.out"
echo '{"time":1763856100.000000,"channel":"bus","bms":1,"type":"live","errors_bitmask":0}' >&8
ok "and ends" wait_for grep -q '"key":"silent".*"active":false' "$dir/quiet.out"
exec 8>&-
ok "the end of input is 0" wait $quiet
grep -v '"alarms"' "$dir/quiet.out" >"$dir/quiet.rest"
ok "a replay gives the same" sh -c \
	"grep '\"type\":\"live\"' '$dir/quiet.out' | sed 's/,\"alarms\":.*/}/' | jk-alarm |
	cmp - '$dir/quiet.out'"

# Last lines without a newline go out whole, whatever their length.
printf 'not a record' >"$dir/cut"
head -c 16383 /dev/zero | tr '\0' x >"$dir/long"
head -c 16384 /dev/zero | tr '\0' x >"$dir/longer"
run jk-alarm "$dir/cut" "$dir/long"
ok "two files that end in mid-line: exit 0" equals "$status" 0
{ cat "$dir/cut" && echo && cat "$dir/long"; } >"$dir/both"
ok "both are passed on" cmp "$dir/both" "$dir/out"
run jk-alarm "$dir/cut" "$dir/longer" "$dir/cut"
{ cat "$dir/cut" && echo && cat "$dir/cut"; } >"$dir/both"
ok "one that is too long is dropped" cmp "$dir/both" "$dir/out"

# The state of many packs is not written for each of their alarms, but whole in the end.
LC_ALL=C awk 'BEGIN { for (i = 0; i < 6000; i++) {
	pack = i % 600
	printf "{\"time\":%.3f,\"channel\":\"c%d\",\"bms\":%d,\"type\":\"live\",\"errors_bitmask\":%d}\n",
		1763856000 + i / 300, pack / 16, pack % 16, 2 ^ int(i / 600 % 8)
} }' >"$dir/many"
run jk-alarm -s "$dir/many.state" "$dir/many"
ok "many packs: exit 0" equals "$status" 0
ok "the state has each pack" equals "$(grep -c '^bms' "$dir/many.state")" 600
ok "and its alarm" equals "$(grep -c '^alarm bits' "$dir/many.state")" 600
run jk-alarm -s "$dir/many.state" "$dir/many"
ok "it is read again" sh -c "head -n 1 '$dir/out' | grep -q '\"count\":600,.*\"stale\":600,.*\"more\":'"
jk-alarm "$dir/many" >"$dir/many.out"
ok "what comes out does not depend on the pieces in which it came in" sh -c \
	"perl -ne 'syswrite STDOUT, \$_' '$dir/many' | jk-alarm | cmp - '$dir/many.out'"
done_testing
