#!/bin/sh
# Before the package is removed, a tree that runs without systemd is stopped, wherever jk.conf has put it.
# The script of the package runs with an s6-svscanctl that writes down its words; make check-packages removes
# the package from under a real tree.
. tests/e2e/lib.sh

mkdir "$dir/bin" "$dir/etc"
sed "s,/etc/jk,$dir/etc,g" debian/jk-tools.prerm >"$dir/prerm"
cat >"$dir/bin/s6-svscanctl" <<EOF
#!/bin/sh
echo "\$*" >>"$dir/words"
[ "\$1" = -t ]
EOF
chmod +x "$dir/bin/s6-svscanctl"
prerm() {
	: >"$dir/words"
	PATH=$dir/bin:$PATH sh "$dir/prerm" "$@"
}
# stops TREE LINE...: with these lines in jk.conf
stops() {
	tree=$1
	shift
	printf '%s\n' "$@" >"$dir/etc/jk.conf"
	prerm remove && equals "$(cat "$dir/words")" "-t $tree
-z $tree"
}
ok "the default" stops /run/jk/service "bus a can:can0"
ok "the directory of jk.conf" stops /var/lib/jk/run/service "bus a can:can0" "run /var/lib/jk/run"
ok "one with a blank, in quotes" stops "/srv/my run/service" 'run "/srv/my run" # here'
ok "behind tabs, with a comment" stops /srv/run/service "	run		/srv/run  # here"
ok "not that of a comment or another line" stops /run/jk/service "# run /no" "runs /no" 'log /run'
rm "$dir/etc/jk.conf"
ok "no configuration" prerm remove
ok "is the default" grep -qx -e '-t /run/jk/service' "$dir/words"
ok "an upgrade" prerm upgrade 2
ok "stops nothing" test ! -s "$dir/words"
done_testing
