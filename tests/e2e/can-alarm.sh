# Sourced by the tests of alarms on CAN, behind lib.sh.
# shellcheck shell=sh
# shellcheck disable=SC2154 # dir, of lib.sh
# alarms OPTIONS...: of a bus with these options: the records after jk-alarm, and the transitions of its
# alarms.  Nothing but what the options say is wrong with the packs.
alarms() {
	jk-sim --can "$dir/can" --log "$dir/log" --soc 50 --ambient 220 --current 5000 "$@" || return 1
	jk-decode "$dir/can" >"$dir/records" 2>"$dir/err" || return 1
	jk-alarm "$dir/records" >"$dir/annotated" || return 1
	tests/e2e/can-sim.pl transitions "$dir/annotated" >"$dir/transitions"
}
# of BMS KEY: its transitions without their times
of() { sed -n "s/^$1 $2 \(.*\) [0-9.]*$/\1/p" "$dir/transitions" | tr '\n' ',' | sed 's/,$//'; }
# at BMS KEY NUMBER: when the transition with that number was, since the start
at() { sed -n "s/^$1 $2 .* \([0-9.]*\)$/\1/p" "$dir/transitions" | sed -n "$3p"; }
between() { # FROM TIME TO
	awk -v from="$1" -v t="$2" -v to="$3" 'BEGIN { exit !(t != "" && t >= from && t <= to) }' || {
		echo "'$2' is not in $1..$3"
		return 1
	}
}
# after NUMBER BMS KEY ID: how long after the last frame whose identifier and data begin so the transition was
after() {
	last=$(sed -n "s/^(\([0-9.]*\)) [^ ]* $4.*/\1/p" "$dir/can" | tail -n 1)
	awk -v t="$(at "$2" "$3" "$1")" -v last="$last" 'BEGIN { printf "%.3f\n", t - (last - 1763856000) }'
}
# keys: the keys that were raised of any BMS
keys() { cut -d' ' -f1,2 "$dir/transitions" | sort -u | tr '\n' ',' | sed 's/,$//'; }
