# SPDX-License-Identifier: MIT
# tables.awk: makes the C tables of common/ from the sheets beside it.
#
#	awk -f sheet.awk -f tables.awk SHEET
#
#	live.tsv, settings.tsv, about.tsv   rows of struct field, for fields.h
#	alarms.tsv                          alarm_bits and alarm_levels of alarms.h
#	enums.tsv                           enum_texts of fields.h
#	entities.tsv                        entity_rows of entities.h
#	can.tsv, inverter.tsv               the frames of can_frames.h and their rows of struct can_row
#
#	awk -v header=1 -f sheet.awk -f tables.awk live.tsv settings.tsv about.tsv alarms.tsv enums.tsv
#
#	                                    protocol.h: offsets of all rows, number of alarms, enumerations

BEGIN {
	split("hex HEX ascii ASCII u8 U8 i8 I8 u16le U16 i16le I16 u24le U24 u32le U32 i32le I32 f32le F32 " \
		"u16be U16BE i16be I16BE", pairs, " ")
	for (i = 1; i in pairs; i += 2)
		type_of[pairs[i]] = "FIELD_" pairs[i + 1]
	unit_of[""] = "UNIT_NONE"
	split("V VOLT mV MILLIVOLT A AMPERE Ah AMPERE_HOUR W WATT ohm OHM °C CELSIUS % PERCENT " \
		"μs MICROSECOND s SECOND min MINUTE h HOUR bool BOOL enum ENUM bitmask BITMASK " \
		"depends DEPENDS", units, " ")
	for (i = 1; i in units; i += 2)
		unit_of[units[i]] = "UNIT_" units[i + 1]
	split("live 0x1620 0x1200 settings 0x161E 0x1000 about 0x161C 0x1400", frames, " ")
	for (i = 1; i in frames; i += 3) {
		trigger_of[frames[i]] = frames[i + 1]
		base_of[frames[i]] = frames[i + 2]
	}
	address_count = 12
	print "/* Made by common/protocol/tables.awk; edit the sheets in common/protocol. */"
}

# The value of a word that must be one of a table's.
function known(table, word, what) {
	if (!(word in table))
		fail("'" word "' is no " what)
	return table[word]
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

header { constant(); next }
table in base_of { field_row(); next }
table == "alarms" { alarm_row(); next }
table == "enums" { enum_row(); next }
table == "entities" { entity_row(); next }
is_can(table) { can_row(); next }
{ fail("no table is made from " table) }

function sheet_begins() {
	if (header)
		return
	if (sheets++)
		fail("one sheet at a time")
	if (table in base_of)
		print "#include \"fields.h\"\n\nstatic const struct field rows[] = {"
	else if (table == "alarms")
		print "#include \"alarms.h\"\n\nconst struct alarm_bit alarm_bits[ALARM_BITS] = {"
	else if (table == "enums")
		print "#include \"fields.h\"\n"
	else if (table == "entities")
		print "#include \"entities.h\"\n\nconst struct entity entity_rows[] = {"
	else if (is_can(table))
		print "#include \"can_frames.h\""
}

# The types of bits are bitN:TYPE.
function type_of_row(type) {
	type = get("type")
	sub(/^bit[0-9]+:/, "", type)
	return ", .type = " known(type_of, type, "type")
}

function mask_of_row(type) {
	type = get("type")
	return type ~ /^bit[0-9]+:/ ? ", .mask = 1u << " substr(type, 4, index(type, ":") - 4) : ""
}

function field_row(row) {
	row = "\t{.key = " quoted(get("key")) ", .meaning = " quoted(get("meaning")) ",\n\t .offset = " \
		get("offset") ", .size = " get("size") type_of_row()
	if (get("register") != "")
		row = row ", .reg = " get("register")
	row = row mask_of_row()
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
			row = row ", .min = " decimal(get("min")) ", .max = " decimal(get("max")) \
				", .step = " decimal(get("step"))
		if (get("dangerous") == "y")
			row = row ", .dangerous = true"
		if (get("firmware") != "")
			row = row ", .firmware = {" version(get("firmware")) "}"
	}
	if ("privacy" in column && get("privacy") != "")
		row = row ", .privacy = FIELD_" symbol(get("privacy"))
	print row ",\n\t .confidence = CONFIDENCE_" symbol(get("confidence")) ", .sources = " \
		quoted(get("sources")) "},"
}

