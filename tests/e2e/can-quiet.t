#!/bin/sh
# Nothing is ever transmitted on CAN: only the CAN modules of jk-capture open a CAN socket or look for an
# interface, they have nothing that writes to one, and what is meant for a CAN bus is refused before it goes
# anywhere.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

cc -D_GNU_SOURCE -shared -fPIC -o "$dir/sockets.so" tests/e2e/sockets.c -ldl
: >"$dir/sockets"
export SOCKETS_FILE="$dir/sockets"
# of this shell and what it starts from now on
watch() {
	export LD_PRELOAD="$dir/sockets.so" ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0
}
can=29 # AF_CAN

(
	watch
	perl -MSocket -e 'socket my $s, 29, SOCK_RAW, 1'
	exit 0
)
ok "a CAN socket would be noticed" grep -qx "perl family $can" "$dir/sockets"
: >"$dir/sockets"

# All programs in one pipe: RS485 polled over TCP, and CAN from a recording beside it; with commands for both.
plain_broker
recorder "$dir/seen"
sim 1:16
jk-sim --can "$dir/can" --duration 5 0:16 1:16
: >"$dir/frames"
mkfifo "$dir/stream" "$dir/records" "$dir/ready"
(
	watch
	jk-capture -a 1 -n bus -x "$dir/tx" "tcp:127.0.0.1:$port" >"$dir/stream" 2>"$dir/capture.err" &
	echo $! >"$dir/capture.pid"
	jk-capture "file:$dir/can" >"$dir/stream" 2>"$dir/can.err" &
	jk-write -c "$dir/cmd" -x "$dir/tx" <"$dir/stream" 2>"$dir/write.err" | tee "$dir/frames" |
		jk-decode 2>"$dir/decode.err" | jk-alarm 2>"$dir/alarm.err" |
		jk-mqtt -c "$dir/cmd" "$broker_name:$broker_port" 2>"$dir/mqtt.err"
	echo $? >"$dir/ended"
) 9>&- &
children="$children $!"
heard '!mode poll'
capture=$(cat "$dir/capture.pid")
children="$children $capture"
heard ' can0 2F4#'
tell() {
	wait_for sh -c "printf '%s\n' '$*' 2>/dev/null 1<>'$dir/cmd'"
}
tell can0:1 charging_switch off c1
ok "a command for the CAN bus is rejected" heard \
	'!write c1 can0:1 charging_switch off rejected "can0 is a CAN bus'
tell bus:1 charging_switch off b1
ok "one for RS485 is carried out" heard '!write b1 bus:1 charging_switch off confirmed'
# switch charging, discharging and balancing over CAN: as a request line into the capture's own FIFO
perl -MTime::HiRes=time -e 'open my $f, ">", $ARGV[0] or die;
	syswrite $f, sprintf("(%.6f) bus 18F0F428#07000000\n", time)' "$dir/tx"
ok "a CAN frame is no request" heard ' bus !refused [a-z]* '
ok "nor is it transmitted" lacks '18F0F428#.* T$' "$dir/frames"
ok "CAN lines pass jk-write unchanged" wait_for sh -c "grep ' can0 [0-9A-F]*#' '$dir/frames' |
	cmp - '$dir/can'"
kill -TERM "$capture"
ok "the pipe ends" wait_for test -s "$dir/ended"
ok "sockets were watched" grep -q '^jk-capture family 2$' "$dir/sockets"
ok "also those of libraries" grep -q '^jk-mqtt family 2$' "$dir/sockets"
ok "without a source on CAN no program opened a CAN socket" lacks "family $can\$" "$dir/sockets"
ok "or looked for an interface" lacks ' interface ' "$dir/sockets"
find common jk-* -name '*.[ch]' ! -path 'jk-capture/can*' -exec cat {} + >"$dir/sources"
ok "no module can but those of jk-capture" lacks -E 'AF_CAN|PF_CAN|include <linux/can|libsocketcan' \
	"$dir/sources"
cat jk-capture/can*.[ch] >"$dir/sources"
ok "which do" grep -q 'PF_CAN' "$dir/sources"
writing='(^|[^_a-z])(p?writev?2?|send(to|m?msg|file)?|splice|v?dprintf|io_uring[_a-z]*|aio_write|syscall) *\('
echo 'if (write (fd, p, n) < 0 || sendmmsg(fd, m, 1, 0) < 0)' >"$dir/writes"
ok "what writes would be found" grep -qE "$writing" "$dir/writes"
ok "and have nothing that writes" lacks -E "$writing" "$dir/sources"
ok "nor in their row of what a link can do" lacks '[.]write' "$dir/sources"
for program in jk-decode jk-alarm jk-mqtt jk-write; do
	ok "$program has no libsocketcan" lacks -a libsocketcan "$build/$program"
done
ok "jk-capture has" grep -qa libsocketcan "$build/jk-capture"
(
	watch
	jk-capture can:nocan0 2>"$dir/err" >"$dir/out" &
	echo $! >"$dir/capture.pid"
)
children="$children $(cat "$dir/capture.pid")"
ok "a source on CAN opens one" wait_for grep -qx "jk-capture family $can" "$dir/sockets"
kill "$(cat "$dir/capture.pid")" 2>/dev/null
cat scripts/* >"$dir/sources"
ok "no script does" lacks -E 'cansend|canplayer|cangen|bcmserver' "$dir/sources"
for option in can:can0 can:can0,500000; do
	run jk-capture -a 1 $option
	ok "jk-capture -a 1 $option is refused" equals "$status" 100
	ok "with the reason" grep -q 'nothing is ever transmitted on CAN' "$dir/err"
	run jk-capture -x "$dir/tx" $option
	ok "so is -x" equals "$status" 100
done
ok "the page has the frame that switches" grep -q '0x18F0F428' man/jk-protocol.7
done_testing
