#!/bin/sh
# The two scripts of jk-pipeline(7) for who writes a service by hand, as they stand in the page, under the
# real s6-supervise: stopping leaves no process and ends in offline, and starting again starts one set.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

command -v s6-supervise >/dev/null || {
	echo "1..0 # SKIP s6 is missing"
	exit 0
}
# script NAME: the block of the page that the comment .\" NAME names
script() {
	awk -v mark=".\\\\\" $1" '$0 == mark { here = 1 }
		here && /^[.]Ed/ { exit }
		here && !/^[.]/ { print }' \
		man/jk-pipeline.7 | sed 's/^    //'
}
plain_broker
sim --speed 3 1:16 2:8 3:16 4:16
service=$dir/by-hand
mkdir "$service"
# The folder in the place of /run/jk makes these processes different from those of other tests.
script run | sed "s#/run/jk#$dir/run#g; s#/dev/ttyUSB0#tcp:127.0.0.1:$port#
	s# broker # $broker_name:$broker_port #" >"$service/run"
script finish >"$service/finish"
ok "the page has a script" grep -q "jk-mqtt $broker_name:$broker_port" "$service/run"
ok "and one for the end" grep -q 125 "$service/finish"
chmod +x "$service/run" "$service/finish"

recorder "$dir/seen"
s6-supervise "$service" >"$dir/log" 2>&1 &
supervise=$!
children="$children $supervise"

# Its processes have its folder in the list of what they have open, or as their own.
processes() {
	for process in /proc/[0-9]*; do
		[ "$(readlink "$process/cwd")" != "$dir/run" ] || basename "$process"
	done
}
none_left() { equals "$(processes)" ''; }
last_status() { equals "$(last jk/status)" "$1"; }
ok "it publishes" seen '^jk/bms_4/live '
ok "by five processes" test "$(processes | wc -l)" -ge 5
ok "and is online" wait_for last_status online
s6-svc -wD -T 20000 -d "$service"
ok "stopping it: it is down" sh -c "s6-svstat '$service' | grep -q ^down"
ok "no process is left" none_left
ok "the last that is published is offline" wait_for last_status offline
afresh
s6-svc -u "$service"
ok "started again: it publishes" seen '^jk/bms_1/live '
first=$(processes | wc -l)
s6-svc -u "$service"
ok "once" equals "$(processes | wc -l)" "$first"
mqtt=$(pgrep -f "^jk-mqtt $broker_name:$broker_port")
kill -KILL "$mqtt"
afresh
ok "a program that is killed: all are started again" wait_for seen '^jk/bms_1/live '
s6-svc -wD -T 20000 -d "$service"
ok "and nothing is left of either" none_left

# What a restart cannot repair
sed -i 's/-a 1-4/-a 77/' "$service/run"
s6-svc -u "$service"
stays_down() { s6-svstat "$service" | grep '^down (exitcode 100)' | grep -qv 'want up'; }
ok "a wrong option: it stays down" wait_for stays_down
ok "and no process is left" none_left
kill -TERM "$supervise"
wait "$supervise"
done_testing
