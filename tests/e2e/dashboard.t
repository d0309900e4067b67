#!/bin/sh
# jk-dashboard: the dashboard of what jk-mqtt announces of a simulated bus, in both layouts; discovery that is
# hostile; what is written into a Home Assistant, and what is refused there.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh
export PYTHONDONTWRITEBYTECODE=1

plain_broker
at=$broker_name:$broker_port
run jk-dashboard -w 1 "$at"
ok "an empty broker: 1" equals "$status" 1
ok "why" grep -qx "jk-dashboard: $at: there is no discovery below homeassistant/; does jk-mqtt run?" \
	"$dir/err"
ok "nothing on stdout" test ! -s "$dir/out"

# ---- two packs, a bank and a link ----

printf '1 south "Süd: \\"1\\" #a"\n2 north\n' >"$dir/map"
mkfifo "$dir/cmd"
sim 1:4 2:8
# announce OPTIONS...
announce() {
	recorder "$dir/seen"
	jk-capture -n shed -a 1-2 -i 1 "tcp:127.0.0.1:$port" 2>"$dir/capture.err" | jk-decode -m "$dir/map" |
		jk-alarm | jk-bank -b house | jk-mqtt -i 0 -c "$dir/cmd" "$@" "$at" 2>"$dir/mqtt.err" &
	pipeline=$!
	children="$children $pipeline"
}
# announced TOPIC PATTERN...: the last message has each.
announced() {
	last "$1" >"$dir/announced"
	shift
	for pattern; do
		grep -q "$pattern" "$dir/announced" || return 1
	done
}
announce
for pack in south north; do
	wait_for announced homeassistant/device/jk_$pack/config smart_sleep_voltage power_on_count \
		weakest_cell health_score charged_energy
	seen "^jk/$pack/settings "
done
wait_for announced homeassistant/device/jk_bank_house/config charged_energy packs_heard
wait_for announced homeassistant/device/jk_link_shed/config health_score
wait_for announced homeassistant/device/jk_bridge/config global_alarm
# What is retained is all that matters from here on.
stop_sim
kill $pipeline

