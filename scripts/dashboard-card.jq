# A card of the community's jk-bms-card for each pack that dashboard-model.jq writes, with all entities named,
# so that it does not matter what they are called.  --rawfile sheet: common/protocol/card-entities.tsv.

def rows: [$sheet | split("\n")[] | select(. != "") | split("\t")] | .[0] as $head
	| .[1:][] | [$head, .] | transpose | map({key: .[0], value: .[1]}) | from_entries;
# Key of the card and key of ours; N stands for the cells.
def pairs: rows | select(.key != "") | .domain as $domain
	| if .card_key | endswith("_N") then range(1; 33) as $n | {card: (.card_key | sub("N$"; "\($n)")),
			key: (.key | sub("N$"; "\($n)")), domain: $domain}
		else {card: .card_key, key, domain: $domain} end;

[pairs] as $pairs
| .packs[] | .e as $e
| {
	type: "custom:jk-bms-card", title: .name,
	prefix: (.e.total_voltage // .e.cell_voltage_1 | .entity | sub("^[^.]*[.]"; "")
		| sub("_?(total_voltage|cell_voltage_1)$"; "")),
	cellCount: ([range(1; 33) | select($e["cell_voltage_\(.)"])] | length),
	entities: ([$pairs[] | $e[.key] as $one
		| select($one and (.domain != "switch" or $one.platform == "switch"))
		| {key: .card, value: $one.entity}] | from_entries)
}
