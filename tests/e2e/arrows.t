#!/bin/sh
# The structure of the sources: no circle of modules, no include from one program to another or from common/
# to a program, and no function that is declared elsewhere than in the header of its module.
. tests/e2e/lib.sh

# What is wrong with the structure of a tree whose folders are given; nothing else is printed.
arrows() {
	find "$@" -name '*.[ch]' | sort | xargs grep -HE '^#include "|SPDX' |
		LC_ALL=C awk -f "$here/tests/e2e/arrows.awk" | sort
}
here=$PWD
clean() {
	arrows "$@" >"$dir/arrows"
	cat "$dir/arrows"
	[ ! -s "$dir/arrows" ]
}
ok "there are a hundred modules and more" test "$(find common jk-* -name '*.h' | wc -l)" -ge 100
ok "no circle and no arrow to another program" clean common jk-*

# The simulator follows the same rule.
ok "no circle in the simulated bus" clean common tests/sim

declared() {
	grep -nE '^[[:space:]]*extern ' common/*.c jk-*/*.c
	[ $? -eq 1 ]
}
ok "no source file declares what another module defines" declared

# The check itself: it finds each kind.
add() {
	mkdir -p "$dir/tree/${1%/*}"
	path=$dir/tree/$1
	shift
	echo '/* SPDX */' >"$path"
	for include; do echo "#include \"$include\"" >>"$path"; done
}
finds() {
	(cd "$dir/tree" && arrows common jk-*) >"$dir/found"
	printf '%s' "$1" | diff - "$dir/found"
}
add common/low.h
add common/low.c low.h
add jk-a/upper.h low.h
add jk-a/upper.c upper.h low.h protocol.h
add jk-b/other.h
add jk-b/other.c other.h low.h
ok "a tree without circles passes" finds ''
add jk-b/other.c other.h ../jk-a/upper.h upper.h
ok "an include of another program is found" finds 'jk-b/other.c includes jk-a/upper.h
jk-b/other.c includes upper.h, which is in neither its folder nor common/
'
add jk-b/other.c other.h
add common/low.c low.h ../jk-a/upper.h
ok "an include of a program in common/ is found" finds 'common/low.c includes jk-a/upper.h
'
add common/low.c low.h
add jk-a/first.h second.h
add jk-a/second.h
add jk-a/second.c second.h third.h
add jk-a/third.h
add jk-a/third.c third.h first.h upper.h
add jk-a/main.c first.h
ok "a circle of three modules is found, and nothing that only leads to it" finds \
	'circle: jk-a/first -> jk-a/second
circle: jk-a/second -> jk-a/third
circle: jk-a/third -> jk-a/first
'
done_testing
