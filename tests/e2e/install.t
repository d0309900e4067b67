#!/bin/sh
# make install puts everything that belongs to the tools in place, and make uninstall removes exactly that.
. tests/e2e/lib.sh

root=$dir/root
make_it() { make -s "$1" BUILD="$build" DESTDIR="$root" PREFIX=/opt/jk; }
# What others have there
mkdir -p "$root/opt/jk/bin" "$root/opt/jk/share/jk" "$root/opt/jk/share/man/man1"
for file in bin/jk-other bin/other share/jk/own.rules share/man/man1/other.1; do
	echo other >"$root/opt/jk/$file"
done
files() { (cd "$root/opt/jk" && find . ! -type d | sort); }
files >"$dir/before"
ok "make install" make_it install
files >"$dir/installed"
in_place() { [ -s "$root/opt/jk/$1" ] || { echo "no $1"; return 1; }; }
for file in jk-*/main.c scripts/jk-*; do
	case $file in
	scripts/*) tool=${file#scripts/} ;;
	*) tool=${file%/main.c} ;;
	esac
	ok "$tool can be run" test -x "$root/opt/jk/bin/$tool"
	ok "$tool is completed in bash" in_place "share/bash-completion/completions/$tool"
done
for page in man/*.[157]; do
	ok "$page" in_place "share/man/man${page##*.}/${page#man/}"
done
for part in scripts/*.sh scripts/*.awk scripts/*.jq scripts/*.py; do
	[ ! -e "$part" ] || ok "$part, which a script sources" in_place "share/jk/${part#scripts/}"
done
for sheet in entities card-entities; do
	ok "$sheet.tsv, which jk-dashboard reads" in_place "share/jk/$sheet.tsv"
done
for unit in share/systemd/*; do
	[ ! -e "$unit" ] || ok "$unit" in_place "lib/systemd/system/${unit##*/}"
done
ok "the unit starts what was installed" grep -qx 'ExecStart=/opt/jk/bin/jk-service run' \
	"$root/opt/jk/lib/systemd/system/jk.service"
ok "and nothing else" lacks /usr/local "$root/opt/jk/lib/systemd/system/jk.service"
for blueprint in share/homeassistant/*; do
	ok "$blueprint" in_place "share/jk/${blueprint#share/}"
done
ok "the rules" in_place share/jk/default.rules
# A script finds its parts and the programs where it was installed.
run env -i PATH=/usr/bin:/bin "$root/opt/jk/bin/jk-find" --conf --seconds 2 /nonexistent/tty
ok "an installed jk-find finds its parts" equals "$status" 111
ok "and the programs" grep -q 'no such device' "$dir/err"
printf 'bus can can:can0\nrun %s/run\nstate %s/state\nbroker localhost\n' "$dir" "$dir" >"$dir/jk.conf"
run env -i PATH=/usr/bin:/bin "$root/opt/jk/bin/jk-service" -f "$dir/jk.conf" print
ok "an installed jk-service, too" grep -q 'jk-capture .*can:can0' "$dir/out"
texts_with() { (cd "$root/opt/jk" && grep -rIlF "$1" .); }
no_place_of_the_build() { texts_with /bin/sh >/dev/null && ! texts_with "$here"; }
ok "what s6 starts can be executed" test -x "$root/opt/jk/share/jk/service-start.sh"
ok "the example of a configuration has no fault" jk-service -f share/examples/jk.conf print
sed 's/^#\([a-z]\)/\1/' share/examples/jk.conf >"$dir/all.conf"
ok "with all its lines, too" jk-service -f "$dir/all.conf" print
here=$PWD
ok "no place of the build in what is text" no_place_of_the_build

ok "make install again" make_it install
files >"$dir/again"
ok "puts the same there" cmp "$dir/installed" "$dir/again"
ok "make uninstall" make_it uninstall
files >"$dir/after"
ok "leaves what others have, and nothing else" diff "$dir/before" "$dir/after"
rm -r "$root/opt/jk/share/jk" "$root/opt/jk/bin"/*
make_it install >/dev/null 2>&1
make_it uninstall
ok "a folder of its own is gone" test ! -e "$root/opt/jk/share/jk"
ok "make uninstall of what is not there" make_it uninstall
done_testing
