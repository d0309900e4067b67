# jk-service: the checks of a configuration that look at files and devices, sourced by it.
# shellcheck shell=sh disable=SC2154,SC2034 # the variables of jk-service

me=$(id -u)
user=$(id -un 2>/dev/null) || user=$me

# Each check prints lines  CLASS LINE COLUMN TEXT, separated by tabs, as conf.awk does.  $line and $column are
# those of the path that it looks at; line 0 is a default.
found() { printf '%s\t%s\t%s\t%s\n' "$1" "$line" "$column" "$2"; }
wrong() { found env "$1"; }

everybody_may_write() { [ -n "$(find -L "$1" -maxdepth 0 -perm -0002 2>/dev/null)" ]; }

# ---- files ----

may_not_read() {
	echo "user $user may not read it, it is of $(owner "$1"); expected a file that may be read"
}

look_password() {
	if [ ! -e "$1" ]; then
		wrong "password-file $1: there is no such file; expected the password in its first line"
	elif [ -d "$1" ]; then
		wrong "password-file $1: this is a directory; expected a file"
	elif [ -n "$(find -L "$1" -maxdepth 0 -type f \( -perm -0004 -o -perm -0002 \))" ]; then
		wrong "password-file $1: everybody may read or change it; expected mode 0600 or 0640"
	elif [ ! -r "$1" ]; then
		wrong "password-file $1: $(may_not_read "$1")"
	elif [ -f "$1" ]; then
		look_first_line "$1"
	fi
}
look_first_line() {
	size=$(head -n 1 -- "$1" | tr -d '\r\n' | wc -c)
	if [ "$size" -eq 0 ]; then
		wrong "password-file $1: its first line is empty; expected the password"
	elif [ "$size" -gt 1024 ] || [ "$(head -n 1 -- "$1" | tr -d '\000\r\n' | wc -c)" -ne "$size" ]; then
		wrong "password-file $1: no password is in its first line; expected 1 to 1024 bytes"
	fi
}

# a_file WHAT PATH: is it a file that can be read?
a_file() {
	if [ ! -e "$2" ]; then
		wrong "$1 $2: there is no such file; expected one"
	elif [ ! -f "$2" ]; then
		wrong "$1 $2: this is not a file; expected one"
	elif [ ! -r "$2" ]; then
		wrong "$1 $2: $(may_not_read "$2")"
	else
		return 0
	fi
	return 1
}
look_pem() {
	! a_file "$3" "$1" || head -c 65536 -- "$1" | grep -q -e '-----BEGIN ' ||
		wrong "$3 $1: no certificate or key is in it; expected PEM"
}
look_recording() { a_file recording "$1"; }

# What the program itself says about its file.  Without it nothing behind it would run, so these are faults of
# the configuration.
says() {
	sed -n "s/^jk-[a-z]*: //p" | head -n 20 | while IFS= read -r text; do
		found fault "$1 $2: $text"
	done
}
look_rules() {
	a_file rules "$1" | sed 's/^env/fault/' | grep . && return
	jk-alarm -r "$1" </dev/null 2>&1 >/dev/null | says rules "$1"
}
look_allow() {
	a_file allow "$1" | sed 's/^env/fault/' | grep . && return
	jk-write -A "$1" --list 2>&1 >/dev/null | says allow "$1"
}

look_program() {
	if [ ! -e "$1" ]; then
		wrong "notify $1: there is no such program; expected a program"
	elif [ ! -f "$1" ] || [ ! -x "$1" ]; then
		wrong "notify $1: user $user may not run it; expected a program"
	elif everybody_may_write "$1"; then
		wrong "notify $1: everybody may change it; expected mode 0755"
	fi
}

look_needs() {
	command -v "$1" >/dev/null || wrong "the program $1 is missing; expected it in PATH"
}

look_copy() {
	if [ -d "$1" ]; then
		wrong "copy $1: this is a directory; expected a FIFO or a file"
	elif [ -e "$1" ] && [ ! -w "$1" ]; then
		wrong "copy $1: user $user may not write to it, it is of $(owner "$1"); expected another one"
	elif [ ! -e "$1" ] && [ ! -d "${1%/*}/" ]; then
		wrong "copy $1: there is no directory ${1%/*}/; expected a FIFO or a file"
	elif [ ! -e "$1" ] && [ ! -w "${1%/*}/" ]; then
		wrong "copy $1: user $user may not make it in ${1%/*}/; expected a FIFO or a file"
	fi
}

look_history() {
	look_copy "$1" | sed 's/copy/history/; s/expected a FIFO or a file/expected a file/'
}

# ---- directories ----

