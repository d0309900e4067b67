# Draws the lines of table.jq as a table: jk-table runs it.
#
# -v terminal=0: once, at the end.  terminal=1: in place, at the foot of a terminal of -v rows and columns,
# colour=1: in colours.  Then two more lines come: "tick ROWS COLUMNS" each second, and "size ROWS COLUMNS"
# when all of it is to be drawn again.
#
# What other programs write to the terminal must stay readable.  So the lines above the table are a scrolling
# region of their own, in which the cursor stays: whatever is written there scrolls up into what the terminal
# keeps, and the table stays where it is.  Each change is one write, which begins and ends with the cursor in
# that region.

BEGIN {
	# TITLE UNIT WIDTH, and which columns go first if the terminal is narrow
	column_count = split("bms - 4 90|- V 7 80|- A 7 70|- W 7 40|SOC % 4 85|cells - 6 30|low V 6 60|" \
		"high V 6 60|diff mV 5 35|MOS °C 4 20|T1 °C 4 15|T2 °C 4 10", columns_of, "|")
	for (i = 1; i <= column_count; i++) {
		split(columns_of[i], c, " ")
		title[i] = c[1] == "-" ? "" : c[1]
		unit[i] = c[2] == "-" ? "" : c[2]
		width[i] = c[3]
		keep[i] = c[4]
	}
	NAME = 14
	CHANNEL = 11
	RECENT = 5 # alarms that came and went
	ENOUGH = 0.2 # s between two drawings
	budget = 10
	resize(rows, columns)
}

# ---- texts and their widths ----

function spaces(n) { return sprintf("%" (n > 0 ? n : 0) "s", "") }
# The first n columns of a text, filled up with blanks if fill.  widths: of table.jq; "?": not known, so that
# it may end earlier.
function fit(text, widths, n, fill,   i, at, w, used, size) {
	if (widths == "-" || text !~ /[^ -~]/) {
		text = substr(text, 1, n)
		return fill ? text spaces(n - length(text)) : text
	}
	at = 1
	for (i = 1; at <= length(text); i++) {
		w = widths == "?" ? (substr(text, at, 1) < "\342" ? 1 : 2) : substr(widths, i, 1) + 0
		if (used + w > n)
			break
		used += w
		for (size = 1; follows(substr(text, at + size, 1)); size++)
			;
		at += size
	}
	return substr(text, 1, at - 1) (fill ? spaces(n - used) : "")
}
# Is it a byte of UTF-8 that goes on with a character?
function follows(byte) { return byte > "\177" && byte < "\300" }
function fixed(value, places) { return value == "-" ? "-" : sprintf("%." places "f", value) }
function times(n, what) { return n " " what (n == 1 ? "" : "s") }

# ---- what is known ----

function key_of(   key) { return $5 != "-" ? $5 : $2 SUBSEP $3 }
function before(a, b) {
	if ((channel[a] "") != (channel[b] ""))
		return (channel[a] "") < (channel[b] "")
	return address[a] < address[b]
}
function add(key,   i) {
	if (key in address)
		return
	channel[key] = $2
	address[key] = $3 + 0
	for (i = ++packs; i > 1 && before(key, order[i - 1]); i--)
		order[i] = order[i - 1]
	order[i] = key
	first[key] = $4
	if (!($2 in channel_seen)) {
		channel_seen[$2] = 1
		channels++
	}
	urgent = 1
}
# The values of one CAN frame, and those of the others that the row has.
function with_values(key,   i, row, line) {
	split(last[key], row, "\t")
	if ($19 != "-" || $20 != "-")
		alarmed[key] = $4
	else if ($4 - alarmed[key] > 2)
		row[19] = row[20] = "-"
	if (8 in row && row[8] + 0 > $8 + 0)
		$8 = row[8]
	line = $1
	for (i = 2; i <= NF; i++)
		line = line "\t" (i > 7 && $i == "-" && i in row ? row[i] : $i)
	return line
}
function heard(key,   gap) {
	gap = key in at ? $4 - at[key] : 0
	usual[key] = gap < 600 ? gap : 0
	at[key] = $4
	from[key] = $2
	delete unanswered[key]
}
# Why the values of a pack are not current; "": they are.
function silence(key,   age, limit) {
	age = int(now - (key in at ? at[key] : first[key]))
	limit = usual[key] * 2.5 > 10 ? usual[key] * 2.5 : 10
	if ((key in from ? from[key] : channel[key]) in closed)
		return "link closed"
	if (unanswered[key] > 1 || (unanswered[key] && !(key in at)))
		return "no answer for " age " s"
	return age < limit ? "" : "silent for " age " s"
}
# Of one pack: "critical", "alarm", "warning" or "", and the texts in `said`.
function severity_of(key, row,   n, i, one, list, worst) {
	said = ""
	if (row[19] == "-") { # no jk-alarm: how bad it is is not known
		said = row[20] == "-" ? "" : row[20]
		return said == "" ? "" : "alarm"
	}
	n = split(row[19], list, ";")
	for (i = 1; i <= n; i++) {
		split(list[i], one, " ")
		said = said (i > 1 ? "; " : "") text_of(key, one[2])
		if (rank(one[1]) > rank(worst))
			worst = one[1]
	}
	return worst
}
function rank(severity) {
	return severity == "critical" ? 4 : severity == "alarm" ? 3 : severity == "warning" ? 2 : \
		severity == "info"
}
function text_of(key, alarm) {
	if ((key, alarm) in alarm_text)
		return alarm_text[key, alarm]
	gsub(/_/, " ", alarm)
	return alarm
}
function style_of(severity) { return rank(severity) > 2 ? "31" : rank(severity) == 2 ? "33" : "" }

