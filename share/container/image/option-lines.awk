# A jk.conf(5) from options of a container or of the app.  Stdin: lines of ORIGIN, a tab and WORD; an empty
# line ends a line of the configuration, the ORIGIN # is a comment.  The configuration goes to the file conf.
# Stdout gets a line for each word: its line, its column and its ORIGIN, so that what jk-service reports of a
# place can be reported of the option that stands there.

BEGIN {
	FS = "\t"
	line = 1
	column = 1
}

END {
	if (column > 1)
		printf "\n" >conf
}

# In quotes if jk.conf(5) would take it for something else.
function word(text,   i, c, quoted) {
	if (text ~ /^[^" \\#]+$/)
		return text
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		quoted = quoted (c == "\"" || c == "\\" ? "\\" : "") c
	}
	return "\"" quoted "\""
}

# Of UTF-8: a byte that continues a character is none of its own.
function characters(text) {
	gsub(/[\200-\277]/, "", text)
	return length(text)
}

$1 == "#" {
	printf "# %s", $2 >conf
	column = 2
	next
}
NF < 2 {
	if (column > 1) {
		printf "\n" >conf
		line++
	}
	column = 1
	next
}
{
	text = word($2)
	printf "%s%s", (column > 1 ? " " : ""), text >conf
	if (column > 1)
		column++
	print line "\t" column "\t" $1
	column += characters(text)
}
