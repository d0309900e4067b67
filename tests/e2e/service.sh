# Sourced by the tests of jk-service, behind lib.sh and mqtt.sh: a tree under s6 in the test's folder, a
# simulated bus, a real broker and a subscriber.
# shellcheck shell=sh disable=SC2034,SC2154 # names of lib.sh and mqtt.sh, and for who sources this
for needed in s6-svscan s6-svstat execlineb; do
	command -v "$needed" >/dev/null || {
		echo "1..0 # SKIP $needed is not installed"
		exit 0
	}
done
conf=$dir/jk.conf
scan=$dir/run/service

# configure LINE...: jk.conf, with the folders of this test.
configure() {
	printf '%s\n' "run $dir/run" "state $dir/state" "history ${history:-no}" "$@" >"$conf"
}

# one_bus LINE...: two packs on the simulated bus, and the broker, without a pause between messages.
one_bus() {
	configure "bus shed tcp:127.0.0.1:$port poll 1-2 interval 0.5 gap 50" \
		"pack shed:1 north \"North 1\"" "broker $broker_name:$broker_port interval 0" "$@"
}

# tree: in the background, its process in $tree; JK_TREE marks all that come of it.
tree() {
	: >"$dir/tree.err"
	JK_TREE=$dir jk-service -f "$conf" run 2>"$dir/tree.err" 9>&- &
	tree=$!
	children="$children $tree"
}
tree_reports() {
	waits grep -q -e "$1" "$dir/tree.err" || {
		sed 's/^/# /' "$dir/tree.err"
		cannot_go_on "jk-service reports: $1"
	}
}
left() {
	grep -lzxF "JK_TREE=$dir" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3
}
# left_of PROGRAM: how many
left_of() {
	for process in $(left); do
		cat "/proc/$process/comm"
	done 2>/dev/null | grep -c "$1"
}
nothing_left() {
	test -z "$(left)" || {
		for process in $(left); do
			tr '\0' ' ' <"/proc/$process/cmdline"
			echo
		done
		return 1
	}
}
# end_tree [SIGNAL]
end_tree() {
	kill "-${1:-TERM}" "$tree"
	wait_for gone "$tree"
	wait "$tree" 2>/dev/null || true
}
gone() {
	! command kill -0 "$1" 2>/dev/null || grep -q '^State:.Z' "/proc/$1/status"
}
# A test that fails leaves nothing behind either.
tree_cleanup() {
	# shellcheck disable=SC2046 # a list
	command kill -KILL $(left) 2>/dev/null
	cleanup
}
trap tree_cleanup EXIT

pid_of() {
	s6-svstat -o pid "$scan/$1" 2>/dev/null
}
is_up() {
	test "$(pid_of "$1")" -gt 0
}
is_ready() {
	test "$(s6-svstat -o ready "$scan/$1" 2>/dev/null)" = true
}
is_down() {
	test "$(s6-svstat -o up,wantedup "$scan/$1" 2>/dev/null)" = 'false false'
}
pids() {
	for service in "$scan"/*/; do
		service=${service%/} service=${service##*/}
		echo "$service $(pid_of "$service")"
	done
}
# others STAGE...: the lines of pids without these
others() {
	pids >"$dir/pids"
	for other; do
		grep -v "^$other " "$dir/pids" >"$dir/pids.less"
		mv "$dir/pids.less" "$dir/pids"
	done
	cat "$dir/pids"
}
stages_of() {
	pids | cut -d' ' -f1
}
log_has() { # STAGE PATTERN
	waits grep -q -e "$2" "$dir/state/log/$1/current" || {
		tail -n 5 "$dir/state/log/$1/current"
		return 1
	}
}

# shows SECONDS: the subscriber has a live frame that was received after this moment.
shows() {
	awk -v since="$1" '$1 ~ "/live$" && match($0, /"time":[0-9.]+/) {
		if (substr($0, RSTART + 7, RLENGTH - 7) + 0 > since + 0)
			found = 1
	} END { exit !found }' "$dir/seen"
}
# flows: a frame that is received from now on comes to the subscriber.
flows() {
	waits shows "$(date +%s.%N)"
}
