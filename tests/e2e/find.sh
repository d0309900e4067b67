# Sourced by the tests of jk-find, behind lib.sh: simulated buses, and searches.  A search lasts up to twenty
# seconds, so all of a test run at the same time.
# shellcheck shell=sh disable=SC2034,SC2154 # names of lib.sh, and for who sources this
JK_BUILD=$build
export JK_BUILD
searches=
# Those that are not over when the test is.
end_searches() {
	for one in $searches; do
		pkill -P "$one"
	done
}
trap 'end_searches; cleanup' EXIT

# on NAME OPTIONS...: a bus on the pty $dir/NAME, or with --tcp behind the port in $port
on() {
	bus=$1
	shift
	case $1 in
	--tcp) ;;
	*) set -- --pty="$dir/$bus" "$@" ;;
	esac
	: >"$dir/$bus.port"
	jk-sim --log "$dir/$bus.log" "$@" >"$dir/$bus.port" 2>&1 &
	children="$children $!"
	wait_for test -s "$dir/$bus.port"
	port=$(sed -n 's/^port //p' "$dir/$bus.port")
}

# search_with NAME COMMAND...: in the background, to $dir/NAME.out, .err, .status and .took, in seconds
search_with() {
	search=$1
	shift
	{
		result=0
		begun=$(date +%s)
		"$@" >"$dir/$search.out" 2>"$dir/$search.err" </dev/null || result=$?
		echo $(($(date +%s) - begun)) >"$dir/$search.took"
		echo $result >"$dir/$search.status"
	} &
	searches="$searches $!"
}

# search NAME ARGUMENTS...
search() {
	name=$1
	shift
	search_with "$name" scripts/jk-find "$@"
}

# of_can NAME LOG [VARIABLE=VALUE...] ARGUMENTS...: a search on the interface of can-bus.c, which sends the
# frames of LOG; what was tried to change of it is in $dir/NAME.changes
can_bus=$dir/can-bus.so
of_can() {
	search=$1 log=$2
	shift 2
	settings=
	while [ "${1#*=}" != "$1" ] && [ "${1#-}" = "$1" ]; do
		settings="$settings $1"
		shift
	done
	test -s "$can_bus" || cc -D_GNU_SOURCE -shared -fPIC -o "$can_bus" tests/e2e/can-bus.c -ldl
	: >"$dir/$search.changes"
	# shellcheck disable=SC2086 # a list
	search_with "$search" env CAN_LOG="$dir/$search.changes" $settings tests/e2e/can-bus.pl "$can_bus" "$log" \
		scripts/jk-find "$@"
}

all_found() {
	# shellcheck disable=SC2086 # a list
	wait $searches
}
status_of() { equals "$(cat "$dir/$1.status")" "$2"; }
says() { grep -q -e "$2" "$dir/$1.err" || { cat "$dir/$1.err"; return 1; }; }
# or_stalled NAME COMMAND...: or its simulated bus stood still, and what was polled meanwhile was not answered
or_stalled() {
	search=$1
	shift
	"$@" || grep -q '"stalled"' "$dir/$search.log"
}
