#!/bin/sh
# jk-table in a terminal: what is on the screen, what stays of the messages of others, and how it ends.
. tests/e2e/lib.sh

[ -c /dev/ptmx ] || {
	echo "1..0 # SKIP there is no /dev/ptmx"
	exit 0
}
mkfifo "$dir/feed" "$dir/messages" "$dir/orders"
exec 7<>"$dir/orders"
# begin ROWS COLUMNS [VARIABLE=VALUE...]: jk-table in a terminal; messages of other programs go there, too.
begin() {
	size="$1 $2"
	shift 2
	rm -f "$dir/pid" "$dir/status"
	# shellcheck disable=SC2016,SC2086 # expanded by the inner shell; two numbers
	env -u NO_COLOR TERM=xterm "$@" perl tests/e2e/terminal.pl "$dir" $size sh -c 'echo before
		cat "$1/messages" >&2 &
		sh -c "echo \$\$ >\"$1/pid\"; exec jk-table" <"$1/feed" || status=$?
		echo "after ${status-0}"
		wait' - "$dir" <&7 2>"$dir/emulator.err" &
	terminal=$!
	children="$children $terminal"
	exec 8>"$dir/messages" 9>"$dir/feed"
	wait_for test -s "$dir/pid"
	table=$(cat "$dir/pid")
}
message() { printf '%s\n' "$@" >&8; }
shows() { wait_for grep -q -e "$1" "$dir/screen"; }
shows_not() { wait_for lacks -e "$1" "$dir/screen"; }
kept() { cat "$dir/kept" "$dir/screen"; }
# live TIME BMS VOLTS [MEMBERS [CHANNEL]]
live() {
	feed "{\"time\":$1,\"channel\":\"${5-bus}\",\"bms\":$2,\"type\":\"live\",\"cell_voltages\":[3.265,3.270],
		\"total_voltage\":$3,\"current\":-1.25,\"power\":-65.3,\"state_of_charge\":81${4-}}"
}
feed() { printf '%s\n' "$*" | tr -d '\n\t' >&9 && echo >&9; }
record() { feed "{\"time\":$1,\"channel\":\"bus\",$2}"; }
row() { grep -n "^bus .* $1 .* V\|^bus  *!* *$1  " "$dir/screen" | head -n 1; }
# The colour of the row of a pack: a letter of its first column, "-" for none.
colour() {
	line=$(row "$1" | cut -d: -f1)
	sed -n "${line}p" "$dir/colours" | cut -c1 | tr ' ' '-' | grep . || echo -
}
is_coloured() { test "$(colour "$1")" = "$2"; }
none_left() { ! perl -MFcntl -e 'sysopen F, shift, O_WRONLY | O_NONBLOCK or exit 1' "$dir/feed"; }
restored() { tr '\033\n' '~ ' <"$dir/raw" | tail -c 60 | grep -q '~\[r.*~\[?25h'; }
widest() { perl -CSD -ne 'chomp; $n = length if length > $n; END { print $n }' "$dir/screen"; }

begin 24 80
for bms in 15 3 1 2 4 5 6 7 8 9 10 11 12 13 14; do
	live 100.0 $bms 52.$((bms + 10))
done
shows '^15 packs'
ok "15 packs fit 24 lines" equals "$(grep -c '^bus  ' "$dir/screen")" 15
ok "in the order of their addresses" equals "$(grep '^bus  ' "$dir/screen" | awk '{ printf "%s ", $2 }')" \
	"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 "
ok "79 columns" test "$(widest)" -le 79
ok "what was there before is still there" grep -qx before "$dir/screen"
bank() { # TIME HEARD: the bank house of 15 packs, and its energy
	printf '{"time":%s,"channel":"","bms":null,"bank":"house","type":"bank","packs_known":15,"packs_heard":%s,%s}\n' \
		"$1" "$2" '"total_voltage":52.341,"current":-123.456,"power":-6461.8,"state_of_charge":81.4' >&9
	printf '{"time":%s,"channel":"","bms":null,"bank":"house","type":"energy","charged_wh_today":12345.6,%s}\n' \
		"$1" '"discharged_wh_today":9876.5' >&9
}
bank 100.5 15
shows '^house                52.34 -123.5  -6462  81  15/15 packs [+]12.3 -9.9 kWh today'
ok "15 packs and a bank fit 24 lines" equals "$(grep -c '^bus  ' "$dir/screen") $(grep -c '^house ' \
	"$dir/screen")" "15 1"
