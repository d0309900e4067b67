#!/bin/sh
# Two jk-write that share one pipe, whose reader is slow: no line is torn, and each write is one that a pipe
# takes whole.
. tests/e2e/lib.sh

for name in one two; do
	perl -e '
		for my $i (1 .. 20000) {
			my $n = 600 + ($i * 7919) % 400;
			printf "(1763856000.%06d) %s 01#%s R\n", $i, $ARGV[0], "A5" x ($n / 2 - 25);
		}' $name >"$dir/$name.frames"
done
# A reader that takes a little at a time, so that the pipe is mostly full.
# shellcheck disable=SC2016 # perl
slow='while (sysread STDIN, $p, 1000) { print $p }'
{
	jk-write -n -c "$dir/cmd1" <"$dir/one.frames" 2>"$dir/err1" &
	jk-write -n -c "$dir/cmd2" <"$dir/two.frames" 2>"$dir/err2" &
	wait
} | perl -e "$slow" >"$dir/out"
for name in one two; do
	grep " $name " "$dir/out" >"$dir/$name.out"
	ok "$name: each line is whole, and in order" cmp "$dir/$name.frames" "$dir/$name.out"
done
ok "nothing else is there" equals "$(wc -c <"$dir/out")" \
	"$(cat "$dir/one.frames" "$dir/two.frames" | wc -c)"
ok "they were mixed" test "$(cut -d ' ' -f 2 "$dir/out" | uniq | wc -l)" -gt 10

# A line that is too long for one write passes, and the ones after it are whole again.
perl -e 'print "x" x 10000, "\n"; print "y" x 500, "\n" for 1 .. 1000; print "z" x 5000' >"$dir/long"
jk-write -n -c "$dir/cmd1" <"$dir/long" 2>"$dir/err1" | perl -e "$slow" >"$dir/out"
ok "long lines pass unchanged" cmp "$dir/long" "$dir/out"

if command -v strace >/dev/null && strace -o "$dir/strace" true 2>/dev/null; then
	strace -qq -e trace=write -o "$dir/strace" \
		jk-write -n -c "$dir/cmd1" <"$dir/one.frames" 2>"$dir/err1" |
		perl -e "$slow" >"$dir/out"
	ok "under strace: all lines" cmp "$dir/one.frames" "$dir/out"
	ok "no write is larger than 4096 bytes" sh -c "
		awk '/ = [0-9]+\$/ && \$NF > 4096 { print; bad = 1 } END { exit bad }' '$dir/strace'"
	ok "there were writes" grep -q '^write.* = [0-9]' "$dir/strace"
else
	skip "the size of each write" "no strace"
fi
done_testing