# A version as the members of struct firmware: 15.41 is 15, 41.
function version(s) {
	sub(/\./, ", ", s)
	return s
}

function is_can(table) {
	return table == "can" || table == "inverter"
}

function alarm_bit() {
	printf "\t[%d] = {%s, %s, SEVERITY_%s, CONFIDENCE_%s, %s},\n", get("start_bit"), quoted(get("key")), \
		quoted(get("text")), \
		symbol(get("severity")), symbol(get("confidence")), quoted(get("sources"))
}

function alarm_row() {
	if (get("source") == "rs485") {
		alarm_bit()
	} else if (get("source") == "can_0x7F4") {
		if (!levels++)
			print "};\n\nconst struct alarm_level alarm_levels[ALARM_LEVELS] = {"
		printf "\t[%d] = {%s, %s, %s, %s},\n", get("start_bit") / 2, quoted(get("key")), \
			quoted(get("text")), \
			text_or_null(get("equivalent")), quoted(get("sources"))
	} else if (get("source") == "can_0x18F328F4") {
		if (!can_bits++)
			print "};\n\nconst struct alarm_bit alarm_can_bits[ALARM_CAN_BITS] = {"
		alarm_bit()
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

function entity_row(row, unit) {
	row = "\t{.key = " quoted(get("key")) ", .name = " quoted(get("name")) ", .platform = PLATFORM_" \
		symbol(get("platform")) \
		", .source = ENTITY_" symbol(get("state"))
	row = row member("device_class", get("device_class")) member("icon", get("icon")) \
		member("member", get("member"))
	row = row member("array", get("array")) member("field", get("field"))
	row = row member("template", get("template")) member("options", get("options"))
	if (get("cell") != "")
		row = row ", .cell = " get("cell")
	if (get("state_class") != "")
		row = row ", .state_class = STATE_" symbol(get("state_class"))
	if (get("entity_category") != "")
		row = row ", .category = CATEGORY_" symbol(get("entity_category"))
	if (get("unit") == "kWh") # which no frame has
		row = row ", .unit_text = \"kWh\""
	else if (get("unit") != "")
		row = row ", .unit = " known(unit_of, get("unit"), "unit")
	if (get("enabled_by_default") == "no")
		row = row ", .disabled = true"
	if (get("every_change") == "yes")
		row = row ", .every_change = true"
	row = row member("deadband", get("deadband"))
	if (get("slow") != "")
		row = row ", .slow = SLOW_" symbol(get("slow"))
	if (get("precision") != "")
		row = row ", .digits = " get("precision") + 1
	if (get("source") ~ /^can /)
		row = row ", .can_only = true"
	print row "},"
	entities++
}

# The value of a cell that is y or n.
function truth(name) {
	if (get(name) !~ /^[yn]$/)
		fail(name " is neither y nor n")
	return get(name) == "y" ? "true" : "false"
}

# An offset as the wire's integer has it: -400 of a scale of 0.1 is -4000.
function raw_offset(offset, scale, i) {
	for (i = places(scale); i > 0; i--)
		offset *= 10
	return offset
}

# Begins a frame: its rows stand together in the sheet.
function can_frame(id) {
	id = get("id_base")
	if (id in can_index)
		fail("the rows of " id " do not stand together")
	if (id !~ /^0x[0-9A-F]+$/ || length(id) != (get("frame") == "ext" ? 10 : 6))
		fail(id " is no identifier of a frame " get("frame"))
	if (can_frames)
		print "};"
	can_index[id] = ++can_frames
	can_frame_row[can_frames] = "\t{.id = " id ", .name = " quoted(get("name")) ", .cycle = " \
		quoted(get("cycle_ms")) \
		",\n\t .extended = " (get("frame") == "ext" ? "true" : "false") \
		", .addresses = " (get("addressed") == "y" ? address_count : 0) \
		", .rows = rows_" id
	printf "\nstatic const struct can_row rows_%s[] = {\n", id
	current = id
}

# A frame whose values nobody knows has a line without a key.
function can_row(row, unit, nulls, i) {
	if (get("key") == "")
		return
	if (get("id_base") != current)
		can_frame()
	unit = get("unit")
	sub(/^2-bit fields$/, "bitmask", unit)
	sub(/^0\/1$/, "bool", unit)
	row = "\t{.field = {.key = " quoted(get("key")) ", .meaning = " quoted(get("meaning")) \
		",\n\t\t   .offset = " get("byte") \
		", .size = " get("length") type_of_row() mask_of_row()
	if (places(get("scale")))
		row = row ", .places = " places(get("scale"))
	row = row ", .unit = " known(unit_of, unit, "unit")
	if (get("texts") != "")
		row = row ", .texts = ENUM_" symbol(get("texts"))
	row = row ",\n\t\t   .confidence = CONFIDENCE_" symbol(get("confidence")) ", .sources = " \
		quoted(get("sources")) "},\n\t .unit = " quoted(get("unit"))
	if (get("offset") != 0)
		row = row ", .add = " raw_offset(get("offset"), get("scale"))
	if (get("null") != "") {
		i = split(get("null"), nulls, " ")
		row = row ", .nulls = " i ", .null = {" nulls[1] (i > 1 ? ", " nulls[2] : "") "}"
	}
	if (get("left_out") != "") {
		if (get("left_out") != "0")
			fail("only 0 can be left out")
		row = row ", .zero_left_out = true"
	}
	print row ", .decoded = " truth("decoded") "},"
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

function sheet_ends() {
	if (header)
		return
	print "};"
	if (is_can(table)) {
		printf "\nstatic const struct can_frame frames[] = {\n"
		for (i = 1; i <= can_frames; i++) {
			id = can_frame_row[i]
			sub(/.*rows_/, "rows_", id)
			printf "%s, .count = sizeof %s / sizeof *%s},\n", can_frame_row[i], id, id
		}
		printf "};\n\nconst struct can_table can_table_%s = " \
			"{\"%s\", frames, sizeof frames / sizeof *frames};\n", table, table
	} else if (table in base_of)
		printf "\nconst struct field_table field_table_%s = " \
			"{\"%s\", rows, sizeof rows / sizeof *rows, %s, %s};\n", \
			table, table, trigger_of[table], base_of[table]
	else if (table == "enums") {
		print "\nconst struct enum_texts enum_texts[ENUM_NAMES] = {"
		for (i = 1; i <= count; i++)
			printf "\t[ENUM_%s] = {\"%s\", %s, sizeof %s / sizeof *%s},\n", symbol(names[i]), \
				names[i], names[i], names[i], names[i]
		print "};"
	} else if (table == "entities")
		print "\nconst size_t entity_row_count = " entities ";"
}

END {
	if (!header)
		exit
	print "#ifndef PROTOCOL_H\n#define PROTOCOL_H\n\n/* Offsets in a frame. */\nenum {\n" offsets "};\n"
	print "enum { ALARM_BITS = " bits + 0 ", ALARM_LEVELS = " levels + 0 ", ALARM_CAN_BITS = " \
		can_bits + 0 " };\n"
	print "enum enum_name {\n\tENUM_NONE,\n" enumerations "\tENUM_NAMES,\n};\n\n#endif"
}
