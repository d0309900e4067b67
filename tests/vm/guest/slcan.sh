#!/bin/sh
# An slcan adapter on USB (tests/vm/slcan-adapter): the states that it reports, and what ends bus-off, which
# its driver does not: it has no restart-ms.
. tests/vm/guest/lib.sh
patience=150
interface=can7

# attach: the line of the adapter becomes the interface, for as long as that process runs
mkfifo "$dir/held"
attach() {
	wait_for test -c /dev/ttyUSB0 && stty -F /dev/ttyUSB0 115200 raw -echo clocal || return 1
	slcan_attach -w -n "$interface" /dev/ttyUSB0 <>"$dir/held" >"$dir/attached" 2>&1 &
	attached=$!
	children="$children $attached"
	wait_for there
}
there() { [ -e "/sys/class/net/$interface" ]; }
gone() { ! there; }
modprobe slcan
ok "the adapter is attached" attach
user=root
capture "can:$interface,500000"
ok "it is brought up, though it has no restart-ms" heard " $interface !open can:$interface,500000$"
ok "the adapter has its bit rate" equals "$(host slcan-heard S6)" 1
ok "frames of the adapter" heard " $interface 2F4#1302B20F51000000$"
ok "extended ones" heard " $interface 18F128F4#E108F00A6B802300$"

# reported WORDS EVENT: the adapter reports it, and it is the event
reported() {
	equals "$(host slcan "$1")" ready && heard " $interface !can $2\$"
}
ok "warning" reported sw000100 "error-warning [0-9]* [0-9]*"
ok "passive" reported sp000150 "error-passive [0-9]* [0-9]*"
ok "active" reported sa000000 "error-active 0 0"
# after PATTERN [WHAT]: since the last line with it, there are frames, or what is given
after() {
	awk -v pattern="$1" -v what="${2- 2F4#}" '$0 ~ pattern { seen = 1; found = 0 } $0 ~ what { found = 1 }
		END { exit !seen || !found }' "$dir/frames"
}
silent_after() { ! after "$1"; }
begun=$(host slcan-heard O)
ok "bus-off" reported sb000255 "bus-off [0-9]* [0-9]*"
ok "ends by down and up: frames within 3 seconds" soon after ' !can bus-off '
ok "the adapter's channel was closed and opened" equals "$(host slcan-heard O)" $((begun + 1))
ok "the state is known" wait_for after ' !can bus-off ' ' !can error-active 0 0$'
ok "and what was done" wait_for grep -q "bus-off: the interface was taken down and up$" "$dir/capture.err"
ok "the socket was not closed" lacks '!close' "$dir/frames"
second "can:$interface,83333"
ok "a bit rate that its driver has not is refused" \
	says "can:$interface,83333: cannot set the bit rate (83333 bit/s): .*; trying again$"
ok "the interface is as it was" is "$interface" "<[^>]*,UP[,>].*bitrate 500000 "
sleep 2 # the kernel reports the carrier of what came up a second later
ok "and the error once more is no reason to take it down again" undisturbed "$interface"
ok "it ends with 0" stop_second
ok "so does the first" stop_capture

# Without privileges root has to do it.
user=owner
capture "can:$interface"
ok "a user listens" heard ' 2F4#'
ok "bus-off" reported sb000255 "bus-off [0-9]* [0-9]*"
ok "a user may not end it, and learns who can" wait_for grep -q "bus-off: not permitted to restart it; \
as root: ip link set $interface down; ip link set $interface up; trying again$" "$dir/capture.err"
ok "nothing is heard" silent_after ' !can bus-off '
ip link set "$interface" down
ip link set "$interface" up
ok "root does it: frames within 3 seconds" soon after ' !can bus-off '
ok "it ends with 0" stop_capture

user=root
capture "can:$interface,500000"
ok "frames again" heard ' 2F4#'
before=$(descriptors)
ok "pulled out" equals "$(host monitor device_del slcan)" ready
# Who attached the line is not told that it is gone.
kill "$attached"
ok "the interface is gone" wait_for gone
ok "that is an event" heard " $interface !close the interface is gone$"
ok "rests meanwhile" rests
plugged() {
	equals "$(host monitor \
		device_add usb-serial,chardev=slcan,id=slcan,serial=CAN1,always-plugged=on)" ready
}
ok "plugged in" wait_for plugged
ok "attached" attach
ok "frames within 3 seconds" soon after ' !close '
ok "descriptors: none more" equals "$(descriptors)" "$before"
ok "it ends with 0" stop_capture
done_testing
