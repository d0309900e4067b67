#!/bin/sh
# The section of the README on an installation that runs for good, with a simulated gateway in the place of
# the real one, a broker that knows the user and the password, and folders of its own.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

for program in s6-svscan zstd; do
	command -v $program >/dev/null || {
		echo "1..0 # SKIP $program is missing"
		exit 0
	}
done
top=$PWD
mosquitto_passwd -b -c "$dir/passwords" pack 'the password' >/dev/null 2>&1
broker "listener PORT ADDRESS" "password_file $dir/passwords"
sim --speed 3 --master 1:16 2:8

# The indented lines of the section, fit for this machine.
sed -n '/^## For good$/,/^## Several/p' README.md | sed -n 's/^       *\([^ ]\)/\1/p; s/^    \([^ ]\)/\1/p' |
	sed "s#tcp:10.0.0.7:5000#tcp:127.0.0.1:$port#; s#homeassistant.local#$broker_name:$broker_port#
		s#/etc/jk#$dir/etc#g; s#/var/lib/jk#$dir/state#g; s#sudo ##g; s# -g jk##; s#; chgrp jk [^']*##
		s#jk-\(service\|health\|replay\|report\) *#& -f $dir/etc/jk.conf #" >"$dir/lines"
line() { # PATTERN: the one line that has this
	grep -e "$1" "$dir/lines" >"$dir/line"
	[ "$(wc -l <"$dir/line")" = 1 ] || echo "echo the README has no line, or several, with '$1'; false"
	sed 's/   *#.*//' "$dir/line"
}
shell() { sh -e -c "$(line "$1")"; }
folders() { printf '%s\n' "run $dir/run" "state $dir/state" >>"$dir/etc/jk.conf"; }
# The stages and what supervises them are in folders of the tree.
none_left() {
	for process in /proc/[0-9]*; do
		case $(readlink "$process/cwd") in "$dir/run"*) readlink "$process/exe" ;; esac
	done >left
	test ! -s left
}
cd "$dir" || exit 1

ok "a folder for the configuration" shell '^install -d'
ok "the password" shell 'password" >'
ok "which not everybody may read" equals "$(stat -c %a etc/password)" 640
ok "a first configuration" shell '^sh -c .jk-find --conf'
grep '^broker ' lines >>etc/jk.conf
folders
ok "is one as it is" shell 'jk-service .* check'
ok "the bus is in it" grep -q "^bus .* tcp:127.0.0.1:$port  listen" etc/jk.conf
grep -E '^(bus|pack|broker|record) ' lines >etc/jk.conf
ok "the configuration of the README has four lines" equals "$(wc -l <etc/jk.conf)" 4
folders
ok "and no fault" shell 'jk-service .* check'
sh -c "$(line 'jk-service .* print')" >print
ok "its command lines" sh -c "grep -q 'jk-capture .*tcp:127.0.0.1:$port' print &&
	grep -q 'jk-mqtt .*-u pack' print"

mosquitto_sub -h "$broker_name" -p "$broker_port" -u pack -P 'the password' -t '#' -F '%t %r %q %p' >seen \
	2>seen.err &
children="$children $!"
wait_for grep -q 'Sending SUBACK' broker.log
ok "systemctl starts the unit jk" grep -qx 'systemctl enable --now jk' lines
ok "which is this" grep -q '^ExecStart=/usr/local/bin/jk-service run$' "$top/share/systemd/jk.service"
jk-service -f "$dir/etc/jk.conf" run >run.out 2>&1 </dev/null &
run=$!
children="$children $run"
ok "a device with the label of the pack" seen '^homeassistant/device/jk_north/config .*"name":"North, cellar"'
ok "the pack without a line, too" seen '^jk/bms_2/live '
ok "status" waits sh -c "$(line 'jk-service .* status') | grep -q north"
ok "log" sh -c "$(line 'jk-service .* log *#') | grep -q ' mqtt: '"
ok "log of one" sh -c "$(line 'jk-service .* log decode') >/dev/null"
healthy() { shell '^jk-health' | grep -qx 'all is well'; }
if grep -q 'jk-mqtt .*--status' print; then
	ok "health" waits healthy
else
	skip "health" "the tree has no status files"
fi
ok "systemctl reloads it" grep -q '^systemctl reload jk ' lines
ok "by this" grep -qx 'ExecReload=/usr/local/bin/jk-service reload' "$top/share/systemd/jk.service"
ok "which can be done" jk-service -f "$dir/etc/jk.conf" reload
replayed() { shell '^jk-replay' | grep -q ' 16 '; }
if [ -e "$top/scripts/jk-replay" ]; then
	ok "the values of a pack a while ago" waits replayed
else
	skip "the values of a pack a while ago" "jk-replay is missing"
fi
if [ -e "$top/scripts/jk-report" ]; then
	ok "a report" shell '^jk-report'
	ok "is where the README has it" grep -q . jk-report.txt
	ok "and has no password" lacks -F 'the password' jk-report.txt
else
	skip "a report" "jk-report is missing"
fi
none_left
ok "its processes are known" test "$(wc -l <left)" -ge 5
kill -TERM "$run"
ended=0
wait "$run" || ended=$?
ok "the packs are unavailable when it stops" equals "$(last jk/status)" offline
# The last finish of a stage may be looking who ended it.
ok "no process is left" waits none_left
cd "$top" || exit 1
done_testing
