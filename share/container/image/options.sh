# Sourced by what starts in a container: a jk.conf(5) from options, and reports that name the option.
# shellcheck shell=sh
share=/usr/share/jk
tab=$(printf '\t')

# make_conf CONF ORIGINS: stdin as option-lines.awk takes it.
make_conf() {
	: >"$1"
	LC_ALL=C awk -v conf="$1" -f "$share/option-lines.awk" >"$2"
}

# of_options NAME CONF ORIGINS: on stdin what jk-service reports of CONF; each line as one of the option that
# stands there.
of_options() {
	LC_ALL=C awk -v name="$1" -v conf="$2" -v tab="$tab" '
		NR == FNR {
			split($0, part, tab)
			origin[part[1], ++words[part[1]]] = part[3]
			begin[part[1], words[part[1]]] = part[2]
			next
		}
		index($0, "jk-service: " conf ":") != 1 { print; fflush(); next }
		{
			text = substr($0, length("jk-service: " conf ":") + 1)
			line = text + 0
			sub(/^[0-9]+:/, "", text)
			column = text + 0
			sub(/^[0-9]+: /, "", text)
			at = ""
			for (i = 1; i <= words[line]; i++)
				if (begin[line, i] <= column)
					at = origin[line, i]
			print name ": " (at == "" ? "" : at ": ") text
			fflush()
		}' "$3" -
}

# check_options NAME CONF ORIGINS COMMAND...: what the COMMAND, a jk-service, reports of the configuration,
# each as of its option.  Fails if the COMMAND does.
check_options() {
	name=$1 checked=$2 origins=$3
	shift 3
	status=0
	"$@" >/dev/null 2>"$origins.reports" || status=$?
	# What is not there yet is waited for, and reported by the program that waits.  Beside a fault a note
	# is one line too many.
	[ $status -eq 0 ] && odd=': note: .* is not there yet:' || odd=': note: '
	grep -v "$odd" "$origins.reports" | of_options "$name" "$checked" "$origins" >&2
	return $status
}

# jq_error: what jq reports, among what it has written, on stdin.
jq_error() {
	sed -n 's/^jq: error[^)]*): //p; s/^\(jq: \)\{0,1\}parse error: */is not JSON: /p' | head -n 1
}
