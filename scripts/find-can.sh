# jk-find on CAN, sourced by it: listening is enough.
# shellcheck shell=sh disable=SC2154 # the variables of jk-find

# Ends at once if the interface cannot be opened, or is down and nobody brings it up.
listen_can() {
	ends='!close '
	[ "$source" != "${source%,*}" ] || ends='!(close |can stopped )'
	mkfifo "$work/lines"
	[ ! -t 2 ] || say "listening to $interface for $seconds seconds"
	timeout "$seconds" jk-capture --all -- "$source" >"$work/lines" 2>"$work/messages" &
	capture=$!
	tee "$work/frames" <"$work/lines" | grep -m 1 -E "^[^ ]+ +[^ ]+ $ends" >"$work/end" &
	reader=$!
	wait "$reader" || true
	reader=
	kill "$capture" 2>/dev/null || true
	status=0
	wait "$capture" || status=$?
	capture=
	wait
	wrong_usage "$status"
}

# Seconds, data frames, and errors of the bus; then the ids that are of none of the protocols, jk-decode's
# table of which comes first.  18F0F428, which switches, is no frame of a BMS.
# shellcheck disable=SC2016 # the variables are those of awk
count_frames='
FNR == NR {
	if ($1 ~ /^0x/ && $1 != "0x18F0F428") {
		id = substr($1, 3)
		known[length(id) == 4 ? substr(id, 2) : id] = 1
	}
	next
}
{ now = substr($1, 2) + 0 }
$3 == "!open" && !begun { begun = now }
$3 == "!lost" { lost += $4 }
$3 == "!can" && $4 != "bus-error" && $4 != "restarted" { state = $4 }
index($3, "#") {
	id = substr($3, 1, index($3, "#") - 1)
	if (length(id) == 8 && id >= "20000000") {
		errors++
		next
	}
	frames++
	base = id
	if (substr(id, length(id) - 1) ~ /^F[4-9A-F]$/) # addresses 0 to 11
		base = substr(id, 1, length(id) - 2) "F4"
	if (!(id in known) && !(base in known) && !other[id]++)
		others = others (n++ < 8 ? " " id : (n == 9 ? " ..." : ""))
}
END {
	printf "received\t%.1f\t%d\t%d\t%d\t%s\t%s\n", now - begun, frames, errors, lost,
		state == "" ? "-" : state, others == "" ? "-" : substr(others, 2)
}'

# A line for each pack and one for the frames to an inverter: name, cells, voltage, SOC, number of frames, and
# the cycle of those with the SOC, in ms.
# shellcheck disable=SC2016 # the variables are those of jq
find_senders='
def last_of(f): map(f | values) | last // "-";
def cycle: map(select(.state_of_charge != null).time)
	| if length < 2 then "-" else (last - first) / (length - 1) * 100 | round * 10 end;
def frames: [length, cycle];
def cells: [.[] | keys[] | capture("^cell_voltage_(?<n>[0-9]+)$").n | tonumber] | max // "-";
map(select(.type == "rejected")) as $rejected
| map(select(.type == "alarm" and .key == "address_conflict" and .active).bms) as $two
| (map(select(.type == "can" and .bms != null)) | group_by(.bms)[]
	| ["pack", .[0].bms, cells, last_of(.total_voltage), last_of(.state_of_charge)] + frames
		+ [.[0].bms as $b | $two | index([$b]) != null]),
(map(select(.type == "can" and .bms == null)) | select(length > 0) | ["nobody", "-", "-",
	last_of(.total_voltage), "-"] + frames),
(map(select(.type == "inverter")) | select(length > 0)
	| ["inverter", last_of(.maker), "-", last_of(.voltage), last_of(.state_of_charge)] + frames
		+ [last_of(.module_count)]),
(["rejected", ($rejected | length)])
| map(tostring | gsub("[^!-~]"; "_")) | join("\t")'

# The bit rate: given, or that of the interface if ip(8) shows it.
bit_rate() {
	case $source in
	*,*) echo "${source##*,}" ;;
	*) ip -details link show "$interface" 2>/dev/null |
		sed -n 's/.* bitrate \([0-9][0-9]*\) .*/\1/p' | head -n 1 ;;
	esac
}

can_rows() {
	awk -F "$tab" -v s="$duration" -v rate="$rate" -v others="$others" -v unknown="$unknown" '
	BEGIN { if (s < 0.1) s = 0.1 } # an interface that went away at once
	function row(name, cells, volt, soc, n, every, what) {
		volt = volt == "-" ? "-" : sprintf("%.2f V", volt)
		soc = soc == "-" ? "-" : soc " %"
		printf "%-8s  %8s  %8s  %5s  %8.1f  %8s  %s\n", name, cells, volt, soc, n / s, every, what
	}
	function in_ms(cycle) { return cycle == "-" ? "-" : cycle " ms" }
	# Documents say 20 ms; 100 were measured.
	function jk(cycle, two,   number, speed) {
		number = rate == 250000 ? "0" : rate == 500000 ? "6" : "0 or 6"
		speed = rate == "" ? "250 or 500" : rate / 1000
		return number ": JK, " speed " kbit/s" named_cycle(cycle, two)
	}
	function named_cycle(cycle, two) {
		if (two == "true")
			return "  TWO PACKS"
		return cycle == "-" ? "" : cycle < 50 ? ", documented cycle" : ", measured cycle"
	}
	$1 == "pack" {
		row(sprintf("BMS %2d", $2), $3 == "-" ? "-" : $3 " cells", $4, $5, $6, in_ms($7), jk($7, $8))
	}
	$1 == "nobody" { row("no BMS", "-", $4, "-", $6, "-", "JK: 01F21400, which names no pack") }
	$1 == "inverter" {
		row("inverter", "-", $4, $5, $6, in_ms($7),
			"1 or 2: Deye or Pylontech" ($2 == "-" ? "" : ", by " $2))
	}
	END {
		if (others > 0)
			row("others", "-", "-", "-", others, "-", "unknown: " unknown)
	}' "$work/senders"
}

