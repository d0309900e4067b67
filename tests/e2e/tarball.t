#!/bin/sh
# make tarball: the same bytes for the same commit, whoever makes it, where and when, and from the tarball
# itself.
. tests/e2e/lib.sh

[ -e .git ] || [ -e debian/changelog ] || {
	echo "1..0 # SKIP neither a git repository nor a source tarball"
	exit 0
}
version=$(jk-decode --version | cut -d' ' -f2)
release=jk-tools-$version
ok "make tarball" make -s tarball DIST="$dir/one"
ok "its version is that of the programs" test -s "$dir/one/$release.tar.gz"
tar -xz -C "$dir" -f "$dir/one/$release.tar.gz"
elsewhere() { (cd "$dir/$release" && umask 077 && TZ=Pacific/Chatham LANG=de_DE.UTF-8 "$@"); }
find "$dir/$release" -exec touch {} +
ok "from what is in it" elsewhere make -s tarball DIST="$dir/two"
ok "the same" cmp "$dir/one/$release.tar.gz" "$dir/two/$release.tar.gz"
ok "the version of the package is that of the programs" sh -c "head -n 1 '$dir/$release/debian/changelog' |
	grep -q '^jk-tools ($version-0jk1) '"
ok "its time is that of the sources" equals "$(elsewhere share/release/epoch)" "$(share/release/epoch)"
ok "another time is another file" env SOURCE_DATE_EPOCH=1000000000 make -s tarball DIST="$dir/three"
ok "which differs" sh -c "! cmp -s '$dir/one/$release.tar.gz' '$dir/three/$release.tar.gz'"
# So that all parts of a release are of one commit
if [ -e .git ] && git rev-parse -q --verify HEAD~1 >/dev/null; then
	ok "a commit of before" env JK_COMMIT=HEAD~1 make -s tarball DIST="$dir/before"
	ok "is another file" sh -c "! cmp -s '$dir/one/$release.tar.gz' '$dir/before/$release.tar.gz'"
	ok "its time is that of the commit" equals "$(JK_COMMIT=HEAD~1 share/release/epoch)" \
		"$(git log -1 --format=%ct HEAD~1)"
fi
tar -tzf "$dir/one/$release.tar.gz" >"$dir/list"
ok "it has no file of a build" lacks -E '\.o$|/build/' "$dir/list"
done_testing
