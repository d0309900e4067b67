#!/bin/sh
# A day of the simulated bus with every fault on, as raw bytes: every valid frame, and not one record that was
# not sent.  JK_DAY: seconds of it.
. tests/e2e/lib.sh

one_day() {
	jk-sim -o "$dir/raw" --log "$dir/log" --duration "${JK_DAY:-86400}" "$@" || return 1
	jk-capture - <"$dir/raw" >"$dir/frames" 2>"$dir/capture.err" || return 1
	jk-decode "$dir/frames" >"$dir/records" || return 1
	tests/e2e/stream.pl raw "$dir/frames" "$dir/raw" &&
		tests/e2e/stream.pl sent "$dir/log" "$dir/frames" "$dir/records"
}

ok "a day with a master and every fault" one_day --master --all-faults 1:16 2:8:11 3:15:19
ok "nothing is logged about it" equals "$(cat "$dir/capture.err")" ""
JK_DAY=3600
ok "an hour without faults, 1 and 32 cells" one_day --master 1:1 4:32 9:24:14 15:2:19
ok "no junk and no orphans in it" lacks -E '!(junk|orphan)' "$dir/frames"
ok "an hour of an adapter that pads" one_day --padding 3 --master 1:16 2:16
ok "padding is no junk" lacks -E '!(junk|orphan)' "$dir/frames"
ok "an hour of a poller and slaves that lose acknowledgements" one_day --no-ack 0.2 --bad-ack 0.1 1:16 2:8
ok "what nobody owns is an orphan" grep -q '!orphan 55AAEB90' "$dir/frames"
ok "an hour of two packs at one address" one_day --duplicate 2 1:16 2:8 3:8
done_testing
