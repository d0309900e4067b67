#!/bin/sh
# jk-tee: stdout and each branch have every line, and none waits for another.
. tests/e2e/lib.sh

jk-sim -o "$dir/raw" --duration 600 --master 1:16 2:8
jk-capture -n bus - <"$dir/raw" >"$dir/frames"
jk-decode "$dir/frames" >"$dir/records"

run sh -c "jk-tee '$dir/one' /dev/null '$dir/two' <'$dir/frames'"
ok "stdout has all of it" cmp "$dir/out" "$dir/frames"
ok "so does a file" cmp "$dir/one" "$dir/frames"
ok "and another" cmp "$dir/two" "$dir/frames"
ok "and nothing is logged" equals "$status$(cat "$dir/err")" 0
run sh -c "jk-tee '$dir/one' <'$dir/frames'"
cat "$dir/frames" "$dir/frames" >"$dir/twice"
ok "a file is appended to" cmp "$dir/one" "$dir/twice"

printf 'begin of a li' >"$dir/cut"
printf 'a\nb' >"$dir/in"
run sh -c "jk-tee '$dir/cut' <'$dir/in'"
ok "a last line without a newline is passed on as it is" cmp "$dir/out" "$dir/in"
ok "a file that ended within a line goes on with the next" \
	equals "$(tr '\n' ' ' <"$dir/cut")" 'begin of a li a b '

# A FIFO that nobody reads, a file that cannot be made, a device that is full: the others notice nothing.
mkfifo "$dir/deaf"
cat "$dir/frames" "$dir/frames" "$dir/frames" "$dir/frames" >"$dir/long"
run sh -c "jk-tee '$dir/deaf' '$dir/nowhere/file' /dev/full '$dir/four' <'$dir/frames'"
ok "stdout has all of it beside branches that fail" cmp "$dir/out" "$dir/frames"
ok "so does a file beside them" cmp "$dir/four" "$dir/frames"
ok "their end is no error" equals "$status" 0
ok "a FIFO without a reader loses lines" \
	grep -q "jk-tee: $dir/deaf: [0-9]* lines were lost at the end" "$dir/err"
ok "a folder that is missing is named" \
	grep -q "jk-tee: $dir/nowhere/file: cannot open: No such file" "$dir/err"
ok "a full disk is named" grep -q "jk-tee: /dev/full: cannot write: No space left" "$dir/err"
ok "so is what it lost" grep -q "jk-tee: /dev/full: [0-9]* lines were lost at the end" "$dir/err"

