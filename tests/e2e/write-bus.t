#!/bin/sh
# The whole way: two hundred commands through one jk-write, four jk-captures and four simulated buses, and
# back.
. tests/e2e/lib.sh

# Each bus has one pack and the faults of writes, and all frames go through one stream.
mkdir "$dir/replies"
mkfifo "$dir/stream" "$dir/ready"
sims=""
captures=""
for pack in 1:16 2:16 3:16:19 4:8; do
	n=${pack%%:*}
	sim --strict --speed 3 --seed "$n" --forget-writes 0.04 --unacknowledged-writes 0.04 --refuse-writes \
		0.04@3 --lose-writes 0.03 \
		--misaddress-writes 0.03 --late-writes 0.03@400 "$pack"
	sims="$sims $sim"
	jk-capture -n "b$n" -a "$n" -g 20 -x "$dir/tx$n" "tcp:127.0.0.1:$port" >"$dir/stream" \
		2>"$dir/capture$n.err" &
	captures="$captures $!"
done
jk-write -c "$dir/cmd" -x "b1=$dir/tx1" -x "b2=$dir/tx2" -x "b3=$dir/tx3" -x "b4=$dir/tx4" -r "$dir/replies" \
	-s "$dir/state" \
	--per-second 100 --per-day 1000 -d 3 <"$dir/stream" >"$dir/frames" 2>"$dir/write.err" 3>"$dir/ready" &
writer=$!
children="$children $captures $writer"
head -n 1 "$dir/ready" >"$dir/ok.out"
for n in 1 2 3 4; do
	wait_for grep -q " b$n 0$n#55AAEB9003" "$dir/frames"
done
results() { wait_for sh -c "test \$(grep -c ' !write ' '$dir/frames') -ge $1"; }

perl -e 'srand 3;
	my %keys = (
		charge_overcurrent_protection_delay => [2, 600, 1], discharge_precharge_time => [0, 255, 1],
		smart_sleep_delay => [1, 100, 1], balance_trigger_voltage => [0.003, 1, 0.001],
		lcd_buzzer_trigger => [0, 14, 1], dry1_trigger => [0, 14, 1],
		max_discharge_current => [1, 150, 0.1], data_stored_period => [1, 86400, 1],
		cell_request_charge_voltage_time => [0.1, 18.2, 0.1], gps_heartbeat_switch => [0, 1, 1],
		display_always_on_switch => [0, 1, 1]);
	my @keys = sort keys %keys;
	for my $id (1 .. 200) {
		my $key = $keys[rand @keys];
		my ($min, $max, $step) = @{$keys{$key}};
		my $value = $min + $step * int(rand(($max - $min) / $step));
		my $bms = 1 + int rand 4;
		$value = sprintf "%.3f", $value if $step != 1;
		print "b$bms:$bms $key $value $id\n";
	}' >"$dir/commands"
for from in 1 51 101 151; do
	sed -n "$from,$((from + 49))p" "$dir/commands" >"$dir/fifty"
	cat "$dir/fifty" >"$dir/cmd"
	results $((from + 49))
done
ok "two hundred commands, two hundred results" equals "$(grep -c ' !write ' "$dir/frames")" 200
grep ' !write ' "$dir/frames" | awk '{ print $4 }' >"$dir/ids"
seq 200 >"$dir/order"
ok "one each, in the order of the commands" cmp "$dir/ids" "$dir/order"
# A machine that stands still for a while has commands time out.
timeouts=$(grep -cE ' !write .* (timeout|unknown) ' "$dir/frames")
echo "# $(grep -c ' !write .* confirmed' "$dir/frames") confirmed, $timeouts timeouts"
ok "most are confirmed" test "$(grep -c ' !write .* confirmed' "$dir/frames")" -gt \
	$(((200 - timeouts) * 6 / 10))
for result in refused mismatch; do
	ok "some are $result" grep -q " !write .* $result " "$dir/frames"
done

# What each BMS holds in the end, by frames that were read after the last write
cp "$dir/frames" "$dir/before"
read_again() { # BMS KEY VALUE
	wait_for jk-set -t 30 -c "$dir/cmd" -r "$dir/replies" "b$1:$1" "$2" "$3"
}
for bms in 1 2 3 4; do
	ok "the settings of BMS $bms are read once more" read_again $bms charging_switch on
	ok "and what else it holds" read_again $bms emergency_duration 30
done
jk-decode -t settings "$dir/frames" >"$dir/records"
jk-decode -t about "$dir/frames" >>"$dir/records"
# A command that is not confirmed may have changed the value after an earlier one: it is not compared then.
perl -MJSON::PP -e '
	open my $r, "<", $ARGV[0]; my %held;
	while (<$r>) { my $o = decode_json $_; $held{$o->{bms}}{$_} = $o->{$_} for keys %$o }
	open my $f, "<", $ARGV[1]; my (%last, $compared);
	while (<$f>) {
		/ !write (\d+) b\d:(\d) (\S+) (\S+) (\S+)/ or next;
		$last{"$2 $3"} = $5 eq "confirmed" ? $4 : undef;
	}
	for (sort keys %last) {
		my ($bms, $key) = split; next unless defined $last{$_};
		my $value = $held{$bms}{$key}; $value = $value ? 1 : 0 if ref $value;
		die "$_: confirmed $last{$_}, held $value\n" if abs($value - $last{$_}) > 1e-9;
		$compared++;
	}
	die "only $compared were compared\n" if $compared < 20;' "$dir/records" "$dir/before" \
	>"$dir/compared" 2>&1
ok "what was confirmed last is what the BMS holds" equals "$(cat "$dir/compared")" ""
grep -oE '#[0-9A-F]{2}101[0-5][0-9A-F]* T$' "$dir/frames" | tr -d '# T' | sort -u >"$dir/sent"
sed -n 's/.*: writes \([0-9A-F]*\) for .*/\1/p' "$dir/write.err" | sort -u >"$dir/told"
ok "every write on the wire is in the audit trail" sh -c "test -s '$dir/sent' &&
	test -z \"\$(comm -23 '$dir/sent' '$dir/told')\""

for process in $captures; do
	kill "$process"
done
wait "$writer"
ok "exit 0" equals $? 0
for process in $sims; do
	kill "$process"
done
done_testing
