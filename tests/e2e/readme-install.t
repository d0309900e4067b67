#!/bin/sh
# The commands of the README's section on installation: from source they are run, into a folder; of the others
# it is shown that what they name is what is made.  make check-packages and check-container run these.
. tests/e2e/lib.sh

sed -n '/^## Install$/,/^## /s/^    \([^ ]\)/\1/p' README.md >"$dir/commands"
command_with() { # PATTERN: the one command that has this
	grep -e "$1" "$dir/commands" >"$dir/command"
	[ "$(wc -l <"$dir/command")" = 1 ] ||
		echo "echo the README has no command, or several, with '$1'; false"
	cat "$dir/command"
}
mkdir "$dir/bin"
# A sudo that does it, and an apt-get and a docker that show their words.
printf '#!/bin/sh\nexec "$@"\n' >"$dir/bin/sudo"
for program in apt-get docker; do
	printf '#!/bin/sh\nprintf "%%s\\n" "$@"\n' >"$dir/bin/$program"
done
chmod +x "$dir/bin"/*
shell() { env PATH="$dir/bin:$PATH" sh -e -c "$1"; }

version=$(sed -n 's/^.define JK_VERSION "\(.*\)"$/\1/p' common/version.h)
deb=$(share/release/changelog | sed -n '1s/^\([^ ]*\) (\([^)]*\)).*/\1_\2_amd64.deb/p')
mkdir "$dir/dist"
: >"$dir/dist/$deb"
package() (cd "$dir" && equals "$(shell "$(command_with 'apt-get install')")" "install
./dist/$deb")
ok "the package of this version is what apt-get gets" package
ok "it is the one of docs/install.md" grep -q "apt-get install ./$deb\$" docs/install.md
shell "$(command_with '^docker build')" >"$dir/words"
ok "docker builds" equals "$(sed -n 1p "$dir/words")" build
ok "by a file that exists" test -s "$(sed -n '/^-f$/{n;p}' "$dir/words")"
ok "the archive of docs/container.md is that of this version" grep -q "jk-tools-$version.oci.tar\$" \
	docs/container.md
# As far as it is built, nothing is built again; nothing is installed that is there.
from_source() {
	export MAKEFLAGS="BUILD=$build DESTDIR=$dir/root"
	shell "$(command_with '^make setup')"
}
ok "from source" from_source
ok "is installed" equals "$("$dir/root/usr/local/bin/jk-decode" --version)" "jk-decode $version"
ok "sudo make uninstall" env MAKEFLAGS="DESTDIR=$dir/root" make -s uninstall
ok "leaves no file" equals "$(find "$dir/root" ! -type d)" ""
# The folder of the app
ok "make app writes it where the README has it" grep -qF "share/app/make \$(DIST)/app" share/app/app.mk
ok "with this name" equals "$(sed -n 's/^slug: //p' share/app/config.yaml)" \
	"$(grep -oE 'dist/app/[a-z_]+' README.md | head -n 1 | sed 's,dist/app/,,')"
done_testing
