#!/bin/sh
# Each program is built so that a fault in it is hard to make use of: position independent, its tables of
# addresses read-only from the start, no stack or heap that can be executed, guarded stacks, and checked
# functions of the C library.
. tests/e2e/lib.sh

command -v readelf >/dev/null || {
	echo "1..0 # SKIP there is no readelf (package binutils)"
	exit 0
}
# A musl libc has no checked functions; the sanitizers check themselves.
fortified=yes
readelf -W -l "$build/jk-decode" | grep -q musl && fortified=
case $build in *san*) fortified= ;; esac

independent() { readelf -W -h "$1" | grep -q 'Type: *DYN'; }
read_only() {
	readelf -W -l "$1" | grep -q GNU_RELRO && readelf -W -d "$1" | grep -qE '\((FLAGS|FLAGS_1)\).*NOW'
}
no_stack() {
	readelf -W -l "$1" >"$dir/segments" && grep GNU_STACK "$dir/segments" | grep -q 'RW ' &&
		lacks -e RWE "$dir/segments"
}
without() { # FILE PATTERN: no such entry of the dynamic section
	readelf -W -d "$1" >"$dir/dynamic" && lacks -E -e "$2" "$dir/dynamic"
}
calls() { readelf -W --dyn-syms "$1" | grep -qE " UND $2"; }

for program in $programs; do
	binary=$build/$program
	ok "$program: position independent" independent "$binary"
	ok "$program: relocations are read-only, and bound at the start" read_only "$binary"
	ok "$program: no segment can be written and executed" no_stack "$binary"
	ok "$program: no relocation in the code" without "$binary" TEXTREL
	ok "$program: no path to libraries of its own" without "$binary" 'RPATH|RUNPATH'
	ok "$program: guarded stack" calls "$binary" __stack_chk_fail
	if [ "$fortified" ]; then
		ok "$program: checked functions" calls "$binary" '__[a-z]+_chk\b'
	else
		skip "$program: checked functions" "this build has none"
	fi
done
done_testing
