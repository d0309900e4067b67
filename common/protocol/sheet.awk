# SPDX-License-Identifier: MIT
# sheet.awk: reads sheets, for tables.awk and addon.awk, before which it is given to awk.
#
# A sheet has one line of column names, then a line a row; columns are separated by tabs.  Columns that no
# program reads are for people.  A value that makes no sense ends with a message that names file and line.
# The program that follows has sheet_begins() and sheet_ends(); the name of the sheet is in table.

BEGIN { FS = "\t" }

function fail(what) {
	printf "%s:%d: %s\n", FILENAME, FNR, what >"/dev/stderr"
	failed = 1
	exit 1
}

# The value of a column in this row.
function get(name) {
	if (!(name in column))
		fail("there is no column " name)
	return $column[name]
}

# What stands between the quotes of a text in C or JSON.
function escaped(s) {
	gsub(/\\/, "\\\\", s)
	gsub(/"/, "\\\"", s)
	return s
}

function quoted(s) {
	return "\"" escaped(s) "\""
}

# A text as a member of a struct; an empty one is left out.
function member(name, text) {
	return text == "" ? "" : ", ." name " = " quoted(text)
}

# A text that may be missing.
function text_or_null(text) {
	return text == "" ? "NULL" : quoted(text)
}

FNR == 1 {
	if (table != "")
		sheet_ends()
	table = FILENAME
	sub(/.*\//, "", table)
	sub(/\.tsv$/, "", table)
	split("", column)
	for (i = 1; i <= NF; i++)
		column[$i] = i
	width = NF
	sheet_begins()
	next
}

NF != width { fail("has " NF " columns, and " width " have names") }

END {
	if (failed)
		exit 1
	sheet_ends()
}
