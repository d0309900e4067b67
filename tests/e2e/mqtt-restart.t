#!/bin/sh
# Across any restart Home Assistant keeps all entities: the set of components never shrinks, and none has its
# platform alone.  What cannot be any more is taken away when all records have come.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

# How many discovery messages of BMS 1 have come.
configs() {
	grep -c "^$config " "$dir/seen"
}
# more NAME: one more has come since $before.
more() {
	ok "$1: discovery" wait_for sh -c "[ \$(grep -c '^$config ' '$dir/seen') -gt $before ]"
}
components() {
	discovered | jq '.components | length'
}
# all NAME: all components of before are in the last message.
all() {
	ok "$1: all components" wait_for sh -c "[ \$(grep '^$config ' '$dir/seen' | tail -n 1 |
		cut -d' ' -f4- | jq '.cmps | length') -ge $full ]"
}
everything() {
	live 1 "$1"
	settings 1
	about 1
}
kept() {
	ok "$1: nothing is taken away" tests/e2e/kept.pl "$dir/seen"
}

lasting_broker
recorder "$dir/seen"
feed
mqtt -i 0 -c "$dir/commands" "$broker_name:$broker_port"
everything 1 >&9
ok "all is known" seen "^$config 1 1 .*lcd_buzzer_trigger_set"
full=$(components)
ok "more than two hundred components" test "$full" -gt 200

for signal in TERM KILL; do
	before=$(configs)
	kill -$signal $mqtt
	wait $mqtt 2>/dev/null
	mqtt -i 0 -c "$dir/commands" "$broker_name:$broker_port"
	live 1 2 >&9
	more "$signal"
	all "$signal"
	ok "$signal: as it was" sh -c "[ \$(grep '^$config ' '$dir/seen' | cut -d' ' -f4- | tail -n 2 |
		jq -cS . | sort -u | wc -l) = 1 ]"
done

# Twice in quick succession, and before anything of the device has come.
for run in 1 2 3; do
	kill -KILL $mqtt
	wait $mqtt 2>/dev/null
	mqtt -i 0 -c "$dir/commands" "$broker_name:$broker_port"
	[ $run = 1 ] || live 1 $run >&9
	[ $run = 3 ] || all_read
done
all "three starts"
# One odd record, as of a BMS that starts, or of another one with the same address, takes nothing away.
for bms in settings about; do
	$bms 1 >&9
done
settled eight_cells >&9
ok "an odd record" seen '^jk/bms_1/live .*"cells_enabled_bitmask":255,.*'
before=$(configs)
publish -t homeassistant/status -m online
more "an odd record"
settled live 1 33 >&9
ok "and one as before" seen '^jk/bms_1/live .*"total_runtime":33,'
before=$(configs)
publish -t homeassistant/status -m online
more "Home Assistant's birth"
all "Home Assistant's birth"
before=$(configs)
stop_broker KILL
start_broker
more "a broker with its retained messages"
all "a broker with its retained messages"
before=$(configs)
stop_broker TERM
rm "$dir/mosquitto.db"
start_broker
wait_for grep -q "Sending SUBACK to recorder$$" "$dir/broker.log"
before=$(configs)
everything 4 >&9
live 1 5 >&9
publish -t homeassistant/status -m online
more "a broker without them"
all "a broker without them"
kept "jk-mqtt and the broker"
ok "all of it is valid" sh -c "grep '^homeassistant' '$dir/seen' | tail -n 1 | grep -q jk_"
kill $mqtt
wait $mqtt

# Without -c the settings are sensors; the numbers are taken away when all records have come, and not before.
mqtt -i 0 "$broker_name:$broker_port"
live 1 6 >&9
publish -t homeassistant/status -m online
live 1 7 >&9
ok "no -c any more: what can be set stays until all is known" wait_for sh -c \
	"grep '^$config ' '$dir/seen' | tail -n 1 |
	grep -q '\"smart_sleep_voltage_set\":{\"p\":\"number\",\"uniq_id\"'"
settings 1 >&9
ok "sensors beside it" seen \
	"^$config 1 1 .*\"smart_sleep_voltage\":\{\"p\":\"sensor\",\"uniq_id\".*\"smart_sleep_voltage_set\":\{\"p\":\"number\",\"uniq_id\""
kept "no -c, settings"
about 1 >&9
ok "all is known: it is taken away" seen \
	"^$config 1 1 .*\"smart_sleep_voltage_set\":\{\"p\":\"number\"\}"
kill -KILL $mqtt
wait $mqtt 2>/dev/null

# Killed between that and the message without it.
before=$(configs)
mqtt -i 0 "$broker_name:$broker_port"
live 1 8 >&9
more "killed between"
ok "killed between: no platform alone" equals "$(discovered |
	jq -c '[.components[] | select(length == 1)]')" "[]"
settings 1 >&9
about 1 >&9
ok "killed between: taken away once more" wait_for sh -c \
	"[ \$(grep -c '^$config .*\"smart_sleep_voltage_set\":{\"p\":\"number\"}' '$dir/seen') -ge 2 ]"
ok "then it is without" wait_for last_lacks "$config " smart_sleep_voltage_set
kill $mqtt
wait $mqtt

# Fewer cells, and another kind of entity under a key, as another version may have told.
discovered | jq -c \
	'.components.current.platform = "binary_sensor" | .components.older = {platform: "sensor",
		unique_id: "jk_bms_1_older", state_topic: "jk/bms_1/live"}' >"$dir/older"
