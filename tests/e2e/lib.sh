# Sourced by the tests: TAP on stdout, a folder of its own, and waiting for events instead of sleeping.
# Run from the project's root.  JK_BUILD: the build to test.
# shellcheck shell=sh disable=SC2034 # names for who sources this
build=${JK_BUILD:-build}
case $build in
/*) ;;
*) build=$PWD/$build ;;
esac
PATH=$build:$PWD/scripts:$PATH
export LC_ALL="${JK_LOCALE:-C.UTF-8}"
programs=$(echo jk-*/main.c | sed 's,/main\.c,,g')
dir=$(mktemp -d)
count=0
in_ok=
patience=${JK_PATIENCE:-50} # seconds that a wait may take before it fails
children=
# is_ours PROCESS: it descends from this test, or from `alone`, which has what lost its parent.  The number of
# a process that has ended may be that of another test's by now: they come again after 32,768.
is_ours() {
	descends=$1
	until [ "$descends" = $$ ] || [ "$descends" = "$PPID" ]; do
		read -r stat 2>/dev/null <"/proc/$descends/stat" || return 1
		stat=${stat##*) ? } # number, name and state; the parent is next
		descends=${stat%% *}
	done
}
cleanup() {
	for child in $children; do
		! is_ours "${child#-}" || command kill -KILL "$child" 2>/dev/null
	done
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# Without the programs every wait of every test would fail: this ends prove, not only this test.
for program in jk-capture jk-sim; do
	[ -x "$build/$program" ] || {
		echo "Bail out! there is no $build/$program: run make tests, or set JK_BUILD"
		exit 1
	}
done

# ok NAME COMMAND...: passes if the command succeeds.
ok() {
	name=$1
	shift
	count=$((count + 1))
	in_ok=1
	if "$@" >"$dir/ok.out" 2>&1; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		{
			echo "in $0: $*"
			cat "$dir/ok.out"
		} | head -c 2000 | awk '{ print "# " $0 }' # which ends the line that was cut
	fi
	in_ok=
}

skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

done_testing() {
	echo "1..$count"
}

# run COMMAND...: stdout, stderr and the exit status go to $dir/out, $dir/err and $status.
run() {
	status=0
	"$@" >"$dir/out" 2>"$dir/err" || status=$?
}

# A program that the test has started and that fails before the test ends it makes the wait that is going on
# fail at once.  Who ends a program does it with kill, or waits for it with wait: these two take note.
# $ended: those that are not looked at any more; $statuses: PROCESS=STATUS of those that are gone.
ended=
statuses=
kill() {
	case $1 in
	-0 | -STOP | -CONT | -USR1) ;;
	*) ended="$ended $*" ;;
	esac
	command kill "$@"
}
wait() {
	ended="$ended $*"
	if [ $# -eq 1 ]; then
		for known in $statuses; do
			[ "${known%=*}" != "$1" ] || return "${known#*=}"
		done
	fi
	command wait "$@"
}

# died: a program has failed that should run; says which.  One that ends with 0 has come to the end of its
# input, and one with 141 (SIGPIPE) has lost its reader; of a process that is no child of this shell the
# status is unknown.
died() {
	for child in $children; do
		case " $ended " in *" $child "*) continue ;; esac
		case $child in -*) continue ;; esac # a group of processes
		! command kill -0 "$child" 2>/dev/null || continue
		ended="$ended $child"
		child_status=0
		command wait "$child" 2>/dev/null || child_status=$?
		[ $child_status -ne 127 ] || continue
		statuses="$statuses $child=$child_status"
		[ $child_status -eq 0 ] || [ $child_status -eq 141 ] || {
			echo "process $child has ended with $child_status"
			return 0
		}
	done
	return 1
}

# waits COMMAND...: until it succeeds; fails after $patience seconds, or when a program has failed.  After the
# first failure of a test file its verdict is known, and the waits that follow are short.  Who has waited for
# seconds looks less often: each look starts a few processes, and eight tests wait at a time.
waits() {
	read -r wait_began _ </proc/uptime
	dead=
	while ! "$@" >/dev/null 2>&1; do
		[ -z "$dead" ] || {
			echo "waited for: $*"
			return 1
		}
		read -r wait_now _ </proc/uptime
		waited=$((${wait_now%.*} - ${wait_began%.*}))
		[ $waited -lt "$patience" ] || {
			echo "waited for $patience s: $*"
			patience=5
			return 1
		}
		if died; then # what it did before it ended counts
			dead=1
		elif [ $waited -lt 3 ]; then
			sleep .05
		else
			sleep .15
		fi
	done
}

