#!/bin/sh
# Two CAN controllers on one bus, SJA1000 behind the driver kvaser_pci: bit rates, what an unprivileged user
# may do, and a controller that is pulled out and plugged in while the other one transmits.
. tests/vm/guest/lib.sh
patience=150

interfaces() {
	for interface in /sys/bus/pci/drivers/kvaser_pci/*/net/*; do
		[ ! -e "$interface" ] || basename "$interface"
	done | sort
}
modprobe kvaser_pci
both() { [ "$(interfaces | wc -l)" -eq 2 ]; }
ok "there are two interfaces" wait_for both
a=$(interfaces | head -n 1)
b=$(interfaces | tail -n 1)
# told PATTERN: the second capture, and more
told() { wait_for grep -q "$1" "$dir/second.err"; }
# passes FROM FRAME: the capture of the other one hears it
passes() {
	cansend "$1" "$2" && heard " $2\$"
}
user=owner
second "can:$a,250000"
ok "a user may not bring it up, and learns who can" says "can:$a,250000: not permitted to bring it up; \
as root: ip link set $a up type can bitrate 250000 restart-ms 100; trying again$"
user=root
capture "can:$a,250000"
ok "root may" heard " $a !open can:$a,250000$"
ok "the state is known" heard " $a !can error-active 0 0$"
ok "the user's is opened without waiting for the end of a pause" soon grep -q " $a !open" "$dir/second"
ok "and ends with 0" stop_second
ok "250 kbit/s are set" is "$a" "bitrate 250000 "
ok "restart-ms, too" is "$a" "state ERROR-ACTIVE .*restart-ms 100 "
ip link set "$a" type can bitrate 500000 2>"$dir/busy"
ok "nobody changes that while it is up" grep -q 'Device or resource busy' "$dir/busy"
ok "it has not changed" is "$a" "bitrate 250000 "
ok "the other one" ip link set "$b" up type can bitrate 250000
candump -L "$a" >"$dir/dumped" 2>/dev/null &
dump=$!
children="$children $dump"
two() { [ "$(grep -c "^ *$a " /proc/net/can/rcvlist_all)" -eq 2 ]; }
ok "candump listens beside it" wait_for two
for frame in 123#0102 18F528F4#R 7F4#R 7F0# 000002F4#01 1FFFFFFF#0123456789ABCDEF 2F4#1302B20F51000000; do
	ok "$frame crosses the bus" passes "$b" "$frame"
done
frames() { grep -v '^([0-9.]*) [a-z0-9]* !' "$dir/frames"; }
same() { frames | tail -n "$(wc -l <"$dir/dumped")" | cmp - "$dir/dumped"; }
all() { [ "$(wc -l <"$dir/dumped")" -ge 7 ]; }
ok "as candump writes them, with the times" eval 'wait_for all && same'
kill "$dump"
user=owner
second "can:$b,250000"
ok "a user may listen at the bit rate that is set" second_hears " $b !open"
ok "it ends with 0" stop_second
second "can:$a,500000"
ok "at another one not: both are named" says "can:$a,500000: runs at 250000 bit/s, not 500000; \
as root: ip link set $a down; ip link set $a up type can bitrate 500000 restart-ms 100; trying again$"
ok "it ends with 0" stop_second
ok "the first is not disturbed" lacks '!can stopped' "$dir/frames"
ok "it ends with 0" stop_capture

user=root
capture "can:$b"
ok "another capture" heard " $b !open can:$b$"
second "can:$a,500000"
ok "root sets 500 kbit/s" second_hears " $a !open"
ok "they are set" is "$a" "bitrate 500000 "
ok "it ends with 0" stop_second

ip link set "$b" down
ok "taken down" heard " $b !can stopped 0 0$"
ok "by somebody else, who is waited for" wait_for grep -q \
	"the interface is down: waiting for ip link set $b up (for the first time: " "$dir/capture.err"
ip link set "$b" up type can bitrate 500000 restart-ms 0
ok "up again: no frame is needed to know" soon grep -q " $b !can error-active 0 0$" "$dir/frames"
ok "and frames come through the same socket" passes "$a" 2F4#AA
ok "it was not closed" lacks '!close' "$dir/frames"
ok "it ends with 0" stop_capture

# With a bit rate it is brought up whenever it is there.
capture "can:$b,500000"
ok "opened" heard " $b !open"
cangen "$a" -g 50 -I 2F4 -L 8 -p 1000 >/dev/null 2>&1 &
children="$children $!"
ok "frames" heard " $b 2F4#"
before=$(descriptors)
gone() { [ ! -e "/sys/class/net/$b" ]; }
# QEMU still holds what the kernel has let go of, for about a second ("Duplicate device ID").
added() {
	equals "$(host monitor device_add kvaser_pci,id=kb,canbus=bus)" ready
}
plug() { wait_for added && wait_for test -e "/sys/class/net/$b"; }
after_the_last_open() {
	awk '/ !open / { last = 0 } / 2F4#/ { last = 1 } END { exit !last }' "$dir/frames"
}
opens() { grep -c ' !open ' "$dir/frames"; }
closed() { tail -n 2 "$dir/frames" | grep -q ' !close '; }
cycle() {
	opened=$(opens)
	again() { [ "$(opens)" -gt "$opened" ] && after_the_last_open; }
	equals "$(host monitor device_del kb)" ready && wait_for gone && wait_for closed && plug &&
		soon again && return
	ls /sys/class/net
	grep ' !' "$dir/frames" | tail -n 6
	tail -n 4 "$dir/capture.err"
	return 1
}
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	ok "pulled out and plugged in: frames within 3 seconds, $i" cycle
done
ok "its bit rate is set" is "$b" "bitrate 500000 "
ok "descriptors: none more" equals "$(descriptors)" "$before"
ok "it ends with 0" stop_capture
done_testing