# Why there is nothing to listen to
explain_can_failure() {
	if grep -q '^jk-capture: .*: no such interface' "$work/messages"; then
		interfaces=$(can_interfaces | tr '\n' ' ')
		say "CAN interfaces of this machine: ${interfaces:-none}"
		say "an adapter with a driver of its own (gs_usb, PEAK, Kvaser) has one as soon as it is" \
			"plugged in; one that is a serial line (slcan) needs slcand: see jk-capture(1)"
	fi
}
bring_up_can() {
	say "bring it up with the bit rate of the BMS, 250000 with CAN protocol 0, 500000 with 6 and" \
		"those of inverters, as root:"
	say "    ip link set $interface up type can bitrate 250000 restart-ms 100"
	say "or let jk-find do it:  jk-find can:$interface,250000"
}

suggest_for_can() {
	messages
	say "What to try:"
	cat >&2 <<'END'
  - the plug: CAN-H to CAN-H, CAN-L to CAN-L, and ground; 120 Ohm between them at both ends
  - the socket: one for CAN; those of RS485 look the same
  - the bit rate: 250000 with CAN protocol 0 of the app, 500000 with 6 and those of inverters
  - the CAN protocol in the app: 0 or 6 for frames of each pack
  - the interface: if it is in listen-only mode and alone with a BMS, nobody acknowledges its frames
  - the BMS: is it on, and awake?
END
}

find_on_can() {
	interface=${source#can:}
	interface=${interface%%,*}
	listen_can
	if ! grep -q ' !open ' "$work/frames"; then
		cannot_open
		explain_can_failure
		leave 111
	fi
	jk-decode --fields >"$work/fields"
	awk -F "$tab" "$count_frames" FS="$tab" "$work/fields" FS=' ' "$work/frames" >"$work/report"
	IFS=$tab read -r _ duration frames errors lost state unknown <"$work/report"
	if [ "$state" = stopped ] && [ "$frames" -eq 0 ]; then
		say "$interface is down"
		bring_up_can
		[ -z "$conf" ] || doubt "$source: the interface is down; jk-find(1) says how to bring it up"
		leave 111
	fi
	{
		jk-decode "$work/frames" 2>/dev/null | jk-alarm 2>/dev/null
		jk-decode -t inverter "$work/frames" 2>/dev/null
	} >"$work/records"
	jq -s -r "$find_senders" "$work/records" >"$work/senders"
	of() { awk -F "$tab" -v kind="$1" '$1 == kind { n += $6 } END { print n + 0 }' "$work/senders"; }
	rejected=$(sed -n "s/^rejected$tab//p" "$work/senders")
	others=$((frames - $(of pack) - $(of nobody) - $(of inverter) - rejected))
	rate=$(bit_rate)
	can_rows | table "$(printf '%-8s  %8s  %8s  %5s  %8s  %8s  %s' PACK CELLS VOLTAGE SOC FRAMES/S CYCLE \
		'CAN PROTOCOL')"
	report_can
}

report_can() {
	count=$(grep -c "^pack$tab" "$work/senders") || true
	inverters=$(grep -c "^inverter$tab" "$work/senders") || true
	twins=$(awk -F "$tab" '$1 == "pack" && $8 == "true" { printf "%s%d", (n++ ? ", " : ""), $2 }' \
		"$work/senders")
	[ "$rejected" -eq 0 ] || say "$rejected inconsistent frames were left out"
	[ "$lost" -eq 0 ] || say "$lost frames were dropped by the kernel"
	[ "$errors" -eq 0 ] || say "$errors error frames were received: check the wiring, 120 Ohm at both" \
		"ends, and the bit rate"
	case $state in
	- | error-active) ;;
	*) say "$interface is now $state" ;;
	esac
	[ -z "$twins" ] || say "two packs share an address: $twins.  Give each its own with the DIP" \
		"switches; until then their values alternate"
	if [ "$count" -eq 0 ]; then
		[ -z "$conf" ] || doubt "no BMS was found on $source: $frames frames in $duration s"
	fi
	[ -z "$conf" ] || conf_can
	if [ "$count" -eq 0 ] && [ "$inverters" -eq 0 ]; then
		say "no BMS was found on $source.  Received in $duration s: $frames frames," \
			"$errors errors of the bus."
		suggest_for_can
		leave 1
	fi
	if [ "$count" -gt 0 ]; then
		say "found $(packs "$count") on $interface.  To read them continuously:" \
			" jk-capture $source | jk-decode | jk-table"
	else
		say "found no frames of a pack, but those for an inverter: CAN protocol 1 (Deye) or 2" \
			"(Pylontech) is chosen.  For frames of the packs choose 0 (250000 bit/s) or 6" \
			"(500000) in the app"
	fi
	[ "$inverters" -eq 0 ] || say "to read what the inverter gets: " \
		"jk-capture --inverter $source | jk-decode -t inverter"
	leave 0
}
