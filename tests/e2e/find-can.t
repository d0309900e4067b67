#!/bin/sh
# jk-find on a CAN interface: packs, an inverter's frames, foreign ones, silence, errors of the bus alone, and
# interfaces that are down, missing or no CAN.  The interface is one of can-bus.c.  Searches last six seconds,
# so all run at the same time.
. tests/e2e/lib.sh
. tests/e2e/find.sh

: >"$dir/silence"
shows() { grep -qE -e "$2" "$dir/$1.out" || { cat "$dir/$1.out"; return 1; }; }
lines() { equals "$(wc -l <"$dir/$1.out" | tr -d ' ')" "$2"; }
# rate NAME ROW FROM TO: its frames a second, between these; a busy machine sends fewer, never more
rate() { awk -v row="$2" -v from="$3" -v to="$4" 'index($0, row) == 1 {
		for (i = 1; i <= NF; i++) if ($i ~ /^[0-9]+[.][0-9]$/) n = $i
	} END { print n; exit !(n >= from && n <= to) }' "$dir/$1.out"; }

jk-sim --can "$dir/packs" --duration 60 0:16 3:8 11:24
jk-sim --can "$dir/both" --duration 60 --can-inverter --can-cycle documents 0:16
jk-sim --can "$dir/twins" --duration 60 --twin 1:8 --twin-at 0-60 1:16 2:16
for i in 1 2 3 4 5 6 7 8 9; do
	echo "(100.${i}00000) can0 20000088#00000A0000000000"
done >"$dir/errors"
# An inverter, a charger and a host that switches
printf '%s\n' '(1.000000) can0 305#0000000000000000' '(1.100000) can0 18FF50E5#0000' \
	'(1.200000) can0 18F0F428#0501010100000000' '(1.300000) can0 01234567#00' >"$dir/foreign"
grep -E ' (35.|37.)#' "$dir/both" >"$dir/inverter"

of_can packs "$dir/packs" can0
of_can packs500 "$dir/packs" CAN_BITRATE=500000 can:can0,500000
of_can both "$dir/both" CAN_BITRATE=500000 --seconds 8 can:can0
of_can twins "$dir/twins" --seconds 10 can0
of_can inverter "$dir/inverter" can0
of_can foreign "$dir/foreign" can0
of_can silence "$dir/silence" can0
of_can short "$dir/silence" --seconds 2 can0
of_can errors "$dir/errors" can0
of_can down "$dir/packs" CAN_DOWN=1 --seconds 300 can0
of_can refused "$dir/packs" CAN_DOWN=1 CAN_BITRATE=250000 --seconds 300 can:can0,500000
of_can other "$dir/packs" CAN_BITRATE=250000 --seconds 300 can0,500000
of_can raised "$dir/packs" CAN_DOWN=1 CAN_MAY=1 CAN_BITRATE=250000 can:can0,250000
of_can missing "$dir/packs" --seconds 300 can7
of_can lo "$dir/packs" --seconds 300 can:lo
all_found

ok "three packs: exit 0" status_of packs 0
ok "a heading" sh -c "sed -n 1p '$dir/packs.out' | grep -qE '^PACK +CELLS +VOLTAGE +SOC +FRAMES/S +CYCLE'"
ok "and a line each" lines packs 4
for pack in '0 16' '3 8' '11 24'; do
	# shellcheck disable=SC2086 # two words
	set -- $pack
	ok "BMS $1: $2 cells, voltage, SOC, cycle and protocol" shows packs \
		"^BMS +$1 +$2 cells +[0-9]+[.][0-9]+ V +[0-9]+ % +[0-9.]+ +[0-9]+0 ms +0 or 6: JK, 250 or 500"
done
# 10 + 10 + 1 + 5 + 1 + 1 + 2 + 2 and as many frames of four cells each 1.5 s
ok "frames a second of 16 cells" rate packs 'BMS  0' 25 36
ok "and of 8" rate packs 'BMS  3' 25 35
ok "they are counted" says packs 'found 3 packs on can0'
ok "what to run next" says packs 'jk-capture can:can0 | jk-decode | jk-table'
ok "the interface was left as it is" test ! -s "$dir/packs.changes"
ok "with the bit rate the protocol has one number" shows packs500 \
	'^BMS  0 .* 6: JK, 500 kbit/s, measured cycle$'
