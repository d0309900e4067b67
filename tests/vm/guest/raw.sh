#!/bin/sh
# A 16550 UART, ttyS1, read by any other program: stty and the shell.
. tests/vm/guest/lib.sh

ok "a bus with a master" equals "$(bus uart /dev/ttyS1 --master 1:16 2:8 3:15)" ready
ok "the line is set by stty" stty -F /dev/ttyS1 115200 raw -echo
jk-capture -n ttyS1 - </dev/ttyS1 >"$dir/frames" 2>"$dir/capture.err" &
capture=$!
children="$children $capture"
for address in 00 01 02 03; do
	ok "raw bytes of the line: live frames of $address" heard " ttyS1 $address#55AAEB9002[0-9A-F]* R$"
done
ok "SIGTERM ends it with 0" stop_capture
ok "no record that was not sent" right uart
done_testing
