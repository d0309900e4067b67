#!/bin/sh
# The disk with the state of jk-write is full, from each moment of a command on, and jk-write is killed:
# nothing is written to a BMS that the next start would not know of, and nothing is reported that is not true.
# The test is in the place of the capture.  The disk is a small file system of its own where one can be
# mounted; else jk-write may write no file, which is set from outside.
. tests/e2e/lib.sh
. tests/e2e/write.sh

mkdir "$dir/disk"
mounted=
mount -t tmpfs -o size=64k jk-test "$dir/disk" 2>/dev/null && mounted=1
trap '[ -z "$mounted" ] || umount -l "$dir/disk"; cleanup' EXIT
# full and free: as the method has it.
full() {
	if [ "$how" = disk ]; then
		dd if=/dev/zero of="$dir/disk/filler" bs=4096 2>/dev/null
		dd if=/dev/zero of="$dir/disk/filler.2" bs=1 count=1 2>/dev/null
		! test -s "$dir/disk/filler.2" && rm -f "$dir/disk/filler.2"
		reason='No space left on device'
	else
		prlimit --pid "$writer" --fsize=0:
		reason='File too large'
	fi
}
free_again() {
	if [ "$how" = disk ]; then
		rm -f "$dir/disk/filler" "$dir/disk/filler.2"
	else
		prlimit --pid "$writer" --fsize=unlimited:
	fi
}

# begin: jk-write between $dir/stream, which is open as 5, and $dir/frames; its requests come on
# 6.  Its outputs are pipes, as it may write no file.
begin() {
	rm -f "$dir/stream" "$dir/tx" "$dir/cmd" "$dir/pipe" "$dir/log"
	: >"$dir/frames"
	: >"$dir/err"
	mkfifo "$dir/stream" "$dir/tx" "$dir/ready" "$dir/pipe" "$dir/log"
	cat "$dir/pipe" >"$dir/frames" &
	children="$children $!"
	cat "$dir/log" >"$dir/err" &
	children="$children $!"
	exec 5<>"$dir/stream" 6<>"$dir/tx"
	jk-write -c "$dir/cmd" -x "bus=$dir/tx" -s "$dir/disk/state" -d 3 --per-second 100 \
		<"$dir/stream" >"$dir/pipe" 2>"$dir/log" 3>"$dir/ready" 5<&- 6<&- &
	writer=$!
	children="$children $writer"
	timeout 60 head -n 1 "$dir/ready" >"$dir/ok.out"
	rm "$dir/ready"
}
end() {
	kill -KILL "$writer" 2>/dev/null
	wait "$writer" 2>/dev/null
	exec 5>&- 6>&-
}
nothing_but_readings() { # in the requests that have not been looked at
	perl -e '$n = pack "i", 0;
		ioctl STDIN, 0x541B, $n or die;
		sysread STDIN, $p, unpack "i", $n;
		print $p;
		exit $p =~ /#0110(?!161)/' <&6
}
in_state() { wait_for grep -q "^command $1 bus $2 " "$dir/disk/state"; }
passes() { # the stream
	say "!junk 00"
	wait_for grep -q '!junk 00' "$dir/frames"
}
# step STAGE ID: from the stage before.
step() {
	case $1 in
	reading) give "1 charging_switch off $2" && asked $trigger && say "01#$trigger T" ;;
	sent) say "$settings1" && asked $write && say "01#$write T" ;;
	back) say "$ack R" && asked $trigger && say "01#$trigger T" ;;
	done) say "$off" && result "$2" confirmed ;;
	esac
}
to() { # STAGE ID: from the beginning
	for stage in reading sent back "done"; do
		step $stage "$2" || return 1
		[ $stage != "$1" ] || return 0
	done
}
# nothing_false ID PATTERN: the next start reports of it what is known, or nothing.
nothing_false() {
	free_again 2>/dev/null
	begin
	give "1 no_such_key on last"
	result last rejected >/dev/null
	grep "!write $1 " "$dir/frames" | grep -vE "!write $1 .* $2" && return 1
	return 0
}

for how in disk limit; do
	if [ "$how" = disk ] && [ ! "$mounted" ]; then
		skip "a small file system" "none can be mounted"
		continue
	elif [ $how = limit ] && ! command -v prlimit >/dev/null; then
		skip "a limit" "no prlimit"
		continue
	fi
	rm -f "$dir/disk/state"

	begin
	full
	give "1 charging_switch off a"
	ok "$how: full before the command: rejected" result a \
		"rejected \"the state cannot be kept: $reason: nothing was written\""
	ok "$how: and the stream passes" passes
	ok "$how: at most a reading has left" nothing_but_readings
	ok "$how: and it is logged" grep -q "^jk-write: -s $dir/disk/state: $reason" "$dir/err"
	free_again
	ok "$how: there is room again: carried out" to "done" b
	ok "$how: which is logged" wait_for grep -q 'the state can be kept again' "$dir/err"
	full
	end
	ok "$how: the next start reports nothing false" nothing_false a 'rejected "the state'
	end

	begin
	to reading a
	in_state begun a
	full
	say "$settings1"
	ok "$how: full before the write: rejected" result a \
		"rejected \"the state cannot be kept: $reason: nothing was written\""
	passes
	ok "$how: and no write left" nothing_but_readings
	end
	ok "$how: the next start knows that nothing was written" nothing_false a \
		'(unknown|rejected) ".*: nothing was written"'
	end

	for stage in sent back; do
		begin
		to $stage a
		in_state written a
		full
		give "1 balancer_switch off other"
		[ $stage = back ] || step back a
		say "$off"
		ok "$how: full at $stage: what was written is confirmed" result a confirmed
		ok "$how: full at $stage: then the other is rejected" result other \
			'rejected "the state cannot be kept'
		end
		ok "$how: full at $stage: the next start does not know the end" nothing_false a \
			'unknown "jk-write ended in the middle of it: it may have been written"'
		ok "$how: full at $stage: which it reports" result a unknown
		end
		begin
		end
		ok "$how: full at $stage: and once" lacks '!write a' "$dir/frames"
	done

	begin
	to sent a
	in_state written a
	full
	end
	if [ "$how" = disk ]; then
		begin
		ok "$how: still full at the next start: it begins, and reports what it knows" result a unknown
		ok "$how: the stream passes" passes
		give "1 charging_switch off b"
		ok "$how: and nothing is written" result b 'rejected "the state cannot be kept'
		end
		ok "$how: after the next kill the same is reported" nothing_false a unknown
		end
	fi
done
done_testing
