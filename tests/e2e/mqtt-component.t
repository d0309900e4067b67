#!/bin/sh
# One discovery message an entity, and the change from one form to the other, in both directions.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

plain_broker
recorder "$dir/seen"
feed
mqtt -i 0 -c "$dir/commands" "$broker_name:$broker_port"
live 1 1 >&9
ok "one message, of an earlier run" seen "^$config 1 1 \{\"dev"
ok "of the bridge, too" seen '^homeassistant/device/jk_bridge/config 1 1 \{'
kill $mqtt
wait $mqtt

afresh
mqtt -i 0 -c "$dir/commands" --discovery=component "$broker_name:$broker_port"
{
	live 1 1
	settings 1
	about 1
} >&9
ok "--discovery=component" seen '^homeassistant/sensor/jk_bms_1/total_voltage/config 1 1 \{'
ok "numbers too" seen '^homeassistant/number/jk_bms_1/smart_sleep_voltage_set/config 1 1 \{'
ok "the last of them" seen "^homeassistant/binary_sensor/jk_bms_1/alarm_$last_alarm/config 1 1 \{"
ok "the device's message is migrated" seen "^$config 1 1 \{\"migrate_discovery\":true\}"
ok "and emptied" seen "^$config 1 1 \$"
ok "the bridge's too" seen '^homeassistant/device/jk_bridge/config 1 1 \{"migrate_discovery":true\}'
ok "and emptied" seen '^homeassistant/device/jk_bridge/config 1 1 $'
ok "after the components were told again" sh -c "
	m=\$(grep -n '^$config 1 1 {\"migrate' '$dir/seen' | head -n 1 | cut -d: -f1)
	c=\$(grep -n '/jk_bms_1/total_voltage/config 1 1 {' '$dir/seen' | cut -d: -f1 |
		awk -v m=\$m '\$1 > m' | head -n 1)
	e=\$(grep -n '^$config 1 1 \$' '$dir/seen' | head -n 1 | cut -d: -f1)
	[ \$m -lt \$c ] && [ \$c -lt \$e ]"
sound "components" device
settled eight_cells >&9
ok "what is gone has its message emptied" seen '^homeassistant/sensor/jk_bms_1/cell_voltage_16/config 1 1 $'
sound "components, eight cells" device
kill $mqtt
wait $mqtt
afresh
mqtt -i 0 "$broker_name:$broker_port"
live 1 9 >&9
ok "back to one message: components are migrated" seen \
	'^homeassistant/sensor/jk_bms_1/total_voltage/config 1 1 \{"migrate_discovery":true\}'
ok "and emptied" seen '^homeassistant/sensor/jk_bms_1/total_voltage/config 1 1 $'
ok "the device's message came between" sh -c "
	e=\$(grep -n '/total_voltage/config 1 1 \$' '$dir/seen' | head -n 1 | cut -d: -f1)
	m=\$(grep -n '/total_voltage/config 1 1 {\"migrate' '$dir/seen' | head -n 1 | cut -d: -f1)
	d=\$(grep -n '^$config 1 1 {' '$dir/seen' | cut -d: -f1 | awk -v m=\$m '\$1 > m' | head -n 1)
	[ \$m -lt \$d ] && [ \$d -lt \$e ]"
ok "the bridge's too" wait_for grep -q \
	'^homeassistant/binary_sensor/jk_bridge/global_alarm/config 1 1 {"migrate' "$dir/seen"
ok "and emptied" wait_for grep -q '^homeassistant/binary_sensor/jk_bridge/global_alarm/config 1 1 $' \
	"$dir/seen"
ok "its message came between" sh -c "
	e=\$(grep -n '/global_alarm/config 1 1 \$' '$dir/seen' | head -n 1 | cut -d: -f1)
	m=\$(grep -n '/global_alarm/config 1 1 {\"migrate' '$dir/seen' | head -n 1 | cut -d: -f1)
	d=\$(grep -n '^homeassistant/device/jk_bridge/config 1 1 {' '$dir/seen' | cut -d: -f1 |
		awk -v m=\$m '\$1 > m' | head -n 1)
	[ \$m -lt \$d ] && [ \$d -lt \$e ]"
end_of_feed
wait $mqtt
ok "exit 0" equals $? 0
done_testing
