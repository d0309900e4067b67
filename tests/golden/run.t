#!/bin/sh
# Golden tests.  Each CASE.frames goes to the stdin of jk-decode, each CASE.alarm to that of jk-alarm,
# CASE.bank to that of jk-bank; stdout must be CASE.records, stderr CASE.stderr (absent: empty) and the exit
# status CASE.status (absent: 0), byte for byte; CASE.args holds its arguments.  A pair dropped in is a test.
# Run from the project's root.  --update writes what comes out instead: look at the difference before you keep
# it.
build=${JK_BUILD:-build}
golden=tests/golden
export LC_ALL="${JK_LOCALE:-C.UTF-8}"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
count=0

# result NAME STATUS: what a comparison said is in $dir/said.
result() {
	count=$((count + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		cut -c 1-500 "$dir/said" | head -n 40 | sed 's/^/# /'
	fi
}

# program SUFFIX: what takes such input.
program() {
	case $1 in
	frames) echo jk-decode ;;
	*) echo "jk-$1" ;;
	esac
}

# convert CASE SUFFIX: stdout, stderr and the exit status in $dir.
convert() {
	args=
	[ ! -f "$1.args" ] || args=$(cat "$1.args")
	status=0
	set -f
	# shellcheck disable=SC2086 # words
	"$build/$(program "$2")" $args <"$1.$2" >"$dir/records" 2>"$dir/stderr" || status=$?
	set +f
	echo $status >"$dir/status"
}

# same CASE SUFFIX OTHERWISE: OTHERWISE is the file if the case has none.
same() {
	expected=$1.$2
	if [ ! -f "$expected" ]; then
		printf '%s' "$3" >"$dir/expected"
		expected=$dir/expected
	fi
	diff "$expected" "$dir/$2" >"$dir/said" 2>&1
	result "$(basename "$1") $2" $?
}

update() {
	cp "$dir/records" "$1.records"
	rm -f "$1.stderr" "$1.status"
	[ ! -s "$dir/stderr" ] || cp "$dir/stderr" "$1.stderr"
	[ "$(cat "$dir/status")" = 0 ] || cp "$dir/status" "$1.status"
	echo "# $1: written"
}

for input in "$golden"/*.frames "$golden"/*.alarm "$golden"/*.bank; do
	case=${input%.*}
	convert "$case" "${input##*.}"
	if [ "$1" = --update ]; then
		update "$case"
		continue
	fi
	same "$case" records ""
	same "$case" stderr ""
	same "$case" status "0
"
	# what was passed on as it came may be anything
	grep '^{' "$dir/records" | grep -vxF -f "$input" >"$dir/json" || continue
	jq -e . "$dir/json" >/dev/null 2>"$dir/said"
	result "$(basename "$case") is JSON" $?
done
echo "1..$count"
