#!/bin/sh
# jk-tee under load, between pipes: what it shares instead of copying is the same, line by line, with branches
# that are fast, slow, stopped, killed, or files.
. tests/e2e/lib.sh

jk-sim -o "$dir/raw" --duration 600 --master 1:16 2:8
jk-capture -n bus - <"$dir/raw" >"$dir/frames"
jk-decode "$dir/frames" >"$dir/records"
for _ in 1 2 3 4 5 6 7 8 9 10; do cat "$dir/records"; done >"$dir/ten"
for _ in 1 2 3 4 5; do cat "$dir/ten"; done | awk '{ print substr($0, 1, length($0) - 1) ",\"n\":" NR "}" }' \
	>"$dir/many"
perl -e 'local $/; my $t = <STDIN>; print $t for 1 .. 20' <"$dir/frames" >"$dir/long"

# in_order FILE [MISSING]: the lines of FILE are those of $dir/many, or reported in their place; MISSING: some
# are missing, and how many bytes at least.
in_order() {
	perl -e '
		my ($all, $part, $least) = @ARGV;
		open my $a, "<", $all or die;
		open my $p, "<", $part or die;
		my ($lost, $bytes, $gone) = (0, 0, 0);
		while (my $got = <$p>) {
			if ($got =~ /"event":"lost","words":"(\d+) (\d+)"/) {
				($lost, $bytes) = ($lost + $1, $bytes + $2);
				$gone += length <$a> for 1 .. $1;
				next;
			}
			my $want = <$a> // die "more than was sent: $got";
			$got eq $want or die "sent: ${want}came: $got";
		}
		defined(my $rest = <$a>) and die "missing at the end: $rest";
		$gone == $bytes or die "$bytes bytes are reported, $gone are missing\n";
		$bytes >= $least or die "only $bytes are missing\n"' "$dir/many" "$1" "${2-0}"
}

mkfifo "$dir/one" "$dir/two"
cat "$dir/one" >"$dir/one.out" &
one=$!
cat "$dir/two" >"$dir/two.out" &
two=$!
children="$children $one $two"
# shellcheck disable=SC2002 # stdin has to be a pipe
cat "$dir/many" | jk-tee "$dir/one" "$dir/two" "$dir/file" 2>"$dir/err" | cat >"$dir/out"
wait $one
wait $two
ok "stdout has every line" cmp "$dir/many" "$dir/out"
ok "a FIFO has every line, or its count" in_order "$dir/one.out"
ok "so has another" in_order "$dir/two.out"
ok "and a file" in_order "$dir/file"

# Stdout need not be a pipe; what cannot take pages, such as a file that is appended to, gets a copy.
to_stdout() { # PATH: of stdout
	cat "$dir/one" >"$dir/one.out" &
	one=$!
	children="$children $one"
	# shellcheck disable=SC2002 # stdin has to be a pipe
	cat "$dir/many" | jk-tee "$dir/one" 2>"$dir/err" >>"$1"
	wait $one
}
echo first >"$dir/out"
to_stdout "$dir/out"
cat "$dir/many" >"$dir/expected"
sed -i '1i first' "$dir/expected"
ok "a file that is appended to has every line" cmp "$dir/expected" "$dir/out"
ok "so has the FIFO beside it, or its count" in_order "$dir/one.out"
to_stdout /dev/null
ok "beside /dev/null, too" in_order "$dir/one.out"
# shellcheck disable=SC2002
cat "$dir/many" | jk-tee 2>"$dir/err" >"$dir/out"
ok "a file that is written from its begin has every line" cmp "$dir/many" "$dir/out"
# shellcheck disable=SC2002
status=$(cat "$dir/many" | { jk-tee 2>"$dir/err" >/dev/full; echo $?; })
ok "a full disk at stdout is 111" equals "$status" 111

# Some of it shared, some copied: pieces of all sizes, and an end within a line.
head -c 1000001 "$dir/long" >"$dir/odd"
cat "$dir/one" >"$dir/one.out" &
one=$!
children="$children $one"
perl -e 'local $/; $_ = <STDIN>; my ($at, $seed) = (0, 7); $| = 1;
	while ($at < length) {
		$seed = ($seed * 1103515245 + 12345) % 2147483648;
		my $n = $seed % 3 ? $seed % 150001 : $seed % 701;
		syswrite STDOUT, substr $_, $at, $n;
		$at += $n;
		select undef, undef, undef, .001 if $seed % 5 == 0;
	}' <"$dir/odd" | jk-tee "$dir/one" 2>"$dir/err" | cat >"$dir/out"
wait $one
ok "stdout has all bytes of pieces of all sizes" cmp "$dir/odd" "$dir/out"
echo >>"$dir/odd"
ok "a FIFO has them, and a newline behind the last line" cmp "$dir/odd" "$dir/one.out"
ok "nothing is logged" equals "$(cat "$dir/err")" ""

# A branch whose reader is stopped for a while, one whose reader is killed and comes again, one that nobody
# reads: stdout and the others have everything.
mkfifo "$dir/feed" "$dir/deaf"
cat "$dir/one" >"$dir/one.out" &
one=$!
cat "$dir/two" >"$dir/two.out" &
two=$!
children="$children $one $two"
jk-tee "$dir/one" "$dir/two" "$dir/deaf" <"$dir/feed" 2>"$dir/err" | cat >"$dir/out" &
tee=$!
children="$children $tee"
exec 9>"$dir/feed"
head -n 500 "$dir/many" >&9
head -n 500 "$dir/many" >"$dir/begin"
wait_for cmp -s "$dir/begin" "$dir/out"
kill -STOP $one
tail -n +501 "$dir/many" >&9
wait_for cmp -s "$dir/many" "$dir/out"
ok "stdout has every line while the reader of a branch is stopped" cmp "$dir/many" "$dir/out"
kill -CONT $one
exec 9>&-
wait $tee
wait $one
wait $two
ok "the reader that was stopped has every line, or its count" in_order "$dir/one.out" 1000000
ok "the other has every line, or its count" in_order "$dir/two.out"
ok "the log counts what was lost" grep -q 'one: [0-9]* lines were lost' "$dir/err"
ok "also for the branch that nobody read" grep -q 'deaf: [0-9]* lines were lost at the end' "$dir/err"

# SIGTERM under load, with the stdin held open
exec 8<>"$dir/feed"
cat "$dir/one" >"$dir/one.out" 8>&- &
one=$!
children="$children $one"
mkfifo "$dir/out.fifo"
cat "$dir/out.fifo" >"$dir/out" 8>&- &
children="$children $!"
out=$!
jk-tee "$dir/one" <"$dir/feed" 2>"$dir/err" 8>&- >"$dir/out.fifo" &
tee=$!
children="$children $tee"
head -n 500 "$dir/many" >&8
kill -TERM $tee
ok "SIGTERM under load is 0" wait $tee
wait $out
wait $one
head -n 500 "$dir/many" >"$dir/begin"
ok "stdout has all that was in stdin" cmp "$dir/begin" "$dir/out"
ok "so has the branch" cmp "$dir/begin" "$dir/one.out"
done_testing
