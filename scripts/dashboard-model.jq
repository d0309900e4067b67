# What jk-dashboard knows: reads retained messages, each a line of mosquitto_sub -F %j, and writes the packs,
# banks, links and the bridge that they announce, with their entities.  Whatever is not a message of jk-mqtt,
# and what is not as it would write it, is left out.
#
# --rawfile sheet: common/protocol/entities.tsv.  $only: the layout to use, "jk" or "addon", or "".
# --slurpfile registry: null, or what Home Assistant has: {entities: {"DOMAIN.UNIQUE_ID": {entity_id, name,
# disabled}}, devices: {IDENTIFIER: NAME}}.

def known: $registry[0];

def text: if type == "string" then . else null end;
def object: if type == "object" then . else {} end;

# Short and long names of options.
def option($long; $short): if has($long) then .[$long] else .[$short] end;

# The part behind the dot, as Home Assistant makes it.
def slug: ascii_downcase | gsub("[^a-z0-9]+"; "_") | sub("^_"; "") | sub("_$"; "");
def entity_id:
	if test("^(sensor|binary_sensor|number|switch|select|event)\\.") and length < 256
	then (split(".") | .[0] + "." + (.[1:] | join(".") | slug)) | select(test("\\.[a-z0-9_]+$"))
	else empty end;

# Control characters would be lines of their own; a name is cut where a card would cut it.
def shown: gsub("[[:cntrl:]\u0080-\u009f\u2028\u2029\ufeff\ufffe\uffff]"; " ") | .[:60];

# The key of a row of the sheet by what the Node-RED add-on calls it.
def addon_keys: [$sheet | split("\n")[] | split("\t")] as $rows
	| ($rows[0] | index("key")) as $key | ($rows[0] | index("seed_topic")) as $topic
	| reduce ($rows[1:][] | select(length > $topic and .[$topic] != "")) as $row ({};
		($row[$topic] | sub("[ ,].*"; "")) as $name
		| if has($name) then . else .[$name] = $row[$key] end);

# One entity.
def entity($key; $platform):
	object | option("unique_id"; "uniq_id") as $unique
	| select(($unique | text) and ($key | text))
	| (if known then known.entities["\($platform).\($unique)"] | if . and (.disabled
		| not) then . else empty end
		else null end) as $there
	| select($there or option("enabled_by_default"; "en") != false)
	| {
		key: $key,
		entity: (($there.entity_id // option("default_entity_id"; "def_ent_id")) | text // empty
			| entity_id),
		name: (($there.name // .name) | text // $key | shown),
		named: ($there.name | text | . != null), # by the user
		unit: (option("unit_of_measurement"; "unit_of_meas") | text),
		category: (option("entity_category"; "ent_cat") | text),
		set: (option("command_topic"; "cmd_t") | text | . != null),
		state: (option("state_topic"; "stat_t") | text),
		platform: $platform
	};

# The name of a device in topics: that of its availability, PREFIX/NAME/availability.
def place: [option("availability"; "avty") | (if type == "array" then .[] else empty end) | object
	| option("topic"; "t") | text | select(. and endswith("/availability")) | split("/")[-2]][0];

def ours: (option("origin"; "o") | object | .name) == "jk-mqtt";
def device($layout):
	(option("device"; "dev") | object) as $device
	| ($device | option("identifiers"; "ids") | if type == "array" then .[0] else . end | text) as $id
	| select($id)
	| {
		layout: $layout, id: $id, place: place,
		name: ((if known then known.devices[$id] else null end) // ($device.name | text) // $id
			| shown)
	};

# One message for all entities of a device.
def of_device: device("jk") + {
		entities: [. as $message | option("components"; "cmps") | object | to_entries[]
			| .key as $component | .value | object
			| ($component | sub("_set$"; "")) as $key | entity($key; option("platform"; "p")
				| text)
			| .state //= ($message | option("state_topic"; "stat_t") | text)]
	};
# One message for each entity.
def of_entity($keys; $topic):
	($topic | split("/")) as $part
	| if $part[-2] | test("^[A-Za-z0-9_-]+$") | not then empty
	elif (option("device"; "dev") | object | option("identifiers"; "ids") | tostring
		| test("BMS_.*_device"))
	then device("addon") + {entities: [
		(option("state_topic"; "stat_t") | text // "") as $state | ($state
			| sub("^[^/]*/"; "")) as $name
		| entity($keys[$state] // $keys[$name] // ($name | gsub("/(state|set)$"; "")
			| gsub("/"; "_")); $part[1])
		| if .key | test("^(control|state)_") then .setting = true else . end
	]}
	else device("jk") + {entities: [entity($part[-2] | sub("_set$"; ""); $part[1])]}
	end;

def kind: .e | if .global_alarm then "bridge"
	elif .packs_heard then "bank"
	elif .total_voltage or .cell_voltage_1 then "pack"
	elif .health_state then "link"
	else "other" end;

# pack_2 before pack_10.
def natural: [scan("[0-9]+|[^0-9]+") | if test("^[0-9]") then [0, tonumber] else [1, .] end];

# What an entity was last: a member of its topic, or all of it.
def value($states): . as $entity | $states[.state // ""]
	| if type == "object" then .[$entity.key] else . end;

addon_keys as $keys
| [inputs | fromjson? | object | select((.topic | text) and (.payload | text))
	| .topic as $topic | .payload | fromjson? | {topic: $topic, payload: .}] as $messages
| [$messages[] | select(.topic | endswith("/config")) | .topic as $topic
		| .payload | object | select(ours)
	| if option("components"; "cmps") | type == "object" then of_device
		else of_entity($keys; $topic) end] as $found
| ([$found[].layout] | unique) as $layouts
| (if $only != "" then $only elif any($layouts[]; . == "jk") then "jk" else $layouts[0] end) as $layout
# What the broker has of states: for the range of a cell, and for the link of a pack.
| (reduce $messages[] as $message ({}; .[$message.topic] = $message.payload)) as $states
| [$found | map(select(.layout == $layout)) | group_by(.id)[]
	| .[0] + {
		place: ([.[].place | select(.)][0] // .[0].id),
		e: (reduce (.[].entities[]) as $one ({}; .[$one.key] //= $one))
	} | del(.entities) | .kind = kind] as $devices
| ($devices | map(select(.kind != "other")) | sort_by(.place | natural)) as $devices
| {
	layout: $layout, layouts: $layouts,
	bridge: ([$devices[] | select(.kind == "bridge")][0] // {e: {}}),
	banks: [$devices[] | select(.kind == "bank")],
	links: [$devices[] | select(.kind == "link")],
	packs: [$devices[] | select(.kind == "pack") | . as $pack
		| .range = ([.e.cell_voltage_undervoltage_protection, .e.cell_voltage_overvoltage_protection
			| value($states)]
				| if all(.[]; type == "number") and 0 < .[0] and .[0] < .[1] and .[1] < 6
				then . else null end)
		| .channel = ([.e[].state | $states[. // ""] | object | .channel | text | select(.)][0])]
}
