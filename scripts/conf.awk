# conf.awk: reads a jk.conf(5), with conf-table.awk, conf-words.awk, conf-values.awk and conf-plan.awk
# before it.
#
#   -v mode=check  CLASS LINE COLUMN TEXT for each fault and note; and what a script has to look at:
#                  look KIND LINE COLUMN PATH
#   -v mode=plan   the stages, for a script; nothing if there is a fault
#   -v mode=print  the same as command lines of sh(1)
#   -v mode=table  the table of all keywords and options
#
#   -v cut=1       the last line has no newline
#   -v skip='3 7'  leave out these lines
#   -v no_state=1  nothing is kept for the next start, but alarms and banks, in the run directory
#
# All output is separated by tabs.  For mawk, gawk and busybox, in the locale C; NUL bytes are expected as
# \001.

BEGIN {
	LINE_MAX = 4096
	ODD_LINES_MAX = 20
	begin_words()
	FIRST_OF_REST = sprintf("%c", 128) # the bytes of a character of UTF-8 but the first
	LAST_OF_REST = sprintf("%c", 191)
	table()
	for (i = 1; i <= rows; i++)
		index_row(i)
	for (i = split(skip, skip_lines, " "); i > 0; i--)
		skipped[skip_lines[i]] = 1
	if (mode == "table") {
		print_table()
		exit
	}
}

# Lists the words of each keyword.
function index_row(r,   keyword) {
	keyword = row_keyword[r]
	if (row_word[r] == "") {
		keywords = keywords (keywords == "" ? "" : " ") keyword
		is_keyword[keyword] = r
	} else if (row_word[r] ~ /^[A-Z]/)
		places[keyword, ++place_count[keyword]] = r
	else
		options[keyword] = options[keyword] (options[keyword] == "" ? "" : " ") row_word[r]
}

!(NR in skipped) {
	take_line($0)
}

# A line that is no text, or too long, is not looked into.
function take_line(text) {
	line = NR
	sub(/\r$/, "", text)
	if (line == 1 && (substr(text, 1, 2) == UTF16 || substr(text, 1, 2) == UTF16_BIG)) {
		fault(1, 1, "this is UTF-16; expected text in UTF-8")
		unread = 1
		exit
	}
	if (line == 1 && substr(text, 1, 3) == BOM)
		text = substr(text, 4)
	if (length(text) > LINE_MAX)
		odd_line(1, "the line is longer than " LINE_MAX " bytes; expected a shorter one")
	else if (!is_text(text))
		odd_line(text_column, text_wrong)
	else if (split_line(text) && words > 0)
		take_words()
}

function odd_line(at_column, text) {
	fault(line, at_column, text)
	if (++odd_lines < ODD_LINES_MAX)
		return
	fault(line, at_column, "too many lines are no text: the rest is not read; expected a jk.conf(5)")
	unread = 1
	exit
}

# ---- the words of one line ----

# Their values are in value[entry, WORD], at value_column[entry, WORD].
function take_words(   keyword, again) {
	keyword = word[1]
	if (!(keyword in is_keyword)) {
		unknown_keyword()
		return
	}
	again = row_kind[is_keyword[keyword]] == "one" && (keyword in only_entry)
	if (again)
		fault(line, word_column[1], keyword " is given twice, first on line " \
			entry_line[only_entry[keyword]] "; expected one line " keyword)
	entry = ++entries
	entry_keyword[entry] = again ? "" : keyword
	entry_line[entry] = line
	entry_column[entry] = word_column[1]
	entry_faults = faults
	if (!(keyword in only_entry))
		only_entry[keyword] = entry
	at = 2
	if (take_places(keyword))
		take_options(keyword)
	entry_bad[entry] = faults > entry_faults
	entry_end[entry] = end_column
}

function unknown_keyword(   near) {
	near = near_words(word[1], keywords)
	fault(line, word_column[1], "no such keyword" (near == "" && length(word[1]) > 40 ? "" : ": " \
		shown_unknown(word[1], near)) (near == "" ? "" : " (near: " near ")") \
			"; expected " listed(keywords))
}

