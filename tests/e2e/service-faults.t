#!/bin/sh
# jk-service under faults of the system: each has one clear line, and the rest of the chain lives.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh
. tests/e2e/service.sh

sim 1:16 2:16
plain_broker
recorder "$dir/seen"

# A stage that fails: a program of ours in the place of jk-alarm, behind jk-tee.
mkdir "$dir/bin"
fail_with() { # STATUS
	printf '#!/bin/sh\necho "jk-alarm: a fault of the test" >&2\nexit %s\n' "$1" >"$dir/bin/jk-alarm"
	chmod +x "$dir/bin/jk-alarm"
}
fail_with 100
one_bus "copy records $dir/records.copy" "copy frames $dir/frames.copy"
PATH=$dir/bin:$PATH tree
ok "exit 100: it stays down" waits is_down alarm
ok "one line says so" \
	log_has alarm "jk-service: alarm: exit 100, a fault of the configuration: stays down"
ok "behind the reason" log_has alarm "jk-alarm: a fault of the test"
ok "the rest of the chain lives" waits sh -c "[ \$(wc -l <'$dir/frames.copy') -gt 20 ]"
for stage in hold capture-shed tee-frames decode tee-records mqtt; do
	ok "$stage is up" is_up $stage
done
ok "it has not been tried again" equals "$(grep -c 'a fault of the test' "$dir/state/log/alarm/current")" 1
rm "$dir/bin/jk-alarm"
ok "reload, when the fault is mended" jk-service -f "$conf" reload
ok "the stream flows" flows

fail_with 111
s6-svc -k "$scan/alarm" # the path in its run script is that of jk-alarm itself
ok "killed: it is back" flows
end_tree

PATH=$dir/bin:$PATH tree
ok "exit 111: tried again after 1 s" log_has alarm "exit 111: starts again in 1 s"
ok "then after 2" log_has alarm "exit 111: starts again in 2 s"
ok "then after 4" log_has alarm "exit 111: starts again in 4 s"
ok "it is not tried more often" test "$(grep -c 'a fault of the test' "$dir/state/log/alarm/current")" -le 5
ok "the rest of the chain lives" is_up mqtt
rm "$dir/bin/jk-alarm"
waits is_up alarm
read -r began _ </proc/uptime
end_tree
read -r ended_at _ </proc/uptime
ok "who waits for its next start is no obstacle to stopping" test $((${ended_at%.*} - ${began%.*})) -lt 15
ok "no process is left" waits nothing_left
stop_sim

# A gateway, an adapter and a broker that are not there yet.
gateway=$port
stop_broker
pty=$dir/ttyJK0
configure "bus shed tcp:127.0.0.1:$gateway poll 1-2 interval 0.5 gap 50" \
	"bus roof $pty poll 3 interval 0.5 gap 50" "broker $broker_name:$broker_port interval 0"
tree
ok "a gateway that is away is logged" log_has capture-shed "127.0.0.1:$gateway: .*trying again"
ok "an adapter, too" log_has capture-roof "$pty: .*trying again"
ok "a broker, too" log_has mqtt "trying again"
for stage in hold capture-shed capture-roof decode alarm mqtt; do
	is_up $stage || echo "$stage is down"
done >"$dir/down"
ok "all stages are up" equals "$(cat "$dir/down")" ""
pids >"$dir/before"
sim_pty 3:16
pty_sim=$sim
jk-sim "--tcp=$gateway" --alarm 2:00000010@USR1 1:16 2:16 >/dev/null 2>"$dir/sim.err" &
gateway_sim=$!
children="$children $gateway_sim"
start_broker
recorder "$dir/seen"
ok "they appear: the stream flows" flows
ok "of the gateway" waits grep -q '^jk/bms_1/live ' "$dir/seen"
ok "of the adapter" waits grep -q '^jk/bms_3/live ' "$dir/seen"
pids >"$dir/after"
ok "no stage has started again" cmp "$dir/before" "$dir/after"
end_tree
kill "$pty_sim"

# A state directory that cannot be written, a full partition of the logs: a small file system of their own.
mkdir "$dir/small"
[ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=256k jk-test "$dir/small" 2>/dev/null || {
	skip "a full partition" "no file system can be mounted"
	stop_broker
	done_testing
	exit 0
}
unmount() {
	umount -l "$dir/small" 2>/dev/null
	tree_cleanup
}
trap unmount EXIT
rm -rf "$dir/state"
ln -s "$dir/small" "$dir/state"
one_bus "commands yes" "copy frames $dir/frames.copy"
afresh
tree
ok "on a small partition: the stream flows" flows
cat /dev/zero >"$dir/small/filler" 2>/dev/null
pids >"$dir/before"
for _ in 1 2 3; do # lines for the log
	command kill -KILL "$(pid_of capture-shed)"
	ok "a full partition: the stream flows" flows
done
pids | grep -v capture-shed >"$dir/after"
ok "no other stage has ended" equals "$(cat "$dir/after")" "$(grep -v capture-shed "$dir/before")"

# last_alarm PATTERN: the last that was published of the second pack
last_alarm() {
	grep -a '^jk/bms_2/alarm ' "$dir/seen" | tail -n 1 | grep -q -e "$1"
}
# ends_while_dead: an alarm is raised now, and ends while jk-alarm is dead.
ends_while_dead() {
	kill -USR1 "$gateway_sim"
	ok "an alarm is raised while its state cannot be written" \
		waits last_alarm '"key":"cell_overvoltage".*"active":true'
	s6-svc -dk "$scan/alarm"
	wait_for is_down alarm
	kill -USR1 "$gateway_sim"
	for _ in 1 2 3; do # frames without it are in front of jk-alarm
		lines=$(wc -l <"$dir/frames.copy")
		wait_for sh -c "[ \$(wc -l <'$dir/frames.copy') -gt $lines ]"
	done
	s6-svc -u "$scan/alarm"
	ok "and ended while jk-alarm was dead: it is cleared" \
		waits last_alarm '"key":"cell_overvoltage".*"active":false'
	ok "and not listed" waits sh -c \
		"grep -a '^jk/bms_2/alarms ' '$dir/seen' | tail -n 1 | grep -q '\"alarms\":\[\]'"
}
ends_while_dead
end_tree
ok "it can be stopped" waits nothing_left
afresh
tree
ok "started on it: the stream flows" flows
s6-svscanctl -t "$scan"
ok "s6-svscanctl -t: it can be stopped" waits gone "$tree"
ok "no process is left" waits nothing_left
rm -f "$dir/small/filler"

mount -o remount,ro "$dir/small"
afresh
tree
ok "a read-only state directory is named, with its line" \
	tree_reports "jk.conf:2:[0-9]*: state $dir/state: .*read-only"
ok "the stream flows" flows
ok "the logs go to stderr" tree_reports "^capture-shed: jk-capture: shed: polling"
ok "which is reported" \
	tree_reports "jk-service: decode: the log $dir/state/log/decode cannot be written: its lines come"
ends_while_dead
end_tree
ok "it can be stopped" waits nothing_left
mount -o remount,rw "$dir/small"
stop_broker
done_testing