# yaml FILE: as JSON.
if python3 -c 'import yaml' 2>/dev/null; then
	yaml() { python3 -c 'import json, sys, yaml
loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
json.dump(list(yaml.load_all(open(sys.argv[1], encoding="utf-8"), loader)), sys.stdout)' "$1"; }
fi
# parsed NAME FILTER: of what was printed last, all documents as a list.
parsed() {
	command -v yaml >/dev/null || {
		skip "$1" "python3-yaml is missing"
		return
	}
	cmp -s "$dir/out" "$dir/yaml.out" || {
		cp "$dir/out" "$dir/yaml.out"
		yaml "$dir/out" >"$dir/yaml.json"
	}
	ok "$1" jq -e "$2" "$dir/yaml.json"
}
named() { grep -oE '\b(sensor|binary_sensor|number|switch|select|event)\.[a-z0-9_]+' "$1" | sort -u; }
# All ids that are announced, and enabled.
ids() {
	grep -a '^homeassistant/' "$dir/seen" | cut -d' ' -f4- | jq -rR 'fromjson? | objects |
		(.components // .cmps // {a: .})[]? | objects |
		select([.enabled_by_default, .en] | index(false) | not) |
		.default_entity_id // .def_ent_id // empty' | sort -u
}
strangers() { # ids that are not announced
	named "$dir/out" >"$dir/named"
	ids >"$dir/ids"
	test -s "$dir/named" && comm -23 "$dir/named" "$dir/ids" >"$dir/strangers" && cat "$dir/strangers" &&
		test ! -s "$dir/strangers"
}
run jk-dashboard "$at"
ok "a dashboard" equals "$status$(cat "$dir/err")" 0
ok "each entity that it names is announced, and enabled" strangers
ok "a hundred of them and more" test "$(wc -l <"$dir/named")" -gt 100
parsed "its pages" '[.[].views[] | [.title, .path]] == [["Overview", "overview"], ["Energy", "energy"],
	["Comparison", "compare"], ["north", "pack-1-north"], ["Süd: \"1\" #a", "pack-2-south"],
	["Settings: north", "pack-1-north-settings"], ["Settings: Süd: \"1\" #a", "pack-2-south-settings"]]'
parsed "each path once" '[.[].views[].path] | unique == sort'
parsed "only sections of cards of Home Assistant" '[.[].views[] | .type, (.sections[] | .type,
	(.cards[] | .type, (.features // [])[].type))] | unique == ["bar-gauge", "button", "grid", "heading",
	"history-graph", "sections", "statistics-graph", "tile", "trend-graph"]'
parsed "every cell of a pack, with the range of its settings, plain or as the weak one" \
	'[.[].views[] | select(.title == "north").sections[].cards[] |
	select(.entity // "" | test("cell_voltage_[0-9]"))]
	| length == 16 and all(.[]; .features == [{type: "bar-gauge", min: 2.63, max: 3.65}]) and
	([.[] | select(.color == "orange").name] == [range(1; 9) | "Cell \(.) · weak"])'
parsed "a setting asks before it opens, and nothing else of it does anything" \
	'[.[].views[] | select(.title | startswith("Settings")).sections[].cards[] | select(.type == "tile") |
	select(.entity | test("^(number|switch|select)"))] | length > 50 and all(.[];
	.tap_action.action == "more-info" and (.tap_action.confirmation.text | length) > 20 and
	.icon_tap_action == {action: "none"} and
	.hold_action == {action: "none"} and .double_tap_action == {action: "none"} and
	(has("features") | not))'
parsed "no setting is on another page" '[.[].views[] | select(.title | startswith("Settings") | not) | .. |
	strings | select(test("^(number|switch|select)[.]"))] == []'
run jk-dashboard --packs south --title 'Keller "1": off' "$at"
ok "one pack is as in the golden file" diff tests/e2e/dashboard/south.yaml "$dir/out"
parsed "the title" '.[0].title == "Keller \"1\": off"'
parsed "only that pack" 'tostring | test("jk_north") | not'
run jk-dashboard --packs "north,we$(printf '\033')st" "$at"
ok "a pack that is not there" equals "$status $(cat "$dir/err")" \
	"100 jk-dashboard: --packs: we?st: there is no such pack; there are north, south"
run jk-dashboard --layout addon "$at"
ok "nothing of the other layout" equals "$status $(cat "$dir/err")" \
	"1 jk-dashboard: $at: no pack is in the discovery below homeassistant/ with the layout addon"
printf 'bus shed tcp:127.0.0.1:1 poll 1-2\nbroker %s\nrun %s/run\n' "$at" "$dir" >"$dir/jk.conf"
run jk-dashboard -f "$dir/jk.conf" --packs=south,north
parsed "the broker of jk.conf; packs in the order that was given" \
	'[.[].views[3, 4].path] == ["pack-1-south", "pack-2-north"]'
printf 'bus shed tcp:127.0.0.1:1 poll 1-2\n' >"$dir/jk.conf"
run jk-dashboard -f "$dir/jk.conf"
ok "a jk.conf without one" equals "$status $(cat "$dir/err")" \
	"100 jk-dashboard: $dir/jk.conf: it has no broker"

# ---- the community's card ----

run jk-dashboard --card "$at"
cp "$dir/out" "$dir/cards"
ok "each entity of the cards is announced, and enabled" strangers
parsed "a card for each pack, with its cells" '[.[] | [.type, .title, .prefix, .cellCount]] ==
	[["custom:jk-bms-card", "north", "jk_north", 8],
	["custom:jk-bms-card", "Süd: \"1\" #a", "jk_south", 4]]'
parsed "keys of the card, ids of ours" '.[1].entities | .power_tube_temperature ==
	"sensor.jk_south_mosfet_temperature" and .heater == "switch.jk_south_heating_switch" and
	.cell_resistance_4 == "sensor.jk_south_cell_resistance_4" and has("cell_voltage_5") == false'
parsed "not what the card would take for a mask" 'all(.[]; .entities | has("balancer_status_bitmask") | not)'
ok "the sheet has no key twice" equals "$(cut -f 1 common/protocol/card-entities.tsv | sort | uniq -d)" ""
missing_keys() { # of the sheet of entities
	awk -F '\t' 'FNR == 1 { split("", at); for (i = 1; i <= NF; i++) at[$i] = i; next }
		FILENAME ~ /card/ { if ($at["key"] != "") want[$at["key"]] = 1; next }
		{ have[$at["key"]] = 1; sub(/_[0-9]+$/, "_N", $at["key"]); have[$at["key"]] = 1 }
		END { for (key in want) if (!(key in have)) print key }' \
		common/protocol/card-entities.tsv common/protocol/entities.tsv
}
ok "its keys are those of entities.tsv" equals "$(missing_keys)" ""

# ---- Home Assistant ----

# home [FILTER]: a new one, changed by it; its state in $dir/home.json.  The pack north has a name of its
# user's; one entity is renamed, one is disabled.
home() {
	[ -z "${home-}" ] || kill "$home"
	ids | jq -Rn '[inputs] as $ids | {token: "abc.DEF-1", devices: [
			{identifiers: [["mqtt", "jk_north"]], name: "north", name_by_user: "Nord"},
			{identifiers: [["zigbee", "jk_south"]], name: "x", name_by_user: null}],
		dashboards: [{id: "other", url_path: "my-house", title: "House", icon: null, mode: "storage"},
			{id: "file", url_path: "of-yaml", title: "File", icon: null, mode: "yaml"}],
		configs: {"my-house": {views: [{title: "mine"}]}, "of-yaml": {views: []}}, saves: 0,
		entities: [$ids[] | {entity_id: ., platform: "mqtt", name: null, disabled_by: null,
			unique_id: (split(".")[1])}
		| if .entity_id == "sensor.jk_north_power"
				then .entity_id = "sensor.my_power" | .name = "Leistung"
			elif .entity_id == "sensor.jk_north_current" then .disabled_by = "user" else . end]} |
		'"${1-.}" >"$dir/home.json"
	: >"$dir/home.port"
	tests/e2e/dashboard-homeassistant.pl "$dir/home.json" >"$dir/home.port" 2>"$dir/home.err" &
	home=$!
	children="$children $home"
	wait_for grep -q '^port ' "$dir/home.port"
	url=http://127.0.0.1:$(sed -n 's/^port //p' "$dir/home.port")
}
(umask 077 && echo abc.DEF-1 >"$dir/token")
has() { jq -e "$1" "$dir/home.json"; }
# written STATUS TEXT OPTIONS...: it ends with this status, and this on stdout or stderr.
written() {
	expected_status=$1 expected=$2
	shift 2
	run jk-dashboard --install "$url" --token-file "$dir/token" "$@" "$at"
	equals "$status $(cat "$dir/out" "$dir/err")" "$expected_status $expected"
}
# saved STATUS TEXT PATH: the same of the part alone that writes, which does not look at the broker.
saved() {
	run /usr/bin/python3 scripts/dashboard-install.py save "$url" "$dir/token" "$3" Batteries \
		<"$dir/saved.json"
	equals "$status $(cat "$dir/out" "$dir/err")" "$1 $2"
}
if ! /usr/bin/python3 -c 'import websocket' 2>/dev/null; then
	skip "a dashboard in Home Assistant" "python3-websocket is missing"
