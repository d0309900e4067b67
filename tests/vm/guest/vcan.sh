#!/bin/sh
# A virtual CAN interface of the kernel: what jk-capture writes is what candump -L writes beside it, also of
# ten minutes; an interface that goes down, vanishes and comes back; frames that the kernel had to drop; and
# what it says when it may not.
. tests/vm/guest/lib.sh
patience=100

ok "there is a CAN interface" ip link add vcan0 type vcan
ok "it is up" ip link set vcan0 up
ok "a frame passes" equals "$(tty-look can vcan0)" '2F4#1302B20F51000000'

# The exact filters, as candump takes them.
filters() {
	for base in 2F4 4F4 5F4 7F4; do
		for address in 0 1 2 3 4 5 6 7 8 9 10 11; do
			printf ',%03X:C00007FF' $((0x$base + address))
		done
	done
	for base in 18F128F4 18F228F4 18F328F4 18F428F4 18F528F4 18E028F4 18E128F4 18E228F4 18E328F4 \
		18E428F4 18E528F4 18E628F4 1806E5F4; do
		for address in 0 1 2 3 4 5 6 7 8 9 10 11; do
			printf ',%08X:DFFFFFFF' $((0x$base + address))
		done
	done
	echo ,01F21400:DFFFFFFF
}
# dump FILE FILTERS: candump in the background, with as large a buffer
dump() {
	: >"$1"
	candump -r 1048576 -L "vcan0$2" >"$1" 2>"$1.err" &
	dumps="$! ${dumps-}"
	children="$children $!"
}
# receivers N: so many sockets have a filter for all
receivers() {
	[ "$(grep -c '^ *vcan0 ' /proc/net/can/rcvlist_all)" -eq "$1" ]
}
frames() { grep -v '^([0-9.]*) vcan0 !' "$1"; }
# filtered N: so many sockets have the last of the exact filters
filtered() {
	[ "$(grep -cE '^ *vcan0 *[08]1f21400 ' /proc/net/can/rcvlist_eff)" -eq "$1" ]
}
# told FILE N: it has so many lines of frames
told() { [ "$(frames "$1" | wc -l)" -ge "$2" ]; }
same() { frames "$1" | cmp - "$2"; }

# Everything, whatever its form; error frames, too.
dump "$dir/all" ',0:0,#FFFFFFFF'
wait_for receivers 1
second --all can:vcan0
ok "everything: the interface is opened" second_hears ' vcan0 !open can:vcan0$'
capture can:vcan0
ok "JK: the interface is opened by a user without privileges" heard ' vcan0 !open can:vcan0$'
ok "it only listens" heard ' vcan0 !mode listen passive$'
ok "it receives everything at first" wait_for receivers 3
for form in 123#0102 7F4#R 7F4#R8 18F528F4#R 7F0# 000002F4#01 2F4##1112233445566778899AABB \
	1FFFFFFF#0123456789ABCDEF 20000004#0008000000006000 20000040#0000000000000000 \
	20000100#0000000000000000; do
	cansend vcan0 "$form"
done
ok "frames of all forms arrive" wait_for told "$dir/second" 11
ok "they are what candump writes, with the times" same "$dir/second" "$dir/all"
ok "and so they are without a filter" same "$dir/frames" "$dir/all"
words() { sed -n 's/.* !can //p' "$1" | tr '\n' ','; }
ok "error frames are states" equals "$(words "$dir/second")" \
	'error-warning 96 0,bus-off 0 0,restarted,error-active 0 0,'
cansend vcan0 2F4#1302B20F51000000
ok "a frame of a pack ends that" wait_for receivers 2
ok "it was written" heard ' vcan0 2F4#1302B20F51000000$'

# 8 packs and an inverter's frames.
frames "$dir/frames" >"$dir/before"
dump "$dir/some" "$(filters)"
ok "candump has the same filters" wait_for filtered 2
jk-sim --can can:vcan0 --can-inverter --speed 10 --duration 40 0:16 1:8 2:16 3:15 4:16 5:16 6:24 11:4 \
	2>"$dir/sim.err"
ok "the simulated packs have sent" test ! -s "$dir/sim.err"
cansend vcan0 01F21400#0102030405060708
cansend vcan0 2FF#0102030405060708
rest() { frames "$dir/frames" | tail -n +$(($(wc -l <"$dir/before") + 1)); }
ended() { grep -q ' 2FF#0102030405060708$' "$1"; }
ok "all has been read" wait_for ended "$dir/frames"
ok "by candump, too" wait_for ended "$dir/some"
ok "and by the one without a filter" wait_for ended "$dir/second"
rest >"$dir/rest"
ok "there are a thousand frames of packs" test "$(wc -l <"$dir/rest")" -ge 1000
ok "they are what candump writes with the same filters" cmp "$dir/rest" "$dir/some"
ok "all is what candump writes" wait_for same "$dir/second" "$dir/all"
ok "without a filter there is more" test "$(frames "$dir/second" | grep -c ' 351#')" -gt 0
ok "with it there is not" lacks ' 351#' "$dir/rest"
ok "nothing is lost" lacks '!lost' "$dir/frames"
jk-decode "$dir/frames" >"$dir/records" 2>/dev/null
bmses() { jq -r 'select(.type == "can") | .bms' "$dir/records" | sort -u | tr '\n' ' '; }
ok "they are decoded" equals "$(bmses)" "0 1 11 2 3 4 5 6 null "
stop_second
# shellcheck disable=SC2086 # processes
kill $dumps
ok "it ends with 0 when told to" stop_capture

