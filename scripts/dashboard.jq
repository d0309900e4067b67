# A Lovelace dashboard, of the packs that dashboard-model.jq writes.  $title: its title.

# ---- cards ----

# What fits into half of a phone, unless the user has a name for it.
def labels: {total_voltage: "Voltage", capacity_remaining: "Capacity left", stored_energy: "Energy left",
	charged_energy_today: "In today", discharged_energy_today: "Out today",
		charging_cycles: "Cycles",
	max_temperature: "Hottest", min_temperature: "Coldest", max_cell_voltage: "Highest cell",
	min_cell_voltage: "Lowest cell", delta_cell_voltage: "Difference", packs_heard: "Packs received",
	charge_status: "Charge stage", charging: "Charging", discharging: "Discharging",
	balancing_current: "Balancing at", weakest_cell_deviation: "Its deviation",
		software_version: "Software",
	hardware_version: "Hardware", health_state: "Reception", health_score: "Reception",
	mosfet_temperature: "MOSFET", time_to_full: "Full in", time_to_empty: "Empty in",
	power: "Power", current: "Current", state_of_charge: "State of charge",
		state_of_health: "Health"};
def shown_name: if .named then .name else labels[.key] // (.name
	| sub("^Temperature sensor "; "Sensor ")) end;

def tile(f): {type: "tile", entity: .entity, name: shown_name} + f;
def tile: tile({});
def wide: {grid_options: {columns: 12}};
def bar($min; $max): {features: [{type: "bar-gauge", min: $min, max: $max}]};
def inline: {features_position: "inline"};
def trend: {features: [{type: "trend-graph", hours_to_show: 24}]};
def go($path): {tap_action: {action: "navigate", navigation_path: $path}};
def heading($words; $icon): {type: "heading", heading: $words, heading_style: "title", icon: $icon};

# When a card is shown.
def is($entity; $state): {condition: "state", entity: $entity, state: $state};
def is_not($entity; $state): {condition: "state", entity: $entity, state_not: $state};
def none: ["unavailable", "unknown"];
def shown_if(f): .visibility = [f];
def with_value: . as $e | is_not($e.entity; none);
def when_known: . as $e | tile | shown_if($e | with_value);

