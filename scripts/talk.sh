# shellcheck shell=sh disable=SC2034,SC2154 # names for who sources this, and its own
# Sourced by jk-set and jk-profile: the conversation with a running jk-write, through the FIFO of its commands
# and one for the replies.  The program sets $me, its name.

fifo=${JK_COMMANDS:-/run/jk/cmd}
replies=${JK_REPLIES:-/run/jk/replies}
map=${JK_MAP:-/run/jk/map}
seconds=60
reply=
child=
watcher=
reaped=

# Stdin to stdout.  A reader that leaves, as head(1) does, is not reported.
show() {
	{ wrong=$(LC_ALL=C cat 2>&1 >&3); } 3>&1 && return
	case $wrong in
	'' | *'Broken pipe'*) ;;
	*) echo "$me: cannot write to stdout: ${wrong##*: }" >&2 ;;
	esac
	exit 111
}
print_version() {
	case $version in
	@*)
		while read -r _ what version && [ "$what" != JK_VERSION ]; do :; done \
			<"${0%/*}/../common/version.h"
		version=${version#\"} version=${version%\"}
		;;
	esac
	echo "$me $version" || exit 111
	exit 0
}
die() {
	status=$1
	shift
	echo "$me: $*" >&2
	exit "$status"
}
complain() {
	echo "$me: $*" >&2
}

cleanup() {
	# The one that was started last, whose number may not be in $child or $watcher yet.
	[ "${!:-}" = "$reaped" ] || child=${!:-}
	[ -z "$watcher" ] || kill "$watcher" 2>/dev/null
	# A timeout(1) that has just started ends without its child, which would wait for a line forever: send
	# it one.
	[ -z "$child" ] || {
		kill "$child" 2>/dev/null
		echo >&3
	}
	[ -z "$reply" ] || rm -f "$reply" "$reply.line"
}

check_seconds() {
	case $seconds in
	'' | *[!0-9]* | ??????*) die 100 "-t $seconds: not a number of seconds" ;;
	esac
	[ "$seconds" -gt 0 ] || die 100 "-t $seconds: not a number of seconds" # timeout(1) would wait forever
}
# owner PATH: its user and group, for messages.
owner() {
	stat -L -c 'of user %U and group %G' "$1" 2>/dev/null
}
# send LINE: to the FIFO of the commands.  Does not wait if nobody reads it.
send() {
	printf '%s\n' "$1" |
		timeout 5 dd of="$fifo" conv=nocreat oflag=nonblock bs=4096 iflag=fullblock status=none \
			2>/dev/null
}
# receive SECONDS: one line of the reply to $line.  In the background, so that a signal ends the waiting at
# once; the file is opened before, so that none is made after that.
receive() {
	exec 5>"$reply.line"
	timeout "$1" head -n 1 <&3 >&5 &
	child=$!
	wait "$child"
	reaped=$child
	child=
	line=$(cat "$reply.line")
}
# watch: sends the reply "gone" if nobody has read the commands for 2 seconds.
watch() {
	trap 'kill $! 2>/dev/null; exit' TERM
	gone=0
	while [ $gone -lt 2 ]; do
		sleep 1 &
		wait $!
		gone=$((gone + 1))
		timeout 5 dd of="$fifo" conv=nocreat oflag=nonblock status=none 2>/dev/null </dev/null &&
			gone=0
	done
	echo gone >&3
}

# begin_talk: makes the FIFO for the replies, and asks whether one arrives at all.
begin_talk() {
	[ -p "$fifo" ] || die 111 "-c $fifo: there is no such FIFO: is jk-write running?"
	[ -w "$fifo" ] || die 111 "-c $fifo: you may not write to it: it is $(owner "$fifo")"
	[ -d "$replies" ] ||
		die 111 "-r $replies: there is no such directory: is jk-write running with this -r?"
	[ -w "$replies" ] && [ -x "$replies" ] ||
		die 111 "-r $replies: you may not make a FIFO there: it is $(owner "$replies")"
	trap cleanup EXIT
	trap 'complain "interrupted: the command may still be carried out"; exit 111' INT TERM HUP
	id=set-$$-$(date +%s)
	reply=$replies/$id # set first: whenever a signal comes, it is removed
	# jk-write may run as another user of the folder's group.
	(umask 007 && mkfifo "$reply") || {
		reply=
		die 111 "cannot make a FIFO in $replies"
	}
	chgrp "$(stat -L -c %g "$replies")" "$reply" 2>/dev/null
	# Open for reading and writing, so that neither side waits for the other; the result stays in the FIFO
	# until it is read.
	exec 3<>"$reply" || die 111 "cannot open $reply"
	send "? $id" || die 111 "$fifo: nobody reads it: is jk-write running?"
	receive 2
	case $line in
	*"!ready $id") ;;
	*)
		die 111 "$fifo: its jk-write, $(owner "$fifo"), does not answer in $replies: it is stopped," \
			"has another -r, or may not write there; nothing was sent"
		;;
	esac
}

