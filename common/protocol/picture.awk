# SPDX-License-Identifier: MIT
# picture.awk: draws the frame of a sheet, live.tsv, settings.tsv or about.tsv, one letter a field: update.
# The fields of a run, as of the cells, share a letter; bytes of unknown meaning are dots.  Bits are not
# drawn.

BEGIN {
	FS = "\t"
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	PER_LINE = 32
}

FNR == 1 {
	for (i = 1; i <= NF; i++)
		column[$i] = i
	next
}

$column["type"] ~ /^bit/ { next }

{
	key = $column["key"]
	stem = key
	sub(/_[0-9]+$/, "", stem)
	offset = $column["offset"]
	size = $column["size"]
	if (stem ~ /^(unknown|reserved)$/) {
		letter = "."
	} else if (stem == run && size == run_size && offset == end) {
		letter = run_letter
		last[fields] = key
	} else {
		letter = substr(letters, ++fields, 1)
		if (letter == "") {
			print FILENAME ": more fields than letters" >"/dev/stderr"
			exit 1
		}
		first[fields] = key
		at[fields] = offset
		bytes[fields] = size
		type[fields] = $column["type"]
		scale[fields] = $column["scale"] == 1 ? "" : $column["scale"]
		unit[fields] = $column["unit"]
	}
	run = stem
	run_size = size
	run_letter = letter
	end = offset + size
	for (i = 0; i < size; i++)
		frame = frame letter
}

# "0.001 V"; a number without a unit has none.
function value(i) {
	return scale[i] unit[i] == "" ? "" : scale[i] (scale[i] != "" && unit[i] != "" ? " " : "") unit[i]
}

END {
	for (i = 0; i < length(frame); i += PER_LINE) {
		line = substr(frame, i + 1, PER_LINE)
		grouped = ""
		for (k = 1; k <= length(line); k += 8)
			grouped = grouped " " substr(line, k, 8)
		printf "%5d %s\n", i, grouped
	}
	print ""
	for (i = 1; i <= fields; i++) {
		name = first[i] (last[i] == "" ? "" : " to " last[i])
		shown = value(i)
		# Characters outside ASCII have two bytes and take one column.
		padding = sprintf("%" (12 - length(shown) + (shown ~ /°|μ/)) "s", "")
		kind = type[i] == "hex" || type[i] == "ascii" ? type[i] bytes[i] : type[i]
		line = sprintf("  %s %5d  %-8s %s%s %s", substr(letters, i, 1), at[i], kind, shown, \
			padding, name)
		sub(/ +$/, "", line)
		print line
	}
}