ok "an interface that has it is left as it is" test ! -s "$dir/packs500.changes"
ok "what to run next has the bit rate" says packs500 'jk-capture can:can0,500000 |'

ok "the documented cycle" shows both '^BMS  0 .* (20|30) ms +0 or 6: JK.* documented cycle$'
ok "beside an inverter's frames" shows both \
	'^inverter +- +[0-9.]+ V +[0-9]+ % .* 1 or 2: Deye or Pylontech, by JK-BMS$'
ok "how to see those" says both 'jk-capture --inverter can:can0 | jk-decode -t inverter'
ok "it ends with 0" status_of both 0
ok "two packs with one address are marked" shows twins '^BMS  1 .*  TWO PACKS$'
ok "which is explained" says twins 'two packs share an address: 1[.]'
ok "the other is not" shows twins '^BMS  2 .* cycle$'
ok "a capture of the inverter's protocol alone: exit 0" status_of inverter 0
ok "one line" lines inverter 2
ok "which protocol to choose for packs" says inverter \
	'Deye) or 2 (Pylontech) is chosen.  For frames of the packs choose 0 (250000 bit/s) or 6 (500000)'

for search in foreign silence short errors; do
	ok "$search: exit 1" status_of $search 1
	ok "$search: says so" says $search \
		'no BMS was found on can:can0[.]  Received in [0-9.]* s: [0-9]* frames'
	ok "$search: what to try" says $search 'CAN-H to CAN-H, CAN-L to CAN-L'
	ok "$search: both bit rates" says $search '250000 with CAN protocol 0'
done
ok "silence: nothing on stdout" test ! -s "$dir/silence.out"
ok "silence: the words of jk-capture" says silence 'nothing at all was received'
ok "errors: their number" says errors 'Received in [0-9.]* s: 0 frames, [1-9][0-9]* errors'
ok "errors: the bit rate" says errors 'only errors of the bus were received: the bit rate is likely wrong'
ok "foreign frames: their ids" shows foreign '^others .* unknown: 305 18FF50E5 18F0F428 01234567$'
ok "foreign frames: the words of jk-capture" says foreign 'none of a JK BMS'

ok "an interface that is down: exit 111, at once" status_of down 111
ok "how to bring it up" says down 'ip link set can0 up type can bitrate 250000 restart-ms 100'
ok "or to let jk-find do it" says down 'jk-find can:can0,250000$'
ok "it was not brought up" test ! -s "$dir/down.changes"
ok "not permitted: exit 111" status_of refused 111
ok "the command for root" says refused 'as root: ip link set can0 up type can bitrate 500000 restart-ms 100$'
ok "another bit rate: exit 111" status_of other 111
ok "both rates" says other 'runs at 250000 bit/s, not 500000'
ok "permitted: it is brought up" equals "$(tr '\n' ' ' <"$dir/raised.changes")" \
	'bitrate 250000 restart-ms start '
ok "and searched" shows raised '^BMS  0 .* 0: JK, 250 kbit/s, measured cycle$'
ok "a missing interface: exit 111" status_of missing 111
ok "which is reported" says missing 'can:can7: no such interface: is the adapter plugged in?$'
ok "with those that exist" says missing 'CAN interfaces of this machine: '
ok "no CAN interface: exit 100" status_of lo 100
ok "which is reported" says lo 'can:lo: not a CAN interface'

# Without SOURCE: the interfaces of CAN, by the type of their hardware.  In a namespace with another /sys.
# shellcheck disable=SC2016 # the variables are those of the other shell
alone='mount -t tmpfs none /sys/class/net && mkdir -p /sys/class/net/can0 /sys/class/net/eth7 &&
	echo 280 >/sys/class/net/can0/type && echo 1 >/sys/class/net/eth7/type &&
	exec tests/e2e/can-bus.pl "$@"'
if unshare -rm sh -c 'mount -t tmpfs none /sys/class/net' 2>/dev/null; then
	run env JK_BUILD="$build" unshare -rm sh -c "$alone" sh "$dir/can-bus.so" "$dir/packs" \
		scripts/jk-find --seconds 3
	ok "without SOURCE CAN is searched: exit 0" equals "$status" 0
	ok "its packs" grep -q '^BMS  3 ' "$dir/out"
	ok "the interface is named" grep -q 'a CAN interface: can0$' "$dir/err"
	ok "and no other" lacks eth7 "$dir/err"
else
	skip "without SOURCE" "no namespaces here"
fi
done_testing
