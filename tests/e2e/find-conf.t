#!/bin/sh
# jk-find --conf: what it finds as lines of jk.conf(5), which jk-service takes.  Searches last up to twenty
# seconds, so all run at the same time.
. tests/e2e/lib.sh
. tests/e2e/find.sh

on ttyA 1:16 2:8:11 3:16 15:24
search line --conf --seconds 300 "$dir/ttyA"
on master --tcp --master 1:16 3:8
master=$port
search master --seconds 300 --conf "tcp://127.0.0.1:$port/"
on twins --tcp --twin 2:8 --twin-at 0-600 1:16 2:16
twins=$port
search twins --conf --seconds 300 "tcp:127.0.0.1:$port"
on dead --silence 1 1:16
search dead --conf --seconds 5 "$dir/dead"
search missing --conf /nonexistent/tty
search_with full sh -c 'scripts/jk-find --conf /nonexistent/tty >/dev/full'
jk-sim --can "$dir/packs.log" --duration 60 0:16 11:24
jk-sim --can "$dir/cantwins.log" --duration 60 --twin 1:8 --twin-at 0-60 1:16 2:16
jk-sim --can "$dir/both.log" --duration 60 --can-inverter --can-cycle documents 0:16
grep -E ' (35.|37.)#' "$dir/both.log" >"$dir/inverter.log"
: >"$dir/silence.log"
of_can can "$dir/packs.log" CAN_BITRATE=500000 --conf can:can0,500000
of_can cantwins "$dir/cantwins.log" --conf --seconds 10 can0
of_can inverter "$dir/inverter.log" --conf can0
of_can silence "$dir/silence.log" --conf can0
of_can down "$dir/packs.log" CAN_DOWN=1 --conf can0
all_found

# lines NAME: those that are no comments, blanks of a row as one
lines() { sed -E 's/ +#.*//; s/ +/ /g; /^#/d; /^$/d' "$dir/$1.out"; }
comment() { grep -qE -e "^# .*$2" "$dir/$1.out" || { cat "$dir/$1.out"; return 1; }; }

ok "a serial line: exit 0" status_of line 0
ok "a bus that is polled, and a name for each pack" or_stalled ttyA equals "$(lines line)" "$(printf '%s\n' \
	"bus ttyA $dir/ttyA poll 1-3,15" \
	'pack ttyA:1 ttyA-1 "JK BMS 1, ttyA"' 'pack ttyA:2 ttyA-2 "JK BMS 2, ttyA"' \
	'pack ttyA:3 ttyA-3 "JK BMS 3, ttyA"' 'pack ttyA:15 ttyA-15 "JK BMS 15, ttyA"')"
ok "what each is, for the eye" grep -q '^pack  ttyA:2 .*  # JK_B2A20S20P, 8 cells$' "$dir/line.out"
ok "addresses without an answer" or_stalled ttyA comment line 'addresses without an answer: 4-14$'
ok "the table is on stderr" grep -q '^BMS  2  JK_B2A20S20P' "$dir/line.err"
ok "a bus with a master: only listen" or_stalled master equals "$(lines master)" "$(printf '%s\n' \
	"bus 127.0.0.1-$master tcp://127.0.0.1:$master/ listen" \
	"pack 127.0.0.1-$master:0 127-0-0-1-$master-0 \"JK BMS 0, 127.0.0.1-$master\"" \
	"pack 127.0.0.1-$master:1 127-0-0-1-$master-1 \"JK BMS 1, 127.0.0.1-$master\"" \
	"pack 127.0.0.1-$master:3 127-0-0-1-$master-3 \"JK BMS 3, 127.0.0.1-$master\"")"
ok "and why" comment master 'another bus master polls here'
ok "two packs with one address are polled, but have no name" equals "$(lines twins)" "$(printf '%s\n' \
	"bus 127.0.0.1-$twins tcp:127.0.0.1:$twins poll 1-2" \
	"pack 127.0.0.1-$twins:1 127-0-0-1-$twins-1 \"JK BMS 1, 127.0.0.1-$twins\"")"
