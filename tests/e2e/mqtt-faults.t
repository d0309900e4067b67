#!/bin/sh
# What happens to a broker: it is away, restarted, killed, stopped, and does not let us write.  No transition
# is lost, no value is wrong, the pipe never waits, and memory stays.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

# The transitions that were seen, each once, in the order of their first coming.
transitions() {
	grep '^jk/bms_1/alarm ' "$dir/seen" | grep -o '"number":[0-9]*' | cut -d: -f2 | awk '!seen[$0]++' |
		tr '\n' ' '
}
numbers() {
	seq -s ' ' "$1" "$2" | sed 's/$/ /'
}
write_transitions() {
	for number in $(seq "$1" "$2"); do
		transition 1 "$number"
	done
}
# Seconds that a command takes, at most.
within() {
	timeout "$@"
}

lasting_broker
recorder "$dir/seen"
feed
mqtt -i 0 "$broker_name:$broker_port"
live 1 1 >&9
write_transitions 1 3 >&9
ok "before" seen '"number":3\}'

ok "no reconnection yet" equals "$(last jk/bridge | jq .reconnects)" 0

# Restarted in the middle.
stop_broker TERM
ok "an outage is reported" said 'cannot connect: Connection refused; trying again'
ok "the pipe does not wait while the broker is away" within 60 sh -c "
	. tests/e2e/mqtt.sh
	lives 1 1 200 >&9"
write_transitions 4 40 >&9
lives 1 1000 1000 >&9
all_read
start_broker
ok "all is out" seen '"number":40\}'
ok "all transitions, in order" equals "$(transitions)" "$(numbers 1 40)"
ok "the newest state" seen '^jk/bms_1/live 1 1 .*"total_runtime":1000,'
ok "no other" lacks -E '^jk/bms_1/live .*"total_runtime":(199|200),' "$dir/seen"
ok "an outage and its end are reported" said ': connected'
ok "each reason once" once_each
# Each connection since the restart was one; the broker's log begins anew with it.
reconnects_are_counted() {
	[ "$(last jk/bridge | jq .reconnects)" = "$(connections)" ]
}
ok "jk/bridge counts it" wait_for reconnects_are_counted

# Killed.
stop_broker KILL
ok "killed: the pipe does not wait" within 60 sh -c "
	. tests/e2e/mqtt.sh
	for i in \$(seq 41 60); do transition 1 \$i; done >&9"
start_broker
ok "killed: all is out" seen '"number":60\}'
ok "all transitions, in order" equals "$(transitions)" "$(numbers 1 60)"

# Stopped and continued.
kill -STOP "$broker"
write_transitions 61 80 >&9
lives 1 2000 2000 >&9
ok "a stalled broker: the pipe does not wait" within 60 sh -c "
	. tests/e2e/mqtt.sh
	lives 1 5001 7000 >&9"
write_transitions 81 100 >&9
lean "a stalled broker costs no memory: under 20 MB" $mqtt 20000
ok "a stalled broker is noticed" said 'no answer from the broker; trying again'
kill -CONT "$broker"
ok "continued: all is out" seen '"number":100\}'
ok "all transitions, in order" equals "$(transitions)" "$(numbers 1 100)"
ok "the newest state" seen '^jk/bms_1/live 1 1 .*"total_runtime":7000,'
ok "we are online" wait_for sh -c \
	"[ \"\$(grep '^jk/status ' '$dir/seen' | tail -n 1)\" = 'jk/status 1 1 online' ]"

# Ten thousand, and then the oldest go.  A broker that is not killed need not save the recorder's queue at
# each change.
stop_broker TERM
sed -i '/^autosave/d' "$dir/broker.conf"
awk 'BEGIN { for (i = 1001; i <= 11020; i++)
	printf "{\"time\":1763856000.0,\"channel\":\"bus\",\"bms\":1,\"type\":\"alarm\",\"key\":\"x\",\"severity\":\"info\",\"active\":%s,\"number\":%d}\n", i % 2 ? "true" : "false", i }' >&9
