# SPDX-License-Identifier: MIT
# tables.awk: makes the C tables of common/ from the sheets beside it.
#
#	awk -f tables.awk live.tsv       rows of struct field, for fields.h; likewise settings.tsv and about.tsv
#	awk -f tables.awk alarms.tsv     alarm_bits and alarm_levels of alarms.h
#	awk -f tables.awk enums.tsv      enum_texts of enums.h
#	awk -f tables.awk entities.tsv   entity_rows of entities.h
#	awk -f tables.awk can.tsv        can_keys of record_keys.h
#	awk -f tables.awk -v header=1 live.tsv settings.tsv about.tsv alarms.tsv enums.tsv
#	                                 protocol.h: the offsets of all rows, the number of alarms, the enumerations' numbers
#
# A sheet has one line of column names, then a line a row; columns are separated by tabs.  Columns that are
# not named here are for people.  A value that makes no sense ends with a message that names file and line.

BEGIN {
	FS = "\t"
	split("hex HEX ascii ASCII u8 U8 i8 I8 u16le U16 i16le I16 u32le U32 i32le I32 f32le F32", pairs, " ")
	for (i = 1; i in pairs; i += 2)
		type_of[pairs[i]] = "FIELD_" pairs[i + 1]
	unit_of[""] = "UNIT_NONE"
	split("V VOLT mV MILLIVOLT A AMPERE Ah AMPERE_HOUR W WATT ohm OHM °C CELSIUS % PERCENT μs MICROSECOND s SECOND " \
		"min MINUTE h HOUR bool BOOL enum ENUM bitmask BITMASK depends DEPENDS", units, " ")
	for (i = 1; i in units; i += 2)
		unit_of[units[i]] = "UNIT_" units[i + 1]
	split("live 0x1620 0x1200 settings 0x161E 0x1000 about 0x161C 0x1400", frames, " ")
	for (i = 1; i in frames; i += 3) {
		trigger_of[frames[i]] = frames[i + 1]
		base_of[frames[i]] = frames[i + 2]
	}
	print "/* Made by common/protocol/tables.awk; edit the sheets in common/protocol. */"
}

function fail(what) {
	printf "%s:%d: %s\n", FILENAME, FNR, what >"/dev/stderr"
	failed = 1
	exit 1
}

function get(name) {
	if (!(name in column))
		fail("there is no column " name)
	return $column[name]
}

# The value of a word that must be one of a table's.
function known(table, word, what) {
	if (!(word in table))
		fail("'" word "' is no " what)
	return table[word]
}

function quoted(s) {
	gsub(/\\/, "\\\\", s)
	gsub(/"/, "\\\"", s)
	return "\"" s "\""
}

# A decimal number as {mantissa, places}: 0.003 is {3, 3}, 1e-06 is {1, 6}.
function decimal(s, parts) {
	if (s ~ /^1e-0[0-9]$/)
		return "{1, " substr(s, 5) "}"
	if (s !~ /^-?[0-9]+(\.[0-9]+)?$/)
		fail("'" s "' is no decimal number")
	split(s, parts, ".")
	sub(/^0+/, "", parts[1])
	s = parts[1] parts[2]
	sub(/^0+/, "", s)
	return "{" (s == "" || s == "-" ? 0 : s) ", " length(parts[2]) "}"
}

# The decimal places of a scale: 1, 0.1, 0.01 ... 1e-06.
function places(s) {
	if (s ~ /^1e-0[0-9]$/)
		return substr(s, 5) + 0
	if (s !~ /^(1|0\.0*1)$/)
		fail("'" s "' is no power of ten")
	return s == 1 ? 0 : length(s) - 2
}

function symbol(s) {
	return toupper(s)
}