else
	home
	before=$(jq -cS '[.configs, .dashboards]' "$dir/home.json")
	ok "installed" written 0 "$url/jk-battery: made"
	ok "it is there, with a mark" has '.configs["jk-battery"] |
		.jk_dashboard == 1 and (.views | length) == 7'
	ok "in the side bar" has '.dashboards[-1] | .url_path == "jk-battery" and .title == "Batteries"'
	ok "by the ids that Home Assistant has" has '.configs["jk-battery"] | tostring |
		test("sensor[.]my_power") and (test("jk_north_power\"") | not) and test("\"Leistung\"")'
	ok "nothing that is disabled there" has '.configs["jk-battery"] | tostring |
		test("jk_north_current\"") | not'
	ok "a device by the name that its user gave it" has \
		'[.configs["jk-battery"].views[].title] | index("Nord")'
	jq '.configs["jk-battery"]' "$dir/home.json" >"$dir/saved.json"
	ok "again: nothing to do" written 0 "$url/jk-battery: is up to date"
	ok "nothing was saved" has '.saves == 1'
	ok "another title" written 0 "$url/jk-battery: updated" --title Akku
	ok "is shown" has '.configs["jk-battery"].title == "Akku" and .dashboards[-1].title == "Akku"'
	ok "no second one" has '.dashboards | length == 3'
	ok "a second one, if asked" saved 0 "$url/jk-one: made" jk-one
	refused="this dashboard is not one of jk-dashboard: it stays as it is; choose another --path"
	ok "another's is refused" saved 1 "jk-dashboard: $url/my-house: $refused" my-house
	ok "that of a file, too" saved 1 "jk-dashboard: $url/of-yaml: $refused" of-yaml
	ok "the others are as before" equals \
		"$(jq -cS 'del(.configs["jk-battery", "jk-one"]) | [.configs, .dashboards[:2]]' \
			"$dir/home.json")" "$before"
	home '.dashboards += [{id: "a", url_path: "jk-battery", title: "Batteries", icon: "mdi:home-battery",
		mode: "storage"}]'
	ok "one that was made, but not filled" saved 0 "$url/jk-battery: updated" jk-battery
	home '.dashboards += [{id: "a", url_path: "jk-battery", title: "Mine", icon: null, mode: "storage"}]'
	ok "another's that is empty is refused" saved 1 "jk-dashboard: $url/jk-battery: $refused" jk-battery
	home '.token = "x"'
	ok "a wrong token" written 100 "jk-dashboard: $url: Home Assistant refuses the token"
	home '.not_admin = true'
	rights="refuses lovelace/config/save: the token is not of an administrator"
	ok "one that may not" saved 1 "jk-dashboard: $url: Home Assistant $rights" jk-new
	home '.entities = []'
	ok "a Home Assistant without these packs" written 1 \
		"jk-dashboard: $url knows no pack of $at: is this the broker of its MQTT integration?"
	home '.greeting = "welcome"'
	ok "a web socket of something else" written 111 "jk-dashboard: $url: this is not Home Assistant"
	url=http://$at
	run jk-dashboard --install "$url" --token-file "$dir/token" "$at"
	ok "no web server" equals "$status $(wc -l <"$dir/err")" "111 1"
	kill $home
	wait $home 2>/dev/null
	url=http://127.0.0.1:1
	ok "nothing there" written 111 "jk-dashboard: $url: cannot connect: [Errno 111] Connection refused"
