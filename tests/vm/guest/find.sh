#!/bin/sh
# jk-find, which a person runs first: on a UART, on an adapter, and where it may not or cannot.
. tests/vm/guest/lib.sh
link=/dev/serial/by-id/usb-QEMU_QEMU_USB_SERIAL_JKA-if00-port0

ok "a bus of three packs" equals "$(bus uart /dev/ttyS1 1:16 2:8 3:15)" ready
run as owner jk-find /dev/ttyS1
ok "it ends with 0" ends 0
for pack in "1 16" "2 8" "3 15"; do
	# shellcheck disable=SC2086 # two words
	set -- $pack
	ok "pack $1 is found, with its model, firmware, $2 cells and voltage" \
		grep -E "^BMS +$1  J[^ ]+ +[^ ]*[0-9]+[.][0-9]+ +$2 cells +[0-9]+[.][0-9]+ V$" "$dir/out"
done
ok "and no other" equals "$(grep -c '^BMS' "$dir/out")" 3
ok "what to run next is said" grep -F 'jk-capture -a 1-3 /dev/ttyS1' "$dir/err"

ok "an adapter is there" wait_for test -L "$link"
ok "with a bus and its master" equals "$(bus a "$link" --master --speed 5 4:16)" ready
run as owner jk-find "$link"
ok "it ends with 0" ends 0
for address in 0 4; do
	ok "BMS $address is found" grep -E "^BMS +$address  " "$dir/out"
done
ok "and nobody was asked" grep -q 'Nothing was polled; listening' "$dir/err"
run as owner jk-find "$(readlink -f "$link")" # which ttyUSB it is depends on the tests before
ok "by its number: what to run next has the name that stays" \
	grep -qF "jk-capture $link | jk-decode" "$dir/err"

run as nobody jk-find /dev/ttyS1
ok "a line that is not permitted: 111" ends 111
ok "and which group to be in" grep -E '/dev/ttyS1: not permitted.*group dialout' "$dir/err"
run as owner jk-find /dev/ttyUSB9
ok "an adapter that is not there: 111" ends 111
ok "and that it is not" grep -E '/dev/ttyUSB9: .*no such device' "$dir/err"
done_testing
