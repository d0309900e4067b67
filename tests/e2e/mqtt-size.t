#!/bin/sh
# The size of discovery, which Home Assistant reads at each start and whenever it changes: with settings that
# can be changed, that of a pack of 16 cells and of one of 32.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

plain_broker
recorder "$dir/seen"
feed
mkfifo "$dir/commands"
mqtt -i 0 -c "$dir/commands" "$broker_name:$broker_port"
{
	live 1 1
	settings 1
	about 1
	sed -n '/"bms":3,/p' tests/golden/live.records | sed -n '1s/"channel":"[^"]*"/"channel":"bus"/p'
	settings 3
	about 3
} >&9
# size BMS CELLS LIMIT
size() {
	config=homeassistant/device/jk_bms_$1/config
	ok "$2 cells: all of it" seen "^$config 1 1 .*\"cell_voltage_$2\":.*\"lcd_buzzer_trigger_set\":"
	last "$config" | tests/e2e/sizes.pl >"$dir/sizes"
	sed "s/^/# $2 cells: /" "$dir/sizes"
	ok "$2 cells: $(tail -n 1 "$dir/sizes") bytes" test "$(tail -n 1 "$dir/sizes")" -lt "$3"
}
size 1 16 82000
size 3 32 92000
end_of_feed
wait $mqtt
ok "exit 0" equals $? 0
done_testing