# Those of a device that exist: keys in their order.
def those($keys): .e as $e | [$keys[] | $e[.] // empty];
def section($head; $cards): select($cards != []) | {type: "grid", cards: ([$head] + $cards)};
# With a small heading, that of the card is a large one.
def graph($title; f): {type: "heading", heading: $title, heading_style: "subtitle"}, f * wide;
def history($title; $hours; $entities): select($entities != []) | graph($title; {type: "history-graph",
	hours_to_show: $hours, entities: $entities});
def statistics($title; $kind; $types; $period; $days; $entities): select($entities != [])
	| graph($title; {type: "statistics-graph", chart_type: $kind, stat_types: $types, period: $period,
		days_to_show: $days, entities: $entities, grid_options: {rows: 5}});
# As a line of a graph.
def line: {entity, name: shown_name};
def line_of($device): .entity as $entity | {entity: $entity, name: $device.name};

# ---- alarms ----

# What is well, and what is not.  A tile of something that is off is grey, so what is well is a tile of
# $green.
def lamp($green): . as $e
	| ($green | tile({name: "No alarm", icon: "mdi:check-circle", color: "green", hide_state: true}
		+ wide)
		| shown_if(is($e.entity; "off"))),
	($e | tile({name: "Alarm", icon: "mdi:alert", color: "red", hide_state: true} + wide)
		| shown_if(is($e.entity; "on")));

# Why nothing can be said.
def lost($name): . as $e
	| tile({name: $name, icon: "mdi:lan-disconnect", color: "red"} + wide)
		| shown_if(is($e.entity; none));

# An alarm of a pack, on pages of several.
def pack_alarm($path): . as $pack | .e
	| (select(.alarm_active) | (.errors // .alarm_active) as $shown
		| .alarm_active as $active | $shown
		| tile({name: $pack.name, icon: "mdi:alert", color: "red"} + wide + go($path))
		| shown_if(is($active.entity; "on"))),
	(.online_status // empty | . as $online
		| tile({name: ($pack.name + ": not received"), icon: "mdi:lan-disconnect", color: "orange",
			hide_state: true} + wide + go($path))
		| shown_if(is($online.entity; "off")));

def all_alarms: . as $all | (.bridge.e | (.global_alarm // empty
		| lamp($all.bridge.e.global_alarm_severity // .), lost("No connection to the batteries")),
		(.global_alarm_severity // empty | . as $e | tile | shown_if(is_not($e.entity; ["none"]
			+ none))),
		(.global_alarm_count // empty | . as $e | tile | shown_if(is_not($e.entity; ["0"] + none)))),
	(.packs[] | pack_alarm(.path)),
	(.banks[] | . as $bank | .e.incomplete // empty | . as $e
		| tile({name: ($bank.name + ": " + $e.name), color: "orange", icon: "mdi:battery-unknown",
			hide_state: true} + wide)
		| shown_if(is($e.entity; "on")));

# ---- the first page ----

# Its colour follows the charge.
def charge: tile(bar(0; 100));
def power: tile({color: "amber"} + trend + wide);

def bank($first): . as $bank
	| section(heading($bank.name; "mdi:home-battery"); [
		$first[],
		(.e.state_of_charge // empty | charge + wide),
		(.e.power // empty | power),
		(those(["stored_energy", "capacity_remaining", "total_voltage", "current"])[] | tile),
		(those(["time_to_full", "time_to_empty"])[] | when_known | . + wide),
		(those(["charged_energy_today", "discharged_energy_today", "max_temperature",
			"min_temperature",
			"max_cell_voltage", "min_cell_voltage"])[] | tile),
		(those(["packs_heard"])[] | tile({} + wide)),
		(those(["packs_silent"])[] | . as $e | tile({color: "orange"} + wide)
			| shown_if(is_not($e.entity; ["0"] + none)))
	]);

def pack_tile: . as $pack
	| (.e.state_of_charge // empty | charge * {name: $pack.name} + go($pack.path)),
	(if $pack.e.state_of_charge then empty else .e.total_voltage // empty
		| tile({name: $pack.name} + go($pack.path)) end);

def first_graphs: . as $all
	| (if .banks != [] then .banks else .packs end) as $devices
	| section(heading("Last 24 hours"; "mdi:chart-line"); [
		history("Power"; 24; [$devices[] | . as $d | .e.power // empty | line_of($d)]),
		history("State of charge"; 24; [$devices[] | . as $d | .e.state_of_charge // empty
			| line_of($d)])
	]);

# How well a pack or a link is received: its score, and its state unless it is well.
def reception($name): .e
	| (.health_score // empty | tile({name: $name, icon: "mdi:serial-port", color: "teal"} + bar(0; 100)
		+ wide + inline)),
	(.health_state // empty | . as $e | tile({name: $name, icon: "mdi:alert", color: "orange"} + wide)
		| shown_if(is_not($e.entity; ["healthy"] + none)));
def links: [.links[] | reception(.name)] | select(. != []) | heading("Links"; "mdi:serial-port"), .[];

def first: . as $all | [all_alarms] as $alarms
	| section(heading("Packs"; "mdi:battery");
		(if .banks == [] then $alarms else [] end) + [(.packs[] | pack_tile), links]) as $packs
	| {title: "Overview", path: "overview", icon: "mdi:home-battery", type: "sections", max_columns: 4,
		sections: [(.banks | to_entries[] | .key as $i | .value
			| bank(if $i == 0 then $alarms else [] end)), $packs, first_graphs]};

# ---- energy ----

def energy_of: . as $device
	| those(["charged_energy", "discharged_energy"]) as $two | select($two != [])
	| section(heading($device.name; "mdi:lightning-bolt"); [
		(those(["charged_energy_today", "discharged_energy_today"])[] | tile),
		(those(["stored_energy"])[] | tile(wide)),
		statistics("Each day"; "bar"; ["change"]; "day"; 30; [$two[] | line]),
		statistics("Each hour"; "bar"; ["change"]; "hour"; 2; [$two[] | line])
	]);
def energy: (.packs | map(select(.e.discharged_energy))) as $packs
	| [(if .banks != [] then .banks[] else .packs[] end) | energy_of] as $main
	| [(if .banks == [] or ($packs | length) < 2 then empty else ("charged_energy",
		"discharged_energy") end) as $key
		| section(heading($packs[0].e[$key].name + " today"; "mdi:battery-sync"); [
			($packs[] | . as $pack | .e[$key + "_today"] // empty | tile({name: $pack.name})),
			statistics("Each day"; "bar"; ["change"]; "day"; 14;
				[$packs[] | . as $pack | .e[$key] // empty | line_of($pack)])
		])] as $more
	| select($main + $more != [])
	| {title: "Energy", path: "energy", icon: "mdi:lightning-bolt", type: "sections", max_columns: 4,
		sections: ($main + $more)};

# ---- comparison ----

def compare_row($packs; $key; $icon; $color; f): [$packs[] | . as $pack | .e[$key] // empty
		| tile({name: $pack.name} + (if $color then {color: $color} else {} end) + wide + f + inline
			+ go($pack.path))] as $tiles
	| ([$packs[].e[$key].name | select(.)][0]) as $name
	| section(heading($name; $icon); $tiles);
# Tiles that have a value, and nothing as long as none has.
def only_if_any: .cards[1:] |= map(. as $card | shown_if(is_not($card.entity; none)))
	| . as $section | .visibility = [{condition: "or", conditions: [$section.cards[1:][].visibility[]]}];
def compare_line($packs; $key): [$packs[] | . as $pack | .e[$key] // empty | line_of($pack)] as $lines
	| history([$packs[].e[$key].name | select(.)][0]; 24; $lines);
def compare: .packs as $packs | select(($packs | length) > 1)
	| {title: "Comparison", path: "compare", icon: "mdi:compare", type: "sections", max_columns: 4,
		sections: [
		compare_row($packs; "state_of_charge"; "mdi:battery"; null; bar(0; 100)),
		compare_row($packs; "power"; "mdi:flash"; "amber"; trend),
		compare_row($packs; "delta_cell_voltage"; "mdi:delta"; "indigo"; bar(0; 0.1)),
		compare_row($packs; "mosfet_temperature"; "mdi:thermometer"; "deep-orange"; bar(-10; 90)),
		(compare_row($packs; "weakest_cell"; "mdi:battery-alert-variant-outline"; "orange"; {})
			| only_if_any),
		compare_row($packs; "state_of_health"; "mdi:battery-heart"; "teal"; bar(0; 100)),
		compare_row($packs; "health_score"; "mdi:heart-pulse"; "teal"; bar(0; 100)),
		section(heading("Last 24 hours"; "mdi:chart-line"); [
			compare_line($packs; "state_of_charge", "power", "delta_cell_voltage",
				"mosfet_temperature")])
	]};

# ---- a pack ----

# Cell n is the weak one: the weakest of jk-bank, which looks at many minutes, or until that is known the one
# that is the lowest now.
def weak($e; $n): if $e.weakest_cell and $e.min_voltage_cell then
		{condition: "or", conditions: [is($e.weakest_cell.entity; $n), {condition: "and",
			conditions: [
			is($e.weakest_cell.entity; none), is($e.min_voltage_cell.entity; $n)]}]}
	else is(($e.weakest_cell // $e.min_voltage_cell).entity; $n) end;
def cell_tile($e; $n; $range):
	$e["cell_voltage_\($n)"] // empty
	| (if $range then bar($range[0]; $range[1]) else trend end) as $feature
	| (tile({name: "Cell \($n)", icon: "mdi:battery", color: "blue"} + wide + $feature
		+ inline)) as $plain
	| if $e.weakest_cell or $e.min_voltage_cell then
		($plain | shown_if({condition: "not", conditions: [weak($e; "\($n)")]})),
		($plain | .name = "Cell \($n) · weak" | .color = "orange" | .icon = "mdi:battery-alert"
			| shown_if(weak($e; "\($n)")))
	else $plain end;
def cells: . as $pack
	| section(heading("Cells"; "mdi:battery-outline"); [
		(those(["max_cell_voltage", "min_cell_voltage", "delta_cell_voltage",
			"balancing_current"])[] | tile),
		(those(["weakest_cell", "weakest_cell_deviation"])[] | when_known),
		(range(1; 33) | cell_tile($pack.e; .; $pack.range))]);

def sensors: [range(1; 6) | "temperature_sensor_\(.)"];
def temperatures($more): . as $pack
	| those(["mosfet_temperature"] + sensors) as $all
	| section(heading("Temperatures"; "mdi:thermometer"); [
		($all[] | . as $e | tile({color: "deep-orange"} + wide + bar(-20; 80) + inline)
			| shown_if($e | with_value)),
		history("Last 24 hours"; 24; [$all[] | line]), $more[]]);

def pack_alarms: . as $pack | .e as $e
	| ($e.alarm_active // empty | lamp($e.online_status // .), lost("Not received")),
	($e.errors // empty | . as $errors | tile({color: "red"} + wide)
		| if $e.alarm_active then shown_if(is($e.alarm_active.entity; "on"))
			else shown_if($errors | with_value) end),
	($e | to_entries[] | select((.key | startswith("alarm_")) and .value.platform == "binary_sensor" and
		.key != "alarm_active") | .value | . as $one | tile({color: "red"} + wide)
		| shown_if(is($one.entity; "on")));

def pack_state: . as $pack
	| section(heading($pack.name; "mdi:battery"); [
		pack_alarms,
		(.e.state_of_charge // empty | charge + wide),
		(.e.power // empty | power),
		(those(["total_voltage", "current", "capacity_remaining", "state_of_health",
			"charging_cycles",
			"charge_status", "charged_energy_today", "discharged_energy_today"])[] | tile),
		(those(["charging", "discharging", "balancing", "heating"])[] | when_known)]);

# The link that the pack is on: the one with its channel, or the only one.
def link_of($all): (.channel // "" | ascii_downcase | gsub("[^a-z0-9]"; "_")) as $channel
	| if ($all.links | length) == 1 then $all.links[0]
		else [$all.links[] | select((.place | ascii_downcase) == "link_" + $channel)][0] end;
def connection($all): . as $pack
	| heading("Link"; "mdi:serial-port"),
		(those(["online_status"])[] | tile(wide)),
		reception($pack.name),
		(link_of($all) // empty | reception(.name)),
		($pack | those(["last_update", "frame_error_count"])[] | tile),
		($pack | those(["software_version", "hardware_version"])[] | tile);

def pack_graphs: . as $pack
	| section(heading("Last 24 hours"; "mdi:chart-line"); [
		history("Power"; 24; [.e.power // empty | line]),
		history("State of charge"; 24; [.e.state_of_charge // empty | line]),
		history("Cells"; 24; [those(["min_cell_voltage", "max_cell_voltage"])[] | line]),
		statistics("Difference of the cells, 30 days"; "line"; ["mean", "max"]; "day"; 30;
			[.e.delta_cell_voltage // empty | line])]);

# What is set: numbers, switches and selects with a command, or settings that are shown only.
def settings: [.e[] | select((.set and .platform != "event") or .category == "config" or .setting
	or (.state // "" | test("/settings$|/control/")))];
def pack_view($all; $few): . as $pack
	| {title: .name, path: .path_name, type: "sections", max_columns: 4}
	+ (if $few then {} else {subview: true, back_path: $all.first} end)
	+ {sections: [pack_state, cells, temperatures([connection($all), (settings | select(. != []) | {
		type: "button", name: "Settings of \($pack.name)", icon: "mdi:cog",
		tap_action: {action: "navigate", navigation_path: $pack.settings_path},
		grid_options: {columns: 12, rows: 2}})]), pack_graphs]};

# ---- settings ----

def groups: [["Switches", "mdi:toggle-switch"], ["Voltages", "mdi:sine-wave"], ["Currents", "mdi:current-dc"],
	["Temperatures", "mdi:thermometer"], ["Times", "mdi:timer-outline"], ["Others", "mdi:cog"]];
def group: if .platform == "switch" or .platform == "binary_sensor" then "Switches"
	elif .unit == "V" or .unit == "mV" then "Voltages"
	elif .unit == "A" or .unit == "mA" then "Currents"
	elif .unit == "°C" then "Temperatures"
	elif .unit == "s" or .unit == "h" or .unit == "min" then "Times"
	else "Others" end;
# A tap asks before it opens what changes the pack, and nothing else does anything.
def guarded($pack): tile(wide + if .set then
	{tap_action: {action: "more-info", confirmation: {text:
		"\(.name): a change is sent to the BMS of \($pack.name) at once. Open it?"}},
	icon_tap_action: {action: "none"}, hold_action: {action: "none"}, double_tap_action: {action: "none"}}
	else {} end);
def settings_view: . as $pack | settings as $all | select($all != [])
	| {title: "Settings: \(.name)", path: .settings_name, icon: "mdi:cog", type: "sections",
		max_columns: 4,
		subview: true, back_path: .path, sections: [
		(section(heading("Last change"; "mdi:cog-sync"); [.e.setting // empty | tile(wide)])
			| only_if_any),
		(groups[] | .[0] as $group | .[1] as $icon
			| section(heading($group; $icon); [$all[] | select(group == $group)
				| guarded($pack)]))]};

# ---- all ----

# Paths of views: letters and digits, each once.
def paths($base): . as $all | .first = "/\($base)/overview"
	| .packs = [.packs | to_entries[] | .key as $i | .value
		| ("pack-\($i + 1)-" + (.place | ascii_downcase | gsub("[^a-z0-9]+"; "-"))) as $name
		| . + {path_name: $name, path: "/\($base)/\($name)", settings_name: ($name + "-settings"),
			settings_path: "/\($base)/\($name)-settings"}];

paths($base) | . as $all
| (.packs | length <= 4) as $few
| {jk_dashboard: 1, title: $title, views: [first, energy, compare, (.packs[] | pack_view($all; $few)),
	(.packs[] | settings_view)]}