# A reader that comes late, of frames and of records: each line is there or counted.
# late LINES: the lines of a file through a branch whose reader begins when stdout has all of them.
late() {
	rm -f "$dir/branch"
	mkfifo "$dir/branch"
	mkfifo "$dir/feed" 2>/dev/null
	: >"$dir/out"
	jk-tee "$dir/branch" <"$dir/feed" >"$dir/out" 2>"$dir/err" &
	children="$children $!"
	tee=$!
	exec 9>"$dir/feed"
	cat "$1" >&9
	wait_for cmp -s "$dir/out" "$1"
	cat "$dir/branch" >"$dir/late" 9>&- & # which would hold the feed open
	children="$children $!"
	reader=$!
	tail -n 1 "$1" >"$dir/last"
	wait_for ends_alike "$dir/late" "$dir/last"
	exec 9>&-
	wait "$tee"
	status=$?
	wait "$reader"
}
ends_alike() {
	[ "$(tail -n 1 "$1")" = "$(cat "$2")" ]
}
# counted FILE: the lines of it are those of the branch, but for some in one place.
counted() {
	perl -e '
		my ($all, $part) = @ARGV;
		open my $a, "<", $all or die;
		open my $p, "<", $part or die;
		my ($lost, $bytes, $wire) = (0, 0, 0);
		my $gap = 0;
		while (my $got = <$p>) {
			if ($got =~ /(?:!lost |"event":"lost","words":")(\d+) (\d+)/) {
				($lost, $bytes) = ($lost + $1, $bytes + $2);
				for (1 .. $1) {
					my $line = <$a>;
					$wire += $line =~ /^\{/ ? length $line
						: $line =~ /(?:#|!junk |!orphan )([0-9A-F]+)(?: R)?$/
						? length($1) / 2 : 0;
				}
				$gap++;
				next;
			}
			my $want = <$a> // die "more than was sent: $got";
			$got eq $want or die "sent: ${want}came: $got";
		}
		defined(my $rest = <$a>) and die "missing at the end: $rest";
		$lost > 100 or die "only $lost lost\n";
		$wire == $bytes or die "$bytes bytes are reported, $wire are missing\n";
		print "$lost lines in $gap gaps\n"' "$1" "$dir/late"
}
late "$dir/long"
ok "a late reader of frames has every line, or its count" counted "$dir/long"
ok "that is no error" equals "$status" 0
lost=$(perl -ne '$n += $1 if /!lost (\d+)/; END { print $n }' "$dir/late")
ok "the log has the count" grep -q "jk-tee: $dir/branch: $lost lines were lost" "$dir/err"
ok "jk-decode reads the report" sh -c "jk-decode '$dir/late' | grep -q '\"event\":\"lost\"'"
late "$dir/records"
ok "a late reader of records has every line, or its count" counted "$dir/records"
ok "each line is a record" jq -es 'length > 0 and all(.[]; .type)' "$dir/late"

# A reader that is killed and comes again finds what was in the pipe.
mkfifo "$dir/again"
jk-tee "$dir/again" <"$dir/feed" >"$dir/out" 2>"$dir/err" &
tee=$!
children="$children $tee"
exec 9>"$dir/feed"
head -n 20 "$dir/frames" >&9
head -n 20 "$dir/frames" >"$dir/twenty"
wait_for cmp -s "$dir/out" "$dir/twenty"
head -c 100 "$dir/again" >"$dir/first"
cat "$dir/again" >"$dir/second" 9>&- &
reader=$!
# A reader that opens the FIFO when jk-tee has ended would wait for a writer forever.
wait_for test -s "$dir/second"
sed -n 21,25p "$dir/frames" >&9
exec 9>&-
wait "$tee"
wait "$reader"
ok "a FIFO outlives its reader" test -s "$dir/second"
rm "$dir/again"

# A FIFO that is replaced, with lines in it that nobody has read
mkfifo "$dir/moved"
jk-tee "$dir/moved" <"$dir/feed" >"$dir/out" 2>"$dir/err" &
tee=$!
children="$children $tee"
exec 9>"$dir/feed"
printf 'old\n' >&9
wait_for grep -q old "$dir/out"
mv "$dir/moved" "$dir/away"
mkfifo "$dir/moved"
: >"$dir/new"
cat "$dir/moved" >"$dir/new" 9>&- &
children="$children $!"
comes() { # until jk-tee has looked at the path again
	printf 'new\n' >&9
	grep -q new "$dir/new"
}
ok "a FIFO that is replaced is followed" wait_for comes
ok "which is logged" grep -q "jk-tee: the branch $dir/moved: it was replaced" "$dir/err"
ok "with what is lost" grep -qE "moved: [0-9]+ bytes in the FIFO that was replaced are lost" "$dir/err"
exec 9>&-
wait "$tee"

# A file that cannot be written to its end, the log a pipe
: >"$dir/err"
(
	ulimit -f 64
	jk-tee "$dir/small" <"$dir/frames" 2>&1 >/dev/null | cat >"$dir/err"
)
kept=$(grep -c . "$dir/small")
missing=$(sed -n 's/.*small: \([0-9]*\) lines were lost at the end$/\1/p' "$dir/err")
ok "a file that is full is logged" grep -q "small: cannot write: File too large" "$dir/err"
ok "each line is in it or counted" test $((kept + missing)) -ge "$(grep -c . "$dir/frames")"
ok "but for one that is cut" test $((kept + missing)) -le $(($(grep -c . "$dir/frames") + 1))

# Signals, and what else can go wrong
jk-tee "$dir/five" <"$dir/feed" >"$dir/out" 2>"$dir/err" &
tee=$!
children="$children $tee"
exec 9>"$dir/feed"
printf 'whole\n' >&9
wait_for grep -q whole "$dir/five"
copier=$(cat "/proc/$tee/task/$tee/children")
kill -KILL "${copier% }"
ok "a process that writes a file and is killed is logged" \
	wait_for grep -q "has ended; starting another" "$dir/err"
printf 'more\n' >&9 # sooner, the dying one might still read it
ok "and the file goes on" wait_for grep -q more "$dir/five"
kill -TERM "$tee"
wait "$tee"
ok "SIGTERM is no error" equals $? 0
exec 9>&-
{
	jk-tee "$dir/six" <"$dir/long" 2>"$dir/err"
	echo $? >"$dir/status"
} | true
ok "a closed pipe is 111" equals "$(cat "$dir/status")$(cat "$dir/err")" 111
run sh -c "jk-tee '$dir/six' <'$dir/long' >/dev/full"
ok "a full disk behind stdout is 111" equals "$status" 111
run jk-tee "$dir"
ok "a folder is 100" equals "$status" 100
ok "and is named" grep -q "jk-tee: $dir: neither a FIFO, a file nor a device" "$dir/err"
mkfifo "$dir/own"
run sh -c "jk-tee '$dir/own' <>'$dir/own'"
ok "its own stdin is no branch" equals "$status" 100
run sh -c "printf 'a\nb\n' | jk-tee -d 5 5>'$dir/ready'"
ok "without a branch it is cat" equals "$(cat "$dir/out")" "$(printf 'a\nb')"
ok "readiness is one newline" equals "$(od -An -c "$dir/ready" | tr -d ' ')" '\n'
done_testing
