#!/bin/sh
# The app for Home Assistant without a container: its options become a jk.conf that jk-service takes, wrong
# ones are reported by their names, and the rules of apps hold; make check-app builds and runs it.
. tests/e2e/lib.sh
command -v jq >/dev/null || {
	echo "1..0 # SKIP jq is not installed"
	exit 0
}
share=share/container/image
# shellcheck source=share/container/image/options.sh
. share/container/image/options.sh
share=share/container/image
mqtt='{"host":"core-mosquitto","port":1883,"username":"addons","password":"secret"}'
conf_of() { # OPTIONS
	printf '%s\n' "$1" | jq -r --argjson mqtt "$mqtt" --arg file /run/jk/password \
		-f share/app/image/app-options.jq >"$dir/lines" 2>"$dir/err" || return
	make_conf "$dir/jk.conf" "$dir/origins" <"$dir/lines"
}
makes() { # OPTIONS LINE...
	conf_of "$1" || {
		cat "$dir/err"
		return 1
	}
	shift
	set -- "$@" "state /data/jk" "log /data/jk/log keep 200k stdout"
	equals "$(cat "$dir/jk.conf")" "$(printf '%s\n' "$@")" &&
		jk-service -f "$dir/jk.conf" print
}
bus='{"name":"shed","source":"/dev/ttyUSB0","poll":"1-3","interval":0.5}'
ok "one bus, and the broker of the Supervisor" makes "{\"buses\":[$bus],\"packs\":[],\"commands\":false}" \
	"bus shed /dev/ttyUSB0 poll 1-3 interval 0.5" \
	"broker core-mosquitto:1883 user addons password-file /run/jk/password"
ok "all options" makes "{\"buses\":[$bus,{\"name\":\"van\",\"source\":\"can:can0,250000\"}],\"packs\":
	[{\"bus\":\"shed\",\"address\":0,\"name\":\"nord\",\"label\":\"Größe \\\"1\\\" \\\\ # a\"}],
	\"mqtt_host\":\"10.0.0.2\",\"mqtt_port\":1884,\"mqtt_user\":\"me\",\"mqtt_password\":\"x\",
	\"mqtt_layout\":\"addon\",\"commands\":true,\"record_keep\":\"500M\"}" \
	"bus shed /dev/ttyUSB0 poll 1-3 interval 0.5" "bus van can:can0,250000" \
	'pack shed:0 nord "Größe \"1\" \\ # a"' \
	"broker 10.0.0.2:1884 user me password-file /run/jk/password layout addon" "commands yes" \
	"record /share/jk keep 500M"
ok "a broker without a user" makes "{\"buses\":[$bus],\"mqtt_host\":\"b\"}" \
	"bus shed /dev/ttyUSB0 poll 1-3 interval 0.5" "broker b"

# wrong TEXT OPTIONS: of jq, or of jk-service
wrong() {
	if conf_of "$2"; then
		check_options jk-tools "$dir/jk.conf" "$dir/origins" 2>"$dir/report"
	else
		echo "jk-tools: $(jq_error <"$dir/err")" >"$dir/report"
	fi
	ok "wrong: $1" equals "$(grep -cE "^jk-tools: $1" "$dir/report") of $(wc -l <"$dir/report")" "1 of 1"
}
wrong "option buses: no bus is configured$" '{"buses":[]}'
wrong "option buses: no bus is configured$" '{}'
wrong "option buses: expected a list$" '{"buses":"shed"}'
wrong "option name of bus 2: is missing$" "{\"buses\":[$bus,{\"source\":\"tcp:h:1\"}]}"
wrong "option source of bus a: is missing$" '{"buses":[{"name":"a"}]}'
wrong "option source of bus a: has a control character$" \
	'{"buses":[{"name":"a","source":"tcp:h:1\ncommands yes"}]}'
wrong "option source of bus a: .*expected" '{"buses":[{"name":"a","source":"ttyUSB0"}]}'
wrong "option poll of bus a: .*1 to 15" '{"buses":[{"name":"a","source":"tcp:h:1","poll":"1-99"}]}'
wrong "option poll of bus a: .*CAN" '{"buses":[{"name":"a","source":"can:can0","poll":"1"}]}'
wrong "option interval of bus a: .*0.2 to 3600" \
	'{"buses":[{"name":"a","source":"tcp:h:1","poll":"1","interval":0}]}'
wrong "option bus of pack x: .*" "{\"buses\":[$bus],\"packs\":[{\"bus\":\"y\",\"address\":1,\"name\":\"x\"}]}"
wrong "option address of pack x: is missing$" "{\"buses\":[$bus],\"packs\":[{\"bus\":\"shed\",\"name\":\"x\"}]}"
wrong "option record_keep: .*expected" "{\"buses\":[$bus],\"record_keep\":\"1x\"}"

ok "the icon" equals "$(share/app/draw 128 128 | head -c 24 | od -An -tx1 -j 16 | tr -d ' ')" 0000008000000080
if python3 -c 'import yaml' 2>/dev/null; then
	sed 's/@VERSION@/1/' share/app/config.yaml >"$dir/config.yaml"
	ok "the rules of apps" tests/app/lint "$dir/config.yaml"
	for file in tests/app/wrong/*.yaml; do
		ok "$file is wrong" equals "# $(tests/app/lint "$file")" "$(head -n 1 "$file")"
	done
else
	skip "the rules of apps" "no parser of YAML: python3-yaml"
fi
done_testing
