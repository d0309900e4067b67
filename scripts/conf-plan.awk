# Part of conf.awk: the stages that a configuration stands for, as a plan for a script and as command lines.

# ---- the plan: stage_name[], stage_in[], stage_out[], stage_args[stage, n] ----

function stage(name, from, to) {
	stages++
	stage_name[stages] = name
	stage_in[stages] = from
	stage_out[stages] = to
	argument_count[stages] = 0
}

function arg(text) {
	stage_args[stages, ++argument_count[stages]] = text
}

function fifo(name) {
	return run "/fifo/" name
}

# The options of an entry that are options of its program, in the order of the table.
function option_args(e,   r) {
	for (r = 1; r <= rows; r++) {
		if (row_keyword[r] != entry_keyword[e] || row_option[r] == "" || row_word[r] !~ /^[a-z]/ ||
		    !given(e, row_word[r]))
			continue
		arg(row_option[r])
		if (row_argument[r] != "")
			arg(value[e, row_word[r]])
		if (row_kind[r] ~ /^path/)
			uses(value[e, row_word[r]])
	}
}

# A stage starts again when a file that it uses has changed.
function uses(path) {
	use_of[++use_count] = stage_name[stages] "\t" path
}

function bus_stages(next_stage,   i, e) {
	for (i = 1; i <= bus_count; i++) {
		e = bus_entry[i]
		stage("capture-" value[e, "NAME"], "-", next_stage ".in")
		arg("jk-capture")
		arg("-n")
		arg(value[e, "NAME"])
		option_args(e)
		if (has_commands && given(e, "poll")) {
			arg("-x")
			arg(fifo(value[e, "NAME"] ".tx"))
		}
		arg(value[e, "SOURCE"])
	}
}

# Where a program keeps what it needs for its next start.
function state_args(name) {
	if (no_state)
		return
	arg("-s")
	arg(state "/" name ".state")
}

# The same of what must also live through a kill while the folder of the states is full or cannot be written:
# the run directory is usually in memory.
function kept_args(name) {
	state_args(name)
	arg(no_state ? "-s" : "--spare")
	arg(run "/" name ".state")
}

function write_stage(next_stage,   i, e) {
	stage("write", "write.in", next_stage ".in")
	arg("jk-write")
	arg("-c")
	arg(run "/cmd")
	arg("-r")
	arg(run "/replies")
	state_args("write")
	for (i = 1; i <= bus_count; i++) {
		e = bus_entry[i]
		if (given(e, "poll")) {
			arg("-x")
			arg(value[e, "NAME"] "=" fifo(value[e, "NAME"] ".tx"))
		}
	}
	option_args(only_entry["commands"])
}

function copies(stream,   i, n) {
	for (i = 1; i <= copy_count; i++)
		n += value[copy_entry[i], "STREAM"] == stream
	return n + 0
}

function copy_args(stream,   i) {
	for (i = 1; i <= copy_count; i++)
		if (value[copy_entry[i], "STREAM"] == stream)
			arg(value[copy_entry[i], "PATH"])
}

function recording() {
	return "record" in only_entry
}

function record_stages(   e, size) {
	e = only_entry["record"]
	if (!given(e, "passcodes")) {
		stage("redact", "redact.in", "archive.in")
		arg("jk-redact")
		arg("--passcodes-only")
	}
	size = bytes_of(given(e, "file") ? value[e, "file"] : "4M")
	stage("archive", "archive.in", "-")
	arg("s6-log")
	arg("-b")
	arg("n1000000000")
	arg(sprintf("s%.0f", size))
	arg(sprintf("S%.0f", bytes_of(value[e, "keep"])))
	arg("!zstd -q -1")
	arg(value[e, "DIR"])
}

function frame_stages(   e) {
	if (recording() || copies("frames")) {
		stage("tee-frames", "tee-frames.in", "decode.in")
		arg("jk-tee")
		if (recording())
			arg(fifo(given(only_entry["record"], "passcodes") ? "archive.in" : "redact.in"))
		copy_args("frames")
	}
	if (recording())
		record_stages()
	stage("decode", "decode.in", "alarm.in")
	arg("jk-decode")
	if (pack_count > 0) {
		arg("-m")
		arg(run "/map")
		uses(run "/map")
	}
	if ("decode" in only_entry)
		option_args(only_entry["decode"])
}

function broker_stage(i) {
	return i == 1 ? "mqtt" : "mqtt-" i
}

