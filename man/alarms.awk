# The alarms of a BMS in mdoc, from their sheet: awk -F '\t' -f man/alarms.awk common/protocol/alarms.tsv.
# Run by man/update.  A key that is in several sources has its words in the first row.

NR == 1 {
	for (i = 1; i <= NF; i++)
		column[$i] = i
	next
}
{
	key = get("key")
	if (!(key in text)) {
		order[++count] = key
		text[key] = get("text")
		severity[key] = get("severity")
		single[key] = get("confidence") == "single"
		meaning[key] = get("meaning")
		cause[key] = get("cause")
		action[key] = get("action")
		same[key] = get("equivalent")
	}
	place[key] = place[key] (place[key] == "" ? "" : "; ") place_of()
}
END {
	for (i = 1; i <= count; i++)
		item(order[i])
}

function get(name) { return $column[name] }
function place_of() {
	if (get("source") == "rs485")
		return "bit " get("start_bit")
	if (get("source") == "can_0x7F4")
		return "CAN level, bits " get("start_bit") " and " get("start_bit") + 1
	return "CAN fault, bit " get("start_bit") \
		(get("confidence") == "conflicting" ? " (sources disagree)" : "")
}
# A new sentence begins on a new line, and a line has at most 80 columns.
function sentences(words,   n, i, word, line, text) {
	n = split(words, word, " ")
	for (i = 1; i <= n; i++) {
		if (line != "" && length(line) + length(word[i]) > 78) {
			text = text line "\n"
			line = ""
		}
		line = line (line == "" ? "" : " ") word[i]
		if (word[i] ~ /[.]$/ && i < n) {
			text = text line "\n"
			line = ""
		}
	}
	return text line
}
function item(key) {
	print ".It Cm " key
	print text[key] "."
	print "Severity: " (severity[key] ~ /^by level/ ? "by the level, see below" : severity[key]) "."
	print "Where: " place[key] "."
	if (single[key])
		print "Known from one source only."
	if (same[key] != "")
		print "Reported as\n.Cm " same[key] " ."
	print ".Pp"
	print sentences(meaning[key])
	print ".br"
	print "Usual cause:"
	print sentences(cause[key])
	print ".br"
	print "What to do:"
	print sentences(action[key])
}
