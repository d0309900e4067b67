# jk-service log, sourced by it: what the stages have logged, each line with its time.
# shellcheck shell=sh disable=SC2154 # the functions and variables of jk-service

# shellcheck source=scripts/service-compile.sh
. "$share/service-compile.sh"

# log_of STAGE: all that is kept of it, oldest first
log_of() {
	[ -r "$log_dir/$1/current" ] || die 111 "$log_dir/$1: there is no log of $1, or you may not read it"
	# The names of s6-log are times, so they are in order.
	cat "$log_dir/$1"/@* "$log_dir/$1/current" 2>/dev/null
}

# Without a stage: the last 20 lines of each, by time, with the name of the stage behind the time.
log_of_all() {
	for stage in hold $stages; do
		[ -r "$log_dir/$stage/current" ] || continue
		log_of "$stage" | tail -n 20 | sed "s/^\([^ ]* [^ ]* \) */\1$stage: /"
	done | sort
}

[ $# -le 1 ] || wrong_usage "log: too many words"
read_conf
check_conf file
read_plan
if [ $# -eq 0 ]; then
	log_of_all | show
else
	case " hold $stages " in
	*" $1 "*) log_of "$1" | show ;;
	*) die 100 "log: there is no stage $1; expected hold ${stages% }" ;;
	esac
fi
