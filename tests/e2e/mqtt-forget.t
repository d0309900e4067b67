#!/bin/sh
# jk-mqtt --forget: what the broker retains of packs that are gone is removed, and of no others.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

# What the broker retains of a pack, one topic a line.
retained() {
	mosquitto_sub -h "$broker_name" -p "$broker_port" -t '#' --retained-only -W 2 -F '%t' 2>/dev/null |
		grep -E "(^jk/|/jk_)$1/" | sort
}
plain_broker
recorder "$dir/seen"
feed
mqtt -i 0 -k "$broker_name:$broker_port"
for name in north south; do
	{
		live 1 1 $name
		settings 1 $name
		about 1 $name
	} | named $name >&9
	seen "^homeassistant/device/jk_$name/config 1 1 .*smart_sleep_voltage"
done
end_of_feed
wait "$mqtt"
# The other form of discovery, of an earlier version.
publish -r -t homeassistant/sensor/jk_north/power/config -m '{"name":"x"}'
retained north >"$dir/north"
retained south >"$dir/south"
ok "there is something to forget" test "$(wc -l <"$dir/north")" -gt 100
run jk-mqtt --forget north "$broker_name:$broker_port"
ok "exit 0" equals "$status" 0
ok "each topic is printed" equals "$(sort "$dir/out")" "$(cat "$dir/north")"
ok "discovery first" equals "$(head -n 2 "$dir/out" | grep -c '^homeassistant/')" 2
ok "and how many they are" grep -q "^jk-mqtt: $(wc -l <"$dir/north") retained messages cleared$" "$dir/err"
ok "nothing is left" equals "$(retained north)" ""
ok "the other pack has all" equals "$(retained south)" "$(cat "$dir/south")"
run jk-mqtt --forget north "$broker_name:$broker_port"
ok "nothing to forget: exit 0" equals "$status $(cat "$dir/out" "$dir/err")" \
	"0 jk-mqtt: 0 retained messages cleared"
stop_broker
run jk-mqtt --forget north "$broker_name:$broker_port"
ok "no broker: exit 111" equals "$status" 111
ok "and why" grep -q "^jk-mqtt: $broker_name:$broker_port: cannot connect: Connection refused" "$dir/err"
done_testing
