#!/bin/sh
# HACKING.md names files and functions: each of them exists, and each module is named.
. tests/e2e/lib.sh

grep -oE '`[a-z-]+/[a-zA-Z0-9_/.-]+`' HACKING.md | tr -d '`' | grep -v '^build/' | sort -u >"$dir/paths"
ok "HACKING.md names files" test "$(wc -l <"$dir/paths")" -ge 15
while read -r path; do
	ok "$path" test -e "$path"
done <"$dir/paths"

# The picture: a program's line begins its modules.
sed -n '/^wire$/,/^broker$/p' HACKING.md | perl -CS -ne '
	/^ . (jk-[a-z]+) / and $program = $1;
	/^ .   [a-z]/ or next;
	print "$program/$1\n" while /\b([a-z_]+\.c)\b/g;' | sort -u >"$dir/modules"
ok "the picture names modules" test "$(wc -l <"$dir/modules")" -ge 25
while read -r module; do
	ok "$module" test -e "$module"
done <"$dir/modules"
# A module that is in no line of it is not found by who looks for it.
for module in common/*.c jk-*/*.c scripts/*; do
	case $module in */main.c) continue ;; esac
	grep -qE "[^a-z_-]${module##*/}" HACKING.md || echo "$module"
done >"$dir/unnamed"
ok "each module is named" sh -c "cat '$dir/unnamed'; test ! -s '$dir/unnamed'"
grep -oE '[a-z_]+\(\)' HACKING.md | tr -d '()' | sort -u >"$dir/functions"
ok "HACKING.md names functions" test "$(wc -l <"$dir/functions")" -ge 8
while read -r function; do
	ok "$function()" grep -qE "^[a-z].*[ *]$function\(" jk-*/*.h
done <"$dir/functions"
for target in $(grep -oE 'make [a-z0-9-]+' HACKING.md | cut -d' ' -f2 | sort -u); do
	case $target in -*) continue ;; esac
	ok "make $target" grep -qE "^([a-z0-9-]+ )*$target( [a-z0-9-]+)*:" Makefile share/*/*.mk
done
# The structure: a program's files include headers of its own folder and of common/, and common/ no program's.
for folder in common $programs; do
	for header in $(cat "$folder"/*.[ch] | sed -n 's/^#include "\(.*\)"$/\1/p' | sort -u); do
		case $header in protocol.h | line_rates.h) continue ;; esac # generated
		test -e "$folder/$header" || test -e "common/$header" ||
			echo "$folder: $header"
	done
done >"$dir/foreign"
ok "no program includes a header of another" sh -c "cat '$dir/foreign'; test ! -s '$dir/foreign'"
done_testing
