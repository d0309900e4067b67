# The tables of jk-service status, from the plan, what is known of the stages, and the status files: lines of
# at most 79 columns.  Those that want attention begin with an exclamation mark.

BEGIN {
	FS = "\t"
	SILENT_S = 30
	for (i = 1; i < 256; i++)
		code[sprintf("%c", i)] = i
}

$1 == "now" { now = $2; folder = $3; user = $4 }
$1 == "bus" { bus[++buses] = $2; order[$2] = buses; source[$2] = $3; how[$2] = $4 }
$1 == "pack" { add_pack($2 ":" $3, $4, $5); configured[$2 ":" $3] = 1 }
$1 == "broker" { broker[++brokers] = $2; place[$2] = $3 }
$1 == "stage" && NF == 7 && $3 ~ /^(true|false)$/ {
	stage[++stages] = $2; up[$2] = $3; code_of[$2] = $4; signal[$2] = $5; lasted[$2] = $6; deaths[$2] = $7
}
$1 == "unknown" { stage[++stages] = $2; trouble[$2] = $3 }
$1 == "hidden" { hidden++ }
$1 == "unreadable" { unreadable[$2] = 1 }
$1 == "status" && $3 == "link" { link[$4] = $5; frame[$4] = $6; words[$4] = $7 }
$1 == "status" && $3 == "pack" {
	add_pack($4 ":" $5, $6, $8)
	# Of two kinds of frames, the newer.
	at = $4 ":" $5
	if (heard[at] == "" || heard[at] == "-" || $7 > heard[at])
		heard[at] = $7
}
$1 == "status" && $3 == "broker" { state[$2] = $5; since[$2] = $6; reason[$2] = $7; process[$2] = $8 }

function add_pack(at, name, label) {
	if (!(at in pack_name))
		pack[++packs] = at
	if (!(at in pack_name) || pack_name[at] == "-")
		pack_name[at] = name
	if (!(at in pack_label) || pack_label[at] == "-")
		pack_label[at] = label
}

# ---- columns ----

# The columns that the character at byte i takes, and its bytes in size.
function width_at(text, i,   c, d) {
	c = code[substr(text, i, 1)]
	d = code[substr(text, i + 1, 1)]
	size = c < 192 ? 1 : c < 224 ? 2 : c < 240 ? 3 : 4
	if ((c == 204) || (c == 205 && d < 176)) # combining marks
		return 0
	return c >= 240 || (c >= 227 && c <= 237) || (c == 239 && d >= 188 && d <= 189) ? 2 : 1
}

# The text in exactly so many columns.
function cell(text, columns,   i, w, used, out) {
	for (i = 1; i <= length(text); i += size) {
		w = width_at(text, i)
		if (used + w > columns)
			break
		used += w
		out = out substr(text, i, size)
	}
	while (used++ < columns)
		out = out " "
	return out
}

# Without blanks at the end.
function put(mark, text) {
	sub(/ +$/, "", text)
	print (mark ? "! " : "  ") text
}

function span(s) {
	if (s < 0)
		return "-" span(-s)
	if (s < 120)
		return sprintf("%d s", s)
	if (s < 7200)
		return sprintf("%d min", s / 60)
	return s < 172800 ? sprintf("%d h", s / 3600) : sprintf("%d d", s / 86400)
}

# How long ago it was; in *bad whether that is too long.
function age(time,   s) {
	bad = 1
	if (time == "" || time == "-")
		return "never"
	s = now - time
	bad = s > SILENT_S || s < -SILENT_S
	return s < 0 && !bad ? "0 s" : s < 0 ? "in " span(-s) : span(s)
}

function known(text) {
	return text == "-" ? "" : text
}

# ---- tables ----

# The columns that the longest of these names takes, with a gap, and never more than most.
function widest(names, count, most,   i, n) {
	n = 8
	for (i = 1; i <= count; i++)
		if (length(names[i]) + 2 > n)
			n = length(names[i]) + 2
	return n < most ? n : most
}

function end_of(name) {
	if (signal[name] != "NA" && signal[name] != "")
		return "ended by " signal[name]
	return code_of[name] > 0 ? "exit " code_of[name] : ""
}

