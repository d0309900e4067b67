# The keywords and options of jk.conf(5) in mdoc, from their table: awk -f scripts/conf-table.awk
# -f scripts/conf-values.awk -f man/conf.awk.  Run by man/update.

BEGIN {
	table()
	for (i = 1; i <= rows; i++) {
		if (row_word[i] == "")
			begin_keyword(i)
		item(i)
	}
	print ".El"
}

# The words without a name, as they stand in a line.
function places_of(keyword,   i, text) {
	for (i = 1; i <= rows; i++)
		if (row_keyword[i] == keyword && row_word[i] ~ /^[A-Z]/)
			text = text argument(row_argument[i])
	return text
}

# ARGUMENT as mdoc: choices are words to be typed.
function argument(text) {
	if (text == "")
		return ""
	if (text == "[PACK...]")
		return " Op Ar PACK ..."
	if (text ~ /^\[/) {
		gsub(/[]["]/, "", text)
		return " Op Qq Ar " text
	}
	if (text == "no|FILE")
		return " Cm no | Ar FILE"
	if (text == "HOST[:PORT]")
		return " Ar HOST Ns Oo : Ns Ar PORT Oc"
	if (text ~ /^[a-z|]+$/) {
		gsub(/\|/, " | ", text)
		return " Cm " text
	}
	return " Ar " text
}

function has_options(keyword,   i) {
	for (i = 1; i <= rows; i++)
		if (row_keyword[i] == keyword && row_word[i] ~ /^[a-z]/)
			return 1
	return 0
}

function begin_keyword(r,   keyword) {
	keyword = row_keyword[r]
	if (r > 1)
		print ".El"
	print ".It Cm " keyword places_of(keyword) (has_options(keyword) ? " Op Ar OPTION ..." : "")
	print sentences(row_text[r])
	print row_kind[r] == "many" ? "There may be several of these lines." : "There may be one such line."
	print ".Bl -tag -width 4n -compact"
}

function item(r) {
	if (row_word[r] == "")
		return
	print ".It" (row_word[r] ~ /^[a-z]/ ? " Cm " row_word[r] : "") argument(row_argument[r])
	print sentences(row_text[r])
	if (row_argument[r] != "" && row_kind[r] !~ /^(path|word|choice|place|broker)/)
		print upper(expected(r)) "."
	if (row_default[r] != "")
		print "Default: " row_default[r] "."
	if (row_option[r] != "")
		print ".Pq Ql " row_program[r] " " row_option[r]
}

# A line for each.
function sentences(text) {
	gsub(/[.]  /, ".\n", text)
	return text
}

function upper(text) {
	return toupper(substr(text, 1, 1)) substr(text, 2)
}