look_dir() {
	class='env'
	[ "$3" != run ] || class=fault # nothing can start without it
	look_folder "$@" | sed "s/^env/$class/"
}
look_folder() {
	path=$1
	while [ ! -e "$path" ] && [ ! -h "$path" ]; do
		path=${path%/*} # it is absolute
		[ -n "$path" ] || path=/
	done
	if [ ! -d "$path" ]; then
		wrong "$3 $1: $path is not a directory; expected one"
	elif [ ! -w "$path" ] || [ ! -x "$path" ]; then
		cannot_write "$1" "$path" "$3"
	elif [ "$path" = "$1" ]; then
		look_owner "$1" "$3"
	fi
}
cannot_write() {
	[ "$1" = "$2" ] && what="write in it" || what="make it in $2"
	why="user $user may not $what"
	! read_only "$2" || why="cannot $what: the file system is read-only"
	wrong "$3 $1: $why; expected a directory of the user that runs the service"
}
# touch(1) would say so, but change it.
read_only() {
	[ "$me" -eq 0 ] || awk -v path="$(readlink -f "$1")/" '
		index(path, $5 == "/" ? "/" : $5 "/") == 1 { mode = $6 }
		END { exit mode !~ /^ro(,|$)/ }' /proc/self/mountinfo 2>/dev/null
}
look_owner() {
	uid=$(stat -L -c %u -- "$1")
	if [ "$me" -ne 0 ] && [ "$uid" -ne "$me" ] && [ "$uid" -ne 0 ]; then
		wrong "$2 $1: it is of $(owner "$1"); expected user $user or root"
	elif [ -n "$(find -L "$1" -maxdepth 0 -perm -0002 ! -perm -1000)" ]; then
		wrong "$2 $1: everybody may write in it; expected mode 0750"
	fi
}

# ---- buses ----

look_serial() {
	if [ ! -e "$1" ]; then
		found note "$1 is not there yet: jk-capture waits for it"
	elif [ ! -c "$1" ]; then
		wrong "$1: this is no serial line; expected a device"
	elif [ ! -r "$1" ] || [ ! -w "$1" ]; then
		wrong "$1: user $user may not open it, it is of $(owner "$1"); expected a user of its group"
	fi
	[ ! -c "$1" ] || same_device "$1" "$(stat -L -c %t:%T -- "$1")" "$3"
}
# Two links to one device.
same_device() {
	for known in $devices; do
		[ "${known%%=*}" != "$2" ] ||
			wrong "$1: the bus ${known#*=} has this device already; expected another one"
	done
	devices="$devices $2=$3"
}
look_can() {
	type=/sys/class/net/${1#can:}/type
	if [ ! -e "$type" ]; then
		found note "the interface ${1#can:} is not there yet: jk-capture waits for it"
	elif [ "$(cat "$type")" != 280 ]; then
		wrong "$1: ${1#can:} is no CAN interface; expected one"
	fi
}

# ---- all of them ----

look_all() {
	devices=
	while IFS=$tab read -r _ kind line column path more; do
		case $kind in
		tcp) ;;
		file) look_recording "$path" ;;
		*) "look_$kind" "$path" "" "$more" ;;
		esac
	done
}

# The names of packs, by the rules of jk-decode, which reports one fault at a time.
look_map() {
	map=$1
	while [ -n "$map" ]; do
		answer=$(jk-decode -m /dev/fd/3 3<<END 2>&1 </dev/null
$(printf '%s\n' "$map" | cut -f 7-)
END
		)
		case $answer in
		jk-decode:\ /dev/fd/3:[0-9]*:[0-9]*:\ *) ;;
		*) break ;;
		esac
		answer=${answer#jk-decode: /dev/fd/3:}
		number=${answer%%:*} text=${answer#*:*: }
		at=${answer#*:} at=${at%%:*}
		printf '%s\n' "$map" | sed -n "${number}p" | map_fault
		map=$(printf '%s\n' "$map" | sed "${number}d")
	done
}
map_fault() {
	IFS=$tab read -r _ line address name label area words
	column=$address place=${words%% *}
	[ "$at" -le "${#place}" ] || column=$name
	case $text in *label*) [ "$label" -eq 0 ] || column=$label ;; esac
	case $text in *area*) column=$area hint="one area" ;; *) hint="another name" ;; esac
	found fault "pack: $text; expected $hint"
}

# has_report KIND
has_report() { printf '%s\n' "$reports" | grep -q "^$1"; }

# check_conf strict: reports all faults; exits with 100 if there is one.
# check_conf lenient: exits only if the fault is of the file itself, not of a file or a device that it names.
# check_conf file: looks at the file only.
check_conf() {
	checked=$(conf_as check) || die 111 "awk failed"
	reports=$(printf '%s\n' "$checked" | grep -E "^(fault|note)$tab")
	map=$(printf '%s\n' "$checked" | grep "^map$tab")
	[ -z "$map" ] || reports="$reports
$(look_map "$map")"
	[ "$1" = file ] || reports="$reports
$(printf '%s\n' "$checked" | grep "^look$tab" | look_all)
$(line=0 column=0 && ! everybody_may_write "$conf" || wrong "everybody may change it; expected mode 0644")"
	reports=$(printf '%s\n' "$reports" | grep . | sort -t "$tab" -k 2,2n -k 3,3n)
	[ "$1" != file ] || reports=$(printf '%s\n' "$reports" | grep '^fault')
	print_reports >&2
	leave_out
	! has_report fault || exit 100
	[ "$1" != strict ] || ! has_report env || exit 100
	IFS=$tab read -r _ buses packs brokers <<END
$(printf '%s\n' "$checked" | grep "^count$tab")
END
}

# leave_out: for a start in spite of faults.  A copy that jk-tee cannot open would end it, and with it all
# behind it.  jk-write and jk-mqtt end if they cannot keep their state.
leave_out() {
	skip=$(printf '%s\n' "$reports" | awk -F "$tab" '$1 == "env" && $4 ~ /^copy / { printf "%s ", $2 }')
	no_state=$(printf '%s\n' "$reports" | awk -F "$tab" '$1 == "env" && $4 ~ /^state / { print 1; exit }')
}

print_reports() {
	printf '%s\n' "$reports" | while IFS=$tab read -r class line column text; do
		[ -n "$class" ] || continue
		place=$shown:$line:$column
		[ "$line" -gt 0 ] || place=$shown
		[ "$class" != note ] || text="note: $text"
		say "$place: $text"
	done
}
