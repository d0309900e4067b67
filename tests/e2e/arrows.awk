# The modules of a tree and what they include: name.c and name.h are one module.  Input: FILE:#include "NAME"
# for each include, after FILE: for each file.  Prints what must not be: an include that leaves a program's
# folder for another program's, or common/ for a program; a file that is not there; and the modules of a
# circle.
function folder(file) { sub(/\/[^\/]*$/, "", file); return file }
function module(file) { sub(/\.[ch]$/, "", file); return file }
function resolve(from, name,    here) {
	here = folder(from) "/" name
	while (sub(/[^\/.][^\/]*\/\.\.\//, "", here))
		;
	if (here in files)
		return here
	return ("common/" name) in files ? "common/" name : ""
}
# Takes away what nothing leads to, and what leads to nothing, until only circles are left.
function strip(    edge, ends, changed, leads, reached) {
	do {
		changed = 0
		split("", leads)
		split("", reached)
		for (edge in edges) {
			split(edge, ends, SUBSEP)
			leads[ends[1]]
			reached[ends[2]]
		}
		for (edge in edges) {
			split(edge, ends, SUBSEP)
			if (!(ends[1] in reached) || !(ends[2] in leads)) {
				delete edges[edge]
				changed = 1
			}
		}
	} while (changed)
}
{
	at = index($0, ":")
	file = substr($0, 1, at - 1)
	files[file]
	if (split(substr($0, at + 1), parts, "\"") > 1)
		includes[file, parts[2]]
}
END {
	for (include in includes) {
		split(include, pair, SUBSEP)
		to = resolve(pair[1], pair[2])
		if (to == "" && pair[2] !~ /^(protocol|line_rates)\.h$/) # generated
			print pair[1] " includes " pair[2] ", which is in neither its folder nor common/"
		else if (to != "" && folder(to) != folder(pair[1]) && folder(to) != "common")
			print pair[1] " includes " to
		else if (to != "" && module(to) != module(pair[1]))
			edges[module(pair[1]), module(to)]
	}
	strip()
	for (edge in edges) {
		split(edge, pair, SUBSEP)
		print "circle: " pair[1] " -> " pair[2]
	}
}
