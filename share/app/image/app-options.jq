# The options of the app, as lines for option-lines.awk.  $mqtt: what the Supervisor answers to
# /services/mqtt, or null.  A fault is an error whose text names the option.
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

def bus: .key as $number | .value |
	"of bus \(if .name | is_given then .name else $number end)" as $of |
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
	word("option packs"; "pack"),
	needed("option bus \($of)"; if (.bus | is_given) and (.address | is_given | not)
		then fault("option address \($of)"; "is missing")
		else if .bus | is_given then "\(.bus):\(.address)" else null end end),
	needed("option name \($of)"; .name),
	(if .label | is_given then word("option label \($of)"; .label) else empty end),
	"";
# Options outrank what the Supervisor knows.
def broker($mqtt):
	if .mqtt_host | is_given then
		{of: "option mqtt_host", host: .mqtt_host, port: .mqtt_port, user: .mqtt_user,
			password: (.mqtt_password | is_given)}
	else
		{of: "the broker of Home Assistant", host: $mqtt.host, port: $mqtt.port, user: $mqtt.username,
			password: ($mqtt.password | is_given)}
	end;
def broker_line($mqtt; $file): .mqtt_prefix as $prefix | .mqtt_layout as $layout | broker($mqtt) |
	word(.of; "broker"),
	needed(.of; if .port | is_given then "\(.host):\(.port)" else .host end),
	pair("option mqtt_user"; "user"; .user),
	(if .password then word("option mqtt_password"; "password-file"), word("option mqtt_password"; $file)
		else empty end),
	pair("option mqtt_prefix"; "prefix"; $prefix),
	pair("option mqtt_layout"; "layout"; $layout),
	"";

if type != "object" then fault("the options"; "expected an object") else . end |
if list("buses") == [] then fault("option buses"; "no bus is configured") else . end |
(list("buses") | numbered | bus),
(list("packs") | numbered | pack),
broker_line($mqtt; $file),
(if .commands == true then word("option commands"; "commands", "yes"), "" else empty end),
(if .rules | is_given then word("option rules"; "rules", .rules), "" else empty end),
(if .record_keep | is_given then
	word("option record_keep"; "record", "/share/jk", "keep", .record_keep), "" else empty end),
word("the app"; "state", "/data/jk"), "",
word("the app"; "log", "/data/jk/log", "keep", "200k", "stdout"), ""
