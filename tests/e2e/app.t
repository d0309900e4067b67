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
printf 'one\tbus\none\tshed' | make_conf "$dir/jk.conf" "$dir/origins"
ok "a last line that is not followed by an empty one" \
	equals "$(od -An -c "$dir/jk.conf" | tr -d ' ')" 'busshed\n'
file=/run/jk/password
part() { # PART OPTIONS
	printf '%s\n' "$2" | jq -r --argjson mqtt "$mqtt" --arg part "$1" --arg file "$file" \
		-f share/app/image/app-options.jq
}
conf_of() { # OPTIONS
	part conf "$1" >"$dir/lines" 2>"$dir/err" || return
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
	[{\"bus\":\"shed\",\"address\":0,\"name\":\"nord\",\"label\":\"Größe \\\"1\\\" \\\\ # a\",\"area\":\"Süd\"}],
	\"mqtt_host\":\"10.0.0.2\",\"mqtt_port\":1884,\"mqtt_user\":\"me\",\"mqtt_password\":\"x\",
	\"mqtt_layout\":\"addon\",\"commands\":true,\"record_keep\":\"500M\"}" \
	"bus shed /dev/ttyUSB0 poll 1-3 interval 0.5" "bus van can:can0,250000" \
	'pack shed:0 nord "Größe \"1\" \\ # a" area Süd' \
	"broker 10.0.0.2:1884 user me password-file /run/jk/password layout addon" "commands yes" \
	"record /share/jk keep 500M"
line="bus shed /dev/ttyUSB0 poll 1-3 interval 0.5"
# broker OPTIONS LINE: the line of the broker
broker() { makes "{\"buses\":[$bus],$1}" "$line" "$2"; }
ok "a broker without a user" broker '"mqtt_host":"b"' "broker b"
ok "by its IPv6 address" broker '"mqtt_host":"fd00::1","mqtt_port":1884' "broker [fd00::1]:1884"
ok "banks" makes "{\"buses\":[$bus],\"mqtt_host\":\"b\",\"banks\":[{\"name\":\"all\"},
	{\"name\":\"two\",\"packs\":\"bms_1, bms_2\"}]}" "$line" "bank all" "bank two bms_1 bms_2" "broker b"
ok "no history" makes "{\"buses\":[$bus],\"mqtt_host\":\"b\",\"history\":false}" "$line" "broker b" \
	"history no"
ok "a history" makes "{\"buses\":[$bus],\"mqtt_host\":\"b\",\"history\":true}" "$line" "broker b"
password_is() { equals "$(part password "{\"buses\":[$bus],$1}")" "$2"; }
ok "the password of the Supervisor" password_is '"commands":false' secret
ok "another user at its broker" broker '"mqtt_user":"me","mqtt_password":"mine"' \
	"broker core-mosquitto:1883 user me password-file /run/jk/password"
ok "with the password of that user" password_is '"mqtt_user":"me","mqtt_password":"mine"' mine
ok "one without a password" broker '"mqtt_user":"me"' "broker core-mosquitto:1883 user me"
ok "no password of the Supervisor for another broker" password_is '"mqtt_host":"b"' ""
bundle=/etc/ssl/certs/ca-certificates.crt
ok "TLS" broker '"mqtt_host":"b","mqtt_ssl":true' "broker b cafile $bundle"
ok "TLS, and authorities" broker '"mqtt_host":"b","mqtt_ssl":true,"mqtt_cafile":"/ssl/ca.pem"' \
	"broker b cafile /ssl/ca.pem"
ok "authorities are TLS" broker '"mqtt_host":"b","mqtt_cafile":"/ssl/ca.pem"' "broker b cafile /ssl/ca.pem"
plain=$mqtt
mqtt='{"host":"core-mosquitto","port":8883,"username":"addons","password":"secret","ssl":true}'
supervisor="broker core-mosquitto:8883 user addons password-file /run/jk/password"
ok "the Supervisor's broker has TLS" broker '"commands":false' "$supervisor cafile $bundle"
ok "and authorities of the options" broker '"mqtt_cafile":"/ssl/ca.pem"' "$supervisor cafile /ssl/ca.pem"
ok "another broker has none" broker '"mqtt_host":"b"' "broker b"

# wrong TEXT OPTIONS: of jq, or of jk-service
(umask 077 && echo secret >"$dir/password")
wrong() {
	file=$dir/password
	if conf_of "$2"; then
		sed -i "s,/data/jk,$dir/data," "$dir/jk.conf"
		check_options jk-tools "$dir/jk.conf" "$dir/origins" jk-service -f "$dir/jk.conf" check \
			2>"$dir/report"
	else
		echo "jk-tools: $(jq_error <"$dir/err")" >"$dir/report"
	fi
	ok "wrong: $1" equals "$(grep -cE "^jk-tools: $1" "$dir/report") of $(wc -l <"$dir/report")" "1 of 1"
}
wrong "option mqtt_ssl: the broker of Home Assistant has TLS only$" "{\"buses\":[$bus],\"mqtt_ssl\":false}"
mqtt=$plain
one="\"buses\":[$bus]"
wrong "option mqtt_ssl: the broker of Home Assistant is without TLS" "{$one,\"mqtt_ssl\":true}"
wrong "option mqtt_cafile: the broker of Home Assistant is without TLS" "{$one,\"mqtt_cafile\":\"/ssl/x\"}"
wrong "option mqtt_cafile: is given, but mqtt_ssl is off$" \
	"{$one,\"mqtt_host\":\"b\",\"mqtt_cafile\":\"/ssl/x\",\"mqtt_ssl\":false}"
wrong "option mqtt_cafile: cafile /ssl/none: there is no such file" \
	"{$one,\"mqtt_host\":\"b\",\"mqtt_cafile\":\"/ssl/none\"}"
wrong "option mqtt_ssl: expected true or false$" "{$one,\"mqtt_host\":\"b\",\"mqtt_ssl\":\"yes\"}"
wrong "option mqtt_password: is given without mqtt_user$" "{$one,\"mqtt_password\":\"x\"}"
wrong "option mqtt_password: is given without mqtt_user$" "{$one,\"mqtt_host\":\"b\",\"mqtt_password\":\"x\"}"
wrong "option mqtt_host: .*expected" "{$one,\"mqtt_host\":\"mqtts://b\"}"
wrong "option mqtt_host: .*expected" "{$one,\"mqtt_host\":\"a b\"}"
wrong "option mqtt_port: expected 1 to 65535$" "{$one,\"mqtt_port\":\"mqtt\"}"
wrong "option mqtt_port: expected 1 to 65535$" "{$one,\"mqtt_port\":0}"
wrong "option mqtt_port: expected 1 to 65535$" "{$one,\"mqtt_host\":\"b\",\"mqtt_port\":65536}"
wrong "option mqtt_host: is given with a port, and mqtt_port, too$" \
	"{$one,\"mqtt_host\":\"b:1883\",\"mqtt_port\":1884}"
wrong "option mqtt_prefix: .*expected" "{$one,\"mqtt_prefix\":\"a/#\"}"
wrong "option mqtt_layout: .*expected" "{$one,\"mqtt_layout\":\"other\"}"
wrong "option commands: expected true or false$" "{$one,\"commands\":\"yes\"}"
wrong "option history: expected true or false$" "{$one,\"history\":\"no\"}"
wrong "option rules: rules /share/none: there is no such file" "{$one,\"rules\":\"/share/none\"}"
wrong "option mqtt_pass: there is no such option$" "{$one,\"mqtt_pass\":\"x\"}"
wrong "option pol of bus a: there is no such option$" '{"buses":[{"name":"a","source":"tcp:h:1","pol":"1"}]}'
wrong "option name of bus shed: " "{\"buses\":[$bus,{\"name\":\"shed\",\"source\":\"tcp:h:1\"}]}"
wrong "option source of bus b: " \
	'{"buses":[{"name":"a","source":"tcp:h:1"},{"name":"b","source":"tcp:h:1"}]}'
wrong "option name of pack x: " "{$one,\"packs\":[{\"bus\":\"shed\",\"address\":1,\"name\":\"x\"},
	{\"bus\":\"shed\",\"address\":2,\"name\":\"x\"}]}"
wrong "option bus of pack y: " "{$one,\"packs\":[{\"bus\":\"shed\",\"address\":1,\"name\":\"x\"},
	{\"bus\":\"shed\",\"address\":1,\"name\":\"y\"}]}"
wrong "option bus of pack x: .*expected" "{$one,\"packs\":[{\"bus\":\"shed\",\"address\":16,\"name\":\"x\"}]}"
wrong "option name of bank a b: .*expected" "{$one,\"banks\":[{\"name\":\"a b\"}]}"
wrong "option name of bank 1: is missing$" "{$one,\"banks\":[{\"packs\":\"bms_1\"}]}"
wrong "option packs of bank a: .*expected" "{$one,\"banks\":[{\"name\":\"a\",\"packs\":\"bms_1;bms_2\"}]}"
wrong "option packs of bank a: expected names of packs" \
	"{$one,\"banks\":[{\"name\":\"a\",\"packs\":\" , \"}]}"
wrong "option packs of bank a: no such pack: nope" "{$one,\"banks\":[{\"name\":\"a\",\"packs\":\"nope\"}]}"
wrong "option gap of bus a: .*10 to 10000" '{"buses":[{"name":"a","source":"tcp:h:1","gap":5}]}'
wrong "option name of pack bridge: .*expected another name" \
	"{$one,\"packs\":[{\"bus\":\"shed\",\"address\":1,\"name\":\"bridge\"}]}"
wrong "option mqtt_prefix: .*expected different ones" "{$one,\"mqtt_prefix\":\"homeassistant\"}"
wrong "option mqtt_user: has a control character$" "{$one,\"mqtt_user\":\"a\\nb\"}"
wrong "option name of bank a: " "{$one,\"banks\":[{\"name\":\"a\"},{\"name\":\"a\"}]}"
wrong "the options: expected an object$" '[]'
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

# What is left out of backups is the database of jk-service and what SQLite has beside it: names as the
# Supervisor compares them, from the end of a path.
excluded() {
	conf_of "{\"buses\":[$bus]}"
	database=$(jk-service -f "$dir/jk.conf" print | sed -n 's/^jk-history .*-f \([^ ]*\).*/\1/p')
	exclude=$(sed -n '/^backup_exclude:/,/^[a-z]*:$/s/^  - //p' share/app/config.yaml)
	for file in "$database" "$database-wal" "$database-shm"; do
		# shellcheck disable=SC2254 # a pattern
		case $file in */$exclude) ;; *) echo "$file is not $exclude" && return 1 ;; esac
	done
}
ok "the history is left out of backups" excluded
# An option of the schema that was not known would be refused.
sed -n '/^schema:/,$s/^[- ]*\([a-z_]*\): .*/\1/p' share/app/config.yaml | sort -u >"$dir/schema"
grep -A 1 -F 'known(' share/app/image/app-options.jq |
	grep -o '"[a-z_ ]*"' | tr -s ' "' '\n' | sort -u >"$dir/known"
ok "every option of the schema is known" equals "$(comm -23 "$dir/schema" "$dir/known")" ""
ok "the icon" equals "$(share/app/draw 128 128 | head -c 24 | od -An -tx1 -j 16 | tr -d ' ')" 0000008000000080
if /usr/bin/python3 -c 'import yaml' 2>/dev/null; then
	sed 's/@VERSION@/1/' share/app/config.yaml >"$dir/config.yaml"
	ok "the rules of apps" tests/app/lint "$dir/config.yaml"
	for file in tests/app/wrong/*.yaml; do
		ok "$file is wrong" equals "# $(tests/app/lint "$file")" "$(head -n 1 "$file")"
	done
else
	skip "the rules of apps" "no parser of YAML: python3-yaml"
fi
done_testing