function print_stages(   i, name, dead, w) {
	w = widest(stage, stages, 34)
	if (stages)
		put(0, cell("STAGE", w) cell("STATE", 8) cell("SINCE", 10) "RESTARTS")
	for (i = 1; i <= stages; i++) {
		name = stage[i]
		if (name in trouble) {
			put(1, cell(shortened(name, w - 2), w) trouble[name])
			continue
		}
		dead = up[name] != "true"
		put(dead, cell(shortened(name, w - 2), w) cell(dead ? "DOWN" : "up", 8) \
			cell(span(lasted[name]), 10) cell(deaths[name] >= 100 ? "100+" : deaths[name], 10) \
			(dead ? end_of(name) : ""))
	}
	if (hidden)
		print "! Only root and the user of the service may see what runs" \
			(user == "" ? "" : ", not " user) "."
}

function print_buses(   i, name, last, w, ill) {
	print ""
	w = widest(bus, buses, 34)
	put(0, cell("BUS", w) cell("LINK", 11) "HEARD")
	for (i = 1; i <= buses; i++) {
		name = bus[i]
		last = age(frame[name])
		ill = bad || link[name] == "closed"
		put(ill, cell(shortened(name, w - 2), w) cell(name in link ? link[name] : "unknown", 11) \
			cell(last, 9) cell(ill ? known(words[name]) : "", 57 - w))
	}
}

# By bus, in the order of the configuration, and address.
function before(one, other,   a, b) {
	split(one, a, ":")
	split(other, b, ":")
	return a[1] == b[1] ? a[2] + 0 < b[2] + 0 : (a[1] in order ? order[a[1]] : buses + 1) < \
		(b[1] in order ? order[b[1]] : buses + 1)
}

function sort_packs(   i, k, at) {
	for (i = 2; i <= packs; i++) {
		at = pack[i]
		for (k = i - 1; k >= 1 && before(at, pack[k]); k--)
			pack[k + 1] = pack[k]
		pack[k + 1] = at
	}
}

function print_packs(   i, at, last, w, v, names) {
	if (packs == 0)
		return
	print ""
	sort_packs()
	for (i = 1; i <= packs; i++)
		names[i] = pack_name[pack[i]]
	w = widest(pack, packs, 24)
	v = widest(names, packs, 26)
	put(0, cell("PACK", w) cell("NAME", v) cell("HEARD", 9) "LABEL")
	for (i = 1; i <= packs; i++) {
		at = pack[i]
		last = age(heard[at])
		put(bad, cell(shortened(at, w - 2), w) cell(shortened(pack_name[at], v - 2), v) \
			cell(last, 9) cell(known(pack_label[at]), 68 - w - v))
	}
}

function shortened(text, columns) {
	return length(text) > columns ? "..." substr(text, length(text) - columns + 4) : text
}

function first_line(file,   line, got) {
	got = (getline line <file) > 0
	close(file)
	return got ? line : ""
}

# A jk-mqtt that was killed leaves its file as it was.
function is_alive(pid) {
	return first_line("/proc/1/stat") == "" || first_line("/proc/" pid "/stat") ~ /\(jk-mqtt\)/
}

function print_brokers(   i, name, now_state, good, w, places) {
	if (brokers == 0)
		return
	print ""
	for (i = 1; i <= brokers; i++)
		places[i] = place[broker[i]]
	w = widest(places, brokers, 40)
	put(0, cell("BROKER", w) cell("STATE", 14) "SINCE")
	for (i = 1; i <= brokers; i++) {
		name = broker[i]
		now_state = name in state ? state[name] : "unknown"
		if (name in state && !is_alive(process[name]))
			now_state = "not running"
		good = now_state == "connected"
		put(!good, cell(shortened(place[name], w - 2), w) cell(now_state, 14) \
			cell(name in since && now_state != "not running" ? span(now - since[name]) : "", 9) \
			cell(good || now_state == "not running" ? "" : known(reason[name]), 54 - w))
	}
}

END {
	print_stages()
	print_buses()
	print_packs()
	print_brokers()
	for (name in unreadable) {
		print "! You may not read " folder "/status/" name ": there may be more than is shown."
		break
	}
	if (!("alarm" in unreadable) && stages && !hidden && !length_of_links())
		print "! " folder "/status/alarm is missing: nothing is known of the buses."
}

function length_of_links(   name, n) {
	n = 0
	for (name in link)
		n++
	return n
}