# Ten minutes of the bus, faster; and a frame of each id, since not all are sent in ten minutes.
each_id() {
	filters | tr , '\n' | sed -n 's/^\([0-9A-F]*\):.*/(1763856000.000000) vcan0 \1#0102/p'
}
ten="0:16 1:8 2:16 3:15 4:16 5:16 6:24 11:4"
# shellcheck disable=SC2086 # packs
jk-sim --can "$dir/log" --can-channel vcan0 --duration 600 $ten
each_id >>"$dir/log"
capture can:vcan0
ok "opened" heard ' vcan0 !mode listen passive$'
cansend vcan0 2F4#00
ok "filtered" wait_for filtered 1
dump "$dir/dumped" "$(filters)"
ok "candump, too" wait_for filtered 2
before=$(wc -c <"$dir/frames")
played=$(can-play "$dir/log" vcan0 "$dir/frames" "$dir/dumped")
ok "ten minutes of eight packs are played: over 150,000 frames" test "$played" -gt 150000
# Of jk-capture, what it wrote after that
tail -c +$((before + 1)) "$dir/frames" | grep -vF ' !' >"$dir/written"
kill "${dumps%% *}"
ok "what is written is what candump writes, with the times" cmp "$dir/written" "$dir/dumped"
data() { cut -d ' ' -f 3 "$1"; }
data "$dir/written" >"$dir/written.data"
ok "and all that was sent, in order" sh -c "cut -d ' ' -f 3 '$dir/log' | cmp - '$dir/written.data'"
ok "nothing is lost" lacks '!lost' "$dir/frames"
ok "it ends with 0 when told to" stop_capture
rm "$dir/log" "$dir/written" "$dir/written.data" "$dir/dumped"

# Down and up, by somebody else.
capture can:vcan0
ok "opened" heard ' vcan0 !mode listen passive$'
cansend vcan0 2F4#01
ok "filtered" wait_for filtered 1
before=$(descriptors)
# back WORD: a frame with this data is sent until it is heard, within 3 seconds
back() {
	tries=0
	soon send_again "$1"
}
send_again() {
	if grep -q " 2F4#$1\$" "$dir/frames"; then
		return 0
	fi
	tries=$((tries + 1))
	cansend vcan0 "2F4#$1"
	return 1
}
all_back() {
	for i in 10 11 12 13 14 15 16 17 18 19; do
		ip link set vcan0 down
		ip link set vcan0 up
		back "$i" || return 1
	done
}
ok "ten times down and up: a frame within 3 seconds" all_back
ok "the interface that was down is an event" heard ' vcan0 !can stopped 0 0$'
ok "so is that it is up" heard ' vcan0 !can error-active 0 0$'
ok "it is the same socket" lacks '!close' "$dir/frames"
ip link del vcan0
ok "it is gone" heard ' vcan0 !close the interface is gone$'
ok "and missing" heard ' vcan0 !close no such interface'
ip link add vcan0 type vcan
ip link set vcan0 up
ok "made again: a frame within 3 seconds" back AA
ok "by the filter again" receivers 0
ok "descriptors: none more" equals "$(descriptors)" "$before"

# A reader that stands still.
received() { grep -cE ' 2F(E|4)#' "$dir/frames"; }
lost() { awk '$3 == "!lost" { n += $4 } END { print n + 0 }' "$dir/frames"; }
before=$(received)
kill -STOP "$capture"
cangen vcan0 -g 0 -p 1000 -n 4000 -I 2FE -L 8 -D i
sleep 3
kill -CONT "$capture"
back BB
sent=$((4000 + tries + 1))
cansend vcan0 2F4#BBBB
ok "it reads on" heard ' 2F4#BBBB$'
ok "some frames were dropped" test "$(lost)" -gt 0
ok "sent = written + dropped" equals "$(($(received) - before + $(lost)))" "$sent"
ok "it ends with 0 when told to" stop_capture

# What it may not do, or cannot.
status=0
as owner timeout 30 jk-capture can:lo >"$dir/out" 2>"$dir/err" || status=$?
ok "lo is no CAN interface" ends 100
ok "it says so" grep -q 'can:lo: not a CAN interface' "$dir/err"
# refused SOURCE PATTERN: a second one says this, and goes on trying
refused() {
	second "$1"
	wait_for grep -q "$2" "$dir/second.err" && stop_second &&
		equals "$(grep -cv ': listening' "$dir/second.err")" 1
}
ok "an interface that is missing is waited for" refused can:can9 \
	'can:can9: no such interface: .*; trying again$'
ip link set vcan0 down
ok "one that is down is waited for" refused can:vcan0 \
	'the interface is down: waiting for ip link set vcan0 up$'
ok "a user may not bring it up; nothing else is logged" refused can:vcan0,500000 \
	'not permitted to bring it up; as root: ip link set vcan0 up; trying again$'
user=root
capture can:vcan0,500000
ok "root may, though it has no bit rate" heard '!open can:vcan0,500000$'
ok "a frame passes" back CC
ip link set vcan0 down
ok "it brings it up again" back DD
stop_capture
done_testing