ok "the bank is the last of them" \
	equals "$(grep -A 1 '^bus  *15 ' "$dir/screen" | tail -n 1 | cut -d' ' -f1)" house
ok "79 columns with the bank" test "$(widest)" -le 79
message 'jk-capture: bus: something happened'
shows '^jk-capture: bus: something happened$'
live 101.0 1 53.99
shows '^bus  *1  53.99 '
ok "a message of another program stays" grep -qx 'jk-capture: bus: something happened' "$dir/screen"

raw() { wc -c <"$dir/raw"; }
before=$(raw)
live 102.0 2 53.98
shows '^bus  *2  53.98 '
ok "only what changed is drawn" test $(($(raw) - before)) -lt 60
before=$(raw)
live 103.0 2 53.98
live 103.5 3 52.13
live 104.0 2 53.97
shows '^bus  *2  53.97 '
ok "and nothing if nothing did" test $(($(raw) - before)) -lt 40
ok "no colour without an alarm" is_coloured 2 -

live 105.0 4 52.14 ',"alarms":[{"key":"cells","severity":"warning","since":1}]'
two='{"key":"cells","severity":"warning"},{"key":"cell_overvoltage","severity":"alarm"}'
live 105.0 5 52.15 ",\"alarms\":[$two]"
live 105.0 6 52.16 ',"alarms":[{"key":"gps_disconnected","severity":"info","since":1}]'
shows '^bus  *5  alarm: cells; cell overvoltage$'
ok "a warning is yellow" waits is_coloured 4 y
ok "an alarm is red, whatever else there is" waits is_coloured 5 r
ok "an information has no colour" is_coloured 6 -
ok "both are marked" equals "$(grep -c '^bus  *! .* -65 ' "$dir/screen")" 2
record 105.5 '"bms":5,"type":"alarm","key":"cells","severity":"warning","text":"cells drift","active":true'
shows '^bus  *5  alarm: cells drift; cell overvoltage$'
live 106.0 5 52.15 ',"alarms":[]'
shows_not 'alarm: cells drift'
ok "over, it is no more" waits is_coloured 5 -

record 107.0 '"bms":7,"type":"event","event":"timeout","words":"07 live"'
record 107.1 '"bms":7,"type":"event","event":"timeout","words":"07 live"'
ok "a pack that does not answer is seen at once" waits grep -q \
	'^bus  *!  *7  no answer for 7 s, last 52.17 V, 81 %' "$dir/screen"
ok "it is red" waits is_coloured 7 r
live 108.0 7 52.17
shows '^bus  *7  52.17 '
ok "until it answers" is_coloured 7 -
record 108.1 '"bms":16,"type":"event","event":"timeout","words":"10 live"'
ok "one that never did, too" waits grep -q '^bus  *!  *16  no answer for' "$dir/screen"
feed '{"time":109.0,"channel":"west","bms":null,"type":"event","event":"close","words":"cannot connect: refused"}'
ok "a link that cannot be opened is seen at once" waits grep -q \
	'^west: link closed for .* cannot connect: refused$' "$dir/screen"
feed '{"time":110.0,"channel":"west","bms":null,"type":"event","event":"open","words":"tcp:west:1"}'
shows_not '^west: link closed'
record 138.5 '"bms":null,"type":"event","event":"stats","words":"- up=2"'
ok "one that was not heard for ten seconds is silent" waits grep -q \
	'^bus  *!  *7  silent for [34][0-9] s' "$dir/screen"
ok "their number" grep -q '^16 packs, .*16 silent' "$dir/screen"

