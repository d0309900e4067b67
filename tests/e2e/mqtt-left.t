#!/bin/sh
# What others and earlier runs left at the topics of discovery.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

plain_broker
recorder "$dir/seen"
feed
# What somebody else left: nothing of it comes into our message, by which Home Assistant would refuse all of
# it.
publish -r -t $config -m '{"origin":{"name":"jk-mqtt"},"components":{"a b\"c":{"platform":"sensor"},
	"odd":{"platform":"nonsense"},"none":{"platform":null},"list":[],"":{"platform":"sensor"},"gone":{"platform":"sensor"}}}'
awk 'BEGIN { for (i = 0; i < 100000; i++) printf "[" }' |
	publish -r -t homeassistant/device/jk_bms_2/config -s
awk 'BEGIN { printf "{\"origin\":{\"name\":\"jk-mqtt\"},\"components\":{\"k\":{\"platform\":\"sensor\"}"; for (i = 0; i < 20000; i++) printf ",\"k%d\":{\"platform\":\"sensor\"}", i; print "}}" }' |
	publish -r -t homeassistant/device/jk_bms_3/config -s
mqtt -i 0 "$broker_name:$broker_port"
for bms in 1 2 3; do
	live $bms 1
	settings $bms
	about $bms
done >&9
ok "what an earlier run could have told is taken away" seen \
	"^$config 1 1 .*\"gone\":\{\"p\":\"sensor\"\}"
ok "then it is without" wait_for last_lacks "$config 1 1 {\"dev" '"gone"'
ok "all that we tell is JSON" sh -c "grep '^$config 1 1 {\"dev' '$dir/seen' | cut -d' ' -f4- |
	jq -es 'length > 0 and all(.[]; .dev)'"
ok "nothing else is in it" \
	none_among "^$config 1 1 {\"dev" 'nonsense\|a b\|"none"\|"list"' "$dir/seen"
ok "nonsense is logged" said 'homeassistant/device/jk_bms_2/config: ignoring the retained discovery message'
ok "and replaced" seen '^homeassistant/device/jk_bms_2/config 1 1 \{"dev"'
ok "20,000 components too" wait_for sh -c \
	"grep '^homeassistant/device/jk_bms_3/config 1 1 {\"dev' '$dir/seen' |
	grep -q '\"k0\":{\"p\":\"sensor\"}'"
ok "no message is too long" lacks 'is longer than' "$dir/mqtt.err"
end_of_feed
wait $mqtt
ok "exit 0" equals $? 0
# Thousands of messages of an earlier run come at once.
afresh
feed
# How many of them the broker keeps.
kept() {
	awk '$1 ~ /^homeassistant\// && $1 !~ /\/device\// { if ($4 == "") delete kept[$1]; else kept[$1] }
		END { for (topic in kept) n++; print n + 0 }' "$dir/seen"
}
all_migrated() {
	[ "$(kept)" = 0 ]
}
packs() {
	for bms in 0 1 2 3 4 5 6 7 8 9 10 11; do
		live $bms "$1"
		settings $bms
		about $bms
	done
}
mqtt -i 0 --discovery=component "$broker_name:$broker_port"
packs 1 >&9
ok "twelve packs in components" wait_for grep -q \
	"^homeassistant/binary_sensor/jk_bms_11/alarm_$last_alarm/config 1 1 {.*uniq_id" "$dir/seen"
kill $mqtt
wait $mqtt
ok "more than a thousand messages" test "$(kept)" -gt 1000
mqtt -i 0 "$broker_name:$broker_port"
packs 2 >&9
ok "all are migrated" wait_for all_migrated
end_of_feed
wait $mqtt
ok "exit 0" equals $? 0
done_testing
