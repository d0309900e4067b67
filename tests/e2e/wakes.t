#!/bin/sh
# What a live stream costs beside what is done with it: jk-alarm shows its status now and then, and jk-history
# reads what came in a while at once.
. tests/e2e/lib.sh

mkfifo "$dir/alarm" "$dir/history" "$dir/ready"
line=$(grep -m 1 '"type":"live"' tests/golden/live.records)
# steady: lines into FD 5 and 6, one in 0.05 s, for 5.5 s; then prints how often jk-history slept, and the
# processor time of jk-alarm in ms.
cat >"$dir/steady.pl" <<'END'
use POSIX;
my ($line, $alarm, $history) = @ARGV;
sub content { open my $in, '<', $_[0] or die "$_[0]: $!"; local $/; <$in> }
sub sleeps { content("/proc/$history/status") =~ /^voluntary_ctxt_switches:\s+(\d+)/m; $1 }
open my $first, '>&=5'; open my $second, '>&=6';
my $begun = sleeps();
for my $n (0 .. 109) {
	(my $now = $line) =~ s/"time":[\d.]+/sprintf '"time":%.6f', 1763856000 + $n \/ 20/e;
	syswrite $_, "$now\n" for $first, $second;
	select undef, undef, undef, .05;
}
my @stat = split ' ', content("/proc/$alarm/stat");
printf "%d %d\n", sleeps() - $begun, 1000 * ($stat[13] + $stat[14]) / sysconf(_SC_CLK_TCK);
END
exec 5<>"$dir/alarm" 6<>"$dir/history" 7<>"$dir/ready"
jk-alarm --status "$dir/status" -d 7 <"$dir/alarm" >"$dir/alarmed" 2>"$dir/alarm.err" 5<&- 6<&- &
alarm=$!
jk-history -f "$dir/history.db" -d 7 <"$dir/history" 2>"$dir/history.err" 5<&- 6<&- &
history=$!
children="$children $alarm $history"
head -n 2 <&7 >"$dir/ok.out"
perl "$dir/steady.pl" "$line" $alarm $history >"$dir/cost"
read -r sleeps ms <"$dir/cost"
ok "jk-history waits a few times, not for each of 110 lines" test "$sleeps" -le 20
ok "jk-alarm waits in between, and does not turn" test "$ms" -le 1000
ok "the status has its last frame but those of 5 s" \
	awk -F '\t' '$1 == "pack" { found = $5 >= 1763856000.2 } END { exit !found }' "$dir/status"
ok "all lines have passed" waits sh -c "[ \$(grep -c '\"type\":\"live\"' '$dir/alarmed') = 110 ]"
exec 5>&- 6>&-
ok "jk-history ends at once when its writer does" timeout 10 tail --pid=$history -f /dev/null
wait $history
ok "with 0" equals $? 0
ok "and has them all" equals "$(jk-query -f "$dir/history.db" packs -o csv | tail -n +2 | wc -l)" 1
ok "their number" equals "$(sqlite3 "$dir/history.db" 'select sum(records) from minute_data')" 110
done_testing
