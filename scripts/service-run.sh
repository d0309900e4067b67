# jk-service run, sourced by it: compiles the tree and becomes s6-svscan.
# shellcheck shell=sh disable=SC2154 # the functions and variables of jk-service

# shellcheck source=scripts/service-compile.sh
. "$share/service-compile.sh"

# The process that is s6-svscan of this scan directory.
svscan_of() {
	for process in /proc/[0-9]*; do
		read -r command 2>/dev/null <"$process/comm" && [ "$command" = s6-svscan ] &&
			[ "$(readlink "$process/cwd")" = "$(readlink -f "$1")" ] && echo "${process##*/}"
	done
}

tree_runs() {
	s6-svscanctl -z "$1" 2>/dev/null
}

refuse_second() {
	! tree_runs "$1" ||
		die 111 "$1: the tree runs already, under s6-svscan with process $(svscan_of "$1");" \
			"jk-service reload takes a changed configuration, s6-svscanctl -t $1 stops it"
}

# What is left of an s6-svscan that was killed: its pipes to the loggers are gone, so nothing of it can be
# taken over.
end_remains() {
	remains=
	for stage in "$1"/*/ "$1"/*/log/; do
		stage=${stage%/}
		[ -d "$stage" ] && s6-svok "$stage" 2>/dev/null || continue
		remains="$remains $stage"
		s6-svc -xd "$stage"
	done
	[ -n "$remains" ] || return 0
	say "$1: stages of an s6-svscan that was killed are still running; they are ended"
	for stage in $remains; do
		tries=0
		while s6-svok "$stage" 2>/dev/null && [ $tries -lt 100 ]; do
			tries=$((tries + 1))
			sleep .1
		done
		! s6-svok "$stage" 2>/dev/null || die 111 "$stage: cannot be ended; end its s6-supervise"
	done
}

# Ctrl-C in a terminal would end each s6-supervise at once: they get a session of their own, and s6-svscan
# alone gets the signal.
in_terminal() {
	s6-setsid s6-svscan "$scan_dir" </dev/null &
	svscan=$!
	trap 'kill -TERM "$svscan"' INT TERM HUP
	status=0
	while command kill -0 "$svscan" 2>/dev/null; do
		status=0
		wait "$svscan" || status=$?
	done
	exit "$status"
}

# If what all stages start with cannot be executed, no stage would come up.
refuse_no_start() {
	[ "$("$start" --probe 2>&1)" = 'jk-service' ] ||
		die 111 "$start: cannot be executed; it needs the mode 755, and a file system that is not" \
			"mounted noexec"
}

[ $# -eq 0 ] || wrong_usage "run: too many words"
begin_verb
refuse_second "$scan_dir"
end_remains "$scan_dir"
umask 027
compile "$scan_dir"
refuse_no_start
rm -rf "$scan_dir/.s6-svscan/stopping" "$scan_dir"/*/slow "$scan_dir"/*/told
[ ! -t 0 ] || in_terminal
exec s6-svscan "$scan_dir" </dev/null
