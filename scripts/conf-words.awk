# Part of conf.awk: a line as words, and words that are near to one.

# ---- faults ----

# class: fault is of the file itself, env of the files and devices that it names, note is no fault.
function report(class, line, column, text) {
	reports++
	report_of[reports] = class "\t" line "\t" column "\t" text
	if (class == "fault")
		faults++
}

function fault(line, column, text) {
	report("fault", line, column, text)
}

function note(line, column, text) {
	report("note", line, column, text)
}

# ---- characters ----

function begin_words(   i) {
	for (i = 1; i < 256; i++)
		ord[sprintf("%c", i)] = i
	BOM = sprintf("%c%c%c", 239, 187, 191)
	UTF16 = sprintf("%c%c", 255, 254)
	UTF16_BIG = sprintf("%c%c", 254, 255)
	NBSP = sprintf("%c%c", 194, 160)
	LEFT_QUOTE = sprintf("%c%c%c", 226, 128, 156)
	RIGHT_QUOTE = sprintf("%c%c%c", 226, 128, 157)
	LOW_QUOTE = sprintf("%c%c%c", 226, 128, 158)
	APOSTROPHE = sprintf("%c", 39)
}

# The bytes of the character of UTF-8 at i of text; 0 if it is none.  RFC 3629, section 4.
function utf8_size(text, i,   first, second, size, k, byte) {
	first = ord[substr(text, i, 1)]
	if (first < 128)
		return 1
	if (first < 194 || first > 244)
		return 0
	size = first < 224 ? 2 : first < 240 ? 3 : 4
	for (k = 1; k < size; k++) {
		byte = ord[substr(text, i + k, 1)] + 0
		if (byte < 128 || byte > 191)
			return 0
	}
	second = ord[substr(text, i + 1, 1)]
	if ((first == 224 && second < 160) || (first == 237 && second > 159) || (first == 240 &&
		second < 144) ||
	    (first == 244 && second > 143))
		return 0
	return size
}

# What is not text in this line: sets text_wrong and text_column.  Returns whether all of it is text.
function is_text(text,   i, n, size, code) {
	text_wrong = ""
	text_column = 1
	if (text !~ /[^ -~\t]/)
		return 1
	n = length(text)
	for (i = 1; i <= n; i += size) {
		size = utf8_size(text, i)
		code = ord[substr(text, i, 1)]
		if (size == 0)
			text_wrong = "this is not valid UTF-8, but perhaps Latin-1; expected text in UTF-8"
		else if ((code < 32 && code != 9) || code == 127 || (code == 194 && ord[substr(text,
			i + 1, 1)] < 160))
			text_wrong = "a control character; expected text in UTF-8"
		if (text_wrong != "")
			return 0
		text_column++
	}
	return 1
}

# ---- words ----

# Takes a word in quotes, which begins at i of text, into word[words].  Returns where the rest begins.
function take_quoted(text, i, n,   c, begin, body) {
	begin = column
	body = ""
	quoted[words] = 1
	column++
	while (++i <= n) {
		c = substr(text, i, 1)
		if (c == "\"")
			break
		if (c == "\\") {
			c = substr(text, ++i, 1)
			if (c != "\"" && c != "\\") {
				word_fault(column,
					"\\ before another character; expected \\\" or \\\\ in quotes")
				return n + 1
			}
			column++
		}
		body = body c
		column += c < FIRST_OF_REST || c > LAST_OF_REST
	}
	if (i > n) {
		word_fault(begin, "a quote that does not end; expected \" at the end of the text")
		return n + 1
	}
	word[words] = body
	i++
	column++
	c = substr(text, i, 1)
	if (i <= n && c != " " && c != "\t") {
		word_fault(column, "no blank behind the quote; expected a blank")
		return n + 1
	}
	return i
}

function word_fault(at, text) {
	fault(line, at, text)
	words_wrong = 1
}

# What people type instead of a double quote.
function odd_quote(text, i) {
	return substr(text, i, 1) == APOSTROPHE || substr(text, i, 3) == LEFT_QUOTE ||
		substr(text, i, 3) == RIGHT_QUOTE || substr(text, i, 3) == LOW_QUOTE
}

function take_plain(text, i, n,   c, begin) {
	quoted[words] = 0
	if (odd_quote(text, i)) {
		word_fault(column, "this is not a double quote; expected \" around a text")
		return n + 1
	}
	for (begin = i; i <= n; i++) {
		c = substr(text, i, 1)
		if (c == " " || c == "\t")
			break
		if (c == "\"") {
			word_fault(column,
				"a quote within a word; expected all of the word in quotes")
			return n + 1
		}
		if (substr(text, i, 2) == NBSP) {
			word_fault(column, "a no-break space; expected a blank")
			return n + 1
		}
		column += c < FIRST_OF_REST || c > LAST_OF_REST
	}
	word[words] = substr(text, begin, i - begin)
	if (word[words] == "\\" && i > n)
		word_fault(column - 1, "a line does not go on behind \\; expected all of it in one line")
	return i
}

# Splits a line into word[1] to word[words], with word_column[] and quoted[].  end_column is behind the last.
# Returns whether it can be split.
function split_line(text,   i, n, c) {
	words = words_wrong = 0
	column = end_column = 1
	n = length(text)
	for (i = 1; i <= n;) {
		c = substr(text, i, 1)
		if (c == " " || c == "\t") {
			i++
			column++
			continue
		}
		if (c == "#")
			break
		words++
		word[words] = ""
		word_column[words] = column
		i = c == "\"" ? take_quoted(text, i, n) : take_plain(text, i, n)
		end_column = column
	}
	return !words_wrong
}

# ---- near words ----

# The number of edits from a to b; neighbours that changed places are one.
function edits(a, b,   n, m, i, k, d, cost) {
	n = length(a)
	m = length(b)
	for (k = 0; k <= m; k++)
		d[0, k] = k
	for (i = 1; i <= n; i++) {
		d[i, 0] = i
		for (k = 1; k <= m; k++) {
			cost = substr(a, i, 1) != substr(b, k, 1)
			d[i, k] = d[i - 1, k] + 1
			if (d[i, k - 1] + 1 < d[i, k])
				d[i, k] = d[i, k - 1] + 1
			if (d[i - 1, k - 1] + cost < d[i, k])
				d[i, k] = d[i - 1, k - 1] + cost
			if (i > 1 && k > 1 && substr(a, i, 1) == substr(b, k - 1, 1) &&
			    substr(a, i - 1, 1) == substr(b, k, 1) && d[i - 2, k - 2] + 1 < d[i, k])
				d[i, k] = d[i - 2, k - 2] + 1
		}
	}
	return d[n, m]
}

function is_near(text, candidate,   n) {
	n = length(text)
	if (n < 2 || n > 32)
		return 0
	if (edits(text, candidate) <= (n < 6 ? 1 : int(n / 3)))
		return 1
	return index(candidate, text) == 1 || (n >= 3 && index(candidate, text) > 0) ||
		(length(candidate) >= 3 && index(text, candidate) == 1)
}

# Those words of a list, separated by blanks, that are near; separated by ", ".
function near_words(text, list,   n, i, names, near) {
	text = tolower(text)
	sub(/[:=].*/, "", text)
	gsub(/_/, "-", text)
	near = ""
	n = split(list, names, " ")
	for (i = 1; i <= n; i++)
		if (is_near(text, names[i]))
			near = near (near == "" ? "" : ", ") names[i]
	return near
}

function listed(list,   text) {
	text = list
	gsub(/ /, ", ", text)
	return text
}
