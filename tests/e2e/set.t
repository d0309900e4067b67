#!/bin/sh
# jk-set without a bus: interrupted at any moment it leaves nothing behind; a result that cannot be delivered,
# and a jk-write of another user, are reported at once; and the folder of replies is made for the group.
. tests/e2e/lib.sh

limit=20 # seconds, for what takes two: the machine may be slow, but it is not the minute of a result
run_set() { # PREFIX... -- ARGUMENT...: jk-set, its time in $took
	read -r began _ </proc/uptime
	run "$@"
	read -r ended _ </proc/uptime
	took=$((${ended%.*} - ${began%.*}))
}
at_once() { # NAME PATTERN: 111, and why
	ok "$1: exit 111" equals "$status" 111
	ok "$1: says so" grep -q -e "$2" "$dir/err"
	ok "$1: within $limit seconds" test "$took" -lt $limit
}
nothing_left() {
	equals "$(ls -A "$1")" ""
}

# ---- the test is jk-write ----
mkdir "$dir/replies"
mkfifo "$dir/cmd"
exec 4<>"$dir/cmd"
# asked PATTERN: the next line of jk-set is this one.  The ID of a question goes to $id.
asked() {
	line=$(timeout 60 head -n 1 <&4)
	# shellcheck disable=SC2254 # a pattern
	case $line in
	$1) ;;
	*) cannot_go_on "asked for '$line', not '$1'" ;;
	esac
	case $line in
	'? '*) id=${line#'? '} ;;
	esac
}
answer() { # WORDS: to the FIFO of that ID
	printf '(1763856000.000000) - %s\n' "$1" >"$dir/replies/$id"
}
begin_set() {
	jk-set -c "$dir/cmd" -r "$dir/replies" 8 charging_switch off >"$dir/out" 2>"$dir/err" 4<&- &
	setter=$!
	children="$children $setter"
}
end_set() {
	status=0
	wait $setter || status=$?
}
begin_set
asked '? set-*'
kill -TERM $setter
end_set
ok "interrupted before the command: exit 111" equals "$status" 111
ok "and nothing is left behind" nothing_left "$dir/replies"
begin_set
asked '? set-*'
answer "!ready $id"
asked "8 charging_switch off $id @*"
kill -TERM $setter
end_set
ok "interrupted before the result: exit 111" equals "$status" 111
ok "interrupted: says that it may be carried out" grep -q 'interrupted: the command may still be' "$dir/err"
ok "and nothing is left behind" nothing_left "$dir/replies"

begin_set
asked '? set-*'
answer "!ready $id"
asked "8 charging_switch off $id @*"
answer "!write $id 8 charging_switch off refused \"exception 4\""
end_set
ok "a result that is not confirmed: exit 1" equals "$status" 1
ok "and why" grep -qx 'jk-set: 8 charging_switch off: refused (exception 4)' "$dir/err"

begin_set
asked '? set-*'
answer "!ready $id"
asked "8 charging_switch off $id @*"
read -r began _ </proc/uptime
exec 4<&-
end_set
read -r ended _ </proc/uptime
took=$((${ended%.*} - ${began%.*}))
at_once "jk-write ends in the middle" 'nobody reads it any more: the command may have been carried out'
ok "and nothing is left behind" nothing_left "$dir/replies"
run_set jk-set -c "$dir/cmd" -r "$dir/replies" 8 charging_switch off
at_once "nobody reads the commands" 'nobody reads it: is jk-write running'
rm -r "$dir/replies" "$dir/cmd"

# ---- jk-write ----
mkfifo "$dir/stream"
exec 5<>"$dir/stream"
# begin PREFIX... : jk-write with these options
begin() {
	# shellcheck disable=SC2086 # a list
	$as jk-write -n -c "$dir/w/cmd" -d 3 "$@" <"$dir/stream" >"$dir/frames" 2>"$dir/log" \
		3>"$dir/ready" 5<&- &
	writer=$!
	children="$children $writer"
	wait_for test -s "$dir/ready"
}
end() {
	kill "$writer"
	wait "$writer" || true
	rm -rf "$dir/w"
	mkdir "$dir/w"
	: >"$dir/ready"
}
set_on() { # PREFIX...
	run_set "$@" jk-set -c "$dir/w/cmd" -r "$dir/w/replies" 1 no_such_key 1
}
as=
mkdir "$dir/w" "$dir/other"
begin -r "$dir/w/replies"
ok "the folder of replies is made" equals "$(stat -c %a "$dir/w/replies")" 2770
set_on
ok "and used" grep -q '^jk-set: 1 no_such_key [*]: rejected (' "$dir/err"
ok "the question is no command" lacks '!write.*[?]' "$dir/frames"
ok "and its answer not in the stream" lacks '!ready' "$dir/frames"
before=$(grep -c '!write' "$dir/frames")
printf '? \n? cmd\n?\n? -x\n? a b\n? a/b\n' >"$dir/w/cmd"
ok "what is no question is a command" \
	wait_for sh -c "[ \$(grep -c '!write' '$dir/frames') = $((before + 6)) ]"
