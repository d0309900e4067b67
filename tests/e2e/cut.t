#!/bin/sh
# A process is killed while it writes a line, and the first line of its successor begins in the middle of
# that: whoever reads it uses the line that is whole, and nothing of the piece.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

# pieces FILE: its first line, cut at every byte, and behind each piece the second line with its number.
pieces() {
	perl -e 'my ($one, $other) = <>; chomp $one; $other =~ /NUMBER/ or die;
		for (1 .. length $one) {
			(my $line = $other) =~ s/NUMBER/$_/g;
			print substr($one, 0, $_), $line;
		}' "$1"
}

# Frames: a live frame, cut, and behind it an event.
{
	grep -m 1 '#55AAEB9002' tests/golden/live.frames
	echo '(1763856000.000000) bus !mark NUMBER'
} >"$dir/two"
pieces "$dir/two" >"$dir/frames"
run jk-decode "$dir/frames"
ok "jk-decode decodes each line behind a piece, and no piece" \
	equals "$(jq -r '"\(.event)\(.words)"' "$dir/out" | md5sum)" \
	"$(seq "$(grep -c . "$dir/frames")" | sed 's/^/mark/' | md5sum)"
ok "and logs the pieces" grep -q \
	'^jk-decode: .*/frames:1: 1 bytes of another line, cut off when its writer ended: ignored$' "$dir/err"
ok "not all of them, but all are counted" equals "$(($(grep -c 'bytes of another line' "$dir/err") + \
	$(sed -n 's/^jk-decode: \([0-9]*\) more pieces of lines.*/\1/p' "$dir/err")))" \
	"$(grep -c . "$dir/frames")"
# The other way round: an event that is cut, and a frame behind it.
{
	echo '(1763856000.000000) bus !mark 1'
	sed -n '1s/^([0-9.]*)/(1NUMBER.000000)/p' "$dir/two"
} >"$dir/three"
pieces "$dir/three" >"$dir/frames"
run jk-decode "$dir/frames"
ok "also frames behind pieces of events" equals "$(jq -r .type "$dir/out" | uniq -c | tr -s ' ')" \
	" $(grep -c . "$dir/frames") live"
run jk-capture "file:$dir/frames,0"
ok "jk-capture reads them from a recording" equals "$(grep -c '#55AA' "$dir/out")" \
	"$(grep -c . "$dir/frames")"
ok "and leaves the pieces out" lacks '!mark' "$dir/out"

# Records: one that is cut, and behind it a transition of an alarm.
{
	live 1 1
	transition 1 2 | sed 's/"number":2/"number":NUMBER/'
} >"$dir/two"
pieces "$dir/two" >"$dir/records"
lines=$(grep -c . "$dir/records")
run jk-alarm "$dir/records"
ok "jk-alarm passes on each record behind a piece" \
	equals "$(grep -c '"number":' "$dir/out") $(grep '"number":' "$dir/out" | jq .number | md5sum)" \
	"$lines $(seq "$lines" | md5sum)"
ok "no piece" equals "$(jq -r .type "$dir/out" | sort -u | tr '\n' ' ')" 'alarm health summary '
ok "and logs them" grep -q 'jk-alarm: .*records:1: 1 bytes of another line, cut off' "$dir/err"
{
	transition 1 2
	live 1 NUMBER
} >"$dir/two"
pieces "$dir/two" >"$dir/lives"
run jk-alarm "$dir/lives"
ok "an alarm is not raised by a piece" equals \
	"$(jq -r 'select(.type == "live").total_runtime' "$dir/out" | md5sum)" \
	"$(seq "$(grep -c . "$dir/lives")" | md5sum)"

# A live jk-mqtt, whose stdin stays open
broker "listener PORT ADDRESS" "allow_anonymous true" "max_queued_messages 0"
recorder "$dir/seen"
feed
mqtt "$broker_name:$broker_port"
cat "$dir/records" >&9
all_read
ok "jk-mqtt publishes each transition behind a piece" wait_for sh -c \
	"[ \$(grep -ac '^jk/bms_1/alarm 0 ' '$dir/seen') = $lines ]"
ok "and logs the pieces" said 'stdin:1: 1 bytes of another line, cut off when its writer ended: ignored'
sed -n 2p "$dir/two" | head -c 100 >&9 # the begin of a line, which nothing follows
all_read
kill -TERM "$mqtt"
ok "a piece at the end is no error" wait "$mqtt"
ok "all transitions were there once" equals "$(grep -a '^jk/bms_1/alarm 0 ' "$dir/seen" |
	grep -o '"number":[0-9]*' | md5sum)" "$(seq "$lines" | sed 's/^/"number":/' | md5sum)"
ok "no piece was published as a state" lacks -a '^jk/bms_1/live ' "$dir/seen"

# A reader that is killed within a line: the rest of that line is one message, and nothing else.
for at in 2 20 40 100 400; do
	live 1 7 | tail -c "+$at"
	transition 1 7
done >"$dir/tails"
run jk-alarm "$dir/tails"
ok "the rest of a line is not evaluated" equals "$(grep -c '"key":"cell_overvoltage"' "$dir/out")" 5
ok "and is one message each" equals "$(grep -c 'jk-alarm: ' "$dir/err")" 5
done_testing