lives 1 9000 9000 >&9
# That the pipe is empty is not enough: what was read last may wait for its turn, and the queue must be full
# before the broker is back.
echo "the last line" >&9
ok "all is queued" said 'no record'
start_broker
ok "a long queue is out" seen '"number":11020\}'
ok "the newest ten thousand, in order" sh -c "
	grep '^jk/bms_1/alarm ' '$dir/seen' | grep -o '\"number\":[0-9]*' | cut -d: -f2 |
		awk '\$0 > 1000 && !seen[\$0]++' >'$dir/got'
	seq 1021 11020 | cmp - '$dir/got'"
ok "those dropped are counted" wait_for sh -c "grep '^jk/bridge ' '$dir/seen' | tail -n 1 |
	grep -q '\"dropped\":20,'"
lean "a long queue: under 20 MB" $mqtt 20000
end_of_feed
wait $mqtt
ok "exit 0" equals $? 0
stop_broker TERM

# No value was ever another than one that was sent.
ok "no wrong value" sh -c "
	grep '^jk/bms_1/live ' '$dir/seen' | grep -vcE '\"total_voltage\":52\.270,.*\"total_runtime\":(1|1000|[0-9]+),' | grep -qx 0"

# A broker that lets us read and not write.
printf '%s\n' 'topic read #' >"$dir/acl"
broker "listener PORT ADDRESS" "allow_anonymous true" "acl_file $dir/acl"
recorder "$dir/seen.acl"
feed
mqtt "$broker_name:$broker_port"
live 1 1 >&9
ok "not allowed to write: reported" said 'broker rejected jk/status: acknowledged, but not passed on'
ok "the pipe does not wait" within 60 sh -c "
	. tests/e2e/mqtt.sh
	lives 1 1 1000 >&9"
end_of_feed
wait $mqtt
ok "exit 0" equals $? 0
ok "nothing was written" test ! -s "$dir/seen.acl"
ok "few words" test "$(wc -l <"$dir/mqtt.err")" -lt 30
stop_broker TERM

# A wrong password, reported once.
mosquitto_passwd -b -c "$dir/passwords" pack 'right one' >/dev/null 2>&1
broker "listener PORT ADDRESS" "password_file $dir/passwords"
recorder "$dir/seen.password" -u pack -P 'right one'
feed
printf 'wrong\n' >"$dir/wrong"
chmod 600 "$dir/wrong"
mqtt -u pack -P "$dir/wrong" "$broker_name:$broker_port"
ok "a wrong password is reported" said \
	'broker rejected the connection: .*\(password\|Not authorized\).*; trying again'
live 1 1 >&9
kill $mqtt
wait $mqtt
ok "exit 0" equals $? 0
ok "it was reported once" once_each
printf 'right one\nmore\n' >"$dir/right"
chmod 600 "$dir/right"
mqtt -u pack -P "$dir/right" "$broker_name:$broker_port"
live 1 1 >&9
ok "the right one, from a file" wait_for grep -q '^jk/bms_1/live ' "$dir/seen.password"
kill $mqtt
wait $mqtt
: >"$dir/mqtt.err"
JK_MQTT_USERNAME=pack JK_MQTT_PASSWORD='right one' jk-mqtt "$broker_name:$broker_port" <"$dir/feed" \
	2>"$dir/mqtt.err" 9>&- &
mqtt=$!
children="$children $mqtt"
live 2 1 >&9
ok "from the environment" wait_for grep -q '^jk/bms_2/live ' "$dir/seen.password"
ok "which holds it no more" lacks -a 'right one' "/proc/$mqtt/environ"
ok "nor does its command line" lacks -a 'right one' "/proc/$mqtt/cmdline"
kill $mqtt
wait $mqtt
done_testing
