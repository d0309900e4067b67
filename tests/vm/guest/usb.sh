#!/bin/sh
# FTDI adapters on USB: by the link that names them, pulled out and plugged in, under other numbers.
. tests/vm/guest/lib.sh
link=/dev/serial/by-id/usb-QEMU_QEMU_USB_SERIAL_JKA-if00-port0
other=/dev/serial/by-id/usb-QEMU_QEMU_USB_SERIAL_JKB-if00-port0

# plug LINE SERIAL: QEMU may still hold what was pulled out, for the transfers that were on the way.
replug() {
	equals "$(host monitor "device_add usb-serial,chardev=$1,id=$1,serial=$2,always-plugged=on")" ready
}
plug() {
	wait_for replug "$1" "$2"
}
unplug() {
	equals "$(host monitor "device_del $1")" ready
}
gone() { [ ! -L "$link" ]; }
# events NAME: how many there are by now
events() { grep -c " !$1" "$dir/frames"; }
# grown NAME THAN: there are more of them
grown() { [ "$(events "$1")" -gt "$2" ]; }

ok "an adapter is there" wait_for test -L "$link"
capture -a 4,5 -i 1 "$link"
ok "it is opened by its link" heard " _QEMU_USB_SERIAL_JKA-if00-port0 !open $link$"
ok "live frames of 04" heard ' 04#55AAEB9002[0-9A-F]* R$'
ok "live frames of 05" heard ' 05#55AAEB9002[0-9A-F]* R$'
ok "the adapter's timer is at its least" equals "$(cat /sys/bus/usb-serial/devices/ttyUSB0/latency_timer)" 1
ok "low latency, exclusive" equals "$(tty-look flags /dev/ttyUSB0)" "low_latency exclusive"
ok "SIGTERM ends it with 0" stop_capture
ok "no record that was not sent" right a

capture -n a -a 4,5 -i 1 "$link"
ok "polled again" heard ' 04#55AAEB9002[0-9A-F]* R$'
ok "pulled out" unplug a
ok "the link is gone" wait_for gone
ok "that is said" heard ' a !close '
ok "and tried again, not all the time" rests
ok "once said is enough" test "$(closings "$dir/frames" | wc -l)" -le 2
ok "another adapter takes its number" plug c JKC
ok "it is ttyUSB0" wait_for test -c /dev/ttyUSB0
opened=$(events open)
ok "plugged in" plug a JKA
ok "the link is back" wait_for test -L "$link"
ok "under another number" equals "$(readlink "$link")" ../../ttyUSB1
ok "it is opened" wait_for grown open "$opened"
ok "and polled" wait_for live_again
ok "on stderr too" wait_for grep -q 'trying again' "$dir/capture.err"
ok "the new one is exclusive" equals "$(tty-look flags /dev/ttyUSB1)" "low_latency exclusive"

ok "a break on the line" equals "$(host monitor chardev-send-break a)" ready
closed=$(closings "$dir/frames" | wc -l)
asked=$(grep -c ' T$' "$dir/frames")
more() { [ "$(grep -c ' R$' "$dir/frames")" -gt $((asked + 10)) ]; }
ok "is survived" wait_for more
ok "without closing it" equals "$(closings "$dir/frames" | wc -l)" "$closed"
ok "SIGTERM ends it with 0" stop_capture

# In the middle of the noise of a bus that never rests
ok "a bus with a master" equals "$(bus a "$link" --master --speed 20 4:16 5:8)" ready
capture -n a "$link"
ok "is listened to" heard ' 04#55AAEB9002[0-9A-F]* R$'
before=$(descriptors)
cycle() {
	closed=$(events close)
	opened=$(events open)
	unplug a && wait_for grown close "$closed" && wait_for gone &&
		plug a JKA && wait_for grown open "$opened" && wait_for live_again && return
	ls -l /dev/serial/by-id /dev/ttyUSB*
	cut -c 1-100 "$dir/frames" | grep ' !' | tail -n 6
	dmesg | tail -n 12
	return 1
}
for i in 1 2 3 4 5 6 7 8 9 10; do
	ok "pulled out and plugged in, $i" cycle
done
ok "no descriptor is left open" equals "$(descriptors)" "$before"
ok "and no line of an adapter that is gone" equals "$(echo /dev/ttyUSB*)" "/dev/ttyUSB0 /dev/ttyUSB1"

# Two at once: what happens to one is nothing to the other
ok "a bus without a master" equals "$(bus a "$link" 4:16 5:8)" ready
ok "a second bus, with a master" equals "$(host sim b --master --speed 5 6:16)" ready
ok "a second adapter" plug b JKB
ok "is there" wait_for test -L "$other"
second -n b "$other"
ok "both are heard at once" second_hears ' b 06#55AAEB9002[0-9A-F]* R$'
closed=$(events close)
ok "the first is pulled out" unplug a
ok "that is said" wait_for grown close "$closed"
heard_of_second=$(grep -c ' 06#55AAEB9002' "$dir/second")
more() { [ "$(grep -c ' 06#55AAEB9002' "$dir/second")" -gt $((heard_of_second + 2)) ]; }
ok "the second is heard on" wait_for more
ok "and was not closed" equals "$(closings "$dir/second")" ""
ok "the second stops" stop_second
ok "the first stops though its adapter is away, with 0" stop_capture

capture -n a -a 4 -i 1 "$link"
ok "an adapter that is not there at the start is said" heard ' a !close .*no such device'
ok "plugged in" plug a JKA
ok "it is opened" heard ' a !open '
ok "and polled" heard ' 04#55AAEB9002'
ok "SIGTERM ends it with 0" stop_capture
unplug b
unplug c
done_testing
