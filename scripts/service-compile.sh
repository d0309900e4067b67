# jk-service compile, sourced by it and by the other verbs of the tree: the scan directory of s6, made from
# the plan.
# shellcheck shell=sh disable=SC2034,SC2154 # the functions and variables of jk-service

# The plan as text: see conf-plan.awk.
the_plan() {
	printf '%s\n' "$plan_text"
}
# plan_value NAME: of its line `set NAME VALUE`
plan_value() {
	the_plan | awk -F '\t' -v name="$1" '$1 == "set" && $2 == name { print $3 }'
}

# read_plan: sets what all verbs of the tree need.
read_plan() {
	plan_text=$(plan)
	run_dir=$(plan_value run)
	log_dir=$(plan_value log)
	scan_dir=$run_dir/service
	# In the order of the stream.
	stages=$(the_plan | awk -F '\t' '$1 == "stage" { printf "%s ", $2 }')
}

service_needs() {
	for service_program in s6-svscan s6-svscanctl s6-supervise s6-svc s6-svok s6-svstat s6-svwait s6-log \
		execlineb; do
		command -v "$service_program" >/dev/null || missing_program "$service_program"
	done
}
missing_program() {
	die 111 "$1 is not found: the tree needs s6 and execline; on Debian: apt-get install s6"
}

# make_dir PATH: one that cannot be made is reported, and costs only what needs it.
make_dir() {
	[ -d "$1" ] || (umask 027 && mkdir -p "$1") 2>/dev/null || {
		say "$1: cannot be made: $(mkdir -p "$1" 2>&1 | sed 's/.*: //')"
		return 1
	}
}

# put FILE MODE: stdin becomes the file, unless it is that already.
put() {
	cat >"$1.new"
	if cmp -s "$1.new" "$1"; then
		rm -f "$1.new"
		return
	fi
	chmod "$2" "$1.new" && mv -f "$1.new" "$1" || die 111 "$1: cannot be written"
}

# The files whose lines are in the plan: the map of jk-decode.  A path is given to awk in the environment: in
# an assignment a backslash would begin an escape.
make_files() {
	the_plan | awk -F '\t' '$1 == "file" && !seen[$2]++ { print $2 }' | while IFS= read -r path; do
		the_plan | path=$path awk -F '\t' '$1 == "file" && $2 == ENVIRON["path"] { print $3 }' |
			put "$path" 0640 || exit
	done || exit
}

# A FIFO for each name of the plan.
make_fifos() {
	make_dir "$run_dir/fifo" || die 111 "$run_dir/fifo is needed"
	fifos=$(the_plan |
		awk -F "$tab" '$1 == "stage" { for (i = 3; i < 5; i++) if ($i != "-" && !n[$i]++) print $i }')
	for fifo in $fifos; do
		[ -p "$run_dir/fifo/$fifo" ] && continue
		[ ! -e "$run_dir/fifo/$fifo" ] || die 111 "$run_dir/fifo/$fifo: is not a FIFO; remove it"
		mkfifo -m 0600 "$run_dir/fifo/$fifo" || die 111 "$run_dir/fifo/$fifo: cannot be made"
	done
}

