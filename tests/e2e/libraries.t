#!/bin/sh
# The libraries that the Makefile links are those of share/release/libraries, from which chroots, images and
# machines for tests are made; what cannot read it names the same packages.
. tests/e2e/lib.sh

linked=$(sed -n 's/^LIBS_jk-[a-z]* =//p' Makefile | tr ' ' '\n' |
	grep '^-l' | sort -u | grep -vx -e -lpthread -e -lm)
ok "the Makefile links libraries" test -n "$linked"
for library in $linked; do
	package=$(awk -v library="$library" '$1 == library { print $2 }' share/release/libraries)
	ok "$library has a row" test -n "$package"
	ok "$library: scripts/setup gets $package" grep -q "^	need .* $package " scripts/setup
done
awk '/^-l/ { print $2 }' share/release/libraries >"$dir/rows"
sed -n '/^Build-Depends:/,/^[A-Z]/p' debian/control | grep -oE 'lib[a-z0-9-]+-dev' | sort >"$dir/control"
ok "debian/control has those of the rows, and no others" diff "$dir/rows" "$dir/control"
for file in share/container/Containerfile share/release/compilers \
	tests/check-32 tests/check-arch tests/systemd/run; do
	ok "$file reads the rows" grep -q 'awk .*/libraries' "$file"
	ok "and names none" lacks -E 'lib(json|mosquitto|serialport|socketcan|sqlite)' "$file"
done
done_testing
