#!/bin/sh
# The simulated CAN bus: its frames and cycles as the vendor's text and a real device have them, and its
# faults.
. tests/e2e/lib.sh

# can OPTIONS...: a bus into $dir/can, as fast as it goes
can() { jk-sim --can "$dir/can" --log "$dir/log" "$@"; }
# ids FROM TO: how many frames of each identifier lie in that time from the start, one line each
ids() {
	perl -ne '
		BEGIN { ($from, $to) = splice @ARGV, 0, 2 }
		/^\((\d+\.\d+)\) \S+ (\w+)#\w*$/ or die "no line of candump -L: $_"; $t = $1 - 1763856000;
		$n{$2}++ if $t >= $from && $t < $to;
		END { print "$_ $n{$_}\n" for sort keys %n }' "$1" "$2" "$dir/can"
}
count() { grep -c -e "$1" "$dir/can"; }
# data ID: the data of its first frame
data() { sed -n "s/^([0-9.]*) [^ ]* $1#//p" "$dir/can" | head -n 1; }
# within FROM TO PATTERN: whether the lines with the pattern, one at least, all lie in that time from the
# start
within() {
	grep -e "$3" "$dir/can" | perl -ne '
		BEGIN { ($from, $to) = splice @ARGV, 0, 2 }
		/^\((\d+\.\d+)\)/ or die "no time: $_"; $t = $1 - 1763856000; $n++;
		$t >= $from && $t <= $to or die "at $t: $_";
		END { $n or die "none\n" }' "$1" "$2"
}

# ---- cycles ----

measured='1806E5F4 20
18E028F4 6
18E128F4 6
18E228F4 6
18E328F4 6
18F128F4 50
18F228F4 10
18F428F4 10
18F528F4 20
2F4 100
4F4 100
5F4 10'
can --duration 10 0:16 || echo "Bail out! jk-sim does not run"
ok "ten seconds as a real device sends them" equals "$(ids 0 11)" "$measured"
real=../shared/captures/can-jk-native-250k-16s-fw15.38.frames
if [ -r $real ]; then
	ok "which its recording shows" equals "$(sed 's/^.* \([0-9A-F]*\)#.*/\1/' $real | LC_ALL=C sort |
		uniq -c |
		awk '{ print $2, $1 }')" "$measured"
else
	skip "which its recording shows" "no recordings"
fi
can --duration 4 --can-cycle documents 0:16
ok "84 frames a second by the documents" equals "$(ids 1.5 2.5)" '1806E5F4 2
18E028F4 1
18E128F4 1
18E228F4 1
18E328F4 1
18F128F4 10
18F228F4 2
18F428F4 2
18F528F4 2
2F4 50
4F4 10
5F4 2'
ok "their times grow, by no beat exactly" perl -ne '
	/^\((\d+)\.(\d+)\)/; $t = $1 * 1e6 + $2; $t > ($before // 0) or die $_; $before = $t;
	/ 2F4#/ and defined $last and $gaps{$t - $last}++; / 2F4#/ and $last = $t;
	END { exit(scalar(keys %gaps) < 5) }' "$dir/can"
can --duration 3 0:8 11:25
ok "cells need two frames, or seven" equals "$(ids 0 3 | grep -c '^18E.28F4 ')-$(ids 0 3 |
	grep -c '^18E.28FF ')" 2-7
ok "slots without a cell are 0" grep -qE ' 18E628FF#[0-9A-F]{4}000000000000$' "$dir/can"
ok "identifiers of address 11" equals "$(ids 0 3 | cut -d' ' -f1 | grep -v F4$ | tr '\n' ' ')" \
	"1806E5FF 18E028FF 18E128FF 18E228FF 18E328FF 18E428FF 18E528FF 18E628FF 18F128FF 18F228FF 18F428FF $(
	)18F528FF 2FF 4FF 5FF "

# ---- values ----

