# jk-service status, sourced by it: what runs, and what is heard.
# shellcheck shell=sh disable=SC2154 # the functions and variables of jk-service

# shellcheck source=scripts/service-compile.sh
. "$share/service-compile.sh"

closed_folder() {
	[ -d "$1" ] && [ ! -x "$1" ]
}

# stage_line STAGE: tab-separated: stage, STAGE, up, exit status, signal, seconds, restarts; or why nothing is
# known of it.
stage_line() {
	if closed_folder "$run_dir" || closed_folder "$scan_dir"; then
		printf 'hidden\t%s\n' "$1"
	elif [ ! -d "$scan_dir/$1" ]; then
		printf 'unknown\t%s\tnot compiled\n' "$1"
	elif [ ! -e "$scan_dir/$1/supervise/status" ] && [ -x "$scan_dir/$1/supervise" ]; then
		printf 'unknown\t%s\tnot supervised\n' "$1"
	elif ! facts=$(s6-svstat -o up,exitcode,signal,updownfor "$scan_dir/$1" 2>/dev/null); then
		if [ -r "$scan_dir/$1/supervise/status" ] || [ ! -e "$scan_dir/$1/supervise" ]; then
			printf 'unknown\t%s\tnot supervised\n' "$1"
		else
			printf 'hidden\t%s\n' "$1"
		fi
	else
		deaths=$(s6-svdt "$scan_dir/$1" 2>/dev/null | wc -l)
		# shellcheck disable=SC2086 # words
		printf 'stage\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" $facts "$deaths"
	fi
}

# status_lines NAME: those of a status file
status_lines() {
	if [ -r "$run_dir/status/$1" ]; then
		# Of a foreign program that wrote there, no more than the lines that are known.
		sed -n "s/^\(link\|pack\|broker\)$tab/status$tab$1$tab&/p" "$run_dir/status/$1"
	elif [ -e "$run_dir/status/$1" ] || closed_folder "$run_dir/status" || closed_folder "$run_dir"; then
		printf 'unreadable\t%s\n' "$1"
	fi
}

all_facts() {
	printf 'now\t%s\t%s\t%s\n' "$(date +%s)" "$run_dir" "$(id -un 2>/dev/null)"
	the_plan
	for stage in hold $stages; do
		stage_line "$stage"
	done
	for name in alarm $(the_plan | awk -F '\t' '$1 == "broker" { print $2 }'); do
		status_lines "$name"
	done
}

[ $# -eq 0 ] || wrong_usage "status: too many words"
command -v s6-svstat >/dev/null || missing_program s6-svstat
read_conf
conf_as plan >/dev/null || die 100 "$shown: it has faults; jk-service -f $shown check prints them"
read_plan
all_facts | awk -f "$share/service-status.awk" | show
