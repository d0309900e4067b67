# SPDX-License-Identifier: MIT
# tables.awk: the sheets as tables of panel.js, behind common/protocol/sheet.awk.
#   awk -f sheet.awk -f tables.awk entities.tsv live.tsv ... texts.tsv

BEGIN {
	unit_of["voltage"] = "V"
	unit_of["current"] = "A"
	unit_of["power"] = "W"
	unit_of["temperature"] = "°C"
	unit_of["duration"] = "s"
	unit_of["battery"] = "%"
}

function json(s) { return quoted(s) }

# Decimals of a scale: 3 of 0.001.
function places_of(scale) {
	if (scale ~ /^1e-/)
		return substr(scale, 4) + 0
	return scale ~ /\./ ? length(scale) - index(scale, ".") : 0
}

# What there is of each cell is one row: CELLS in the page.
function add(table, key, row) {
	if (key ~ /^(cell_voltage|cell_resistance|connection_wire_resistance)_[0-9]/ &&
		key !~ /^connection_wire_resistance_1$/)
		return
	if ((table, key) in seen)
		return
	seen[table, key] = 1
	rows[table] = rows[table] sprintf("%s:%s,\n", json(key), row)
}

# What the sheets say for programmers is left out.
function plain(danger) {
	sub(/^DANGEROUS: /, "", danger)
	sub(/; expose read-only.*/, "", danger)
	return danger
}

function field_row(   key, unit, scale) {
	key = get("key")
	unit = get("unit")
	scale = get("scale")
	if (get("type") ~ /^(hex|ascii|bits?)/ || unit ~ /^(bool|bitmask|enum|hex|depends)$/)
		return
	add("FIELDS", key, "[" json(unit) ", " places_of(scale) "]")
	if (key == "cell_resistance_1")
		add("FIELDS", "cell_resistances", "[" json(unit) ", " places_of(scale) "]")
}

# Values that are computed have no row of a frame: their unit is that of the entity.
function entity_field(   unit, class) {
	class = get("device_class")
	unit = get("unit") != "" ? get("unit") : class in unit_of ? unit_of[class] : ""
	if (get("precision") != "" && get("template") == "")
		add("FIELDS", get("member") != "" ? get("member") : get("key"),
			"[" json(unit) ", " get("precision") "]")
}

# A row of SETTINGS.
function setting_row(   key, kind, places, texts, unit, danger) {
	if (get("writable") != "y" || get("key") == "control_bitmask" ||
		get("key") ~ /^connection_wire_resistance_([2-9]|..)$/)
		return
	key = get("key")
	texts = get("texts")
	kind = texts != "" ? "choice" : get("unit") == "bool" ? "switch" : "number"
	places = places_of(get("step"))
	if (places_of(get("scale")) > places && kind == "number")
		places = places_of(get("scale"))
	unit = get("unit") ~ /^(bool|enum|depends)$/ ? "" : get("unit")
	danger = table == "settings" ? plain(get("danger")) : ""
	settings = settings sprintf("[%s,%s,%s,%s,%d,%s,%s,%s,%d,%s,%s],\n", json(key), json(table),
		json(kind), json(unit), places, get("min"), get("max"), get("step"),
		get("dangerous") == "y", json(danger), json(texts))
}

function sheet_begins() {}
function sheet_ends() {}

FNR == 1 { next }

table == "entities" && get("state") != "inverter" {
	add("NAMES", get("member") != "" ? get("member") : get("key"), json(get("name")))
	add("NAMES", get("key"), json(get("name")))
	entity_field()
}
table == "enums" {
	if (!(get("enum") in enum))
		enums[++enum_count] = get("enum")
	enum[get("enum")] = enum[get("enum")] get("value") ":" json(get("text")) ","
}
table == "alarms" { add("ALARMS", get("key"), json(get("text"))) }
table == "live" || table == "about" || table == "settings" { field_row() }
table == "about" || table == "settings" { setting_row() }
table == "texts" { texts = texts json(get("en") "|" get("de") "|" get("fr")) ",\n" }

END {
	print "const ENUMS = {"
	for (i = 1; i <= enum_count; i++)
		printf "%s:{%s},\n", json(enums[i]), enum[enums[i]]
	print "};"
	n = split("NAMES FIELDS ALARMS", names, " ")
	for (i = 1; i <= n; i++)
		printf "const %s = {\n%s};\n", names[i], rows[names[i]]
	printf "const TEXT_ROWS = [\n%s];\n", texts
	printf "const SETTING_ROWS = [\n%s];\n", settings
}
