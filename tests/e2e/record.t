#!/bin/sh
# The recording, as jk-service runs it: jk-tee, jk-redact and s6-log in FIFOs.  Nothing is lost but what a
# full disk or a kill makes impossible to keep, which is counted; and no passcode is on the disk.
. tests/e2e/lib.sh

for program in s6-log zstd execlineb; do
	command -v $program >/dev/null || {
		echo "1..0 # SKIP there is no $program"
		exit 0
	}
done
archive=$dir/archive
mkdir -p "$dir/run/fifo" "$archive"
printf '%s\n' "bus shed tcp:127.0.0.1:1" "run $dir/run" "record $archive keep 1M file 64k" >"$dir/jk.conf"
jk-service -f "$dir/jk.conf" print >"$dir/printed" 2>"$dir/print.err"

# stage PROGRAM: its printed command line, without the redirections and the &.
stage() {
	sed -n "s/^\($1 .*[^ ]\) &\$/\1/p" "$dir/printed" | sed 's/ [<>][^ ]*//g'
}
ok "the plan has a branch of jk-tee" grep -q "^jk-tee $dir/run/fifo/redact.in <" "$dir/printed"
ok "for jk-redact" grep -q '^jk-redact --passcodes-only <.*/redact.in >.*/archive.in &' "$dir/printed"
ok "and s6-log" grep -q "^s6-log .*$archive <.*/archive.in &" "$dir/printed"
for fifo in in redact.in archive.in; do
	mkfifo "$dir/run/fifo/$fifo"
done
# All FIFOs stay open, as `hold` has them.
exec 4<>"$dir/run/fifo/in" 5<>"$dir/run/fifo/redact.in" 6<>"$dir/run/fifo/archive.in"

start_tee() {
	eval "exec $(stage jk-tee)" <&4 >"$dir/decode" 2>>"$dir/tee.err" 4<&- 5<&- 6<&- &
	tee=$!
	children="$children $tee"
}
start_redact() {
	eval "exec $(stage jk-redact)" <&5 >&6 2>>"$dir/redact.err" 4<&- 5<&- 6<&- &
	redact=$!
	children="$children $redact"
}
# s6-log of Debian 12 may end with 111 where a kill has left two unfinished files, as it gives both one name;
# the second start works.  The supervisor starts it again, and so does this.
start_archive() {
	: >"$dir/ready"
	eval "exec $(stage s6-log | sed 's/^s6-log /s6-log -d 8 /')" <&6 2>>"$dir/archive.err" \
		8>"$dir/ready" 4<&- 5<&- 6<&- &
	archiver=$!
	children="$children $archiver"
	wait_for sh -c "test -s '$dir/ready' || grep -q 'File exists' '$dir/archive.err'"
	[ ! -s "$dir/ready" ] || return 0
	wait "$archiver"
	: >"$dir/archive.err"
	start_archive
}

# recorded: all lines of the archive, in order.
recorded() {
	for file in "$archive"/@* "$archive/previous" "$archive/current"; do
		[ -e "$file" ] || continue
		case $(head -c 4 "$file" | od -An -tx1) in
		" 28 b5 2f fd") zstd -dcq "$file" ;;
		*) cat "$file" ;;
		esac
	done
}
ends_with() { # LINE: it is recorded, and nothing is being rotated
	names=$(ls "$archive")
	recorded >"$dir/recorded" 2>/dev/null && tail -n 1 "$dir/recorded" | grep -qxF "$1" &&
		! [ -e "$archive/previous" ] && [ "$names" = "$(ls "$archive")" ]
}
# mark N: a line that can be recognised
mark() {
	mark="(1763856000.$(printf %06d "$1")) shed !timeout 0$1 mark"
	echo "$mark" >&4
}

jk-sim -o "$dir/raw" --log "$dir/log" --seed 5 --duration 120 1:16 2:8 3:15
jk-capture -n shed - <"$dir/raw" >"$dir/frames" 2>"$dir/capture.err"
jk-redact -p "$dir/frames" >"$dir/redacted"
ok "there is a passcode in it" grep -q 534543524554 "$dir/frames"

start_tee
start_redact
start_archive
head -n 1 "$dir/frames" >&4
ok "a line is in the file as it comes" wait_for grep -qxF "$(head -n 1 "$dir/redacted")" "$archive/current"
tail -n +2 "$dir/frames" >&4
mark 1
ok "all lines come" wait_for ends_with "$mark"
ok "each as it was, without passcodes" sh -c "{ cat '$dir/redacted'; echo '$mark'; } | cmp - '$dir/recorded'"
ok "files are compressed when they are full" sh -c "zstd -tq '$archive'/@*.s"
ok "no passcode is on the disk" lacks 534543524554 "$dir/recorded"

