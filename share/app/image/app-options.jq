# The options of the app, as lines for option-lines.awk; with the $part "password", the password of the
# broker; with "bridge", the lines of a bridge to it.  $mqtt: what the Supervisor answers to /services/mqtt,
# or null.  A fault is an error whose text names the option.
def fault($of; $what): "\($of): \($what)" | error;
def plain($of):
	if type == "object" or type == "array" then fault($of; "expected one value") else tostring end |
	if test("[\\x00-\\x1f\\x7f]") then fault($of; "has a control character") else . end;
def is_given: . != null and . != "";
def word($of; $value): "\($of)\t\($value | plain($of))";
def needed($of; $value): if $value | is_given then word($of; $value) else fault($of; "is missing") end;
def pair($of; $key; $value): if $value | is_given then word($of; $key), word($of; $value) else empty end;
def list($name): .[$name] // [] |
	if type == "array" and all(.[]; type == "object") then .
	else fault("option \($name)"; "expected a list") end;
def numbered: to_entries[] | .key += 1;

def switch($name): .[$name] | if . == null or type == "boolean" then . == true
	else fault("option \($name)"; "expected true or false") end;
# known OF OPTIONS: the Supervisor lets no others pass.
def known($of; $names): ($names | split(" ")) as $names |
	([keys_unsorted[] | select([.] - $names != [])] | first) as $odd |
	if $odd then fault("option \($odd)\($of)"; "there is no such option") else . end;

def bus: .key as $number | .value |
	"of bus \(if .name | is_given then .name else $number end)" as $of |
	known(" " + $of; "name source poll interval gap wait") |
	word("option buses"; "bus"),
	needed("option name \($of)"; .name),
	needed("option source \($of)"; .source),
	pair("option poll \($of)"; "poll"; .poll),
	pair("option interval \($of)"; "interval"; .interval),
	pair("option gap \($of)"; "gap"; .gap),
	pair("option wait \($of)"; "wait"; .wait),
	"";
def pack: .key as $number | .value |
	"of pack \(if .name | is_given then .name else $number end)" as $of |
	known(" " + $of; "bus address name label area") |
	word("option packs"; "pack"),
	needed("option bus \($of)"; if (.bus | is_given) and (.address | is_given | not)
		then fault("option address \($of)"; "is missing")
		else if .bus | is_given then "\(.bus):\(.address)" else null end end),
	needed("option name \($of)"; .name),
	(if .label | is_given then word("option label \($of)"; .label) else empty end),
	pair("option area \($of)"; "area"; .area),
	"";
def bank: .key as $number | .value |
	"of bank \(if .name | is_given then .name else $number end)" as $of |
	known(" " + $of; "name packs") |
	word("option banks"; "bank"),
	needed("option name \($of)"; .name),
	(if .packs | is_given then "option packs \($of)" as $packs |
		[.packs | plain($packs) | splits("[, ]+") | select(. != "")] |
		if . == [] then fault($packs; "expected names of packs, such as north, bms_2") else .[] end |
		word($packs; .) else empty end),
	"";

# Options outrank what the Supervisor knows, each by itself; with mqtt_host nothing of the latter is used.
def option($key; $otherwise): if .[$key] | is_given then {of: "option \($key)", value: .[$key]}
	else {of: "the broker of Home Assistant", value: $otherwise} end;
def account($mqtt):
	if .mqtt_user | is_given then
		{user: option("mqtt_user"; null), password: option("mqtt_password"; null)}
	elif .mqtt_password | is_given then fault("option mqtt_password"; "is given without mqtt_user")
	else {user: option("mqtt_user"; $mqtt.username),
		password: option("mqtt_password"; $mqtt.password)} end;
def authorities:
	if .mqtt_cafile | is_given then option("mqtt_cafile"; null)
	else {of: "option mqtt_ssl", value: "/etc/ssl/certs/ca-certificates.crt"} end;