can --duration 3 --current 56700 --soc 51 --ambient 228 0:16
ok "2F4: 56.7 A of charge, 51 %" grep -qE ' 2F4#[0-9A-F]{4}D71133000000$' "$dir/can"
ok "18F128F4: 142.8 of 280.0 Ah, 11200.0 Ah that have wrapped once, 40 cycles" equals "$(data 18F128F4)" \
	9405F00A80B52800
ok "18F228F4: mask 10, five probes at 22 degrees" equals "$(data 18F228F4)" 1048484848480000
ok "5F4: highest and lowest are probe 0, counted from 0" equals "$(data 5F4)" 4800480048000000
ok "18F528F4: charging, discharging, ACC" equals "$(data 18F528F4)" 2300000000000000
ok "18F428F4: 20000000 s, no heating, health 100 %" equals "$(data 18F428F4 | sed 's/^../00/')" \
	002D310100006400
ok "1806E5F4 is big endian: 56.0 V, 90.0 A, on" equals "$(data 1806E5F4)" 0230038400000000
can --duration 1 --current -23400 --ambient -51 --soc 10 2:4:19
ok "discharging, below zero" grep -qE ' 2F6#[0-9A-F]{4}B60E0A000000$' "$dir/can"
ok "an absent probe is FF" equals "$(data 18F228F6)" 102C2C2C2CFF0000
ok "cells are counted from 1" grep -qE ' 4F6#[0-9A-F]{4}0[1-4][0-9A-F]{4}0[1-4]0000$' "$dir/can"
can --duration 1 --current 5000 --current 3:-7000 --soc 2:40 --soc 3:30 2:16 3:8
ok "values of one pack" sh -c "grep -qE ' 2F6#....D20F28' '$dir/can' && grep -qE ' 2F7#....5A0F1E' '$dir/can'"
can --duration 600 0:16
ok "a maximum 1 mV below the minimum, at times" perl -ne '
	/ 4F4#(....)(..)(....)(..)0000$/ or next; $n++;
	$below = unpack("v", pack "H4", $3) - unpack("v", pack "H4", $1); $below > 1 and die $_;
	$odd += $below == 1;
	END { $odd > 0 && $odd < $n / 10 or die "$odd of $n\n" }' "$dir/can"
