#!/bin/sh
# A 16550 UART, ttyS1.  Polling, who may open it, a port without hardware, and bytes that the kernel could not
# keep.
. tests/vm/guest/lib.sh

ok "a bus without a master" equals "$(bus uart /dev/ttyS1 1:16 2:8 3:15)" ready
# What another program left behind
stty -F /dev/ttyS1 9600 sane -clocal parenb cstopb crtscts
capture -a 1-3 -i 1 /dev/ttyS1
ok "polled: the line is opened" heard ' ttyS1 !open /dev/ttyS1$'
for address in 01 02 03; do
	ok "polled: live frames of $address" heard " ttyS1 $address#55AAEB9002[0-9A-F]* R$"
	ok "polled: settings of $address" heard " ttyS1 $address#55AAEB9001[0-9A-F]* R$"
	ok "polled: about frames of $address" heard " ttyS1 $address#55AAEB9003[0-9A-F]* R$"
done
settings() {
	# shellcheck disable=SC2020 # two characters
	stty -a -F /dev/ttyS1 | tr ' ;' '\n\n' | grep -xF -- "$1"
}
ok "115200 baud" sh -c "stty -F /dev/ttyS1 | grep 'speed 115200 baud'"
for setting in cs8 -parenb -cstopb -crtscts clocal cread -icanon -echo -isig -opost -ixon -ixoff -icrnl \
	-inlcr -istrip; do
	ok "the driver was set to $setting" settings "$setting"
done
ok "the driver delivers at once, to nobody else" equals "$(tty-look flags /dev/ttyS1)" "low_latency exclusive"

ok "another program of the same user cannot open it" sh -c \
	"! su owner -s /bin/sh -c ': </dev/ttyS1' 2>/dev/null"
for user in owner root; do
	asked=$(grep -c ' T$' "$dir/frames")
	second -a 1-3 /dev/ttyS1
	ok "a second jk-capture, of $user, is told that it is busy" second_says busy
	ok "and it has transmitted nothing" lacks ' T$' "$dir/second"
	ok "and ends with 0 when told to" stop_second
done
user=owner
more() { [ "$(grep -c ' T$' "$dir/frames")" -gt $((asked + 3)) ]; }
ok "the first goes on polling" wait_for more
ok "and took nobody for a master" yields_to_nobody
ok "and was not closed" equals "$(closings "$dir/frames")" ""
ok "SIGTERM ends it with 0" stop_capture
ok "no record that was not sent" right uart
ok "afterwards anybody may open it" sh -c "su owner -s /bin/sh -c ': </dev/ttyS1'"

user=nobody
capture -a 1 -i 1 /dev/ttyS1
ok "a user without the group is told which" wait_for grep -q 'not permitted.*group dialout' "$dir/capture.err"
ok "and so is who reads the events" heard '!close.*not permitted.*group dialout'
chmod 666 /dev/ttyS1
ok "once it is permitted it is opened" heard '!open /dev/ttyS1$'
ok "and polled" heard ' 01#55AAEB9002'
# A break is a byte of zero for the driver, and may come in the middle of a frame: not while every frame has
# to be there.
ok "a break on the line" equals "$(host monitor chardev-send-break uart)" ready
asked=$(grep -c ' T$' "$dir/frames")
more() { [ "$(grep -c ' T$' "$dir/frames")" -gt $((asked + 3)) ]; }
ok "does not end the polling" wait_for more
ok "SIGTERM ends it with 0" stop_capture
chmod 600 /dev/ttyS1
capture -a 1 /dev/ttyS1
ok "no group is named if none may open it" wait_for grep -q 'not permitted' "$dir/capture.err"
ok "really none" lacks 'dialout' "$dir/capture.err"
ok "SIGTERM ends it with 0" stop_capture
chmod 660 /dev/ttyS1
user=owner

capture serial:/dev/ttyS1,9600
ok "another speed" heard '!open serial:/dev/ttyS1,9600$'
ok "is what the driver was set to" sh -c "stty -F /dev/ttyS1 | grep 'speed 9600 baud'"
ok "SIGTERM ends it with 0" stop_capture

capture -a 1 /dev/ttyS3
ok "a port without hardware is said" heard ' ttyS3 !close '
ok "with a reason" wait_for grep -q '/dev/ttyS3: .*; trying again' "$dir/capture.err"
ok "and tried again, not all the time" rests
ok "SIGTERM ends it with 0" stop_capture

# Stopped while a bus fills the kernel's buffer of 640 kB.  At 115200 baud that would take a minute; this bus
# is faster.
ok "a bus that never rests" equals "$(bus uart /dev/ttyS1 --master --speed 1000 1:16 2:8 3:15)" ready
capture /dev/ttyS1
ok "it is heard" heard ' 01#55AAEB9002'
kill -STOP "$capture"
patience=1800
full() { tty-look counts /dev/ttyS1 | grep -q 'buffer=[1-9]'; }
ok "the kernel's buffer is full" wait_for full
patience=580
ok "the bus is silent" equals "$(host end uart)" ready
kill -CONT "$capture"
ok "what the kernel lost is said" heard ' !lost 0 [1-9][0-9]*$'
ok "SIGTERM ends it with 0" stop_capture
lost=$(sed -n 's/.* !lost 0 \([0-9]*\)$/\1/p' "$dir/frames" | awk '{ n += $1 } END { print n + 0 }')
ok "all of it" equals "$(tty-look counts /dev/ttyS1 | tr ' ' '\n' | sed -n 's/^buffer=//p')" "$lost"
jk-decode -t rejected "$dir/frames" >"$dir/rejected" 2>/dev/null
ok "and no record was made of what was left" equals "$(wc -l <"$dir/rejected" | tr -d ' ')" 0
done_testing