# ---- the lines of the table ----

function line(style, head, rest) {
	if (lines >= room)
		return
	lines++
	styles[lines] = style
	heads[lines] = head
	rests[lines] = rest
}
function whole(style, text) { line(style, "", fit(text, "?", wide)) }
# Which columns have room.
function choose(   i, least, sum) {
	with_channel = channels > 1 && named && wide >= 79 + CHANNEL
	sum = NAME + 1 + (with_channel ? CHANNEL : 0)
	for (i = 1; i <= column_count; i++) {
		shown[i] = 1
		sum += width[i]
	}
	while (sum > wide) {
		least = 0
		for (i = 1; i <= column_count; i++)
			if (shown[i] && (!least || keep[i] < keep[least]))
				least = i
		if (!least)
			break
		shown[least] = 0
		sum -= width[least]
	}
}
function heading(   i, names, units) {
	for (i = 1; i <= column_count; i++) {
		if (!shown[i])
			continue
		if (unit[i] == "") { # beside the units, so that it is near the values
			names = names spaces(width[i])
			units = units sprintf("%" width[i] "s", title[i])
		} else {
			names = names sprintf("%" width[i] "s", title[i])
			# one column for the sign of degrees, which are two bytes
			units = units spaces(width[i] - (unit[i] == "°C" ? 2 : length(unit[i]))) unit[i]
		}
	}
	line("1", "", spaces(NAME + 1) (with_channel ? spaces(CHANNEL) : "") names)
	line("1", "", sprintf("%-" (NAME + 1) "s", "pack") \
		(with_channel ? sprintf("%-" CHANNEL "s", " channel") : "") units)
}
# What is wrong with a pack, before the lines are chosen.
function assess(key,   row) {
	why[key] = silence(key)
	texts[key] = worst_of[key] = ""
	if (key in at) {
		split(last[key], row, "\t")
		worst_of[key] = severity_of(key, row)
		texts[key] = said
	}
	silent += why[key] != ""
	alarmed_packs += texts[key] != ""
}
function trouble(key) { return why[key] != "" || rank(worst_of[key]) > 1 }
function pack_line(key,   row, v, i, text) {
	split(last[key], row, "\t")
	text = trouble(key) ? "!" : " "
	if (with_channel)
		text = text " " fit(channel[key], "?", CHANNEL - 1, 1)
	if (why[key] != "") {
		text = text (shown[1] ? sprintf("%4d", address[key]) : "") "  " why[key]
		if (key in at && row[9] != "-")
			text = text ", last " fixed(row[9], 2) " V" (row[12] == "-" ? "" : ", " row[12] " %")
		line("31", fit(names[key], name_widths[key], NAME, 1), fit(text, "?", wide - NAME))
		return
	}
	v[1] = address[key]
	v[2] = fixed(row[9], 2)
	v[3] = fixed(row[10], (row[10] >= 100 || row[10] <= -100) && row[10] != "-" ? 1 : 2)
	v[4] = fixed(row[11], 0)
	v[5] = row[12]
	v[6] = row[8]
	v[7] = fixed(row[13], 3)
	v[8] = fixed(row[14], 3)
	v[9] = row[15] == "-" ? "-" : sprintf("%.0f", row[15] * 1000)
	for (i = 10; i <= 12; i++)
		v[i] = fixed(row[i + 6], 0)
	for (i = 1; i <= column_count; i++)
		if (shown[i])
			text = text sprintf("%" width[i] "s", v[i])
	line(style_of(worst_of[key]), fit(names[key], name_widths[key], NAME, 1), text)
}
# The rows of the packs.  If there is no room for all, those in trouble come first.
function pack_lines(left,   i, n, calm, visible) {
	if (packs > left)
		left = left > 1 ? left - 1 : 0
	for (i = 1; i <= packs; i++)
		assess(order[i])
	for (calm = 0; calm <= 1; calm++)
		for (i = 1; i <= packs; i++)
			if (trouble(order[i]) != calm && n < left) {
				visible[i] = 1
				n++
			}
	for (i = 1; i <= packs; i++)
		if (i in visible)
			pack_line(order[i])
	if (n < packs)
		whole("33", times(packs - n, "more pack") ": the terminal is too low")
}
# A bank: the sums in the columns of the packs, then how many packs are in them, and the energy of today.
function bank_line(name,   f, v, i, text, size) {
	split(bank[name], f, "\t")
	v[1] = ""
	v[2] = fixed(f[7], 2)
	v[3] = fixed(f[8], (f[8] >= 100 || f[8] <= -100) && f[8] != "-" ? 1 : 2)
	v[4] = fixed(f[9], 0)
	v[5] = fixed(f[10], 0)
	text = " " (with_channel ? spaces(CHANNEL) : "")
	for (i = 1; i <= 5; i++)
		if (shown[i])
			text = text sprintf("%" width[i] "s", v[i])
	text = text "  " f[5] "/" f[6] " packs"
	if (name in energy) {
		split(energy[name], f, "\t")
		text = text " +" kwh(f[5]) " -" kwh(f[6]) " kWh today"
	}
	line(is_incomplete(name) ? "33" : "1", fit(name, "-", NAME, 1), fit(text, "-", wide - NAME))
}
function is_incomplete(name,   f) {
	split(bank[name], f, "\t")
	return f[5] != f[6]
}
function kwh(wh) { return wh == "-" ? "-" : sprintf("%.1f", wh / 1000) }
function links(   name, i, list, n, j) {
	for (name in closed) { # in order
		for (j = ++n; j > 1 && (name "") < (list[j - 1] ""); j--)
			list[j] = list[j - 1]
		list[j] = name
	}
	for (i = 1; i <= n; i++)
		whole("31", list[i] ": link closed for " int(now - closed_at[list[i]]) " s: " closed[list[i]])
}
# What is wrong with which pack now.
function wrong(   i, key) {
	for (i = 1; i <= packs; i++) {
		key = order[i]
		if (texts[key] == "")
			continue
		line(style_of(worst_of[key]), fit(names[key], name_widths[key], NAME, 1), \
			fit(sprintf(" %4d  ", address[key]) (worst_of[key] == "" ? "" : worst_of[key] ": ") \
				texts[key], "?", wide - NAME))
	}
}
# The alarms that came and went, the newest last, as many as there is room for.
function recent(left,   i, n) {
	n = alarms < RECENT ? alarms : RECENT
	if (n > left)
		n = left
	for (i = alarms - n + 1; i <= alarms; i++)
		whole(event_style[i], event[i])
}
function summary(   text) {
	text = times(packs, "pack")
	if (alarmed_packs)
		text = text ", " alarmed_packs " with alarms"
	if (silent)
		text = text ", " silent " silent"
	return text
}
function compose(   i) {
	lines = silent = alarmed_packs = 0
	room = terminal ? (height > 5 ? height - 3 : 2) : 1e9
	if (!terminal)
		wide = 79 + (channels > 1 && named ? CHANNEL : 0)
	choose()
	if (packs)
		heading()
	pack_lines(room - lines - terminal - banks)
	for (i = 1; i <= banks; i++)
		bank_line(bank_order[i])
	room -= terminal
	links()
	wrong()
	if (alarms && lines + 1 < room)
		line("", "", "")
	recent(room - lines)
	room += terminal
	if (!terminal)
		return
	while (lines < drawn - 1) # the summary stays at the foot
		line("", "", "")
	whole("2", summary() (message == "" ? "" : "   " message))
}

