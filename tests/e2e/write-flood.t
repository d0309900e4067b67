#!/bin/sh
# Commands for one pack, ten a second, over real pipes: all packs are polled on, and each command has one
# result.
. tests/e2e/lib.sh

# flood BMS TIMES: writes their commands, 10 a second, and prints from when to when.
cat >"$dir/flood.pl" <<'END'
use Fcntl; use Time::HiRes qw(time sleep);
my ($fifo, $bms, $times) = @ARGV;
printf "%.6f", time;
for my $id (1 .. $times) {
	sysopen my $f, $fifo, O_WRONLY | O_NONBLOCK or die "$fifo: $!";
	syswrite $f, "$bms charging_switch on f$bms-$id\n";
	close $f;
	sleep .1; # the rate is what is tested
}
printf " %.6f\n", time;
END

begin() {
	sim --silence 4 1:8 2:8 3:8 4:8
	mkfifo "$dir/ready" "$dir/stream"
	jk-capture -n bus -i 1 -a 1-4 -x "$dir/tx" "tcp:127.0.0.1:$port" >"$dir/stream" 2>"$dir/capture.err" &
	capture=$!
	jk-write -c "$dir/cmd" -x "$dir/tx" -d 3 <"$dir/stream" >"$dir/frames" 2>"$dir/write.err" \
		3>"$dir/ready" &
	writer=$!
	children="$children $capture $writer"
	head -n 1 "$dir/ready" >/dev/null
	heard 'bus 03#55AAEB9003'
	heard_times 3 '!timeout 04 live'
}
end() {
	stop_sim
	stop_capture
	wait $writer
	rm -f "$dir/ready" "$dir/stream" "$dir/cmd" "$dir/tx"
}
# live ADDRESS LEAST SPAN: so many live frames of it, of one a second
live() {
	least=$2
	awk -v id="$1#55AAEB9002" -v span="$3" 'BEGIN { split(span, at, " ") }
		index($3, id) == 1 && substr($1, 2) + 0 > at[1] && substr($1, 2) + 0 < at[2] { n++ }
		END { print n + 0 }' "$dir/frames" >"$dir/n"
	echo "# $1: $(cat "$dir/n") live frames in 12 s"
	[ "$(cat "$dir/n")" -ge "$least" ]
}
one_result_each() { # TIMES
	[ "$(grep -o ' !write f[0-9]*-[0-9]* ' "$dir/frames" | sort -u | wc -l)" = "$1" ] &&
		[ "$(grep -c ' !write f' "$dir/frames")" = "$1" ]
}

for flooded in 1 4; do
	begin
	span=$(perl "$dir/flood.pl" "$dir/cmd" $flooded 120)
	for address in 01 02 03; do
		ok "flooded $flooded: $address is polled" live $address 6 "$span"
	done
	echo "2 charging_switch on other" >"$dir/cmd"
	ok "and a command for another has its result soon" heard \
		' !write other 2 charging_switch on confirmed'
	end
	ok "and each command one result" one_result_each 120
	ok "those over the queue are busy at once" grep -q ' !write f.* busy ' "$dir/frames"
done
done_testing