fi
chmod 644 "$dir/token"
run jk-dashboard --install "http://127.0.0.1:1" --token-file "$dir/token" "$at"
ok "a token that everybody may read" equals "$status $(cat "$dir/err")" \
	"100 jk-dashboard: --token-file $dir/token: everybody may read or change it; chmod 600 it first"

# ---- discovery that is hostile ----

# hostile TOPIC MESSAGE
hostile() { publish -r -t "homeassistant/$1" -m "$2"; }
component() { # NAME OF A SENSOR'S ID, NAME: as of a pack
	jq -cn --arg id "$1" --arg name "$2" '{dev: {ids: ["jk_odd"], name: $name}, o: {name: "jk-mqtt"},
		cmps: {
		total_voltage: {p: "sensor", uniq_id: "jk_odd_v", def_ent_id: $id, name: $name},
		power: {p: "sensor", uniq_id: "jk_odd_p", def_ent_id: "sensor.jk_odd_p", name: ["a"]},
		current: "text", errors: null, online_status: {p: ["sensor"], uniq_id: 7, def_ent_id: {}}}}'
}
odd=$(printf '%b' 'yes: "no" \047x\047 #1\n- !!python/object:os.system\t{{ 1 }}' \
	' \302\205 \342\200\250 \360\237\224\213 \177 \\\\ ')