# ---- the terminal ----

function resize(r, c) {
	height = r > 0 ? r : 24
	wide = terminal && c > 0 ? c : 79
	drawn = 0
}
function styled(style, text) { return colour && style != "" ? "\033[" style "m" text "\033[0m" : text }
# The bottom lines of the terminal become the table's: what is there scrolls up, and the cursor with it.
function reserve(n,   i, out) {
	out = drawn ? "" : "\0337\033[r\0338\033[J"
	for (i = drawn; i < n; i++)
		out = out "\033D"
	if (n > drawn)
		out = out "\033[" (n - drawn) "A"
	drawn = n
	return out "\0337\033[1;" (height - n) "r\0338"
}
# One line of the table on the screen: only what is different there.
function put(i,   top, from, to, new, old, known) {
	top = "\033[" (height - drawn + i) ";"
	new = rests[i]
	known = i in old_rest
	old = known ? old_rest[i] : ""
	if (!known || new == old || styles[i] != old_style[i] || heads[i] != old_head[i] || \
			length(new) != length(old) || new ~ /[^ -~]/)
		return top "1H\033[K" \
			(heads[i] == "" ? "" : styled(styles[i], heads[i]) "\033[" (NAME + 1) "G") \
			styled(styles[i], new)
	for (from = 1; substr(new, from, 1) == substr(old, from, 1); from++)
		;
	for (to = length(new); substr(new, to, 1) == substr(old, to, 1); to--)
		;
	return top (from + (heads[i] == "" ? 0 : NAME)) "H" \
		styled(styles[i], substr(new, from, to - from + 1))
}
function draw(   i, out) {
	compose()
	urgent = 0
	draw_time = now
	if (!terminal) {
		for (i = 1; i <= lines; i++) {
			out = heads[i] rests[i]
			sub(/ +$/, "", out)
			print out
		}
		return
	}
	if (budget-- <= 0 || !(packs || lines > 1))
		return
	begun = 1
	if (lines > drawn) {
		if (!drawn)
			out = "\033[?25l"
		out = out reserve(lines)
		for (i in old_rest)
			delete old_rest[i]
	}
	for (i = lines + 1; i <= drawn; i++) # the summary is the last line
		styles[i] = heads[i] = rests[i] = ""
	for (i = 1; i <= drawn; i++) {
		if (!(i in old_rest) || styles[i] != old_style[i] || heads[i] != old_head[i] || \
				rests[i] != old_rest[i])
			out = out put(i)
		old_style[i] = styles[i]
		old_head[i] = heads[i]
		old_rest[i] = rests[i]
	}
	if (out != "") {
		printf "%s", "\0337" out "\0338"
		fflush()
	}
}