ok "the log has what was sent" perl -e '
	open C, "<", shift; @sent = map { /(\S+)#(\S+)/; [$1, $2] } <C>; open L, "<", shift;
	while (<L>) {
		/"what":"can","bms":0,"id":"0*(\w+)","heard":true,"hex":"(\w+)","values":\{"/ or die $_; $s = shift @sent;
		$s->[0] eq $1 && $s->[1] eq $2 or die "$_ is @$s\n";
		/"id":"000002F4".*"hex":"(....)(....)(..).*"total_voltage":([\d.]+),"current":([-\d.]+),"state_of_charge":(\d+)\}/ or next;
		my @v = unpack "vvC", pack "H*", "$1$2$3"; $n++;
		abs($v[0] / 10 - $4) < .01 && abs($v[1] / 10 - 400 - $5) < .01 && $v[2] == $6 or die $_ }
	@sent == 0 && $n == 6000 or die "@sent left, $n\n"' "$dir/can" "$dir/log"

# ---- alarms ----

can --duration 20 --can-levels 0:2043@5-9 --can-levels 0:0x2041@9-12.5 --alarm 0:00020010@3-6 0:16 1:16
ok "7F4 during its time only" within 5 12.6 ' 7F4#'
ok "every 100 ms" equals "$(count ' 7F4#')" 75
ok "one level" within 5 9.02 ' 7F4#4320000000000000$'
ok "then another" within 9 12.6 ' 7F4#4120000000000000$'
ok "18F328F4 likewise, with the bits of RS485" within 3 6.1 ' 18F328F4#1000020000000000$'
ok "no other pack has them" lacks -E ' (7F5|18F328F5)#' "$dir/can"

# ---- faults ----

can --duration 60 --can-lost 0.2 0:16
lost=$(wc -l <"$dir/can")
ok "a fifth is lost: $lost of 2080" test "$lost" -gt 1560 -a "$lost" -lt 1760
ok "which the log tells" equals "$(grep -c '"heard":false' "$dir/log")" $((2080 - lost))
can --duration 60 --can-error-frames 0.1 0:16
ok "error frames" test "$(count ' 20000088#0000040000000000$')" -gt 150
ok "and nothing else is missing" equals "$(grep -vc ' 20000088#' "$dir/can")" 2080
can --duration 8 --can-inverter 0:16
ok "an inverter's frames, each every 800 ms" equals "$(ids 0.8 7.2 | grep ^3)" '351 8
355 8
356 8
359 8
35C 8
35E 8
370 8
371 8'
can --duration 30 --can-silence 1@10-20 0:16 1:16
ok "a pack falls silent" none_among ' \(2F5\|18F428F5\)#' '^(176385601[0-9]' "$dir/can"
ok "and comes back" equals "$(count ' 2F5#')" 200
ok "the other does not" equals "$(count ' 2F4#')" 300
can --duration 30 --can-mute 10-20 0:16
ok "nothing is heard for ten seconds" lacks '^(176385601[0-9]' "$dir/can"
can --duration 30 --can-cycle documents --twin 0:8 --twin-at 10-20 0:16
ok "two packs with address 0: 100 frames a second" equals "$(ids 12 13 | grep '^2F4 ')" "2F4 100"
ok "with a runtime that goes to and fro" perl -ne '
	/^\(17638560(\d\d).* 18F428F4#(\w{8})/ or next; $t = unpack "V", pack "H8", $2;
	$jumps{$1 < 10 || $1 > 20 ? "alone" : "both"}++ if defined $last && abs($t - $last) > 10; $last = $t;
	END { $jumps{both} > 30 && ($jumps{alone} // 0) <= 1 or die "$jumps{both}, $jumps{alone}\n" }' \
	"$dir/can"
can --duration 10 --can-cycle documents --can-inverter 0:16 1:16 2:16 3:16 4:16 5:16 6:16 7:16
ok "eight packs, one frame after the other" perl -ne '
	/^\((\d+)\.(\d+)\)/; $t = $1 * 1e6 + $2; $n++; !defined $last || $t - $last >= 480 or die $_;
	$last = $t;
	END { $n > 6700 or die "$n\n" }' "$dir/can"

# ---- repeatable ----

can --duration 100 --can-lost 0.1 --can-error-frames .1 --seed 7 0:16 1:8
cp "$dir/can" "$dir/before"
can --duration 100 --can-lost 0.1 --can-error-frames .1 --seed 7 0:16 1:8
ok "the same seed, the same bytes" cmp "$dir/can" "$dir/before"
can --duration 100 --can-lost 0.1 --can-error-frames .1 --seed 8 0:16 1:8
ok "another seed, others" sh -c "! cmp -s '$dir/can' '$dir/before'"
jk-sim --can "$dir/can" --duration 86400 1:16
ok "a day" equals "$(count ' 2F5#')" 864000

# ---- the same packs on RS485 ----

jk-sim -o /dev/null --can "$dir/can" --log "$dir/log" --duration 600 1:16 2:8
ok "both say the same" perl -ne '
	/"bms":(\d+),/ or next; $b = $1;
	/"what":"frame","bms":\d+,"type":"live"/ and !/"state":"valid"/ and next;
	/"t":([\d.]+).*"total_runtime":(\d+)/ and $zero{$b} //= $2 - int $1 and
		abs($2 - $1 - $zero{$b}) < 2 || die $_;
	my $bus = /"what":"can"/ ? "can" : "rs485";
	/"total_voltage":([\d.]+).*"state_of_charge":(\d+)/ or next;
	$n{$bus}++;
	($v{$b}, $s{$b}) = ($1, $2) if $bus eq "rs485";
	next if $bus eq "rs485" || !defined $v{$b};
	abs($v{$b} - $1) < .3 && abs($s{$b} - $2) <= 1 or die "$v{$b} V, $s{$b} % and $_";
	END { $n{can} > 10000 && $n{rs485} > 500 or die "$n{can}, $n{rs485}\n" }' "$dir/log"
: >"$dir/log"
sim --can "$dir/can" --log "$dir/log" 1:16
tests/e2e/client.pl "$port" 1 >"$dir/heard"
ok "on TCP and CAN at once, in real time" grep -q '^55AAEB9002' "$dir/heard"
ok "with frames" wait_for grep -q ' 18F428F5#' "$dir/can"
ok "stamped with the time of the day" perl -ne '
	/^\((\d+)/; abs($1 - time) < 600 or die "$1, but it is ", time, "\n"' "$dir/can"
stop_sim

mkfifo "$dir/fifo"
jk-sim --can "$dir/fifo" --can-mute USR1 --speed 20 1:16 2>"$dir/sim.err" &
sim=$!
children="$children $sim"
sed -u 3q "$dir/fifo" >"$dir/first" # it goes, and what comes then is lost
ok "a FIFO" equals "$(grep -c ' can0 ' "$dir/first")" 3
sed -u 50q "$dir/fifo" >"$dir/first"
ok "again" equals "$(grep -c '^([0-9.]*) can0 [0-9A-F]*#[0-9A-F]*$' "$dir/first")" 50
stop_sim
ok "without a word" equals "$(cat "$dir/sim.err")" ''

# One that is full, and read later: the log has what was in it as heard, and nothing else.
exec 7<>"$dir/fifo"
jk-sim --can "$dir/fifo" --speed 200 --log "$dir/full.log" 1:16 2:8 &
sim=$!
children="$children $sim"
ok "what a full FIFO does not take is not heard" wait_for grep -q '"heard":false' "$dir/full.log"
stop_sim
heard=$(grep -c '"heard":true,"written":[0-9.]*,' "$dir/full.log")
sed "${heard}q" <&7 | sed 's/.*#//' >"$dir/read"
exec 7>&-
grep '"heard":true' "$dir/full.log" | sed 's/.*"hex":"\([0-9A-F]*\)".*/\1/' |
	cmp - "$dir/read" >"$dir/differs" 2>&1
ok "what it took is" test ! -s "$dir/differs"

# ---- what cannot be ----

run jk-sim --can can:nonesuch 1:16
ok "no such interface: exit 111" equals "$status" 111
ok "which it says" grep -qE '^jk-sim: can:nonesuch: cannot (open a CAN socket|find the CAN interface).*: ' \
	"$dir/err"
for wrong in '--can-cycle slow' '--can-levels 12:1' '--can-levels 1' '--can-levels 1:123456789' \
	'--can-silence x' '--can-mute 5' \
	'--soc 16:5' '--soc x:5' '--can-lost 2' '--can-error-frames x' '--can-channel a/b' '--twin-at 5'; do
	# shellcheck disable=SC2086 # an option and its value
	run jk-sim --can /dev/null $wrong 1:16
	ok "$wrong: exit 100" equals "$status" 100
	ok "$wrong: says so" grep -q -e "jk-sim: ${wrong% *}: wrong value: ${wrong#* }" "$dir/err"
done
for wrong in '--can - --tcp 1:16' '--can - -o - 1:16' '--can can:a -o x 1:16' '--can /dev/null 12:16' \
	'--can /dev/null --twin 12:16 1:16'; do
	# shellcheck disable=SC2086 # options
	run jk-sim $wrong
	ok "$wrong: exit 100" equals "$status" 100
	ok "$wrong: says why" grep -q '^jk-sim: --can: ' "$dir/err"
done
done_testing