# What stands behind = or : may be a password.
function shown_unknown(text, near) {
	sub(/[=:].*/, "", text)
	return text
}

function is_option(keyword, text) {
	return index(" " options[keyword] " ", " " text " ") > 0
}

# The words that have no name, in their order.  Returns whether the options can be looked at.
function take_places(keyword,   i, r, optional, wrong) {
	for (i = 1; i <= place_count[keyword]; i++) {
		r = places[keyword, i]
		optional = row_argument[r] ~ /^\[/
		if (at > words) {
			if (!optional)
				fault(line, end_column, keyword ": no " row_argument[r] \
					"; expected " expected(r))
			if (!optional)
				return 0
			break
		}
		if (row_kind[r] == "packs") {
			take_packs(r)
			break
		}
		wrong = value_wrong(row_kind[r], word[at])
		if ((wrong != "" || row_kind[r] == "broker") && !quoted[at] && is_option(keyword, word[at])) {
			if (optional)
				continue
			fault(line, word_column[at], keyword ": no " row_argument[r] " before " word[at] \
				"; expected " expected(r))
			continue
		}
		take_value(r, row_argument[r] ~ /^[A-Z:]+$|^\[/ ? row_word[r] : keyword, wrong)
		if (wrong == "" && row_kind[r] == "source")
			keep_source()
		if (wrong == "" && row_kind[r] == "broker")
			keep_broker()
	}
	return 1
}

# The rest of the line: names, which are kept as NAME,NAME.
function take_packs(r,   all, wrong) {
	for (; at <= words; at++) {
		wrong = value_wrong(row_kind[r], word[at])
		if (wrong != "")
			fault(line, word_column[at], row_word[r] shown(r, word[at]) ": " wrong "; expected " \
				expected(r))
		else if (index("," all ",", "," word[at] ","))
			fault(line, word_column[at], "pack " word[at] " is given twice; expected it once")
		else
			all = all (all == "" ? "" : ",") word[at]
		packs_word[entry, ++packs_words[entry]] = word[at]
		packs_column[entry, packs_words[entry]] = word_column[at]
	}
	value[entry, row_word[r]] = all
}

function keep_source() {
	entry_source[entry] = source_kind
	entry_device[entry] = source_device
}

function keep_broker() {
	entry_tls[entry] = broker_tls
	entry_host[entry] = broker_host
	entry_port[entry] = broker_port
}

# Keeps a value, or reports what is wrong with it.
function take_value(r, name, wrong) {
	value[entry, row_word[r]] = word[at]
	value_column[entry, row_word[r]] = word_column[at]
	if (wrong != "")
		fault(line, word_column[at] + value_at, name shown(r, word[at]) ": " wrong \
			"; expected " expected(r))
	at++
}

function take_options(keyword,   r) {
	while (at <= words) {
		if (!is_option(keyword, word[at])) {
			unknown_option(keyword)
			continue
		}
		r = row_of[keyword, word[at]]
		if ((entry, row_word[r]) in value)
			fault(line, word_column[at], row_word[r] " is given twice; expected it once")
		option_column[entry, row_word[r]] = word_column[at]
		at++
		if (row_argument[r] == "") {
			value[entry, row_word[r]] = "yes"
			value_column[entry, row_word[r]] = word_column[at - 1]
		} else
			take_argument(keyword, r)
	}
}

function take_argument(keyword, r,   wrong) {
	wrong = at > words ? "" : value_wrong(row_kind[r], word[at])
	if (at > words || (!quoted[at] && is_option(keyword, word[at]) && (wrong != "" || row_kind[r] == \
		"word")))
		fault(line, at > words ? end_column : word_column[at], row_word[r] ": no " row_argument[r] \
			"; expected " expected(r))
	else
		take_value(r, row_word[r], wrong)
}

# Reports it, and skips what belongs to it.  A word behind a broker is shown only if it is near to an
# option: it
# may be a password.
function unknown_option(keyword,   near, text) {
	near = near_words(word[at], options[keyword])
	text = keyword == "broker" && near == "" ? "" : ": " shown_unknown(word[at], near)
	if (options[keyword] == "")
		fault(line, word_column[at], keyword ": too many words; expected the end of the line")
	else
		fault(line, word_column[at], keyword ": no such option" text (near == "" ? "" : \
			" (near: " near ")") \
			"; expected " listed(options[keyword]))
	at++
	while (at <= words && (quoted[at] || !is_option(keyword, word[at])))
		at++
}

# ---- the file as a whole ----

END {
	if (mode == "table")
		exit
	check_all()
	if (mode == "check")
		print_reports()
	else if (faults > 0)
		exit 100
	else if (mode == "plan")
		print_plan()
	else
		print_commands()
}

function print_reports(   i, e) {
	for (i = 1; i <= reports; i++)
		print report_of[i]
	for (i = 1; i <= looks; i++)
		print look_of[i]
	for (i = 1; i <= pack_count; i++) {
		e = pack_entry[i]
		print "map\t" entry_line[e] "\t" value_column[e, "BUS:ADDR"] "\t" value_column[e, "NAME"] \
			"\t" \
			value_column[e, "LABEL"] + 0 "\t" value_column[e, "area"] + 0 "\t" map_line(e)
	}
	printf "count\t%d\t%d\t%d\n", bus_count, pack_count, broker_count
}

function given(e, name) {
	return (e, name) in value
}

function at_value(e, name, text) {
	fault(entry_line[e], value_column[e, name], text)
}

function note_option(e, name, text) {
	note(entry_line[e], option_column[e, name], text)
}

function look(kind, e, name, extra) {
	look_of[++looks] = "look\t" kind "\t" entry_line[e] "\t" value_column[e, name] "\t" value[e, name] \
		(extra == "" ? "" : "\t" extra)
}

function check_all(   e) {
	for (e = 1; e <= entries; e++)
		if (entry_keyword[e] == "bus")
			check_bus(e)
	for (e = 1; e <= entries; e++)
		if (entry_keyword[e] == "pack")
			check_pack(e)
		else if (entry_keyword[e] == "bank")
			check_bank(e)
		else if (entry_keyword[e] == "broker")
			check_broker(e)
		else if (entry_keyword[e] == "copy")
			check_copy(e)
	check_members()
	check_commands()
	check_unnamed()
	check_readers()
	check_needed()
	check_folders()
	look_at_paths()
	look_for_programs()
	if (cut && NR > 0)
		note(NR, end_column, "the last line has no newline: was the file written to its end?")
	if (!unread && !("bus" in only_entry))
		fault(NR > 0 ? NR : 1, 1, "no bus in the whole file; expected a line  bus NAME SOURCE")
}

# ---- buses ----

function check_bus(e,   name) {
	name = value[e, "NAME"]
	if (name != "" && (name in bus_named))
		at_value(e, "NAME", "bus " name ": this name is given twice, first on line " \
			entry_line[bus_named[name]] "; expected another name")
	else if (name != "") {
		bus_named[name] = e
		bus_names = bus_names (bus_names == "" ? "" : " ") name
	}
	bus_count++
	bus_entry[bus_count] = e
	if (!(e in entry_source))
		return
	check_device(e)
	check_bus_options(e)
}

function check_device(e,   device) {
	device = entry_device[e]
	if (entry_source[e] != "file" && (device in bus_on))
		at_value(e, "SOURCE", "the bus " value[bus_on[device], "NAME"] \
			" on line " entry_line[bus_on[device]] \
			" has this source already; expected another one")
	else {
		bus_on[device] = e
		look_of[++looks] = "look\t" entry_source[e] "\t" entry_line[e] "\t" value_column[e,
			"SOURCE"] "\t" \
			device "\t" value[e, "NAME"]
	}
	if (entry_source[e] == "file")
		has_replay = 1
}

function check_bus_options(e,   i, n, names) {
	if (given(e, "poll") && given(e, "listen"))
		fault(entry_line[e], option_column[e, "listen"], "both poll and listen; expected one of them")
	if (given(e, "poll") && entry_source[e] == "can")
		fault(entry_line[e], option_column[e, "poll"],
			"nothing is ever transmitted on CAN; expected listen")
	if (given(e, "poll") && entry_source[e] == "file")
		fault(entry_line[e], option_column[e, "poll"],
			"a recording cannot be polled; expected listen")
	n = split("only inverter all", names, " ")
	for (i = 1; i <= n; i++)
		if (given(e, names[i]) && entry_source[e] != "can")
			fault(entry_line[e], option_column[e, names[i]], names[i] \
				" is for CAN; expected a source can:IFACE")
	if (given(e, "all") && (given(e, "only") || given(e, "inverter")))
		fault(entry_line[e], option_column[e, "all"],
			"all shows all frames; expected it without only and inverter")
	n = split("interval gap wait", names, " ")
	for (i = 1; i <= n; i++)
		if (given(e, names[i]) && !given(e, "poll"))
			note_option(e, names[i], names[i] " has no effect without poll")
	if (given(e, "gap") && value[e, "gap"] + 0 < 50)
		note_option(e, "gap", "with less than 50 ms of silence, packs have interrupted each other")
}

# ---- packs ----

# Is this address one of "1-4,7"?
function is_among(address, list,   n, i, part, ends) {
	n = split(list, part, ",")
	for (i = 1; i <= n; i++) {
		split(part[i], ends, "-")
		if (address >= ends[1] + 0 && address <= (part[i] ~ /-/ ? ends[2] + 0 : ends[1] + 0))
			return 1
	}
	return 0
}

function check_pack(e,   place, bus, address) {
	if (entry_bad[e])
		return
	place = value[e, "BUS:ADDR"]
	bus = substr(place, 1, index(place, ":") - 1)
	address = substr(place, length(bus) + 2) + 0
	place = bus ":" address
	pack_place[e] = place
	if (!(bus in bus_named)) {
		at_value(e, "BUS:ADDR", "no such bus: " bus near_bus(bus) "; expected " \
			(bus_names == "" ? "a line  bus " bus " SOURCE" : listed(bus_names)))
		return
	}
	if (place in pack_at) {
		at_value(e, "BUS:ADDR", place " has a name already, on line " entry_line[pack_at[place]] \
			"; expected another address")
		return
	}
	pack_at[place] = e
	pack_count++
	pack_entry[pack_count] = e
	check_address(e, bus_named[bus], address)
	check_pack_name(e, entry_source[bus_named[bus]] == "can")
}

function near_bus(bus,   near) {
	near = near_words(bus, bus_names)
	return near == "" ? "" : " (near: " near ")"
}

function check_address(e, b, address) {
	if (entry_source[b] == "can" && address > 11)
		at_value(e, "BUS:ADDR", "address " address \
			": out of bounds on CAN; expected an address from 0 to 11")
	else if (given(b, "only") && !is_among(address, value[b, "only"]))
		at_value(e, "BUS:ADDR", "address " address ": the bus takes frames only of " value[b,
			"only"] \
			"; expected one of these")
	else if (given(b, "poll") && value[b, "poll"] ~ /^[0-9]+([,-][0-9]+)*$/ &&
		!is_among(address, value[b, "poll"]))
		note(entry_line[e], value_column[e, "BUS:ADDR"], "address " address \
			" is not polled, but " value[b, "poll"])
}

# Without names, packs of two buses that have one address would both be bms_ADDRESS: only one is published.
function check_unnamed(   i, k, e, other, address, all) {
	for (i = 2; i <= bus_count; i++) {
		e = bus_entry[i]
		for (k = 1; k < i; k++) {
			other = bus_entry[k]
			all = ""
			for (address = 1; address <= 15; address++)
				if (is_unnamed(e, address) && is_unnamed(other, address))
					all = all (all == "" ? "" : ", ") address
			if (all != "")
				note_option(e, "poll", "address " all ": polled on " value[other, "NAME"] \
					", too, and without names only one of two packs is published; " \
					"expected lines  pack " value[e, "NAME"] ":ADDR NAME")
		}
	}
}

function is_unnamed(e, address) {
	return given(e, "poll") && is_among(address, value[e, "poll"]) && \
		!((value[e, "NAME"] ":" address) in pack_at)
}

# The sources of one pack, RS485 and CAN, have one name.
function check_pack_name(e, can,   name) {
	name = value[e, "NAME"]
	if ((name, can) in pack_named) {
		at_value(e, "NAME", "pack " name ": this name is given twice, first on line " \
			entry_line[pack_named[name, can]] "; expected another name")
		return
	}
	pack_named[name, can] = e
}

# ---- banks ----

function check_bank(e,   name) {
	name = value[e, "NAME"]
	if (name in bank_named)
		at_value(e, "NAME", "bank " name ": this name is given twice, first on line " \
			entry_line[bank_named[name]] "; expected another name")
	else
		bank_named[name] = e
	if (++bank_count == 33)
		fault(entry_line[e], entry_column[e], "more than 32 banks; expected fewer")
	bank_entry[bank_count] = e
}

# Every pack may be on a later line than the bank.
function check_members(   b, e, i, name) {
	for (b = 1; b <= bank_count; b++) {
		e = bank_entry[b]
		for (i = 1; i <= packs_words[e]; i++) {
			name = packs_word[e, i]
			if (pack_wrong(name) == "" && !((name, 0) in pack_named) && \
				!((name, 1) in pack_named) && name !~ /^bms_[0-9]+$/)
				fault(entry_line[e], packs_column[e, i], "no such pack: " name \
					"; expected the name of a pack line, or bms_ADDR")
		}
	}
}

# ---- brokers ----

function check_broker(e,   place, prefix, discovery) {
	broker_count++
	broker_entry[broker_count] = e
	prefix = given(e, "prefix") ? value[e, "prefix"] : "jk"
	discovery = given(e, "discovery-prefix") ? value[e, "discovery-prefix"] : "homeassistant"
	if (prefix == discovery)
		fault(entry_line[e], given(e, "prefix") ? value_column[e, "prefix"] : \
			value_column[e, "discovery-prefix"], "prefix and discovery-prefix are both " prefix \
			"; expected different ones")
	check_tls(e)
	if (given(e, "password-file") && !given(e, "user"))
		fault(entry_line[e], option_column[e, "password-file"],
			"a password needs a user; expected user USER")
	if (!(e in entry_host))
		return
	place = entry_host[e] ":" (entry_port[e] != "" ? entry_port[e] : given(e, "cafile") ? 8883 : 1883)
	broker_place[e] = place
	if ((place, prefix) in broker_at)
		at_value(e, "HOST[:PORT]", "this broker is on line " \
			entry_line[broker_at[place, prefix]] \
				" already; expected another one, or another prefix")
	else
		broker_at[place, prefix] = e
}

function check_tls(e) {
	if (given(e, "cert") && !given(e, "key"))
		fault(entry_line[e], option_column[e, "cert"], "cert needs a key; expected key FILE")
	if (given(e, "key") && !given(e, "cert"))
		fault(entry_line[e], option_column[e, "key"], "key needs a certificate; expected cert FILE")
	if (given(e, "cert") && !given(e, "cafile"))
		fault(entry_line[e], option_column[e, "cert"], "cert needs TLS; expected cafile FILE")
	if (entry_tls[e] == "yes" && !given(e, "cafile"))
		at_value(e, "HOST[:PORT]",
			"mqtts:// needs authorities that are trusted; expected cafile FILE")
	if (entry_tls[e] == "no" && given(e, "cafile"))
		at_value(e, "HOST[:PORT]", "mqtt:// is without TLS, and cafile with it; expected mqtts://")
}

# ---- the other lines ----

function check_commands(   e, i, polled) {
	if (!("commands" in only_entry))
		return
	e = only_entry["commands"]
	if (value[e, "YES|NO"] != "yes")
		return
	for (i = 1; i <= bus_count; i++)
		polled += given(bus_entry[i], "poll")
	if (!polled && bus_count > 0)
		at_value(e, "YES|NO",
			"settings are written only on a polled bus; expected poll ADDRS in a line bus")
	else
		has_commands = 1
}

function check_copy(e,   path) {
	path = value[e, "PATH"]
	if (entry_bad[e])
		return
	if (path in copied)
		at_value(e, "PATH", "this path is given twice, first on line " copied[path] \
			"; expected another one")
	copied[path] = entry_line[e]
	copy_entry[++copy_count] = e
}

# The line with that keyword, 0 if there is none without faults.
function only_entry_of(keyword) {
	if (!(keyword in only_entry))
		return 0
	return entry_bad[only_entry[keyword]] ? 0 : only_entry[keyword]
}

function check_needed(   e) {
	e = only_entry_of("record")
	if (e && !given(e, "keep"))
		fault(entry_line[e], entry_end[e], "record: no keep; expected keep SIZE")
	e = only_entry_of("decode")
	if (e && !given(e, "lenient") && !given(e, "all"))
		fault(entry_line[e], entry_end[e], "decode: no option; expected " listed(options["decode"]))
	if (faults > 0 || broker_count > 0 || copies("records") > 0 || "notify" in only_entry || \
		has_history())
		return
	if ("bus" in only_entry)
		note(entry_line[only_entry["bus"]], 1,
			"no broker, notify, history or copy records: nobody reads the records")
}

# jk-tee has at most 64 branches.
function check_readers() {
	if (broker_count + copy_count > 60)
		fault(entry_line[entries], entry_column[entries], broker_count + copy_count \
			" brokers and copies; expected at most 60")
}

function folder(keyword, standard,   e) {
	if (!(keyword in only_entry))
		return standard
	e = only_entry[keyword]
	return given(e, "DIR") ? value[e, "DIR"] : standard
}

function without_slash(path) {
	path = plain_path(path "/")
	return length(path) > 1 ? substr(path, 1, length(path) - 1) : path
}

function check_folders() {
	run = without_slash(folder("run", "/run/jk"))
	state = without_slash(folder("state", "/var/lib/jk"))
	log_folder = without_slash(folder("log", state "/log"))
	record = "record" in only_entry ? without_slash(folder("record", "")) : ""
	check_folder("run", run)
	check_folder("state", state)
	check_folder("log", log_folder)
	check_folder("record", record)
}

# Each of them is a directory of its own; "" is none.
function check_folder(keyword, path,   e) {
	if (path !~ "^/.")
		return
	e = keyword in only_entry ? only_entry[keyword] : 0
	if (path in folder_of)
		fault(e ? entry_line[e] : 1, e ? value_column[e, "DIR"] : 1, keyword " " path \
			": " folder_of[path] \
			" has this directory already; expected another one")
	folder_of[path] = keyword
	if (e)
		look("dir", e, "DIR", keyword)
	else
		look_of[++looks] = "look\tdir\t0\t0\t" path "\t" keyword
}

# The programs that a script has to find.
function look_for_programs(   n, i, keys, e) {
	n = split("bus jk-capture bus jk-decode bus jk-alarm bank jk-bank broker jk-mqtt commands jk-write " \
		"copy jk-tee record jk-tee record jk-redact record s6-log record zstd notify jk-tee " \
		"notify jk-notify history jk-history",
			keys, " ")
	for (i = 1; i <= n; i += 2) {
		e = keys[i] in only_entry ? only_entry[keys[i]] : 0
		if (!e || (keys[i] == "commands" && !has_commands) || \
			(keys[i] == "history" && !has_history()) || (keys[i + 1] in looked_for))
			continue
		looked_for[keys[i + 1]] = 1
		look_of[++looks] = "look\tneeds\t" entry_line[e] "\t" entry_column[e] "\t" keys[i + 1]
	}
}

# All values that are the path of a file.
function look_at_paths(   e, r, k) {
	for (e = 1; e <= entries; e++)
		for (r = 1; r <= rows; r++)
			if (row_keyword[r] == entry_keyword[e] && row_kind[r] ~ /^path/ && given(e,
				row_word[r])) {
				split(row_kind[r], k, " ")
				if (k[2] != "dir" && value[e, row_word[r]] ~ /^\//)
					look(k[2], e, row_word[r], row_word[r])
			}
	if ("history" in only_entry && value[only_entry["history"], "FILE"] ~ /^\//)
		look("history", only_entry["history"], "FILE")
}
