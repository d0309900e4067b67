# jk-service import-addon FILE, sourced by it: the options of the Node-RED add-on as lines of jk.conf(5).
# shellcheck shell=sh disable=SC2154,SC2034 # the functions and variables of jk-service

# Its ten options have had several names: path, nb_jkbms and mqttaddress of its documents are jkbms_path,
# jkbms_count and mqttadresse in later versions, which have address and port in one option; early ones had a
# list of buses, jkbms, and a group, mqtt.
# shellcheck disable=SC2016 # the variables are those of jq
import_addon='
def wrong($name; $what): "\($name): \($what)" | error;
def plain($name):
	if type == "object" or type == "array" then wrong($name; "a list; expected one value") else
		tostring end |
	if test("[\\x00-\\x1f\\x7f]") then wrong($name; "has a control character") else . end;
# The first of these names that is given.
def option(names): first(names as $n | select(.[$n] != null and .[$n] != "") |
	{name: $n, text: (.[$n] | plain($n))}) // null;
def text(names): option(names) | if . then .text else null end;
def is_on($name): .[$name] | if . == null or . == "" then false
	elif type == "boolean" then .
	elif . == "true" then true elif . == "false" then false
	else wrong($name; "expected true or false") end;
def word: if test("^[^\" \\\\#]+$") then . else "\"" + gsub("(?<c>[\"\\\\])"; "\\\(.c)") + "\"" end;
def packs: option("nb_jkbms", "jkbms_count") |
	if . == null then "1" else
		.name as $name | .text | if test("^0*([1-9]|1[0-5])$") then tonumber |
			if . == 1 then "1" else "1-\(.)" end
		else wrong($name; "\(.); expected 1 to 15") end
	end;
def port($default): . as $port |
	if . == null then $default elif .text | test("^[0-9]{1,5}$") then .text
	else wrong($port.name; "\(.text); expected a port") end;
def with_port($host; $port): if $host | test(":[0-9]+$") then $host
	elif $port == null then $host else "\($host):\($port)" end;
def source:
	if is_on("use_gateway") then
		option("gateway_ip", "gateway_ip_port") as $host | option("gateway_port") as $port |
		if $host == null then wrong("gateway_ip"; "is missing, but use_gateway is true") else
			"tcp:" + with_port($host.text; $port | port("5000")) end
	else
		text("path", "jkbms_path") // wrong("path"; "is missing, but use_gateway is not true")
	end;
def pace: option("non_broadcasting_data_interval_s") | if . then " interval \(.text)" else "" end;
def bus($number): "bus \("bus\($number)") \(source | word) " +
	if is_on("bms_broadcasting") then "listen" else "poll \(packs)\(pace)" end;
def broker:
	option("mqttaddress", "mqttadresse", "mqttadresse_port") as $host |
	option("mqttport") as $port | text("mqttuser") as $user |
	if $host == null then
		"# mqttaddress is not given: add a line, such as: broker homeassistant.local" else
		"broker \(with_port($host.text; $port | port(null)) | word)" +
		if $user then " user \($user | word)" +
			if text("mqttpass") then " password-file /etc/jk/password" else "" end
		else "" end,
		(if text("mqttpass") | not then empty
		elif $user then "# mqttpass: put the password into /etc/jk/password, with mode 0640"
		else "# mqttpass: not used, as mqttuser is not given" end),
		(if $host.text | startswith("core-mosquitto") then
			"# \($host.name): this name of the broker is known in Home Assistant only"
			else empty end)
	end;
def ours: ["path", "jkbms_path", "nb_jkbms", "jkbms_count", "use_gateway", "gateway_ip", "gateway_port",
	"gateway_ip_port", "bms_broadcasting", "non_broadcasting_data_interval_s", "mqttaddress",
	"mqttadresse",
	"mqttadresse_port", "mqttport", "mqttuser", "mqttpass"];
def shown: if type == "boolean" or type == "number" then " \(.)" else "" end;
def rest: (keys_unsorted - ours)[] as $name |
	if $name == "CAN_bus_usage" then
		if .[$name] == true or .[$name] == "true" then
			"# \($name): add a line, such as: bus can can:can0,250000" else empty end
	else "# \($name)\(.[$name] | shown): no counterpart" end |
	gsub("[\\x00-\\x1f\\x7f]"; "?");
def left_out($option; $why): if $option then "# \($option.name) \($option.text): \($why)" else empty end;
def notes:
	(if is_on("use_gateway") then left_out(option("path", "jkbms_path");
		"not used, as use_gateway is true")
	else
		left_out(option("gateway_ip", "gateway_ip_port"); "not used, as use_gateway is not true"),
		left_out(option("gateway_port"); "not used, as use_gateway is not true")
	end),
	(if is_on("bms_broadcasting") then
		left_out(option("nb_jkbms", "jkbms_count"); "not needed to listen"),
		left_out(option("non_broadcasting_data_interval_s"); "not needed to listen")
	else empty end);

if type != "object" then wrong("the file"; "expected the options as one object") else . end |
(if .jkbms | type == "array" then .jkbms else [.] end) as $buses |
if any($buses[]; type != "object") then wrong("jkbms"; "expected a list of objects") else . end |
(if .mqtt | type == "object" then .mqtt else . end) as $mqtt |
($buses | to_entries[] | .key as $i | .value | bus($i + 1), notes),
($mqtt | broker),
((if .jkbms | type == "array" then $buses[], (del(.jkbms)) else . end |
	if .mqtt | type == "object" then (.mqtt, del(.mqtt)) else . end) | rest)
'

[ $# -eq 1 ] || wrong_usage "import-addon needs the FILE of the options, options.json"
command -v jq >/dev/null || die 111 "jq is not found; on Debian: apt-get install jq"
conf=$1
shown=$(printf '%s' "$conf" | tr '\000-\037\177' '?')
[ -e "$conf" ] || die 100 "$shown: there is no such file"
[ -f "$conf" ] && [ -r "$conf" ] || die 100 "$shown: cannot be read"
# What jq reports, among what it has written.
jq_error() {
	sed -n 's/^jq: error[^)]*): //p; s/^\(jq: \)\{0,1\}parse error: */is not JSON: /p' | head -n 1
}
text=$(jq -r "$import_addon" "$conf" 2>&1) || {
	die 100 "$shown: $(printf '%s\n' "$text" | jq_error)"
}
[ -n "$text" ] || die 100 "$shown: it is empty; expected the options of the add-on"
text="$text$newline"
shown="the lines made of $shown"
check_conf file
printf '%s' "$text" | show