ok "which is reported" comment twins 'two packs share address 2'
ok "a silent bus: exit 1" status_of dead 1
ok "comments alone" equals "$(lines dead)" ''
ok "which say what was received" comment dead "no BMS was found on $dir/dead: 0 bytes were received"
ok "no such line: exit 111" status_of missing 111
ok "a comment" comment missing '/nonexistent/tty: no such device'
ok "and nothing else" equals "$(lines missing)" ''
ok "a full disk: exit 111" status_of full 111

ok "CAN: exit 0" status_of can 0
ok "CAN: nothing is polled; the bit rate stays" equals "$(lines can)" "$(printf '%s\n' \
	'bus can0 can:can0,500000' 'pack can0:0 can0-0 "JK BMS 0, can0"' \
	'pack can0:11 can0-11 "JK BMS 11, can0"')"
ok "CAN: two packs with one address" equals "$(lines cantwins)" "$(printf '%s\n' \
	'bus can0 can:can0' 'pack can0:2 can0-2 "JK BMS 2, can0"')"
ok "CAN: which is reported" comment cantwins 'two packs share address 1'
ok "CAN: frames for an inverter alone are no bus" equals "$(lines inverter)" ''
ok "CAN: which is reported" comment inverter 'frames for an inverter were received'
ok "CAN: silence: exit 1, and no bus" equals "$(cat "$dir/silence.status") $(lines silence)" '1 '
ok "CAN: which is reported" comment silence 'no BMS was found on can:can0'
ok "CAN: an interface that is down: exit 111" status_of down 111
ok "CAN: and no bus" equals "$(lines down)" ''
ok "CAN: which is reported" comment down 'the interface is down'

# The name of a bus is that of its device.
name_of() { sh -c '. scripts/find-conf.sh; bus_name "$1"' - "$1"; }
names() {
	while read -r source name; do
		equals "$(name_of "$source")" "$name" || return 1
	done
}
ok "names of buses" names <<'END'
/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A10KXYZ-if00-port0 usb-A10KXYZ
/dev/serial/by-id/usb-FTDI_Quad_RS232-HS_FT123-if02-port0,9600 usb-FT123-if02
/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0 usb-1a86
/dev/serial/by-id/usb-A_B_0123456789012345678901234567890123456789-if01-port1 usb-0123456789012345-if01-port1
/dev/ttyUSB0 ttyUSB0
serial:/dev/ttyS0,115200 ttyS0
/dev/pts/4 pts-4
tcp:10.0.0.7:5000 10.0.0.7-5000
TCP://gateway.local:5001/ gateway.local-5001
tcp:[::1]:5000 1-5000
can:slcan0,250000 slcan0
END

# without a SOURCE: serial lines are named, never opened
run scripts/jk-find --conf --seconds 2
ok "without SOURCE: comments and CAN alone" lacks -E '^(bus|pack)  ?[^ ]+ +/' "$dir/out"

# jk-service takes all of it at once.
cat "$dir/line.out" "$dir/master.out" "$dir/twins.out" "$dir/dead.out" "$dir/missing.out" "$dir/can.out" \
	"$dir/down.out" >"$dir/jk.conf"
printf '%s\n' 'broker localhost' "run $dir/run" "state $dir/state" >>"$dir/jk.conf"
if [ -e scripts/jk-service ]; then
	run scripts/jk-service -f "$dir/jk.conf" check
	ok "jk-service takes it as it is" equals "$status $(grep -v ': note: ' "$dir/err")" '0 '
	sed -i 's/poll 1-3,15/poll 1-16/' "$dir/jk.conf"
	run scripts/jk-service -f "$dir/jk.conf" check
	ok "and would not take anything" equals "$status" 100
fi
done_testing