def encryption($mqtt):
	if (.mqtt_cafile | is_given) and .mqtt_ssl == false then
		fault("option mqtt_cafile"; "is given, but mqtt_ssl is off")
	elif switch("mqtt_ssl") or (.mqtt_cafile | is_given) then
		if (.mqtt_host | is_given) or $mqtt.ssl == true then {tls: authorities}
		else fault(authorities.of;
			"the broker of Home Assistant is without TLS: expected mqtt_host with it") end
	elif $mqtt.ssl != true then {}
	elif .mqtt_ssl == false then fault("option mqtt_ssl"; "the broker of Home Assistant has TLS only")
	else {tls: authorities} end;
def port: if .value | is_given then
		if .value | tostring | test("^[0-9]{1,5}$") and tonumber >= 1 and tonumber <= 65535 then .
		else fault(.of; "expected 1 to 65535") end
	else . end;
def broker($known): (if .mqtt_host | is_given then {} else $known end) as $mqtt |
	{host: option("mqtt_host"; $mqtt.host), port: (option("mqtt_port"; $mqtt.port) | port)} +
	account($mqtt) + encryption($mqtt);
# An IPv6 address stands in brackets.
def address: if test("^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$") then "[\(.)]" else . end;
def broker_line($mqtt; $file): . as $options | broker($mqtt) as $broker |
	($broker.host.value | if is_given then plain($broker.host.of) | address else . end) as $host |
	(if ($host // "" | test("^[^:]*:[0-9]+$")) and ($broker.port.value | is_given) then
		fault($broker.host.of; "is given with a port, and mqtt_port, too") else empty end),
	word($broker.host.of; "broker"),
	needed($broker.host.of; if $broker.port.value | is_given then "\($host):\($broker.port.value)"
		else $host end),
	pair($broker.user.of; "user"; $broker.user.value),
	(if $broker.password.value | is_given then
		$broker.password.of as $of | word($of; "password-file"), word($of; $file) else empty end),
	(if $broker.tls then pair($broker.tls.of; "cafile"; $broker.tls.value) else empty end),
	pair("option mqtt_prefix"; "prefix"; .mqtt_prefix),
	pair("option mqtt_layout"; "layout"; .mqtt_layout),
	"";

def plain_line($word; $option): $option | if .value | is_given then
	"\($word) \(.of as $of | .value | plain($of))" else empty end;
# Lines of the bridge of the control panel's own mosquitto, whose topics always begin with jk.
def bridge($known): broker($known) as $broker | (.mqtt_prefix // "jk") as $prefix |
	($broker.host.value | plain($broker.host.of)) as $host |
	($broker.port.value // (if $broker.tls then 8883 else 1883 end)) as $port |
	"address \(if $host | test("^[^:]*:[0-9]+$") then $host else "\($host):\($port)" end)",
	plain_line("remote_username"; $broker.user), plain_line("remote_password"; $broker.password),
	(if $broker.tls then plain_line("bridge_cafile"; $broker.tls) else empty end),
	"topic # in 0 jk/ \($prefix)/",
	"topic +/set/+ out 0 jk/ \($prefix)/";

if type != "object" then fault("the options"; "expected an object") else . end |
known(""; "buses packs banks mqtt_host mqtt_port mqtt_user mqtt_password mqtt_ssl mqtt_cafile mqtt_prefix " +
	"mqtt_layout commands history record_keep rules") |
if $part == "bridge" then bridge($mqtt) else
if $part == "password" then broker($mqtt).password.value // empty else
if list("buses") == [] then fault("option buses"; "no bus is configured") else . end |
(list("buses") | numbered | bus),
(list("packs") | numbered | pack),
(list("banks") | numbered | bank),
broker_line($mqtt; $file),
(if .history == null or switch("history") then empty else word("option history"; "history", "no"), "" end),
(if switch("commands") then word("option commands"; "commands", "yes"), "" else empty end),
(if .rules | is_given then word("option rules"; "rules", .rules), "" else empty end),
(if .record_keep | is_given then
	word("option record_keep"; "record", "/share/jk", "keep", .record_keep), "" else empty end),
word("the app"; "state", "/data/jk"), "",
word("the app"; "log", "/data/jk/log", "keep", "200k", "stdout"), ""
end end
