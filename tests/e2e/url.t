#!/bin/sh
# tcp:// and mqtt:// are what they say.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

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
ok "and said" grep -q 'no such source' "$dir/err"

plain_broker
recorder "$dir/seen"
feed
mqtt "mqtt://$broker_name:$broker_port/"
live 1 1 >&9
ok "mqtt://" seen '^jk/bms_1/live '
kill $mqtt
wait $mqtt
ok "exit 0" equals $? 0
done_testing
