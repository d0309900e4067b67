#!/bin/sh
# tcp:// and mqtt:// are what they say.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

# And telnet is what it is: frames with a byte FF, which comes twice, are missed, and why is reported though
# others are heard.
jk-sim -o "$dir/raw" --master --duration 60 --current -50 1:16 2:8
perl -pe 's/\xFF/\xFF\xFF/g' "$dir/raw" >"$dir/doubled"
run jk-capture - <"$dir/doubled"
ok "doubled FF: reported" grep -q 'speaks telnet or RFC 2217, which doubles each byte FF: set it to raw' \
	"$dir/err"
ok "once" equals "$(grep -c telnet "$dir/err")" 1
run jk-capture - <"$dir/raw"
ok "without: not" test ! -s "$dir/err"

sim --master 1:16 2:8
capture -n bus "tcp://127.0.0.1:$port/"
ok "tcp://" heard ' bus 02#55AAEB9002'
ok "is opened as it was given" heard "!open tcp://127.0.0.1:$port/"
stop_capture
capture "TCP://127.0.0.1:$port"
ok "in capitals" heard ' 127.0.0.1 02#55AAEB9002'
stop_capture
run jk-find --seconds 30 "tcp://127.0.0.1:$port"
ok "jk-find: tcp://" grep -q '^BMS  2 ' "$dir/out"
stop_sim
run jk-find --seconds 5 "http://127.0.0.1:$port"
ok "jk-find: http:// is refused" equals "$status" 100
ok "and reported" grep -q 'no such source' "$dir/err"

plain_broker
recorder "$dir/seen"
feed
mqtt "mqtt://$broker_name:$broker_port/"
live 1 1 >&9
ok "mqtt://" seen '^jk/bms_1/live '
kill $mqtt
wait $mqtt
ok "exit 0" equals $? 0

# A user and a password before an @: refused, and neither logged nor in the stream.
secret() {
	run "$@"
	equals "$status" 100 && lacks -e 'secret' "$dir/err" && lacks -e 'secret' "$dir/out" &&
		grep -q -e "$expected" "$dir/err"
}
for form in tcp:me:secret@gateway:5000 tcp://me:secret@gateway:5000/ tcp:secret@gateway:5000 \
	TCP://me:secret@gateway:5000 tcp:me:secret/@gateway:5000 \
	tcp:me:secret@x@gateway:5000 tcp:me:secret@; do
	expected='a gateway has no user and password: remove what is before the @'
	ok "jk-capture $form" secret jk-capture "$form"
	ok "jk-capture -a 1 $form" secret jk-capture -a 1 "$form"
	ok "jk-find $form" secret jk-find --seconds 5 "$form"
done
for form in http://me:secret@gateway:5000 me:secret@gateway:5000 telnet:me:secret@gateway; do
	expected='no such source'
	ok "jk-capture $form" secret jk-capture "$form"
done
expected='a CAN interface is given as'
ok "jk-capture can:" secret jk-capture can:me:secret@gateway
for form in me:secret@broker me:secret@broker:1883 mqtt://me:secret@broker/ mqtts://me:secret@broker \
	tcp://me:secret@broker secret@broker mqtt://me:secret@x@broker; do
	expected='a user is given with -u, and a password with -P or JK_MQTT_PASSWORD'
	ok "jk-mqtt $form" secret jk-mqtt "$form"
done
expected='it begins with http:// or https://'
ok "jk-format -u me:secret@database" secret jk-format -o influx -u me:secret@database
# Nobody listens there.
jk-sim -o "$dir/raw" --duration 20 1:16 >/dev/null
jk-capture -n bus - <"$dir/raw" 2>/dev/null | jk-decode >"$dir/records"
run jk-format -o influx -u 'http://me:secret@127.0.0.1:1/write?db=x&p=secret@x' "$dir/records"
ok "jk-format logs where lines are lost" grep -q '^jk-format: 127.0.0.1:1/write: .*lost at the end' "$dir/err"
ok "and no secret" lacks secret "$dir/err"
done_testing