publish -r -t $config -s <"$dir/older"
: >"$dir/seen"
before=0
mqtt -i 0 "$broker_name:$broker_port"
settled eight_cells >&9
more "older"
ok "older: sixteen cells" equals "$(component cell_voltage_16 | jq -r .platform)" sensor
ok "older: what is in no table" equals "$(component older | jq -r .unique_id)" jk_bms_1_older
ok "older: the kind that it was" equals "$(component current | jq -r .platform)" binary_sensor
eight_cells | sed 's/"state_of_charge":[0-9]*/"state_of_charge":77/' >&9
ok "older: what the record has not is null" seen '^jk/bms_1/live 1 1 .*"state_of_charge":77[,}]'
ok "older: so is each cell" equals "$(last jk/bms_1/live |
	jq -c '[.cell_voltages | length, .[7] > 3, .[15]]')" '[16,true,null]'
kept "older"
settings 1 >&9
about 1 >&9
ok "older: all is known, cells are taken away" seen \
	"^$config 1 1 .*\"cell_voltage_16\":\{\"p\":\"sensor\"\}"
ok "older: so is what is in no table" seen "^$config 1 1 .*\"older\":\{\"p\":\"sensor\"\}"
ok "older: and the other kind" seen "^$config 1 1 .*\"current\":\{\"p\":\"binary_sensor\"\}"
ok "then the kind that it is now" wait_for sh -c "grep '^$config ' '$dir/seen' | tail -n 1 |
	grep -q '\"current\":{\"p\":\"sensor\",\"uniq_id\"'"
ok "and none of those" equals "$(discovered |
	jq -c '.components | [.cell_voltage_9, .older, .cell_voltage_8.platform]')" '[null,null,"sensor"]'

# Somebody deletes the device in Home Assistant, which empties the topic: what is heard comes again.
before=$(configs)
publish -r -t $config -n
ok "emptied: told again" wait_for sh -c "[ \$(grep -c '^$config ' '$dir/seen') -ge $((before + 2)) ]"
ok "emptied: no platform alone" equals "$(discovered | jq -c '[.components[] | select(length == 1)]')" "[]"
kill $mqtt
wait $mqtt

# What somebody else has there is replaced, and logged; nothing of it is taken away.
publish -r -t $config -m \
	'{"device":{"identifiers":["x"]},"origin":{"name":"other"},"components":{"x":{"platform":"sensor","unique_id":"x","state_topic":"x"}}}'
other=homeassistant/sensor/jk_bms_1/other/config
publish -r -t $other -m '{"name":"x","unique_id":"x","state_topic":"x"}'
before=$(configs)
mqtt -i 0 "$broker_name:$broker_port"
live 1 9 >&9
more "somebody else's"
ok "somebody else's component is logged" said \
	"$other: ignoring the retained discovery message: not by jk-mqtt"
publish -t homeassistant/status -m online
ok "and once more" wait_for sh -c "[ \$(grep -c '^$config ' '$dir/seen') -gt $((before + 1)) ]"
ok "it stays" sh -c "[ \$(grep -c '^$other ' '$dir/seen') = 1 ]"
ok "somebody else's is logged" said "$config: ignoring the retained discovery message: not by jk-mqtt"
ok "and no part of ours" equals "$(component x)" null
end_of_feed
wait $mqtt

# One message a component.
: >"$dir/seen"
feed
by_component() {
	mqtt -i 0 --discovery=component "$broker_name:$broker_port"
}
setting=homeassistant/sensor/jk_bms_1/smart_sleep_voltage/config
by_component
everything 1 >&9
ok "--discovery component: a setting" seen "^$setting 1 1 \{\"uniq_id\""
ok "the device's message is emptied" seen "^$config 1 1 \$"
kill $mqtt
wait $mqtt
: >"$dir/seen"
by_component
live 1 2 >&9
ok "--discovery component: a new run" seen "^homeassistant/sensor/jk_bms_1/total_voltage/config 1 1 \{"
publish -t homeassistant/status -m online
ok "and Home Assistant's birth" wait_for sh -c \
	"[ \$(grep -c '/jk_bms_1/total_voltage/config ' '$dir/seen') -ge 2 ]"
grep -v '^homeassistant/device/' "$dir/seen" >"$dir/seen.own" # the bridge's may still be migrated
ok "--discovery component: nothing is taken away" tests/e2e/kept.pl "$dir/seen.own"
settled eight_cells >&9
settings 1 >&9
about 1 >&9
ok "fewer cells: emptied when all is known" seen '^homeassistant/sensor/jk_bms_1/cell_voltage_16/config 1 1 $'
ok "a setting is not" lacks "^$setting 1 1 \$" "$dir/seen"
kill $mqtt
wait $mqtt

# Back, with what is not known yet.
: >"$dir/seen"
mqtt -i 0 "$broker_name:$broker_port"
live 1 3 >&9
ok "migrated with its settings" seen \
	"^$config 1 1 .*\"smart_sleep_voltage\":\{\"p\":\"sensor\",\"uniq_id\""
ok "their topics are emptied then" seen "^$setting 1 1 \$"
ok "in this order" sh -c "
	d=\$(grep -n '^$config 1 1 .*smart_sleep_voltage' '$dir/seen' | head -n 1 | cut -d: -f1)
	e=\$(grep -n '^$setting 1 1 \$' '$dir/seen' | head -n 1 | cut -d: -f1)
	[ \$d -lt \$e ]"
kill $mqtt
wait $mqtt
# and forth
: >"$dir/seen"
by_component
live 1 4 >&9
ok "forth: its settings have messages of their own" seen "^$setting 1 1 \{.*\"dev\":\{"
ok "the device's is emptied then" seen "^$config 1 1 \$"
ok "valid" sh -c "grep '^$setting 1 1 {\"' '$dir/seen' | tail -n 1 | cut -d' ' -f4- |
	jq -ne 'input | .stat_t == \"jk/bms_1/settings\" and .avty and .o.name == \"jk-mqtt\"'"
end_of_feed
wait $mqtt
done_testing
