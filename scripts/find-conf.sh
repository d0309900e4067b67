# jk-find --conf, sourced by it: what was found, as lines of jk.conf(5).  They are collected, and printed at
# the end.
# shellcheck shell=sh disable=SC2154 # the variables of jk-find

conf_line() { printf '%s\n' "$*" >>"$work/conf"; }
# What is for the eye of who reads the file
doubt() { conf_line "# $*"; }
# In quotes, if it would not be one word without them
conf_word() {
	case $1 in
	*[\ \"\\#]*) printf '"%s"\n' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')" ;;
	*) echo "$1" ;;
	esac
}

# The name of a bus, which stays the same as long as its device does: usb-A10K of
# /dev/serial/by-id/usb-FTDI_FT232R_A10K-if00-port0, gateway-5000 of tcp:gateway:5000, can0 of can:can0.
# Another line or interface of one adapter has another name.
bus_name() {
	case $1 in
	[tT][cC][pP]:*) echo "$1" | sed 's,^....*//,,; s,^tcp:,,; s,/$,,; s/[][]//g; s/:\([0-9]*\)$/-\1/' ;;
	can:*) echo "$1" | sed 's/^can://; s/,.*//' ;;
	*/serial/by-id/*) echo "${1##*/}" | sed 's/,[0-9]*$//' | awk '{
		line = ""
		if (match($0, /-if[0-9]+(-port[0-9]+)?$/)) {
			line = substr($0, RSTART)
			$0 = substr($0, 1, RSTART - 1)
		}
		sub(/^-if00/, "", line)
		sub(/-port0$/, "", line)
		sub(/^usb-/, "")
		n = split($0, word, "_")
		# An adapter without a serial number ends in what it is.
		is = n < 2 || tolower(word[n]) ~ /^(serial|uart|adapter|controller|converter|bridge)$/ ? 1 : n
		print "usb-" substr(word[is], 1, 31 - 4 - length(line)) line
	}' ;;
	*) echo "${1#serial:}" | sed 's/,[0-9]*$//; s,.*/pts/,pts-,; s,.*/,,' ;;
	esac | sed 's/[^A-Za-z0-9._-]/-/g; s/^[-.]*//' | cut -c 1-31
}
# conf_pack BUS ADDRESS TWO WORDS: the name of a pack has no points.
conf_pack() {
	line="pack  $1:$2  $(echo "$1" | tr . - | cut -c 1-28)-$2  \"JK BMS $2, $1\""
	if [ "$3" = true ]; then
		doubt "two packs share address $2.  Give each its own with the DIP switches," \
			"then search again"
		doubt "$line"
	else
		conf_line "$line  # $4"
	fi
}

conf_rs485() {
	bus=$(bus_name "$copied")
	case $mode in
	listen-master*)
		doubt "another bus master polls here, a BMS whose DIP switches are all 0 or a program:" \
			"only listen"
		how=listen
		;;
	*) how=${list:+poll $list} ;;
	esac
	conf_line "bus  $bus  $(conf_word "$copied")  ${how:-listen}"
	field pack | while IFS=$tab read -r bms model firmware cells _ two; do
		[ "$model" != - ] || model="model unknown"
		[ "$bms" -ne 0 ] || model="bus master"
		conf_pack "$bus" "$bms" "$two" "$model${firmware:+, $cells cells}"
	done
	silent=$({ field pack | cut -f 1 && seq 15; } | sort -n | uniq -u | ranges)
	[ "$how" = listen ] || [ -z "$silent" ] || doubt "addresses without an answer: $silent"
	[ "$rejected" -eq 0 ] || doubt "$rejected inconsistent frames were left out"
	[ "$layouts" -eq 0 ] || doubt "$layouts frames of a BMS with another layout were left out"
	[ "$((junk + orphans))" -eq 0 ] || doubt "also received: $junk bytes that are not a message," \
		"$orphans frames whose sender is unknown"
}

conf_can() {
	bus=$(bus_name "$source")
	[ "$count" -eq 0 ] || conf_line "bus  $bus  $(conf_word "$source")"
	while IFS=$tab read -r kind bms cells _ _ _ _ two; do
		[ "$kind" != pack ] || conf_pack "$bus" "$bms" "$two" "$cells cells"
	done <"$work/senders"
	[ "$inverters" -eq 0 ] || doubt "$source: frames for an inverter were received, too"
	[ "$others" -le 0 ] || doubt "$source: $others frames of no known protocol: $unknown"
	[ "$rejected" -eq 0 ] || doubt "$source: $rejected inconsistent frames were left out"
	[ "$lost" -eq 0 ] || doubt "$source: $lost frames were dropped by the kernel"
	[ "$errors" -eq 0 ] || doubt "$source: $errors error frames: check the wiring, and the bit rate"
	case $state in
	- | error-active) ;;
	*) doubt "$source: the interface is now $state" ;;
	esac
}
