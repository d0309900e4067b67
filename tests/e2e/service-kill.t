#!/bin/sh
# kill -9 of each stage under s6: it returns, its neighbours keep their processes, and the subscriber notices
# nothing but a pause: no wrong value, no pack that is offline, no transition of an alarm less.
# make check-service does it a hundred times.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh
. tests/e2e/service.sh

# An alarm that begins and ends by signals.
sim --log "$dir/sim.log" --alarm 2:00000010 1:16 2:16
plain_broker
recorder "$dir/seen"
mkfifo "$dir/copy"
one_bus "copy frames $dir/frames.copy" "copy records $dir/records.copy" "commands yes"
tree
ok "the stream flows" flows
ok "it has all stages" equals "$(stages_of | tr '\n' ' ')" \
	"alarm capture-shed decode hold mqtt tee-frames tee-records write "
stages=$(stages_of)
for stage in $stages; do
	wait_for is_ready "$stage"
done

# back STAGE OLD: it runs as another process
back() {
	is_up "$1" && test "$(pid_of "$1")" != "$2"
}
for stage in $stages; do
	old=$(pid_of "$stage")
	others "$stage" >"$dir/before"
	command kill -KILL "$old"
	ok "$stage: the stream goes on" flows
	ok "$stage: it is back" waits back "$stage" "$old"
	others "$stage" >"$dir/after"
	ok "$stage: its neighbours keep their processes" cmp "$dir/before" "$dir/after"
	ok "$stage: its end is in the log" log_has "$stage" "jk-service: $stage: ended by signal 9"
done

# One that somebody else ends, in the way in which s6 would: its program exits with 0, hold by the signal.
for stage in decode hold; do
	old=$(pid_of "$stage")
	command kill -TERM "$old"
	ok "SIGTERM to $stage: it is back" waits back "$stage" "$old"
	ok "SIGTERM to $stage: the stream goes on" flows
done
unasked="without being told to by jk-service: starts again"
ok "it is in the log of decode" log_has decode "jk-service: decode: exit 0 $unasked"
ok "and in that of hold" log_has hold "jk-service: hold: ended by signal 15 $unasked"

# Each frame goes through each stage while its logger is dead.
for stage in $stages; do
	old=$(pid_of "$stage/log")
	pids >"$dir/before"
	command kill -KILL "$old"
	ok "the logger of $stage: it is back" waits back "$stage/log" "$old"
	pids >"$dir/after"
	ok "the logger of $stage: nothing else notices" cmp "$dir/before" "$dir/after"
done
ok "the stream flows" flows

# An s6-supervise that is killed takes its stage with it: two captures would poll one bus.
for stage in capture-shed decode; do
	old=$(pid_of "$stage")
	command kill -KILL "$(ps -o ppid= -p "$old" | tr -d ' ')"
	ok "the s6-supervise of $stage: the stage ends, too" waits gone "$old"
	ok "the s6-supervise of $stage: the stream goes on" flows
	ok "the s6-supervise of $stage: there is one of each" \
		equals "$(left_of jk-capture) $(left_of jk-decode)" "1 1"
done

# All at once, as when memory is short.
for stage in $stages; do
	pid_of "$stage"
done >"$dir/all"
# shellcheck disable=SC2046 # a list
command kill -KILL $(cat "$dir/all")
ok "all at once: the stream goes on" flows

# One that is stopped, as on a machine that stalls: nothing else ends, and it goes on.
for stage in decode tee-records mqtt; do
	pids >"$dir/before"
	s6-svc -p "$scan/$stage"
	ok "$stage stopped: the copy of frames grows" waits sh -c "
		[ \$(wc -l <'$dir/frames.copy') -gt $(wc -l <"$dir/frames.copy") ]"
	s6-svc -c "$scan/$stage"
	ok "$stage goes on: the stream flows" flows
	pids >"$dir/after"
	ok "$stage goes on: all are as before" cmp "$dir/before" "$dir/after"
done

ok "no pack was offline but with its jk-mqtt" tests/e2e/service-offline.pl "$dir/seen"
# Of those that were killed all at once some may have ended by themselves, at the end of their input.
ends_unasked() {
	cat "$dir"/state/log/*/current "$dir"/state/log/*/@* 2>/dev/null | grep -c "$unasked"
}
reported=$(ends_unasked)
end_tree
ok "no process is left" waits nothing_left
ok "what ends as intended is not reported" equals "$(ends_unasked)" "$reported"
ok "every value is one that a pack sent" tests/e2e/service-values.pl "$dir/sim.log" "$dir/seen"
stop_broker
done_testing