for bms in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
	live 140.0 $bms 52.$((bms + 10))
done
shows '^bus  *15  52.25 '
echo 'size 24 60' >&7
shows '^bus  *15  52.25 .*'
ok "60 columns" waits sh -c "grep -q '^pack .* V V\$' '$dir/screen' ||
	test \$(sed -n '/^pack/s/°/d/gp' '$dir/screen' | wc -L) -le 60"
ok "all rows are there again" waits sh -c "test \$(grep -c '^bus  ' '$dir/screen') -ge 15"
ok "none is wider" test "$(widest)" -le 60
has() { kept | grep -qx "$1"; }
ok "the message is kept" has 'jk-capture: bus: something happened'
echo 'size 12 80' >&7
ok "a terminal that is too low says so" waits grep -q '^[0-9]* more packs: the terminal is too low$' \
	"$dir/screen"
ok "who is in trouble comes first" grep -q '^bus  *!  *16  ' "$dir/screen"
echo 'size 30 80' >&7
ok "and all when it is higher" waits grep -q '^bus  *15  52.25 ' "$dir/screen"

i=0
while [ $i -lt 40 ]; do
	i=$((i + 1))
	message "jk-mqtt: message $i"
done
shows '^jk-mqtt: message 40$'
live 141.0 1 50.01
shows '^bus  *1  50.01 '
ok "none of many messages is lost" equals \
	"$(kept | grep '^jk-mqtt: message' | tail -n 40 | cut -d' ' -f3 | tr '\n' ' ')" "$(seq -s ' ' 40) "
ok "nor a row of the table" equals "$(grep -c '^bus  ' "$dir/screen")" 16

feed '{"time":142.0,"channel":"a\u001b[2J","bms":1,"label":"\u001b[H\u009b2J\u202e\u0007日本語","type":"live","cell_voltages":[3.1],"total_voltage":3.1}'
shows '^?\[H?2J??日本語! *1 \|^?\[H?2J??日本語   *1 '
feed '{"time":142.0,"channel":"b","bms":1,"label":"日本語バッテリー電池","type":"live","cell_voltages":[3.1],"total_voltage":3.1}'
shows '^日本語バッテリ    1   3.10 '
feed '{"time":142.0,"channel":"c\u001bc","bms":null,"type":"event","event":"close","words":"\u001b]0;x\u0007"}'
shows '^c?c: link closed for .* s: ?\]0;x?$'
ok "no label is a command to the terminal" test ! -s "$dir/emulator.err"

exec 9>&- 8>&-
shows '^after 0$'
wait "$terminal"
ok "end of input: the table stays, and what follows is below" equals \
	"$(sed '/^$/d' "$dir/screen" | tail -n 1)" 'after 0'
ok "with its rows" grep -q '^bus  *1  50.01 ' "$dir/screen"
ok "the cursor is shown again, and the whole terminal scrolls" restored
ok "what was there before is kept" has before

begin 24 80 NO_COLOR=1
live 100.0 1 52.11 ',"alarms":[{"key":"cells","severity":"alarm","since":1}]'
shows '^bus  *!  *1  52.11 '
ok "NO_COLOR: none, but the mark" equals "$(tr -d ' \n' <"$dir/colours")" ""
kill -TERM "$table"
shows '^after 0$'
ok "SIGTERM ends it, whatever comes" waits none_left
exec 9>&- 8>&-
wait "$terminal"
ok "and the terminal is as before" restored

begin 24 80
live 100.0 1 52.11
shows '^bus  *1  52.11 '
echo close >&7
wait "$terminal"
wait_gone "$table"
ok "a terminal that is closed ends it, and leaves nothing" waits none_left
exec 8>&- 9>&-

begin 24 80 TERM=dumb
live 100.0 1 52.11
exec 9>&- 8>&-
shows '^after 0$'
ok "a terminal that can nothing: the table once" grep -q '^bus  *1  52.11 ' "$dir/screen"
ok "without a command" lacks "$(printf '\033')" "$dir/raw"
wait "$terminal"
done_testing