printf '? nobody\n' >"$dir/w/cmd"
ok "a question that cannot be answered is logged" wait_for grep -q \
	"^jk-write: -r $dir/w/replies/nobody: there is no such FIFO, or nobody reads it" "$dir/log"
kill -STOP "$writer"
set_on
at_once "jk-write is stopped" "does not answer in $dir/w/replies: .*; nothing was sent"
kill -CONT "$writer"
end
umask 077
begin -r "$dir/w/replies/"
ok "whatever the umask" equals "$(stat -c %a "$dir/w/replies")" 2770
umask 022
end
mkdir -m 755 "$dir/w/replies"
begin -r "$dir/w/replies"
ok "one that is there stays as it is" equals "$(stat -c %a "$dir/w/replies")" 755
set_on
ok "and is used" grep -q ': rejected (' "$dir/err"
end
begin -r "$dir/other"
mkdir "$dir/w/replies"
set_on
at_once "another folder" "does not answer in $dir/w/replies: .*; nothing was sent"
ok "another folder: nothing is left behind" nothing_left "$dir/w/replies"
end
begin
mkdir "$dir/w/replies"
set_on
at_once "no folder" "does not answer in $dir/w/replies: .*; nothing was sent"
end
run jk-write -n -c "$dir/w/cmd" -r "$dir/none/replies" </dev/null
ok "a folder that cannot be made: exit 100" equals "$status" 100
ok "and why" grep -q "^jk-write: -r $dir/none/replies: No such file or directory" "$dir/err"

# ---- other users: 4001 runs jk-write, 4002 is in its group ----
if [ "$(id -u)" != 0 ] || ! command -v setpriv >/dev/null; then
	skip "other users" "not root, or no setpriv"
	done_testing
	exit
fi
chmod 755 "$dir"
chown 4001:4001 "$dir/w"
rm -f "$dir/w/cmd"
as="setpriv --reuid=4001 --regid=4001 --clear-groups"
begin -r "$dir/w/replies"
ok "the folder belongs to the group" equals "$(stat -c %u:%g:%a "$dir/w/replies")" 4001:4001:2770
set_on
ok "root may set" grep -q '^jk-set: 1 no_such_key [*]: rejected (' "$dir/err"
set_on setpriv --reuid=4002 --regid=4002 --groups=4001
ok "a member of the group may set" grep -q '^jk-set: 1 no_such_key [*]: rejected (' "$dir/err"
set_on setpriv --reuid=4001 --regid=4001 --clear-groups
ok "its user may set" grep -q '^jk-set: 1 no_such_key [*]: rejected (' "$dir/err"
set_on setpriv --reuid=4003 --regid=4003 --clear-groups
at_once "somebody else" "you may not write to it: it is of user"
ok "nothing is left behind" nothing_left "$dir/w/replies"
chmod 622 "$dir/w/cmd"
set_on setpriv --reuid=4003 --regid=4003 --clear-groups
at_once "who may not make a FIFO" "you may not make a FIFO there: it is of user"
mkdir -m 777 "$dir/w/open"
run_set setpriv --reuid=4003 --regid=4003 --clear-groups \
	jk-set -c "$dir/w/cmd" -r "$dir/w/open" 1 no_such_key 1
at_once "a folder that is not that of jk-write" "does not answer in $dir/w/open"
end
mkdir -m 777 "$dir/w/replies" # in which FIFOs do not belong to the group
chown 4001:4001 "$dir/w" "$dir/w/replies"
begin -r "$dir/w/replies"
chmod 622 "$dir/w/cmd"
set_on setpriv --reuid=4003 --regid=4003 --clear-groups
at_once "jk-write may not write to the reply" "does not answer in $dir/w/replies"
ok "which it logs" grep -q "^jk-write: -r $dir/w/replies/set-.*: Permission denied" "$dir/log"
set_on
ok "root may" grep -q '^jk-set: 1 no_such_key [*]: rejected (' "$dir/err"
end
ln -s "$dir/other" "$dir/w/replies"
chown -h 4003 "$dir/w/replies"
run jk-write -n -c "$dir/w/cmd" -r "$dir/w/replies" </dev/null
ok "a link of another user: exit 100" equals "$status" 100
ok "and why" grep -q -e "-r $dir/w/replies: a link of another user is not followed" "$dir/err"
mkfifo "$dir/w/real"
ln -s real "$dir/w/cmd"
run jk-write -n -c "$dir/w/cmd" </dev/null
ok "an own link to a FIFO: exit 0" equals "$status" 0
chown -h 4003 "$dir/w/cmd"
for option in "-n -c $dir/w/cmd" "-c $dir/w/mine -x $dir/w/cmd"; do
	# shellcheck disable=SC2086 # a list
	run jk-write $option </dev/null
	ok "$option: a link of another user: exit 100" equals "$status" 100
	ok "$option: and why" grep -q -e "-[cx] $dir/w/cmd: a link of another user is not followed" "$dir/err"
done
run timeout 20 jk-capture -a 1 -x "$dir/w/cmd" tcp:127.0.0.1:1
ok "jk-capture -x: a link of another user: exit 100" equals "$status" 100
ok "jk-capture -x: and why" grep -q -e "-x $dir/w/cmd: a link of another user is not followed" "$dir/err"
done_testing
