#!/bin/sh
# jk-notify: a program for each alarm; one that hangs, fails or floods costs nothing but itself.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

# A program of the test: what it is told goes to $dir/told.
cat >"$dir/tell" <<END
#!/bin/sh
{
	cat
	echo "\$JK_PACK \$JK_KEY \$JK_SEVERITY \$JK_STATE \$JK_TIME \$JK_LEFT_OUT \$*"
} >>"$dir/told"
END
chmod +x "$dir/tell"
told() {
	: >"$dir/told"
	run jk-notify "$@"
}

{
	live 1 1
	transition 1 2
	about 1
	echo 'no record "alarm"'
	transition 1 3
} >"$dir/records"
told "$dir/tell" 'an argument; id' <"$dir/records"
ok "exit 0" test "$status" -eq 0
cat >"$dir/expected" <<'END'
BMS 1 of bus: Cell over-voltage (alarm)
bms_1 cell_overvoltage alarm raise 1763856002.000000 0 an argument; id
BMS 1 of bus: Cell over-voltage (over)
bms_1 cell_overvoltage alarm clear 1763856003.000000 0 an argument; id
END
ok "each alarm in its order, and nothing else" cmp "$dir/expected" "$dir/told"
ok "without a word" test ! -s "$dir/out" -a ! -s "$dir/err"

# Nothing of a text is run, and no control character comes through.
# shellcheck disable=SC2016 # not to be run
transition 1 2 | sed 's,Cell over-voltage,$(touch '"$dir"'/x) `id` ; \\" '"'"' \\n\\u001b[1m%s,
	s/"channel":"bus"/"channel":"$(id)"/' >"$dir/records"
told "$dir/tell" <"$dir/records"
# shellcheck disable=SC2016
ok "a text with shell in it is a text" grep -qF '`id` ; " '"'"' ??[1m%s (alarm)' "$dir/told"
ok "it ran nothing" test ! -e "$dir/x"

# With what jk-alarm writes: a pack that is silent, with its name.
printf '1 north "Nörd"\n' >"$dir/map"
{
	live 1 1 | named north Nörd
	live 2 1 | sed 's/"time":1763856000/"time":1763856040/'
} | jk-alarm 2>/dev/null | jk-notify "$dir/tell" >"$dir/out" 2>&1
ok "an alarm of jk-alarm" grep -q '^Nörd: No data from this BMS (alarm)$' "$dir/told"

# ---- programs that fail ----
printf '#!/bin/sh\ncat >/dev/null\necho heard\nexit 3\n' >"$dir/fails"
chmod +x "$dir/fails"
transition 1 2 >"$dir/records"
told "$dir/fails" <"$dir/records"
ok "one that fails: reported" grep -qx \
	"jk-notify: $dir/fails: exit 3, for cell_overvoltage of bms_1 (raise)" "$dir/err"
ok "what it prints is on stderr" grep -qx heard "$dir/err"
ok "and not on stdout" test ! -s "$dir/out"
ok "exit 0" test "$status" -eq 0
printf '#!/bin/sh\nkill -9 $$\n' >"$dir/dies"
chmod +x "$dir/dies"
told "$dir/dies" <"$dir/records"
ok "one that dies: reported" grep -q ': ended by signal 9, for' "$dir/err"
told jk-there-is-no-such-program <"$dir/records"
ok "one that is nowhere: reported" grep -q \
	'jk-there-is-no-such-program: cannot be run, for .*: No such file' "$dir/err"
told "$dir/none" <"$dir/records"
ok "with a path: exit 100" test "$status" -eq 100
told "$dir/expected" <"$dir/records"
ok "not executable: exit 100" test "$status" -eq 100
told / <"$dir/records"
ok "a folder: exit 100" test "$status" -eq 100
run jk-notify </dev/null
ok "no program: exit 100" test "$status" -eq 100

# ---- a program that hangs, and a storm meanwhile ----
cat >"$dir/hangs" <<END
#!/bin/sh
trap '' TERM
read -r sentence
echo "\$JK_LEFT_OUT \$sentence" >>"$dir/hung"
[ -e "$dir/go" ] || {
	setsid sh -c 'echo \$\$ >"$dir/grandchild"; exec sleep 1000' &
	echo \$\$ >"$dir/child"
	sleep 1000
}
END
chmod +x "$dir/hangs"
mkfifo "$dir/in"
exec 8<>"$dir/in"
jk-notify -d 7 "$dir/hangs" <"$dir/in" 2>"$dir/notify.err" 7>"$dir/ready" 8>&- &
notify=$!
children="$children $notify"
wait_for test -s "$dir/ready"
transition 1 2 >&8
wait_for test -s "$dir/grandchild"
: >"$dir/go"
transition 1 4 >"$dir/one"
while [ "$(wc -l <"$dir/one")" -lt 512 ]; do
	cat "$dir/one" "$dir/one" >"$dir/two"
	mv "$dir/two" "$dir/one"
done
lives 1 1 2000 | cat "$dir/one" - | timeout 30 cat >&8
ok "a program that hangs holds up nobody: 512 alarms and 2,000 values are read" test $? -eq 0
waits perl -e '$n = pack "i", -1; ioctl STDIN, 0x541B, $n or die; exit unpack("i", $n) != 0' <&8
ok "what is left out is reported" waits grep -q \
	'alarms were left out so far: too many came at once' "$dir/notify.err"
ok "a few times" test "$(grep -c 'left out so far' "$dir/notify.err")" -le 12
ok "in little memory: $(peak $notify) kB" test "$(peak $notify)" -lt 12000
patience=120
ok "after 60 s it is killed" waits grep -q \
	': killed after 60 s, for cell_overvoltage of bms_1 (raise)$' "$dir/notify.err"
ok "with what it has started" waits sh -c \
	"! kill -0 \$(cat '$dir/grandchild') && ! kill -0 \$(cat '$dir/child')"
ok "the next one hears how many were left out" waits grep -q \
	'^448 .*; 448 earlier alarms were left out)$' "$dir/hung"
ok "twenty at once" waits sh -c "[ \$(wc -l <'$dir/hung') -ge 20 ]"
ok "no more" test "$(wc -l <"$dir/hung")" -lt 30
exec 8>&-
ok "at the end the rest" waits sh -c "[ \$(wc -l <'$dir/hung') -eq 65 ]"
wait $notify
ok "exit 0" test $? -eq 0

# ---- stopping ----
rm "$dir/go" "$dir/grandchild"
exec 8<>"$dir/in"
jk-notify "$dir/hangs" <"$dir/in" 2>"$dir/notify.err" 8>&- &
notify=$!
children="$children $notify"
transition 1 2 >&8
transition 1 4 >&8
wait_for test -s "$dir/grandchild"
kill $notify
wait $notify
ok "SIGTERM while one hangs: exit 0" test $? -eq 0
ok "it is killed, and that is reported" grep -q ': killed at the end, for' "$dir/notify.err"
ok "so is what was not told" grep -q ': alarms that were left out at the end: 1$' "$dir/notify.err"
ok "nothing is left of it" waits sh -c "! kill -0 \$(cat '$dir/grandchild')"
done_testing
