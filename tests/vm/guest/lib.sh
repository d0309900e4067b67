# Sourced by the tests that run in the virtual machine, in /jk: what tests/e2e/lib.sh gives, and the other
# side of tests/vm/run.
# shellcheck shell=sh
export JK_BUILD=build
. tests/e2e/lib.sh

# That of iproute2 knows CAN; this shell prefers busybox's to any other of that name.
ip() { /jk/build/ip "$@"; }

# host REQUEST WORD...: asks tests/vm/run; its answer on stdout
host() {
	echo "@$*" >&5
	read -r answer <&5
	echo "$answer"
}

# bus LINE DEVICE OPTIONS...: another simulated bus on the line, after what the one before left on the way has
# been read away.  "ready", or what is wrong
bus() {
	line=$1
	device=$2
	shift 2
	host end "$line" >/dev/null
	stty -F "$device" 115200 raw -echo 2>/dev/null
	while [ "$(timeout 1 cat "$device" | wc -c)" -gt 0 ]; do
		:
	done
	host sim "$line" "$@"
}

# ends STATUS: the program that was run has
ends() {
	equals "$status" "$1" && return
	tail -n 8 "$dir/err"
	return 1
}

# At most $patience tenths of a second each, just under a minute if not set otherwise: all of it has to be
# over in time even if much goes wrong.  The guest's sleep takes whole seconds only.
patience=580
wait_for() {
	tries=0
	dead=
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ -z "$dead" ] && [ $tries -lt "$patience" ] || {
			echo "waited for: $*"
			return 1
		}
		if died; then
			dead=1
		else
			usleep 100000
		fi
	done
}

# soon COMMAND...: succeeds within three seconds
hundredths() {
	read -r up _ </proc/uptime
	echo "${up%.*}${up#*.}"
}
soon() {
	limit=$(($(hundredths) + 300))
	until "$@" >/dev/null 2>&1; do
		[ "$(hundredths)" -lt "$limit" ] || return 1
		usleep 50000
	done
}

# as USER COMMAND...
as() {
	name=$1
	shift
	# shellcheck disable=SC2016 # the other shell's words
	$exec su -s /bin/sh -c 'exec "$@"' -- "$name" sh "$@"
}
exec=

# capture OPTIONS...: in the background, as the user whom $user names; its process in $capture
user=owner
capture() {
	: >"$dir/frames"
	: >"$dir/capture.err"
	exec="exec" as "$user" jk-capture "$@" >"$dir/frames" 2>"$dir/capture.err" &
	capture=$!
	children="$children $capture"
}

heard() {
	wait_for grep -q "$1" "$dir/frames" && return
	cut -c 1-100 "$dir/frames" | tail -n 8
	tail -n 4 "$dir/capture.err"
	return 1
}

stop_capture() {
	kill -TERM "$capture" && wait "$capture"
}

# right LINE: what was captured is, to the byte, what the simulated bus on LINE put on the wire
right() {
	jk-decode "$dir/frames" >"$dir/records" 2>/dev/null
	sed 's/^/=frames /' "$dir/frames" >&5
	sed 's/^/=records /' "$dir/records" >&5
	equals "$(host among "$1")" right
}

# live_again: there is a live frame after the last !open
live_again() {
	awk '/ !open / { live = 0 } /#55AAEB9002[0-9A-F]* R$/ { live = 1 } END { exit !live }' "$dir/frames"
}

# closings FILE: why its link was closed, but for what a machine that stood still makes of the bus
closings() {
	grep ' !close ' "$1" | grep -vE '!close (nobody answers|silent)$'
}

# second OPTIONS...: another one beside it, its output in $dir/second and $dir/second.err
second() {
	exec="exec" as "$user" jk-capture "$@" >"$dir/second" 2>"$dir/second.err" &
	second=$!
	children="$children $second"
}

second_hears() {
	wait_for grep -q "$1" "$dir/second"
}

second_says() {
	second_hears "!close.*$1" && wait_for grep -q "$1" "$dir/second.err"
}

stop_second() {
	kill -TERM "$second" && wait "$second"
}

# ticks, wakeups: of $capture so far: processor time in ticks of 10 ms, and how often it has waited
ticks() {
	sed 's/.*) //' "/proc/$capture/stat" | awk '{ print $12 + $13 }'
}
wakeups() {
	awk '/^voluntary/ { print $2 }' "/proc/$capture/status"
}

# shellcheck disable=SC2012 # the names are numbers
descriptors() { ls "/proc/$capture/fd" | wc -l | tr -d ' '; }

# While there is nothing to open, it sleeps: in three seconds it wakes for at most a few attempts, and hardly
# computes.
rests() {
	ticks=$(ticks)
	wakeups=$(wakeups)
	sleep 3
	ticks=$(($(ticks) - ticks))
	wakeups=$(($(wakeups) - wakeups))
	echo "$ticks ticks, $wakeups wakeups in three seconds"
	[ $ticks -lt 100 ] && [ $wakeups -lt 100 ]
}
# says PATTERN: the second capture, and nothing else
says() { wait_for grep -q "$1" "$dir/second.err" && equals "$(wc -l <"$dir/second.err")" 1; }
# is IFACE PATTERN: as the kernel has it
is() { ip -details link show "$1" | tr '\n' ' ' | grep -q "$2"; }
# For some attempts of the second capture, nothing happens to the interface; what happens would be noticed.
undisturbed() { # IFACE
	ip monitor link dev "$1" >"$dir/changes" &
	monitor=$!
	children="$children $monitor"
	sleep 3
	equals "$(cat "$dir/changes")" "" || return 1
	ip link set "$1" txqueuelen 11
	wait_for test -s "$dir/changes" && kill "$monitor"
}