# cannot_go_on WORD...: in ok, that test fails.  Elsewhere the rest of the file relies on what did not happen:
# it ends, and says where.
cannot_go_on() {
	[ -z "$in_ok" ] || return 1
	count=$((count + 1))
	echo "not ok $count - $*"
	echo "# in $0, after test $((count - 1))${name:+: $name}"
	[ -z "${dead-}" ] || cat "$dir"/*.err 2>/dev/null | tail -n 5 | sed 's/^/# /'
	exit 1
}

wait_for() {
	waits "$@" || cannot_go_on "$*"
}

wait_gone() {
	ended="$ended $1"
	wait_for sh -c "! kill -0 $1"
}

# Seconds, of the machine's clock.
uptime() {
	cut -d. -f1 /proc/uptime
}
until_uptime() { # SECONDS
	patience=120 wait_for sh -c "[ \$(cut -d. -f1 /proc/uptime) -ge $1 ]"
}

# sim OPTIONS...: the simulated bus on a free TCP port, which is then in $port; its log in $dir/log.
sim() {
	: >"$dir/port"
	jk-sim --tcp "$@" >"$dir/port" 2>"$dir/sim.err" &
	sim=$!
	children="$children $sim"
	wait_for grep -q '^port ' "$dir/port"
	port=$(sed -n 's/^port //p' "$dir/port")
}

# sim_pty OPTIONS...: the same behind a pseudo terminal, whose link is then in $pty.
sim_pty() {
	pty=$dir/ttyJK0
	jk-sim --pty="$pty" "$@" >/dev/null 2>"$dir/sim.err" &
	sim=$!
	children="$children $sim"
	wait_for test -e "$pty"
}

# switch_sim: what was given as USR1 instead of a time begins, or is over.
switch_sim() {
	kill -USR1 "$sim"
}

stop_sim() {
	kill "$sim"
	wait "$sim" 2>/dev/null || true
}

# capture OPTIONS...: jk-capture in the background, its process in $capture, its lines in $dir/frames, its
# messages in $dir/capture.err, its readiness in $dir/ready (with -d 7)
capture() {
	: >"$dir/frames" # of an earlier one, at which a look would come too soon
	: >"$dir/ready"
	jk-capture "$@" >"$dir/frames" 2>"$dir/capture.err" 7>"$dir/ready" &
	capture=$!
	children="$children $capture"
}
stop_capture() {
	kill -TERM "$capture" && wait "$capture"
}
heard() {
	wait_for grep -q -e "$1" "$dir/frames"
}
heard_times() { # TIMES PATTERN
	wait_for sh -c "[ \$(grep -c -e '$2' '$dir/frames') -ge $1 ]"
}
count_of() {
	grep -c -e "$1" "$dir/frames"
}
# late_answers: while it polled, something came more than 0.4 s after its request, or the echo of one (11
# bytes) after the next: the machine stood still, and an echo or an answer may have been taken for another's.
# To excuse what is right only on one that did not.
late_answers() {
	awk '/!mode listen/ { exit }
		{ at = substr($1, 2) + 0; data = substr($3, 4) }
		/ T$/ { asked = at; request = data }
		/ R$/ && length(data) == 22 && data != request { late = 1 }
		/( R|!(junk|orphan) [0-9A-F]+)$/ && asked && at - asked > .4 { late = 1 }
		END { exit !late }' "$dir/frames"
}
# yields_to_nobody: it does not listen to a master that is not there.
yields_to_nobody() {
	lacks '!mode listen' "$dir/frames" || late_answers
}
# disturbs_nobody: no request of ours left in the first second, in which we listen, nor after another was
# heard.
disturbs_nobody() {
	awk '{ at = substr($1, 2) + 0 } / !open / { opened = at; heard = 0 } / R$/ { heard = 1 }
		/ T$/ && (heard || at - opened < 1) { print; bad = 1 } END { exit bad }' "$dir/frames"
}
descriptors() {
	find "/proc/$1/fd" -mindepth 1 | wc -l
}

# own_resolver: makes $dir/resolver.so, to be preloaded; see resolver.c.
own_resolver() {
	cc -D_GNU_SOURCE -shared -fPIC -o "$dir/resolver.so" tests/e2e/resolver.c -ldl
}

# lacks [OPTION...] PATTERN FILE: no line of the file matches.  Fails if there is no such file, or grep does
# not understand the pattern.
lacks() {
	for file; do :; done
	test -f "$file" || {
		echo "$file: there is no such file"
		return 1
	}
	grep "$@"
	[ $? -eq 1 ]
}

# none_among [OPTION] WHICH [OPTION] PATTERN FILE...: there are lines that match WHICH, and no line of those
# matches PATTERN.
none_among() {
	among_which_option='' among_which='' among_option=''
	case $1 in -*) among_which_option=$1 && shift ;; esac
	among_which=$1 && shift
	case $1 in -*) among_option=$1 && shift ;; esac
	among_pattern=$1 && shift
	grep -h ${among_which_option:+"$among_which_option"} -e "$among_which" "$@" >"$dir/among" &&
		lacks ${among_option:+"$among_option"} -e "$among_pattern" "$dir/among"
}

equals() {
	[ "$1" = "$2" ] || {
		echo "'$1' is not '$2'"
		return 1
	}
}
