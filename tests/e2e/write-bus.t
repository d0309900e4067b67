#!/bin/sh
# The whole way: commands through jk-write, jk-capture and the simulated bus, and back.
. tests/e2e/lib.sh

mkdir "$dir/replies"
# pipeline SIM-OPTIONS...: a bus of four packs that is polled.
pipeline() {
	sim --strict --speed 3 "$@" 1:16 2:16 3:16:19 4:8
	rm -f "$dir/stream" "$dir/tx" "$dir/cmd"
	mkfifo "$dir/stream" "$dir/ready"
	jk-capture -n bus -a 1-4 -g 20 -x "$dir/tx" "tcp:127.0.0.1:$port" >"$dir/stream" 2>"$dir/capture.err" &
	capture=$!
	jk-write -c "$dir/cmd" -x "$dir/tx" -r "$dir/replies" -s "$dir/state" -A "$dir/allow" --per-second 100 --per-day 1000 -d 3 \
		<"$dir/stream" >"$dir/frames" 2>"$dir/write.err" 3>"$dir/ready" &
	writer=$!
	children="$children $capture $writer"
	head -n 1 "$dir/ready" >"$dir/ok.out"
	rm "$dir/ready"
	wait_for grep -q '04#55AAEB9003' "$dir/frames"
}
count_results() { grep -c ' !write ' "$dir/frames"; }
results() { wait_for sh -c "test \$(grep -c ' !write ' '$dir/frames') -ge $1"; }
end() {
	kill "$capture" 2>/dev/null
	wait "$writer"
	status=$?
	kill "$sim" 2>/dev/null
	wait_gone "$sim"
}
set_one() {
	run timeout 120 jk-set -c "$dir/cmd" -r "$dir/replies" "$@"
}
echo 'allow 3 discharging_switch' >"$dir/allow"

# Two hundred commands on a bus with the faults of writes: one result each, and what is confirmed is what the BMS holds.
pipeline --forget-writes 0.04 --unacknowledged-writes 0.04 --refuse-writes 0.04@3 --lose-writes 0.03 \
	--misaddress-writes 0.03 --late-writes 0.03@400
perl -e 'srand 3;
	my %keys = (charge_overcurrent_protection_delay => [2, 600, 1], discharge_precharge_time => [0, 255, 1],
		smart_sleep_delay => [1, 100, 1], balance_trigger_voltage => [0.003, 1, 0.001], lcd_buzzer_trigger => [0, 14, 1],
		dry1_trigger => [0, 14, 1], max_discharge_current => [1, 150, 0.1], data_stored_period => [1, 86400, 1],
		cell_request_charge_voltage_time => [0.1, 18.2, 0.1], gps_heartbeat_switch => [0, 1, 1],
		display_always_on_switch => [0, 1, 1]);
	my @keys = sort keys %keys;
	for my $id (1 .. 200) {
		my $key = $keys[rand @keys];
		my ($min, $max, $step) = @{$keys{$key}};
		my $value = $min + $step * int(rand(($max - $min) / $step));
		printf "%d %s %s %d\n", 1 + int(rand 4), $key, $step == 1 ? $value : sprintf("%.3f", $value), $id;
	}' >"$dir/commands"
for from in 1 51 101 151; do
	sed -n "$from,$((from + 49))p" "$dir/commands" >"$dir/fifty"
	cat "$dir/fifty" >"$dir/cmd"
	results $((from + 49))
done
ok "two hundred commands, two hundred results" equals "$(count_results)" 200
grep ' !write ' "$dir/frames" | awk '{ print $4 }' >"$dir/ids"
seq 200 >"$dir/order"
ok "one each, in the order of the commands" cmp "$dir/ids" "$dir/order"
ok "most are confirmed" test "$(grep -c ' !write .* confirmed' "$dir/frames")" -gt 120
for result in refused mismatch; do
	ok "some are $result" grep -q " !write .* $result " "$dir/frames"
done
# What each BMS holds in the end, by frames that were read after the last write
cp "$dir/frames" "$dir/before"
for type in 01 03; do
	for bms in 1 2 3 4; do
		set_one "$bms" "$([ $type = 01 ] && echo charging_switch on || echo emergency_duration 30)" 2>/dev/null ||
			if [ $type = 01 ]; then set_one $bms charging_switch on; else set_one $bms emergency_duration 30; fi
	done
done
jk-decode -t settings "$dir/frames" >"$dir/records"
jk-decode -t about "$dir/frames" >>"$dir/records"
# A command that is not confirmed may have changed the value after an earlier one: it is not compared then.
perl -MJSON::PP -e '
	open my $r, "<", $ARGV[0]; my %held;
	while (<$r>) { my $o = decode_json $_; $held{$o->{bms}}{$_} = $o->{$_} for keys %$o }
	open my $f, "<", $ARGV[1]; my (%last, $compared);
	while (<$f>) {
		/ !write (\d+) (\d) (\S+) (\S+) (\S+)/ or next;
		$last{"$2 $3"} = $5 eq "confirmed" ? $4 : undef;
	}
	for (sort keys %last) {
		my ($bms, $key) = split; next unless defined $last{$_};
		my $value = $held{$bms}{$key}; $value = $value ? 1 : 0 if ref $value;
		die "$_: confirmed $last{$_}, held $value\n" if abs($value - $last{$_}) > 1e-9;
		$compared++;
	}
	die "only $compared were compared\n" if $compared < 20;' "$dir/records" "$dir/before" >"$dir/compared" 2>&1