# Killed while they wait: nothing is lost.
begin=$(wc -l <"$dir/recorded")
kill -KILL "$archiver"
wait "$archiver" 2>/dev/null
head -n 50 "$dir/frames" >&4
kill -KILL "$redact"
wait "$redact" 2>/dev/null
sed -n '51,80p' "$dir/frames" >&4
start_redact
start_archive
mark 2
ok "the archive is killed, then the filter: lines come again" wait_for ends_with "$mark"
ok "nothing is lost" sh -c "{ head -n 80 '$dir/redacted'; echo '$mark'; } >'$dir/wanted'
	tail -n +$((begin + 1)) '$dir/recorded' | cmp - '$dir/wanted'"
ok "what was being written is a file of its own" sh -c "ls '$archive'/@*.u"

# Killed at work, ten times: each loses what it held, the rest is there, whole and in order.
begin=$(wc -l <"$dir/recorded")
for round in 1 2 3 4 5 6 7 8 9 10; do
	head -n 100 "$dir/frames" >&4
	if [ $((round % 2)) -eq 0 ]; then
		kill -KILL "$archiver"
		wait "$archiver" 2>/dev/null
		start_archive
	else
		kill -KILL "$redact"
		wait "$redact" 2>/dev/null
		start_redact
	fi
done
mark 3
ok "ten kills at work: lines come again" wait_for ends_with "$mark"
tail -n +$((begin + 1)) "$dir/recorded" | grep -vF "$mark" >"$dir/rest"
ok "most of them are there" test "$(wc -l <"$dir/rest")" -ge 300
ok "each is one of the stream, but for a few that were cut" sh -c "
	grep -vxFf '$dir/redacted' '$dir/rest' >'$dir/cut'
	test \$(wc -l <'$dir/cut') -le 10"

# Not more than is to be kept.
keep=$((1024 * 1024))
for _ in 1 2 3; do cat "$dir/frames"; done >&4
mark 4
ok "much more: all comes" wait_for ends_with "$mark"
ok "the files are no more than the limit" sh -c "
	test \$(cat '$archive'/@* | wc -c) -le $keep"
kill -TERM "$archiver"
ok "SIGTERM ends it" wait "$archiver"
small=$(sed "s/ S$keep / S100000 /" "$dir/printed")
ok "the limit is in the command line" test "$small" != "$(cat "$dir/printed")"
cp "$dir/printed" "$dir/printed.all"
printf '%s\n' "$small" >"$dir/printed"
start_archive
cat "$dir/frames" >&4
mark 5
ok "with a limit of 100 kB: lines come" wait_for ends_with "$mark"
ok "the oldest files are removed" sh -c "test \$(cat '$archive'/@* | wc -c) -le 100000"
kill -TERM "$archiver"
wait "$archiver"
cp "$dir/printed.all" "$dir/printed"

# A full disk: the recording loses lines, which are counted, and nothing else does.
rm -rf "$archive"
mkdir "$archive"
mounted=
unmount() { [ -z "$mounted" ] || umount -l "$archive"; }
trap 'unmount; cleanup' EXIT
if mount -t tmpfs -o size=300k jk-record "$archive" 2>/dev/null; then
	mounted=1
	start_archive
	lines=$(wc -l <"$dir/decode")
	# What fills it cannot be compressed.
	head -c 250000 /dev/urandom >"$archive/filler"
	rounds=$((3000000 / $(wc -c <"$dir/frames") + 1))
	for _ in $(seq "$rounds"); do cat "$dir/frames"; done >&4
	wanted=$((lines + rounds * $(wc -l <"$dir/frames")))
	came() { [ "$(wc -l <"$dir/decode")" -ge "$wanted" ]; }
	ok "a full disk: the rest of the tree has every line" wait_for came
	ok "jk-tee logs it" wait_for grep -q 'redact.in: takes no more: lines are lost' "$dir/tee.err"
	rm "$archive/filler"
	mount -o remount,size=20m "$archive"
	ok "there is room: jk-tee logs how many were lost" wait_for \
		grep -q 'redact.in: [0-9]* lines were lost' "$dir/tee.err"
	mark 6
	ok "the recording goes on" wait_for ends_with "$mark"
	ok "and counts what was lost" sh -c "
		lost=\$(awk '/ !lost / { n += \$4 } END { print n + 0 }' '$dir/recorded')
		kept=\$(grep -vc ' !lost ' '$dir/recorded')
		echo \$lost lost, \$kept kept
		test \$((lost + kept)) -eq $((rounds * $(wc -l <"$dir/frames") + 1))"
	ok "no line is torn" sh -c "grep -v ' !lost \| mark\$' '$dir/recorded' | grep -vxFf '$dir/redacted' |
		grep -c . | grep -qx 0"
	kill -TERM "$archiver"
	ok "it ends" wait "$archiver"
else
	skip "a full disk" "this needs root, to mount a small file system"
fi
kill -TERM "$redact" "$tee"
wait "$redact"
wait "$tee"
done_testing
