#!/bin/sh
# jk-service reload: restarts what changed and nothing else; the processes of all others stay.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh
. tests/e2e/service.sh

sim 1:16 2:16
plain_broker
recorder "$dir/seen"
one_bus
run jk-service -f "$conf" reload
ok "no tree runs" equals "$status $(cat "$dir/err")" \
	"111 jk-service: $scan: no tree runs here; start it with jk-service run"
tree
ok "the stream flows" flows

# reloads NAME STAGE...: exactly these are other processes than before; the stream goes on.
reloads() {
	of=$1
	shift
	pids >"$dir/before"
	run jk-service -f "$conf" reload
	ok "$of: reload" equals "$status$(cat "$dir/err")" 0
	ok "$of: the stream flows" flows
	pids >"$dir/after"
	# Only in one of them, or with another process.
	changed=$(sort "$dir/before" "$dir/after" | uniq -u | cut -d' ' -f1 | sort -u | tr '\n' ' ')
	ok "$of: restarts $*" equals "$changed" "$(printf '%s\n' "$@" | sort -u | sed '/^$/d' | tr '\n' ' ')"
}
reloads "nothing has changed"
ok "which is reported" equals "$(cat "$dir/out")" "nothing has changed"
echo "# a comment" >>"$conf"
reloads "a comment"
sed -i 's/interval 0.5/interval 0.4/' "$conf"
reloads "an interval" capture-shed
ok "which is reported" equals "$(cat "$dir/out")" "changed: capture-shed"
sed -i 's/North 1/North One/' "$conf"
# jk-alarm expects the packs of the same map.
reloads "a label" alarm decode
ok "it is announced" waits grep -aq '"name":"North One"' "$dir/seen"
jk-alarm --default-rules >"$dir/rules"
echo "rules $dir/rules" >>"$conf"
reloads "a file of rules" alarm
echo "# another" >>"$dir/rules"
reloads "its text" alarm

# A second broker: a copy of the records for each; then what is behind them stays what it is.
echo "broker $broker_name:$broker_port prefix second discovery-prefix second-ha interval 0" >>"$conf"
reloads "a second broker" hold alarm tee-records mqtt-2
ok "it has the values" waits grep -aq '^second/north/live ' "$dir/seen"
sed -i '$d' "$conf"
reloads "no second broker" hold alarm tee-records mqtt-2
ok "its service is gone" test ! -e "$scan/mqtt-2"
ok "its process, too" equals "$(left_of jk-mqtt)" 1
ok "it is offline" waits sh -c "grep -a '^second/status ' '$dir/seen' | tail -n 1 | grep -q offline"
ok "its FIFO is gone" test ! -e "$dir/run/fifo/mqtt-2.in"
ok "its status, too" test ! -e "$dir/run/status/mqtt-2"

# A second bus.
sim 3:16
echo "bus roof tcp:127.0.0.1:$port poll 3 interval 0.5" >>"$conf"
reloads "a second bus" capture-roof
ok "it has values" waits grep -aq '^jk/bms_3/live ' "$dir/seen"
sed -i '$d' "$conf"
reloads "no second bus" capture-roof

# A stage that gave up is tried again, and named: here the mode of the password file was wrong.
cp "$conf" "$dir/good"
(umask 077 && echo secret >"$dir/password")
sed -i "s,^broker.*,& user pack password-file $dir/password," "$conf"
reloads "a password" mqtt
chmod 644 "$dir/password"
s6-svc -k "$scan/mqtt"
ok "a password that everybody may read: it gives up" waits is_down mqtt
chmod 600 "$dir/password"
reloads "what gave up" mqtt
ok "which is reported" equals "$(cat "$dir/out")" "tried again: mqtt"
cp "$dir/good" "$conf"
reloads "no password" mqtt

# A configuration that is wrong changes nothing.
pids >"$dir/before"
cp "$conf" "$dir/good"
echo "bus" >>"$conf"
run jk-service -f "$conf" reload
ok "a faulty configuration: refused" equals $status 100
pids >"$dir/after"
ok "and nothing changes" cmp "$dir/before" "$dir/after"
cp "$dir/good" "$conf"
reloads "it is as it was"

sed -i "1s,.*,run $dir/elsewhere," "$conf"
run jk-service -f "$conf" reload
ok "another run directory: refused" equals "$status" 111
cp "$dir/good" "$conf"

# What was said to s6 stays: a stage that somebody has stopped is not started by a reload.
s6-svc -wD -d "$scan/mqtt"
run jk-service -f "$conf" reload
ok "a stage that was stopped by hand stays down" is_down mqtt
s6-svc -u "$scan/mqtt"
ok "the stream flows" flows
end_tree
ok "no process is left" waits nothing_left
cat "$dir"/state/log/*/current "$dir"/state/log/*/@* >"$dir/logs" 2>/dev/null
grep -h "without being told" "$dir/logs" | sed "s/^/# /"
ok "what reload ended is not reported as ended by somebody else" lacks 'without being told' "$dir/logs"
stop_broker
done_testing
