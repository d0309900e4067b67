# SPDX-License-Identifier: MIT
# can_picture.awk: draws the frames of can.tsv: one letter a field, as picture.awk does: update.
# Bits of one byte share a letter; bytes that no row has are dots.

BEGIN {
	FS = "\t"
	letters = "abcdefghijklmnopqrstuvwxyz"
	BYTES = 8
}

FNR == 1 {
	for (i = 1; i <= NF; i++)
		column[$i] = i
	next
}

$column["key"] == "" { next }

$column["id_base"] != id {
	finish()
	id = $column["id_base"]
	heading = id " " $column["name"] "; cycle in ms: " $column["cycle_ms"]
}

{
	at = $column["byte"]
	if (!(at in letter_of))
		letter_of[at] = substr(letters, ++fields, 1)
	letter = letter_of[at]
	for (i = at; i < at + $column["length"]; i++)
		byte[i] = letter
	value = $column["scale"] == 1 ? "" : $column["scale"]
	value = value (value != "" && $column["unit"] != "" ? " " : "") $column["unit"]
	if ($column["offset"] != 0)
		value = value " " $column["offset"]
	# Characters outside ASCII have two bytes and take one column.
	padding = sprintf("%" (14 - length(value) + (value ~ /°/)) "s", "")
	list = list sprintf("    %s %d  %-8s %s%s %s\n", letter, at, $column["type"], value, padding, \
		$column["key"])
}

function finish(i, picture) {
	if (id == "")
		return
	for (i = 0; i < BYTES; i++)
		picture = picture (i in byte ? byte[i] : ".")
	printf "%s%s\n    %s\n\n%s", printed++ ? "\n" : "", heading, picture, list
	split("", byte)
	split("", letter_of)
	list = ""
	fields = 0
}

END { finish() }