hostile device/jk_odd/config "$(component sensor.jk_odd_v "$odd")"
hostile device/jk_shell/config "$(component 'sensor.a"; rm -rf /' on | sed 's/jk_odd/jk_shell/g')"
hostile device/jk_domain/config "$(component 'lock.front_door' off | sed 's/jk_odd/jk_domain/g')"
hostile device/jk_foreign/config \
	"$(component sensor.foreign_v off | sed 's/jk-mqtt/other/; s/jk_odd/jk_foreign/g')"
for message in '' '{' '[]' '7' '"text"' '{"o":7}' '{"o":{"name":"jk-mqtt"}}' \
	'{"o":{"name":"jk-mqtt"},"dev":[],"cmps":{}}' \
	'{"o":{"name":"jk-mqtt"},"dev":{"ids":[["a"]]},"cmps":{"a":1}}' '{"o":{"name":"jk-mqtt"},"dev":{"ids":["a"]},"cmps":[1]}'; do
	number=$((${number:-0} + 1))
	hostile "device/n$number/config" "$message"
	hostile "sensor/n$number/a/config" "$message"
	hostile "sensor/n$number/config" "$message"
done
printf '\377\000\376' >"$dir/bytes"
publish -r -t homeassistant/device/bytes/config -f "$dir/bytes"
run jk-dashboard "$at"
ok "hostile discovery: a dashboard all the same" equals "$status$(cat "$dir/err")" 0
parsed "a hostile name is a text, without what would be a line" '[.[].views[].title] |
	index("yes: \"no\" \u0027x\u0027 #1 - !!python/object:os.system {{ 1 }}     🔋   \\\\ "[:60])'
ok "no entity of another domain, another program, or that is none" sh -c "named() { $(command -v grep) -oE \
	'(lock|foreign|rm -rf|sensor.a.?;).*' '$dir/out'; }; ! named"
run jk-dashboard --card --packs jk_odd "$at"
parsed "its card" '.[0].entities.total_voltage == "sensor.jk_odd_v"'

# ---- the other layout, and one message for each entity ----

feed
# records_of PACK...: all that is known of one.
records_of() {
	live 1 1 >&9
	settings 1 >&9
	about 1 >&9
}
mqtt --layout addon -c "$dir/cmd" -i 0 "$at"
records_of
seen '^homeassistant/number/.*cell_voltage_undervoltage_protection/config '
seen '^BMS_1/control/cell_voltage_overvoltage_protection/state '
seen '^homeassistant/sensor/bms_1_bms_fw/config '
seen '^homeassistant/sensor/bms_1_bms_Cell_16_volt/config '
run jk-dashboard --layout addon "$at"
ok "the layout of the add-on: each entity is announced" strangers
parsed "its pages: of what it has" '[.[].views[].title] == ["Overview", "BMS_1", "Settings: BMS_1"]'
parsed "its cells, with their range" '[.. | objects | select(.entity // "" | test("_cell_[0-9]+_volt$"))] |
	length == 32 and all(.[]; .features[0].min == 2.63 and .features[0].max == 3.65)'
parsed "names that fit" '[.. | objects | select(.entity == "sensor.bms_1_bms_tension_totale_volt").name] |
	unique == ["Voltage"]'
parsed "its settings are guarded, too" '[.[].views[-1].sections[].cards[] |
	select(.entity // "" | test("^(number|switch)"))] |
	length > 20 and all(.[]; .tap_action.confirmation)'
kill $mqtt
wait $mqtt
mqtt --discovery component -D ha2 -p jk2 -i 0 "$at"
records_of
seen '^ha2/sensor/jk2_bms_1/hardware_version/config '
seen '^ha2/sensor/jk2_bms_1/cell_voltage_16/config '
seen '^ha2/sensor/jk2_bms_1/smart_sleep_voltage/config '
run jk-dashboard -D ha2 -p jk2 "$at"
parsed "one message for each entity: the same pages" \
	'[.[].views[].title] == ["Overview", "JK BMS 1", "Settings: JK BMS 1"]'
parsed "without commands nothing is guarded" '[.. | objects | select(.confirmation)] == []'
parsed "but the settings are shown" '[.[].views[-1].sections[].cards[].entity // empty] |
	index("sensor.jk2_bms_1_smart_sleep_voltage")'
done_testing
