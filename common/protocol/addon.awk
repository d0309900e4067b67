# SPDX-License-Identifier: MIT
# addon.awk: makes the rows of addon_rows.h from the sheets of the Node-RED add-on beside it.
#
#	awk -f sheet.awk -f addon.awk settings.tsv about.tsv addon-alarm-texts.tsv addon-health.tsv \
#		addon-topics.tsv addon-discovery.tsv
#
# The sheets of our own tell which record has a key.

BEGIN {
	print "/* Made by common/protocol/addon.awk; edit the sheets in common/protocol. */"
	print "#include \"addon_rows.h\""
	# Columns of addon-discovery.tsv and the options of Home Assistant that they are; # is a number or
	# a truth value, others are texts.  What is left out is ours: availability, the device but its
	# identifier and name, and retain, which would repeat a command.
	split("addon_name name addon_unique_id unique_id default_entity_id default_entity_id " \
		"addon_topic state_topic command_topic command_topic value_template value_template " \
		"unit unit_of_measurement device_class device_class state_class state_class " \
		"precision suggested_display_precision# entity_category entity_category icon icon " \
		"payload_on payload_on payload_off payload_off state_on state_on state_off state_off " \
		"step step# number_mode mode expire_after expire_after# force_update force_update# " \
		"json_attributes_topic json_attributes_topic enabled_by_default enabled_by_default#",
		options, " ")
}

table == "settings" || table == "about" { source_of[get("key")] = table; next }
table == "addon-alarm-texts" {
	printf "\t[%d] = {%s, %s},\n", get("bit"), text_or_null(get("addon_text")), \
		text_or_null(get("addon_listening_text"))
	next
}
table == "addon-health" {
	printf "\t{%s, %s},\n", quoted(get("addon_attribute")), quoted(get("our_source"))
	next
}
table == "addon-topics" { take_topic(); next }
table == "addon-discovery" { put_row(); next }
{ fail("no table is made from " table) }

function sheet_begins() {
	if (table == "addon-alarm-texts")
		print "\nconst struct addon_alarm_text addon_alarm_texts[ADDON_ALARM_TEXTS] = {"
	else if (table == "addon-health")
		print "\nconst struct addon_health addon_health[] = {"
	else if (table == "addon-discovery")
		print "\nconst struct addon_row addon_rows[] = {"
}

function sheet_ends() {
	if (table ~ /^addon-/ && table != "addon-topics")
		print "};"
}

function take_topic(id) {
	id = get("addon_unique_id")
	if (id == "" && get("our_key") == "bridge.availability")
		split(get("addon_topic") " " substr(get("transform"), 6), module, " ")
	if (id == "")
		return # no entity
	if (id in key_of)
		fail(id " is there twice")
	topic_of[id] = get("addon_topic")
	key_of[id] = get("our_key")
	transform_of[id] = get("transform")
}

# The form of a value, and what it takes.
function form(transform, words, pairs, one) {
	if (transform ~ /^at most [0-9]$/)
		return "NUMBER, .digits = " substr(transform, 9)
	if (transform == "trim")
		return "NUMBER, .digits = 6"
	if (transform == "same")
		return "TEXT"
	if (transform ~ /^ascii [0-9]+$/)
		return "TEXT, .digits = " substr(transform, 7)
	if (transform ~ /^flag [^ ]+ [^ ]+$/) {
		split(transform, words, " ")
		return "FLAG, .on = " quoted(words[2]) ", .off = " quoted(words[3])
	}
	if (transform ~ /^map true=[^;]*;false=[^;]*$/) {
		split(substr(transform, 5), pairs, ";")
		return "FLAG, .on = " quoted(substr(pairs[1], 6)) ", .off = " quoted(substr(pairs[2], 7))
	}
	if (transform ~ /^map healthy=/) {
		health = substr(transform, 5)
		return "HEALTH"
	}
	if (transform ~ /^(duration_short|count_text|addon_texts|first_text|own|omit)$/)
		return toupper(transform)
	fail("'" transform "' is no transform")
}

# cell_voltage_7 is the seventh of cell_voltages; other keys are members of their own.
function value(key, frame, source) {
	source = key in source_of ? source_of[key] : "live"
	if (key ~ /^cell_(voltage|resistance)_[0-9]+$/) {
		source = key
		sub(/.*_/, "", source)
		sub(/_[0-9]+$/, "s", key)
		return ", .key = " quoted(key) ", .cell = " source ", .source = ENTITY_LIVE"
	}
	return member("key", key) ", .source = ENTITY_" toupper(source)
}

# The options of the entity as the inside of a JSON object, with {n} in them.
function members(text, i, name, content) {
	for (i = 1; i in options; i += 2) {
		content = get(options[i])
		if (content == "")
			continue
		name = options[i + 1]
		content = escaped(content)
		if (sub(/#$/, "", name))
			content = tolower(content)
		else
			content = "\"" content "\""
		text = text (text == "" ? "" : ",") "\"" name "\":" content
	}
	return text
}

# Home Assistant's own bounds of a number are 1 and 100: listening has those of polling where it has none.
function bound(name, id) {
	if (get("component") != "number")
		return ""
	if (get(name) != "")
		bounds[id, name] = get(name)
	if (!((id, name) in bounds))
		fail("a number without " name)
	return member(name, bounds[id, name])
}

function put_row(id, frame, set) {
	id = get("addon_unique_id")
	if (!(id in key_of))
		fail(id " has no row in addon-topics.tsv")
	if (topic_of[id] != get("addon_topic"))
		fail(id " has another topic in addon-topics.tsv")
	frame = get("mode") == "can" ? "can_frame" : get("frame") == "health" ? "health_frame" : get("frame")
	set = get("command_topic")
	if (set ~ /^BMS_\{n\}\/control\/[a-z0-9_]+\/set$/)
		set = substr(set, 17, length(set) - 20)
	print "\t{.mode = ADDON_" toupper(get("mode")) ", .frame = ADDON_" toupper(frame) \
		", .component = " quoted(get("component")) ",\n\t .config = " quoted(get("discovery_topic")) \
		",\n\t .topic = " quoted(get("addon_topic")) member("set", set) \
		",\n\t .members = " quoted(members()) \
		",\n\t .identifier = " quoted(get("device_identifier")) member("device", get("device_name")) \
		bound("min", id) bound("max", id) \
		",\n\t .form = ADDON_" form(transform_of[id]) value(key_of[id]) \
		(get("unit") get("state_class") == "" ? "" : ", .numeric = true") "},"
	rows++
}

END {
	print "\nconst size_t addon_row_count = sizeof addon_rows / sizeof *addon_rows;"
	print "const size_t addon_health_count = sizeof addon_health / sizeof *addon_health;"
	print "\nconst struct addon_module addon_module = {" quoted(module[1]) ", " quoted(module[2]) ", " \
		quoted(module[3]) "};"
	print "\nconst struct addon_state addon_states[] = {"
	for (i = split(health, states, ";"); i > 0; i--) {
		split(states[i], pair, "=")
		printf "\t{%s, %s},\n", quoted(pair[1]), quoted(pair[2])
	}
	print "\t{NULL, NULL},\n};"
}