# On by default.  A file that nobody can write is no place for it.
function has_history() {
	if ("history" in only_entry)
		return value[only_entry["history"], "FILE"] != "no"
	return !no_state
}

function history_stage(   e) {
	if (!has_history())
		return
	stage("history", "history.in", "-")
	arg("jk-history")
	e = "history" in only_entry ? only_entry["history"] : 0
	arg("-f")
	arg(e ? value[e, "FILE"] : state "/history.db")
	if (e)
		option_args(e)
}

# Records go to the one reader of all, or to a jk-tee before several, which waits for none of them: not even
# for one that is stopped for good.
function direct() {
	return broker_count == 1 && copy_count == 0 && !recording() && !("notify" in only_entry) && \
		!has_history()
}

function record_reader() {
	if (direct())
		return "mqtt.in"
	return broker_count || copies("records") || "notify" in only_entry || has_history() ? \
		"tee-records.in" : "-"
}

# Where a program shows how it is doing, for jk-service status and jk-health.
function status_args(name) {
	arg("--status")
	arg(run "/status/" name)
}

# Only where a line asks for it: what others publish stays as it is.
function bank_stage(   i, e) {
	if (!bank_count)
		return
	stage("bank", "bank.in", record_reader())
	arg("jk-bank")
	kept_args("bank")
	for (i = 1; i <= bank_count; i++) {
		e = bank_entry[i]
		arg("-b")
		arg(value[e, "NAME"] (value[e, "PACKS"] == "" ? "" : "=" value[e, "PACKS"]))
	}
}

function alarm_stages(   i) {
	stage("alarm", "alarm.in", bank_count ? "bank.in" : record_reader())
	arg("jk-alarm")
	kept_args("alarm")
	if ("rules" in only_entry) {
		arg("-r")
		arg(value[only_entry["rules"], "FILE"])
		uses(value[only_entry["rules"], "FILE"])
	}
	status_args("alarm")
	if (pack_count > 0) {
		arg("--expect")
		arg(run "/map")
		uses(run "/map")
	}
	bank_stage()
	if (record_reader() != "tee-records.in")
		return
	stage("tee-records", "tee-records.in", "-")
	arg("jk-tee")
	for (i = 1; i <= broker_count; i++)
		arg(fifo(broker_stage(i) ".in"))
	if ("notify" in only_entry)
		arg(fifo("notify.in"))
	if (has_history())
		arg(fifo("history.in"))
	copy_args("records")
}

function broker_stages(   i, e, name) {
	for (i = 1; i <= broker_count; i++) {
		e = broker_entry[i]
		name = broker_stage(i)
		stage(name, name ".in", "-")
		arg("jk-mqtt")
		if (has_commands) {
			arg("-c")
			arg(run "/cmd")
		}
		state_args(name)
		status_args(name)
		# What waited in a pipe is not published as current; a recording is old.
		if (!given(e, "max-age") && !has_replay) {
			arg("--max-age")
			arg("10")
		}
		option_args(e)
		arg(value[e, "HOST[:PORT]"])
	}
	if ("notify" in only_entry) {
		stage("notify", "notify.in", "-")
		arg("jk-notify")
		arg(value[only_entry["notify"], "PROGRAM"])
	}
}

function make_plan(   first) {
	first = recording() || copies("frames") ? "tee-frames" : "decode"
	bus_stages(has_commands ? "write" : first)
	if (has_commands)
		write_stage(first)
	frame_stages()
	alarm_stages()
	broker_stages()
	history_stage()
}

# ---- names of packs ----

# A text as the map of jk-decode(1) has it.
function map_text(text,   escaped, i, c) {
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		escaped = escaped (c == "\"" || c == "\\" ? "\\" : "") c
	}
	return "\"" escaped "\""
}

# A line of that map.
function map_line(e) {
	return pack_place[e] " " value[e, "NAME"] \
		(value[e, "LABEL"] == "" ? "" : " " map_text(value[e, "LABEL"])) \
		(given(e, "area") ? " area " map_text(value[e, "area"]) : "")
}

# ---- as a plan ----