# programs: what the plan names, with the path that is found now: a supervisor has no use for a PATH.
programs() {
	the_plan | awk -F '\t' '$1 == "stage" && !seen[$5]++ { print $5 }' | while read -r program; do
		case $program in
		/*) path=$program ;;
		*)
			path=$(command -v -- "$program" || command -v -- "$here/$program") || {
				say "$program: is not found in $PATH; its stage will not run"
				path=/$program
			}
			;;
		esac
		case $path in
		/*) ;;
		*) path=$PWD/$path ;;
		esac
		printf 'program\t%s\t%s\n' "$program" "$path"
	done
	# util-linux; without it a stage outlives its s6-supervise.
	! setpriv --pdeathsig KILL true 2>/dev/null || printf 'program\tsetpriv\t%s\n' "$(command -v setpriv)"
	for program in s6-log execlineb; do
		printf 'program\t%s\t%s\n' "$program" "$(command -v "$program")"
	done
}

# stamps: the files that the stages read when they begin.  A stage whose file has changed is another one.
stamps() {
	the_plan | sed -n "s/^uses$tab//p" | while IFS=$tab read -r stage path; do
		case $path in
		"$run_dir"/*) stamp=$(cksum <"$path") ;; # made at each start
		# It may be a password: nothing of what is in it.
		*) stamp=$(stat -L -c '%i %s %Y' -- "$path") ;;
		esac
		printf 'stamp\t%s\t%s\t%s\n' "$stage" "$path" "$stamp"
	done 2>/dev/null
}

# The whole tree beside the old one, in $next.
make_next() {
	next=$1/.next
	rm -rf "$next"
	for stage in hold $stages; do
		mkdir -p "$next/$stage/log" || die 111 "$1: cannot be written"
	done
	mkdir -p "$next/.s6-svscan"
	{
		programs
		stamps
		the_plan
	} | dir=$next run_dir=$run_dir log_dir=$log_dir awk -f "$share/service-tree.awk" ||
		die 111 "$1: the tree cannot be made"
	link_starts "$next"
}

# link_starts DIR: what s6 starts is a link to a file of the installation, which reads the script beside it.
# So DIR may be where nothing can be executed, as in /run of Debian.
link_starts() {
	start=$(readlink -f "$share/service-start.sh")
	(
		cd "$1" || exit
		for script in */run.sh */finish.sh */log/run.sh .s6-svscan/*.sh; do
			ln -s "$start" "${script%.sh}" || exit
		done
		chmod 0644 -- */*.sh */log/*.sh .s6-svscan/*.sh hold/execline
	) || die 111 "$1: the tree cannot be made"
}

# The files of a service, without those of s6-supervise.
service_parts="run.sh finish.sh execline notification-fd timeout-kill timeout-finish"
service_files="$service_parts log/run.sh run finish log/run"

# same_file A B: their bytes, or where both links lead.
same_file() {
	if [ -L "$1" ] || [ -L "$2" ]; then
		[ "$(readlink "$1")" = "$(readlink "$2")" ]
	else
		cmp -s "$1" "$2"
	fi
}

# same_part A B FILE...: all of them are the same, or missing, in both.
same_part() {
	one=$1 other=$2
	shift 2
	for part; do
		[ -e "$one/$part" ] || [ -e "$other/$part" ] || continue
		same_file "$one/$part" "$other/$part" || return 1
	done
}

# renew FROM TO FILE...: only what differs is replaced, each at once.
renew() {
	from=$1 to=$2
	shift 2
	for part; do
		if [ ! -e "$from/$part" ]; then
			rm -f "$to/$part"
		elif ! same_file "$from/$part" "$to/$part"; then
			mv -f "$from/$part" "$to/$part" || die 111 "$to/$part: cannot be written"
		fi
	done
}

# Takes over what differs.  $added, $changed, $changed_logs and $removed are stages then.
take_next() {
	added='' changed='' changed_logs='' removed=''
	for stage in hold $stages; do
		if [ ! -d "$1/$stage" ]; then
			added="$added $stage"
			mv "$next/$stage" "$1/$stage" || die 111 "$1/$stage: cannot be written"
			continue
		fi
		# shellcheck disable=SC2086 # a list
		same_part "$next/$stage" "$1/$stage" $service_parts || changed="$changed $stage"
		same_part "$next/$stage" "$1/$stage" log/run.sh || changed_logs="$changed_logs $stage"
		# shellcheck disable=SC2086
		renew "$next/$stage" "$1/$stage" $service_files
	done
	renew "$next/.s6-svscan" "$1/.s6-svscan" SIGTERM.sh SIGINT.sh SIGTERM SIGINT
	for stage in "$1"/*/; do
		stage=${stage%/} stage=${stage##*/}
		[ "$stage" = '*' ] || [ -d "$next/$stage" ] || case " $added " in
		*" $stage "*) ;;
		*) removed="$removed $stage" ;;
		esac
	done
	rm -rf "$next"
}

# make_tree DIR: leaves removed stages to the caller, who knows whether they run.
make_tree() {
	make_dir "$run_dir" || die 111 "$run_dir is needed; 'run DIR' in $shown names another"
	the_plan | sed -n "s/^dir$tab//p" | while IFS= read -r path; do
		make_dir "$path" || true
	done
	make_files
	make_fifos
	mkdir -p "$1/.s6-svscan" || die 111 "$1: cannot be made"
	make_next "$1"
	take_next "$1"
	the_plan | put "$run_dir/plan" 0640
}

# remove_stage DIR STAGE: of a tree that does not run
remove_stage() {
	if s6-svok "$1/$2" 2>/dev/null; then
		say "$1/$2: is not in the configuration any more, but runs; jk-service reload ends it"
	else
		rm -rf "${1:?}/$2"
	fi
}

# compile DIR
compile() {
	make_tree "$1"
	for stage in $removed; do
		remove_stage "$1" "$stage"
	done
}

# begin_verb: the whole configuration.  What only some stages need may be missing: the others run.
begin_verb() {
	service_needs
	read_conf
	check_conf lenient
	read_plan
}

[ "$verb" != compile ] || {
	[ $# -eq 1 ] || wrong_usage "compile needs a DIR"
	begin_verb
	compile "$1"
}