# ---- the lines that come ----

$1 == "tick" || $1 == "size" {
	budget = 10
	if ($1 == "tick")
		quiet++
	if ($1 == "size" || $2 != height || $3 != wide)
		resize($2, $3)
	now = newest + quiet
	if (newest)
		draw()
	next
}
{
	if ($4 > newest || $4 < newest - 60) # the clock was put back
		newest = $4
	quiet = 0
	now = newest
}
$1 != "time" && $1 != "alarm" && $3 != "-" && !($1 == "event" && $9 == "write") {
	add(key_of())
	names[key_of()] = $6
	name_widths[key_of()] = $7
	if ($6 != $2)
		named = 1
}
$1 == "bank" {
	if (!($2 in bank))
		bank_order[++banks] = $2
	bank[$2] = $0
}
$1 == "energy" { energy[$2] = $0 }
$1 == "live" || $1 == "can" {
	key = key_of()
	if ($1 == "live") {
		last[key] = $0
		live[key] = $4
		heard(key)
	} else if (!(key in live) || $4 - live[key] >= 10) { # a live record has all of it
		last[key] = with_values(key)
		heard(key)
	}
	if ($2 in closed)
		opened($2)
}
function opened(name) {
	delete closed[name]
	delete closed_at[name]
	urgent = 1
}
function note(text) {
	message = $8 " " $2 ": " text
	urgent = 1
}
$1 == "alarm" {
	alarms++
	event[alarms] = $8 "  " fit($6, $7, 40) "  " $9 "  " $10 ": " $12
	event_style[alarms] = $9 == "raised" ? style_of($10) : ""
	alarm_text[key_of(), $11] = $12
	delete event[alarms - RECENT]
	urgent = 1
}
$1 == "event" {
	if ($9 == "close" && ($10 == "end of input" || $10 == "told to stop"))
		note("the capture has ended: " $10)
	else if ($9 == "close") {
		if (!($2 in closed))
			closed_at[$2] = $4
		closed[$2] = $10
		note("link closed: " $10)
	} else if ($9 == "open") {
		if ($2 in closed)
			note("link open again")
		opened($2)
	} else if ($9 == "timeout") {
		unanswered[key_of()]++
		urgent = 1
	} else if ($9 == "mode" && $10 ~ /^listen master/)
		note("another bus master: listening")
	else if ($9 == "lost")
		note("lines lost: " $10)
	else if ($9 != "mode")
		note($9 " " $10)
}
terminal && (urgent || now - draw_time >= ENOUGH || now < draw_time) { draw() }
END {
	budget = 1
	if (newest)
		draw()
	if (begun)
		printf "\0337\033[r\0338\033[%d;1H\n\033[?25h", height
}