function print_plan(   i) {
	make_plan()
	print_sets()
	for (i = 1; i <= bus_count; i++)
		print "bus\t" value[bus_entry[i], "NAME"] "\t" value[bus_entry[i], "SOURCE"] "\t" \
			(given(bus_entry[i], "poll") ? "poll" : "listen")
	for (i = 1; i <= pack_count; i++)
		print_pack(pack_entry[i])
	for (i = 1; i <= broker_count; i++)
		print "broker\t" broker_stage(i) "\t" broker_place[broker_entry[i]]
	for (i = 1; i <= pack_count; i++)
		print "file\t" run "/map\t" map_line(pack_entry[i])
	print_folders("dir\t")
	for (i = 1; i <= stages; i++)
		print_stage(i)
	for (i = 1; i <= use_count; i++)
		print "uses\t" use_of[i]
}

function print_sets(   e) {
	print "set\trun\t" run
	print "set\tstate\t" state
	print "set\tlog\t" log_folder
	e = "log" in only_entry ? only_entry["log"] : 0
	printf "set\tlog-keep\t%.0f\n", bytes_of(e && given(e, "keep") ? value[e, "keep"] : "1M")
	print "set\tlog-stdout\t" (e && given(e, "stdout") ? "yes" : "no")
	print "set\tcommands\t" (has_commands ? "yes" : "no")
	print "set\treplay\t" (has_replay ? "yes" : "no")
	if (pack_count > 0)
		print "set\tmap\t" run "/map"
	if (!recording())
		return
	e = only_entry["record"]
	print "set\trecord\t" without_slash(value[e, "DIR"])
	printf "set\trecord-keep\t%.0f\n", bytes_of(value[e, "keep"])
}

function print_pack(e,   place, colon) {
	place = pack_place[e]
	colon = index(place, ":")
	print "pack\t" substr(place, 1, colon - 1) "\t" substr(place, colon + 1) "\t" value[e, "NAME"] "\t" \
		(given(e, "LABEL") ? value[e, "LABEL"] : "-")
}

function print_folders(before) {
	print before run
	print before run "/fifo"
	print before run "/status"
	print before state
	print before log_folder
	if (recording())
		print before without_slash(value[only_entry["record"], "DIR"])
}

function print_stage(i,   k, text) {
	text = "stage\t" stage_name[i] "\t" stage_in[i] "\t" stage_out[i]
	for (k = 1; k <= argument_count[i]; k++)
		text = text "\t" stage_args[i, k]
	print text
}

# ---- as command lines ----

function quote(text,   n, i, parts, out) {
	if (text ~ "^[A-Za-z0-9_./:,@%+=-]+$")
		return text
	n = split(text, parts, APOSTROPHE)
	out = parts[1]
	for (i = 2; i <= n; i++)
		out = out APOSTROPHE "\\" APOSTROPHE APOSTROPHE parts[i]
	return APOSTROPHE out APOSTROPHE
}

function command_line(i,   k, text) {
	text = stage_args[i, 1]
	for (k = 2; k <= argument_count[i]; k++)
		text = text " " quote(stage_args[i, k])
	if (stage_in[i] != "-")
		text = text " <" quote(fifo(stage_in[i]))
	if (stage_out[i] != "-")
		text = text " >" quote(fifo(stage_out[i]))
	else if (stage_args[i, 1] == "jk-tee" || stage_args[i, 1] == "jk-alarm" || \
		stage_args[i, 1] == "jk-bank")
		text = text " >/dev/null"
	return text " &"
}

function fifo_list(   i, text) {
	text = ""
	for (i = 1; i <= stages; i++)
		if (stage_in[i] != "-")
			text = text " " quote(fifo(stage_in[i]))
	for (i = 1; i <= bus_count && has_commands; i++)
		if (given(bus_entry[i], "poll"))
			text = text " " quote(fifo(value[bus_entry[i], "NAME"] ".tx"))
	return text
}

function print_commands(   i) {
	make_plan()
	print "umask 027"
	print "mkdir -p" folder_list()
	print "for fifo in" fifo_list() "; do"
	print "\t[ -p \"$fifo\" ] || mkfifo \"$fifo\""
	print "done"
	if (pack_count > 0)
		print "cat >" quote(run "/map") " <<" APOSTROPHE "END" APOSTROPHE
	for (i = 1; i <= pack_count; i++)
		print map_line(pack_entry[i])
	if (pack_count > 0)
		print "END"
	for (i = 1; i <= stages; i++)
		print command_line(i)
	print "wait"
}

function folder_list(   text) {
	text = " " quote(run) " " quote(run "/fifo") " " quote(run "/status") " " quote(state) \
		" " quote(log_folder)
	return text (recording() ? " " quote(without_slash(value[only_entry["record"], "DIR"])) : "")
}
