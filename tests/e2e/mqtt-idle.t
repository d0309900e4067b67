#!/bin/sh
# An idle jk-mqtt sleeps: it wakes less than once a second, all threads together, whether it takes commands or
# not.  What it does then is what keeps the connection: a ping each eleven seconds.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

plain_broker
# pings PID: how often this jk-mqtt has sent one.
pings() {
	grep -c "Received PINGREQ from jk-mqtt-$(printf %x "$1")-" "$dir/broker.log"
}
pinged() { # PID TIMES
	wait_for sh -c "[ \$(grep -c 'Received PINGREQ from jk-mqtt-$(printf %x "$1")-' \
		'$dir/broker.log') -ge $2 ]"
}
# wakes PID: how often its threads have gone to sleep.
wakes() {
	cat "/proc/$1"/task/*/status | awk '/^voluntary_ctxt_switches/ { n += $2 } END { print n }'
}

mkfifo "$dir/commands" "$dir/in"
exec 8<>"$dir/in"
jk-mqtt "$broker_name:$broker_port" <"$dir/in" 2>"$dir/plain.err" 8>&- &
plain=$!
jk-mqtt -p two -c "$dir/commands" "$broker_name:$broker_port" <"$dir/in" 2>"$dir/commands.err" 8>&- &
commands=$!
children="$children $plain $commands"
ok "a ping" pinged $plain 1
ok "and one of the other" pinged $commands 1
plain_before=$(wakes $plain)
commands_before=$(wakes $commands)
plain_pings=$(pings $plain)
begun=$(date +%s)
ok "another ping" pinged $plain $((plain_pings + 1))
took=$(($(date +%s) - begun))
plain_woke=$(($(wakes $plain) - plain_before))
commands_woke=$(($(wakes $commands) - commands_before))
ok "within a time of that kind: $took s" test $took -ge 8
ok "without commands it woke $plain_woke times in $took s" test $plain_woke -lt $took
ok "with commands $commands_woke times" test $commands_woke -lt $took
ok "it slept: the count is one" test "$plain_woke" -gt 0
ok "the connection is reported" grep -q ': connected, with MQTT 3.1.1$' "$dir/plain.err"
ok "the one has not lost its connection" lacks "connection lost" "$dir/plain.err"
ok "nor has the other" lacks "connection lost" "$dir/commands.err"
done_testing
