#!/bin/sh
# A ttyACM, as an adapter with a processor of its own is one: the kernel plays the device too (dummy_hcd,
# g_serial), and a simulated bus in here is at its end.
. tests/vm/guest/lib.sh
link=/dev/serial/by-id/usb-Linux_$(uname -r)_with_dummy_udc_Gadget_Serial_v2.4-if00

# What is plugged in: the device, and a bus behind it
plug() {
	modprobe g_serial use_acm=1 && wait_for test -L "$link" && stty -F /dev/ttyGS0 raw -echo || return 1
	nc 127.0.0.1 "$port" </dev/ttyGS0 >/dev/ttyGS0 &
	bridge=$!
	children="$children $bridge"
}
unplug() {
	kill "$bridge" && wait_for rmmod g_serial
}

modprobe dummy_hcd
modprobe usb_f_acm
sim 7:16
ok "a device of the class CDC ACM is there" plug

capture -n acm -a 7 -i 1 "$link"
ok "it is opened" heard ' acm !open '
ok "live frames" heard ' 07#55AAEB9002[0-9A-F]* R$'
ok "exclusive" sh -c "tty-look flags /dev/ttyACM0 | grep exclusive"
ok "pulled out" unplug
ok "that is said" heard ' acm !close '
ok "and tried again, not all the time" rests
opened=$(grep -c ' !open' "$dir/frames")
ok "plugged in" plug
again() { [ "$(grep -c ' !open' "$dir/frames")" -gt "$opened" ]; }
ok "it is opened" wait_for again
ok "and polled" wait_for live_again
ok "SIGTERM ends it with 0" stop_capture
done_testing
