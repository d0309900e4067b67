#!/bin/sh
# Brokers as few are: one of MQTT 3.1.1, and one that cuts every connection.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

feed
# A broker that knows MQTT 3.1.1 alone.
tests/e2e/mqtt-old.pl >"$dir/old" 2>"$dir/old.err" 9>&- &
old=$!
children="$children $old"
wait_for grep -q '^port ' "$dir/old"
mqtt "127.0.0.1:$(sed -n 's/^port //p' "$dir/old")"
live 1 1 >&9
ok "a broker of MQTT 3.1.1: it gets the state" wait_for grep -qx 'publish jk/bms_1/live' "$dir/old"
ok "at the first attempt, in its protocol" equals "$(grep '^connect' "$dir/old")" "connect 4"
ok "and the discovery" wait_for grep -qx 'publish homeassistant/device/jk_bms_1/config' "$dir/old"
kill $mqtt
wait $mqtt
ok "exit 0" equals $? 0
kill $old

# A broker that lets us in and cuts us off, for ever.
tests/e2e/mqtt-old.pl cut >"$dir/cut" 2>"$dir/cut.err" 9>&- &
old=$!
children="$children $old"
wait_for grep -q '^port ' "$dir/cut"
mqtt "127.0.0.1:$(sed -n 's/^port //p' "$dir/cut")"
ok "a broker that cuts us off: tried again and again" wait_for sh -c \
	"[ \$(grep -c connect '$dir/cut') -ge 8 ]"
ok "it is reported" said 'connection lost: '
ok "few words" test "$(wc -l <"$dir/mqtt.err")" -le 14
ok "no success among them" lacks 'Success' "$dir/mqtt.err"
kill $mqtt
wait $mqtt
ok "exit 0" equals $? 0
kill $old
end_of_feed
done_testing