FNR == 1 {
	if (table != "" && !header)
		fail("one sheet at a time")
	table = FILENAME
	sub(/.*\//, "", table)
	sub(/\.tsv$/, "", table)
	split("", column)
	for (i = 1; i <= NF; i++)
		column[$i] = i
	width = NF
	if (!header)
		heading()
	next
}

NF != width { fail("has " NF " columns, and " width " have names") }
header { constant(); next }
table in base_of { field_row(); next }
table == "alarms" { alarm_row(); next }
table == "enums" { enum_row(); next }
table == "entities" { entity_row(); next }
table == "can" { can_row(); next }
{ fail("no table is made from " table) }

function heading() {
	if (table in base_of)
		print "#include \"fields.h\"\n\nstatic const struct field rows[] = {"
	else if (table == "alarms")
		print "#include \"alarms.h\"\n\nconst struct alarm_bit alarm_bits[ALARM_BITS] = {"
	else if (table == "enums")
		print "#include \"enums.h\"\n"
	else if (table == "entities")
		print "#include \"entities.h\"\n\nconst struct entity entity_rows[] = {"
	else if (table == "can")
		print "#include \"record_keys.h\"\n\nconst struct can_key can_keys[] = {"
}

function field_row(type, bit, row) {
	type = get("type")
	if (match(type, /^bit[0-9]+:/)) {
		bit = substr(type, 4, RLENGTH - 4)
		type = substr(type, RLENGTH + 1)
	}
	row = "\t{.key = " quoted(get("key")) ", .meaning = " quoted(get("meaning")) ",\n\t .offset = " get("offset") \
		", .size = " get("size") ", .type = " known(type_of, type, "type")
	if (get("register") != "")
		row = row ", .reg = " get("register")
	if (bit != "")
		row = row ", .mask = 1u << " bit
	if (get("scale") != "" && places(get("scale")))
		row = row ", .places = " places(get("scale"))
	row = row ", .unit = " known(unit_of, get("unit"), "unit")
	if (get("texts") != "")
		row = row ", .texts = ENUM_" symbol(get("texts"))
	if (get("on_request") == "y")
		row = row ", .on_request = true"
	if ("writable" in column && get("writable") == "y") {
		row = row ",\n\t .writable = true"
		if (get("step") != "")
			row = row ", .min = " decimal(get("min")) ", .max = " decimal(get("max")) ", .step = " decimal(get("step"))
		if (get("dangerous") == "y")
			row = row ", .dangerous = true"
		if (get("firmware") != "")
			row = row ", .firmware = {" version(get("firmware")) "}"
	}
	if ("privacy" in column && get("privacy") != "")
		row = row ", .privacy = FIELD_" symbol(get("privacy"))
	print row ",\n\t .confidence = CONFIDENCE_" symbol(get("confidence")) ", .sources = " quoted(get("sources")) "},"
}

# A version as the members of struct firmware: 15.41 is 15, 41.
function version(s) {
	sub(/\./, ", ", s)
	return s
}

function alarm_row(index_of) {
	if (get("source") == "rs485") {
		printf "\t[%d] = {%s, %s, SEVERITY_%s, %s},\n", get("start_bit"), quoted(get("key")), quoted(get("text")), \
			symbol(get("severity")), quoted(get("sources"))
	} else if (get("source") == "can_0x7F4") {
		if (!levels++)
			print "};\n\nconst struct alarm_level alarm_levels[ALARM_LEVELS] = {"
		printf "\t[%d] = {%s, %s, %s, %s},\n", get("start_bit") / 2, quoted(get("key")), quoted(get("text")), \
			get("equivalent") == "" ? "NULL" : quoted(get("equivalent")), quoted(get("sources"))
	}
}

function enum_row() {
	if (get("enum") != current) {
		if (current != "")
			print "};\n"
		current = get("enum")
		names[++count] = current
		print "static const char *const " current "[] = {"
	}
	printf "\t[%d] = %s,\n", get("value"), quoted(get("text"))
}

function text_member(name, member) {
	return get(name) == "" ? "" : ", ." member " = " quoted(get(name))
}

function entity_row(row, unit) {
	row = "\t{.key = " quoted(get("key")) ", .name = " quoted(get("name")) ", .platform = PLATFORM_" symbol(get("platform")) \
		", .source = ENTITY_" symbol(get("state"))
	row = row text_member("device_class", "device_class") text_member("icon", "icon") text_member("member", "member")
	row = row text_member("array", "array") text_member("field", "field")
	row = row text_member("template", "template") text_member("options", "options")
	if (get("cell") != "")
		row = row ", .cell = " get("cell")
	if (get("state_class") != "")
		row = row ", .state_class = STATE_" symbol(get("state_class"))
	if (get("entity_category") != "")
		row = row ", .category = CATEGORY_" symbol(get("entity_category"))
	if (get("unit") != "")
		row = row ", .unit = " known(unit_of, get("unit"), "unit")
	if (get("enabled_by_default") == "no")
		row = row ", .disabled = true"
	if (get("precision") != "")
		row = row ", .digits = " get("precision") + 1
	print row "},"
	entities++
}

# A key may have a row in several frames; a frame without values has none.  What the host sends to the BMS is
# in no record.
function can_row(unit) {
	if (get("key") == "" || get("name") == "CTRL_INFO" || get("key") in seen)
		return
	seen[get("key")] = 1
	unit = get("unit") == "2-bit fields" ? "bitmask" : get("unit")
	print "\t{" quoted(get("key")) ", " known(unit_of, unit, "unit") "},"
	can_rows++
}

# Of the header.
function constant(name) {
	if (table in base_of) {
		name = symbol(table "_" get("key"))
		if (get("type") !~ /^bit/)
			offsets = offsets "\t" name " = " get("offset") ",\n"
	} else if (table == "alarms") {
		if (get("source") == "rs485")
			bits++
		else if (get("source") == "can_0x7F4")
			levels++
		else
			can_bits++
	} else if (table == "enums" && get("enum") != current) {
		current = get("enum")
		enumerations = enumerations "\tENUM_" symbol(current) ",\n"
	}
}

END {
	if (failed)
		exit 1
	if (header) {
		print "#ifndef PROTOCOL_H\n#define PROTOCOL_H\n\n/* Offsets in a frame. */\nenum {\n" offsets "};\n"
		print "enum { ALARM_BITS = " bits + 0 ", ALARM_LEVELS = " levels + 0 ", ALARM_CAN_BITS = " can_bits + 0 " };\n"
		print "enum enum_name {\n\tENUM_NONE,\n" enumerations "\tENUM_NAMES,\n};\n\n#endif"
		exit
	}
	print "};"
	if (table in base_of)
		printf "\nconst struct field_table field_table_%s = {\"%s\", rows, sizeof rows / sizeof *rows, %s, %s};\n", table, \
			table, trigger_of[table], base_of[table]
	else if (table == "enums") {
		print "\nconst struct enum_texts enum_texts[ENUM_NAMES] = {"
		for (i = 1; i <= count; i++)
			printf "\t[ENUM_%s] = {\"%s\", %s, sizeof %s / sizeof *%s},\n", symbol(names[i]), names[i], names[i], names[i], names[i]
		print "};"
	} else if (table == "entities")
		print "\nconst size_t entity_row_count = " entities ";"
	else if (table == "can")
		print "\nconst size_t can_key_count = " can_rows ";"
}
