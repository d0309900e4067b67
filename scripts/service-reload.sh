# jk-service reload, sourced by it: compiles again and restarts only what changed.
# shellcheck shell=sh disable=SC2154 # the functions and variables of jk-service

# shellcheck source=scripts/service-compile.sh
. "$share/service-compile.sh"

# restart STAGE: one that does not end within 5 seconds is killed.  While hold is away no other may end: it
# would be the end of the input of the next.
restart() {
	rm -f "$scan_dir/$1/slow" # at once
	: >"$scan_dir/$1/told"    # its end, in the next minute, is nothing to report
	started=-wr
	[ "$1" != hold ] || started=-wR
	s6-svc $started -T 5000 -ur "$scan_dir/$1" 2>/dev/null || {
		s6-svc -uk "$scan_dir/$1"
		s6-svwait -t 5000 -u "$scan_dir/$1" || say "$1: does not start again; see jk-service log $1"
	}
}

# end_stage STAGE: it and its directory.  Out of sight of s6-svscan, which then ends its s6-supervise.
end_stage() {
	: >"$scan_dir/$1/told"
	s6-svc -d "$scan_dir/$1"
	s6-svwait -t 10000 -D "$scan_dir/$1"
	rm -rf "$scan_dir/.gone-$1"
	rm -f "$run_dir/status/$1"
	mv "$scan_dir/$1" "$scan_dir/.gone-$1"
}

# One that gave up because of its configuration is tried again.
gave_up() {
	[ "$(s6-svstat -o up,exitcode "$scan_dir/$1" 2>/dev/null)" = 'false 100' ]
}

tell_reloaded() {
	for what in added changed removed; do
		eval "list=\$$what"
		[ -z "$list" ] || echo "$what:$list"
	done
	[ -z "$tried_again" ] || echo "tried again:$tried_again"
	[ -n "$added$changed$changed_logs$removed$tried_again" ] || echo "nothing has changed"
}

# FIFOs that no stage has any more.
remove_fifos() {
	for path in "$run_dir"/fifo/*.in; do
		case "
$fifos
" in
		*"
${path##*/}
"*) ;;
		*) rm -f "$path" ;;
		esac
	done
}

try_again() {
	tried_again="$tried_again $1"
	restart "$1"
}

# In the order of the stream, so that what one has written is read before the next ends.
reload() {
	tried_again=
	[ -z "$added" ] || s6-svscanctl -a "$scan_dir"
	for stage in hold $stages; do
		case " $changed " in
		*" $stage "*) restart "$stage" ;;
		*) ! gave_up "$stage" || try_again "$stage" ;;
		esac
	done
	for stage in $changed_logs; do
		s6-svc -r "$scan_dir/$stage/log"
	done
	for stage in $removed; do
		end_stage "$stage"
	done
	[ -z "$removed" ] || s6-svscanctl -an "$scan_dir"
	remove_fifos
	tell_reloaded
}

[ $# -eq 0 ] || wrong_usage "reload: too many words"
begin_verb
s6-svscanctl -z "$scan_dir" 2>/dev/null ||
	die 111 "$scan_dir: no tree runs here; start it with jk-service run"
make_tree "$scan_dir"
reload