ok "what was confirmed last is what the BMS holds" equals "$(cat "$dir/compared")" ""
grep -oE '#[0-9A-F]{2}101[0-5][0-9A-F]* T$' "$dir/frames" | tr -d '# T' | sort -u >"$dir/sent"
sed -n 's/.*: writes \([0-9A-F]*\) for .*/\1/p' "$dir/write.err" | sort -u >"$dir/told"
ok "every write on the wire is in the audit trail" sh -c "test -s '$dir/sent' && test -z \"\$(comm -23 '$dir/sent' '$dir/told')\""

# jk-set, and what a person meets
set_one 1 discharge_precharge_time 77
ok "jk-set tells how it went" grep -q '^1 discharge_precharge_time 77: \|^jk-set: 1 discharge_precharge_time 77: ' "$dir/out" "$dir/err"
set_one 3 discharging_switch of
ok "jk-set: exit 1 and why" grep -q 'jk-set: 3 discharging_switch of: rejected (it is on or off)' "$dir/err"
ok "jk-set: exit 1" equals "$status" 1
set_one 1 discharging_switch off
ok "jk-set: dangerous" grep -q 'dangerous, and not allowed by -A' "$dir/err"
set_one 9 charging_switch off
ok "jk-set: a BMS that is not there" grep -q 'timeout (BMS 9 does not answer' "$dir/err"
ok "jk-set leaves nothing behind" sh -c "test -z \"\$(ls '$dir/replies')\""
jk-set -c "$dir/cmd" -r "$dir/replies" 8 charging_switch off >"$dir/out" 2>"$dir/err2" &
setter=$!
children="$children $setter"
wait_for sh -c "test -n \"\$(ls '$dir/replies')\""
kill -TERM $setter
wait $setter
ok "jk-set is interrupted: exit 111" equals $? 111
ok "jk-set is interrupted: nothing is left behind" sh -c "test -z \"\$(ls '$dir/replies')\""

# The BMS stops answering between two commands, and comes back
kill -STOP "$sim"
echo '2 charging_switch off stands' >"$dir/cmd"
ok "the bus stands still: timeout" wait_for grep -q ' !write stands 2 charging_switch off timeout' "$dir/frames"
kill -CONT "$sim"
# jk-capture stops, for a while
kill -STOP "$capture"
echo '2 discharge_precharge_time 5' >"$dir/cmd"
wait_for grep -q '^command begun bus - 2 discharge_precharge_time 5' "$dir/state"
kill -CONT "$capture"
wait_for grep -q ' !write - 2 discharge_precharge_time 5 ' "$dir/frames"
ok "jk-capture stood still: one result" equals "$(grep -c ' !write - 2 discharge_precharge_time 5 ' "$dir/frames")" 1
# jk-capture dies
kill -STOP "$sim"
echo '4 discharge_precharge_time 6' >"$dir/cmd"
wait_for grep -q '^command begun bus - 4 discharge_precharge_time 6' "$dir/state"
kill -KILL "$capture"
wait "$writer"
ok "jk-capture dies: jk-write ends with 0" equals $? 0
ok "jk-capture dies: unknown" grep -q ' !write - 4 discharge_precharge_time 6 unknown' "$dir/frames"
kill -CONT "$sim"
end
set_one 1 charging_switch off
ok "jk-set without jk-write: exit 111" equals "$status" 111
ok "jk-set without jk-write: says so" grep -q 'nobody reads it: is jk-write running' "$dir/err"

# With another master on the bus nothing is written
sim --master 1:16
mkfifo "$dir/stream2"
: >"$dir/frames"
jk-capture -n bus -a 1 -x "$dir/tx" "tcp:127.0.0.1:$port" >"$dir/stream2" 2>"$dir/capture.err" &
capture=$!
jk-write -c "$dir/cmd" -x "$dir/tx" -r "$dir/replies" <"$dir/stream2" >"$dir/frames" 2>"$dir/write.err" &
writer=$!
children="$children $capture $writer"
wait_for grep -q '!mode listen master' "$dir/frames"
wait_for test -p "$dir/cmd"
set_one 1 charging_switch off
ok "another master: listening-only" grep -q 'listening-only (bus only listens, master' "$dir/err"
ok "another master: no write on the wire" sh -c "! grep -qE '#[0-9A-F]{2}101[0-5].* T\$' '$dir/frames'"
kill "$capture"
ok "at the end of the stream jk-write ends, too" wait "$writer"
stop_sim
done_testing