# now: the time of a command.  Some versions of date(1) have no fractions.
now() {
	time=$(date +%s.%N)
	case $time in
	*[!0-9.]* | *.) time=$(date +%s) ;;
	esac
}

# ask WORDS: a question that has several lines as its answer; their items in $items, one a line.
ask() {
	items=
	from=0
	while [ "$from" != - ]; do
		send "? $id $* $from" || die 111 "$fifo: nobody reads it any more; nothing was sent"
		receive 5
		case $line in
		*"!$1 $id "*) ;;
		*) die 111 "$fifo: its jk-write does not know how to answer: is it an older one?" ;;
		esac
		line=${line#*"!$1 $id "}
		[ "$1" = packs ] || line=${line#* } # the BMS
		from=${line%% *}
		[ "$from" = "$line" ] || items="$items$(printf '%s\n' "${line#* }" | tr ' ' '\n')
"
	done
}

# outcome KIND: waits for the event !KIND of the command that was sent: its $command, BMS, KEY and VALUE as
# jk-write shows them, without what may be a passcode, its $result, and $why, " (REASON)" or nothing.
outcome() {
	watch >/dev/null 2>&1 &
	watcher=$!
	receive "$seconds"
	kill "$watcher" 2>/dev/null
	wait "$watcher" 2>/dev/null
	watcher=
	[ "$line" != gone ] || die 111 "$fifo: nobody reads it any more:" \
		"the command may have been carried out"
	[ -n "$line" ] || die 111 "no result within $seconds seconds: the command may still be carried out"
	words=${line#*!"$1" "$id" }
	why=
	case $words in
	*\"*)
		why=${words#*\"}
		why=" (${why%\"})"
		words=${words%% \"*}
		;;
	esac
	result=${words##* }
	command=${words% *}
}
# write_one BMS KEY VALUE: carries out the command.  check_one: only checks it.
write_one() {
	now
	send "$1 $2 $3 $id @$time" || die 111 "$fifo: nobody reads it any more; nothing was sent"
	outcome write
}
check_one() {
	now
	send "? $id check $1 $2 $3 @$time" || die 111 "$fifo: nobody reads it any more; nothing was sent"
	outcome check
}

# ---- names of packs ----

# map_places NAME: [CHANNEL:]BMS of each line of the map with that name; of all names if there is none.
map_places() {
	[ -r "$map" ] || return 0
	awk -v name="${1-}" '$1 !~ /^#/ && NF >= 2 && (name == "" || $2 == name) {
		n = split($1, part, ":")
		address = part[n]
		place = substr($1, 1, length($1) - length(address))
		if (address ~ /^0[xX]/)
			next
		print place address + 0
	}' "$map"
}
# find_place WORD: the [CHANNEL:]BMS that it means, in $place.  False: there is none, which is reported.
find_place() {
	place=$1
	case ${1##*:} in
	'' | *[!0-9]*) ;;
	*) return 0 ;;
	esac
	place=$(map_places "$1")
	case $place in
	*[[:space:]]*) # a pack that is heard on several buses: where something can be set
		ask packs
		place=$(map_places "$1" | grep -Fx "$items")
		;;
	esac
	case $place in
	'') complain "$1: no pack of $map has this name" ;;
	*[[:space:]]*) complain "$1: several packs have this name" ;;
	*) return 0 ;;
	esac
	return 1
}
# find_all: the places of all packs that jk-write hears, or that the map names, on buses where something can
# be set; in $places.
find_all() {
	ask packs
	places=$(
		{
			printf '%s\n' "$items"
			map_places
		} | awk '
			$0 == "" { known = 1; next }
			!known && /:can$/ { sub(/:can$/, ""); can[$0] = 1; next }
			{
				n = split($0, part, ":")
				channel = n > 1 ? substr($0, 1, length($0) - length(part[n]) - 1) : ""
				if (channel in can || part[n] == 0 ||
					(known && channel == "" && part[n] in heard))
					next
				heard[part[n]] = 1
				if (!seen[$0]++)
					print
			}'
	)
}
# find_places WORD: of "all", or of a list with commas; in $places.  Wrong ones end the program.
find_places() {
	if [ "$1" = all ]; then
		find_all
		[ -n "$places" ] || die 1 "all: no pack has been heard yet"
		return
	fi
	places=
	for word in $(printf '%s' "$1" | tr ',' ' '); do
		find_place "$word" || exit 100
		case "
$places
" in
		*"
$place
"*) ;;
		*) places="${places:+$places
}$place" ;;
		esac
	done
}
