#!/bin/sh
# jk-service import-addon: the options of the Node-RED add-on, of each of its versions, as lines of jk.conf
# that jk-service takes; what has no counterpart is a comment; the password is shown nowhere.
. tests/e2e/lib.sh
command -v jq >/dev/null || {
	echo "1..0 # SKIP jq is not installed"
	exit 0
}
options() { printf '%s\n' "$1" >"$dir/options.json"; }
import() {
	options "$1"
	run jk-service import-addon "$dir/options.json"
}
# gives NAME JSON LINE...: these lines, and a configuration without faults
gives() {
	name=$1
	import "$2"
	shift 2
	ok "$name" equals "$(cat "$dir/out" "$dir/err")" "$(printf '%s\n' "$@")"
	ok "$name: exit status 0" equals "$status" 0
	ok "$name: the lines are a configuration" jk-service -f "$dir/out" print
}
ten='"path": "/dev/serial/by-id/usb-FTDI-port0", "nb_jkbms": 3, "gateway_ip": "192.168.1.100",
	"gateway_port": 5001, "mqttaddress": "10.0.0.2", "mqttport": 1884, "mqttuser": "me",
	"mqttpass": "secret!"'
broker="broker 10.0.0.2:1884 user me password-file /etc/jk/password"
password="# mqttpass: put the password into /etc/jk/password, with mode 0640"
gives "an adapter" "{$ten, \"use_gateway\": false, \"bms_broadcasting\": false}" \
	"bus bus1 /dev/serial/by-id/usb-FTDI-port0 poll 1-3" \
	"# gateway_ip 192.168.1.100: not used, as use_gateway is not true" \
	"# gateway_port 5001: not used, as use_gateway is not true" "$broker" "$password"
ok "the password is not shown" lacks secret "$dir/out"
gives "a gateway" "{$ten, \"use_gateway\": true, \"bms_broadcasting\": false}" \
	"bus bus1 tcp:192.168.1.100:5001 poll 1-3" \
	"# path /dev/serial/by-id/usb-FTDI-port0: not used, as use_gateway is true" "$broker" "$password"
gives "a master that broadcasts" "{$ten, \"use_gateway\": true, \"bms_broadcasting\": true}" \
	"bus bus1 tcp:192.168.1.100:5001 listen" \
	"# path /dev/serial/by-id/usb-FTDI-port0: not used, as use_gateway is true" \
	"# nb_jkbms 3: not needed to listen" "$broker" "$password"
gives "the least" '{"path": "/dev/ttyUSB0"}' "bus bus1 /dev/ttyUSB0 poll 1" \
	"# mqttaddress is not given: add a line, such as: broker homeassistant.local"
gives "a later version" '{"jkbms_path": "/dev/x", "jkbms_count": 2, "use_gateway": true,
	"gateway_ip_port": "192.168.1.100:5000", "communication_debug": false, "bms_broadcasting": false,
	"non_broadcasting_data_interval_s": 2.5, "CAN_bus_usage": true,
	"mqttadresse_port": "core-mosquitto:1883", "mqttuser": "me", "mqttpass": "",
	"premium_key": "a key"}' \
	"bus bus1 tcp:192.168.1.100:5000 poll 1-2 interval 2.5" \
	"# jkbms_path /dev/x: not used, as use_gateway is true" "broker core-mosquitto:1883 user me" \
	"# mqttadresse_port: this name of the broker is known in Home Assistant only" \
	"# communication_debug false: no counterpart" \
	"# CAN_bus_usage: add a line, such as: bus can can:can0,250000" "# premium_key: no counterpart"
gives "an early version, with several buses" '{"jkbms": [{"path": "/dev/a", "nb_jkbms": 15},
	{"path": "/dev/b", "use_gateway": true, "gateway_ip": "gw"}],
	"mqtt": {"mqttadresse": "b", "mqttport": 1883}, "ssl": false}' \
	"bus bus1 /dev/a poll 1-15" "bus bus2 tcp:gw:5000 poll 1" \
	"# path /dev/b: not used, as use_gateway is true" \
	"broker b:1883" "# ssl false: no counterpart"
gives "numbers and switches as texts" '{"path": "/dev/a", "nb_jkbms": "4", "bms_broadcasting": "false",
	"mqttaddress": "b", "mqttport": "1883", "mqttpass": "secret!"}' \
	"bus bus1 /dev/a poll 1-4" "broker b:1883" "# mqttpass: not used, as mqttuser is not given"
gives "a user with blanks and quotes" '{"path": "/dev/a", "mqttaddress": "b", "mqttuser": "a \"b\" \\ #c"}' \
	"bus bus1 /dev/a poll 1" 'broker b user "a \"b\" \\ #c"'

wrong() { # NAME PATTERN JSON
	import "$3"
	ok "$1: one line that is clear" grep -qE "^jk-service: .*options.json: $2" "$dir/err"
	ok "$1: nothing else" equals "$status $(wc -l <"$dir/err") $(cat "$dir/out")" "100 1 "
}
wrong "too many" "nb_jkbms: 16; expected 1 to 15$" '{"path": "/dev/a", "nb_jkbms": 16}'
wrong "none" "nb_jkbms: 0; expected 1 to 15$" '{"path": "/dev/a", "nb_jkbms": 0}'
wrong "a part of one" "nb_jkbms: 1.5; expected" '{"path": "/dev/a", "nb_jkbms": 1.5}'
wrong "no path" "path: is missing, but use_gateway is not true$" '{"nb_jkbms": 1}'
wrong "no gateway" "gateway_ip: is missing, but use_gateway is true$" \
	'{"path": "/dev/a", "use_gateway": true}'
wrong "a switch that is none" "use_gateway: expected true or false$" '{"path": "/dev/a", "use_gateway": 3}'
wrong "a second line" "path: has a control character$" '{"path": "/dev/a\ncommands yes"}'
wrong "a list" "path: a list; expected one value$" '{"path": ["/dev/a"]}'
wrong "a port" "mqttport: x; expected a port$" '{"path": "/dev/a", "mqttaddress": "b", "mqttport": "x"}'
wrong "no object" "the file: expected the options as one object$" '[]'
wrong "no JSON" "is not JSON: " 'path: /dev/a'
wrong "nothing" "it is empty" ''
import '{"path": "ttyUSB0"}'
ok "a path that jk.conf does not take" grep -q "^jk-service: the lines made of .*:1:10: .*expected" "$dir/err"
ok "prints nothing" equals "$status $(cat "$dir/out")" "100 "
run jk-service import-addon
ok "no file" equals "$status" 100
run jk-service import-addon "$dir/none"
ok "no such file" equals "$status $(cat "$dir/err")" "100 jk-service: $dir/none: there is no such file"
done_testing
