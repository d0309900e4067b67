#!/bin/sh
# The files in which a program keeps its state: what is damaged is kept aside and reported, and the stream
# goes on; what cannot be read ends the start and stays as it is; and no link of another user is followed.
. tests/e2e/lib.sh

other=65534 # another user
records=tests/golden/all.records
frames=tests/golden/all.frames
: >"$dir/none"
mkdir "$dir/fifos"
chmod 777 "$dir/fifos"

# begin STATE: the program with this state, its output in $dir/out, its messages in $dir/err.
begin() {
	case $program in
	jk-alarm) run $as jk-alarm -s "$1" "$records" ;;
	jk-write) run $as jk-write -n -c "$dir/fifos/cmd" -s "$1" <"$frames" ;;
	esac
}
# The lines of the input are all in the output.
passes() {
	case $program in
	jk-alarm) equals "$(grep -c '"type":"live"' "$dir/out")" "$(grep -c '"type":"live"' "$records")" ;;
	jk-write) cmp "$frames" "$dir/out" ;;
	esac
}
# good STATE: a state as the program writes it.
good() {
	begin "$1"
	ok "$program: writes its state" test -s "$1"
}
# damaged NAME: of what is in $dir/in/state
damaged() {
	cp "$dir/in/state" "$dir/before"
	begin "$dir/in/state"
	ok "$program: $1: goes on" equals "$status" 0
	ok "$program: $1: the stream passes" passes
	ok "$program: $1: reported" grep -q "^$program: -s $dir/in/state: .*: starting afresh" "$dir/err"
	ok "$program: $1: is kept" cmp "$dir/before" "$dir/in/state.bad"
	ok "$program: $1: and where is reported" grep -q "kept as $dir/in/state.bad" "$dir/err"
	begin "$dir/in/state"
	ok "$program: $1: the next start has a good one" lacks afresh "$dir/err"
}
# refused PATTERN: of the state $dir/in/state, which stays as it is.
refused() {
	ls -li "$dir/in" >"$dir/before"
	begin "$dir/in/state"
	ok "$program: $1: exit 100" equals "$status" 100
	ok "$program: $1: the file and the reason" grep -q "^$program: -s $dir/in/state: .*$1" "$dir/err"
	ls -li "$dir/in" >"$dir/after"
	ok "$program: $1: nothing is renamed" cmp "$dir/before" "$dir/after"
}

for program in jk-alarm jk-write; do
	as=
	rm -rf "$dir/in"
	mkdir "$dir/in"
	good "$dir/in/state"
	cp "$dir/in/state" "$dir/good"
	head -c 100 /dev/zero >"$dir/in/state"
	damaged "100 zero bytes"
	size=$(wc -c <"$dir/good")
	head -c $((size / 2)) "$dir/good" >"$dir/in/state"
	damaged "cut in the middle"
	head -c $((size - 1)) "$dir/good" >"$dir/in/state"
	damaged "cut before its end"
	sed '1s/[0-9]$/9/' "$dir/good" >"$dir/in/state"
	damaged "another version"
	head -c 8000000 /dev/zero >"$dir/in/state"
	damaged "too long"
	cp "$records" "$dir/in/state"
	damaged "another file"
	: >"$dir/in/state"
	damaged "an empty file"
	ok "$program: all of them are kept" equals "$(find "$dir/in" -name 'state.bad*' | wc -l)" 7

	# Links
	rm -rf "$dir/in"
	mkdir "$dir/in" "$dir/in/inner"
	ln -s inner/real "$dir/in/state"
	good "$dir/in/state"
	ok "$program: an own link stays" test -h "$dir/in/state"
	ok "$program: and the file behind it is written" test -s "$dir/in/inner/real"
	ln -s "$dir/none" "$dir/in/inner/real.new"
	begin "$dir/in/state"
	ok "$program: nothing is written through a link in the place of the new file" test ! -s "$dir/none"
	ok "$program: which is gone" equals "$status$(find "$dir/in" -name '*.new*')" 0

	if [ "$(id -u)" != 0 ]; then
		skip "$program: links of others" "not root"
		continue
	fi
	mkdir "$dir/in/open"
	chmod 1777 "$dir/in/open"
	rm "$dir/in/state"
	cp "$dir/good" "$dir/in/precious"
	ln -s precious "$dir/in/state"
	chown -h $other "$dir/in/state"
	refused "a link of another user"
	ok "$program: what it leads to is as it was" cmp "$dir/good" "$dir/in/precious"
	rm "$dir/in/state"
	ln -s open "$dir/in/way"
	chown -h $other "$dir/in/way"
	begin "$dir/in/way/state"
	ok "$program: nor on the way" grep -q 'a link of another user' "$dir/err"
	ok "$program: and nothing is made there" test ! -e "$dir/in/open/state"

	# As another user
	command -v setpriv >/dev/null || {
		skip "$program: a file that cannot be read" "no setpriv"
		continue
	}
	chmod 755 "$dir"
	rm -rf "$dir/in/way" "$dir/fifos/cmd"
	chmod 777 "$dir/in"
	cp "$dir/good" "$dir/in/state"
	chmod 600 "$dir/in/state"
	as="setpriv --reuid=$other --clear-groups"
	refused "Permission denied"
	chmod 644 "$dir/in/state"
	begin "$dir/in/state"
	ok "$program: that of root may be replaced in a folder that is open" equals "$status" 0
done
done_testing
