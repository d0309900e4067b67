#!/bin/sh
# jk-mqtt and what jk-bank computes: the score of a pack and of a link, their entities, and what a bank
# reports.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

at() { date +%s.%6N; }
# score CHANNEL BMS HEALTH SCORE REASON: that of a link has null for a BMS
score() {
	printf '{"time":%s,"channel":"%s","bms":%s,"type":"score","score":%s,"health":"%s","reason":"%s",' \
		"$(at)" "$1" "$2" "$4" "$3" "$5"
	printf '"age":null,"answered":%s,"incidents":3}\n' "$4"
}
plain_broker
recorder "$dir/seen"
feed
mqtt -i 0 "$broker_name:$broker_port"
{
	score tty.USB0 null healthy 100 ''
	score tty.USB0 null down 0 'closed: cannot connect'
} >&9
ok "the score of a link" wait_for last_is jk/link_tty_USB0/score \
	'.score == 0 and .health == "down" and .reason == "closed: cannot connect" and .incidents == 3 and
		.channel == "tty.USB0" and .bms == null'
ok "which is there also while it is down" seen '^jk/link_tty_USB0/availability 1 1 online$'
link=homeassistant/device/jk_link_tty_USB0/config
ok "a device of the link" wait_for last_is "$link" '.dev.name == "JK link tty.USB0" and
	.dev.ids == ["jk_link_tty_USB0"] and
	(.cmps | keys) == ["health_score", "health_state"]'
ok "health and score are its entities, the reason an attribute" last_is "$link" '
	.cmps.health_score.uniq_id == "jk_link_tty_USB0_health_score" and
	([.cmps[] | .stat_t // "x"] | unique) == ["jk/link_tty_USB0/score"] and
	([.cmps[].json_attr_t] | unique) == ["jk/link_tty_USB0/score"]'
{
	printf '{"time":%s,"channel":"bus","bms":1,"type":"live","total_voltage":53.1,"current":1.8}\n' "$(at)"
	score bus 1 degraded 79 '3 of 10 requests unanswered'
} >&9
ok "the score of a pack" wait_for last_is jk/bms_1/score '.score == 79 and .bms == 1'
printf '{"time":%s,"channel":"","bms":null,"bank":"house","type":"event","event":"differ",%s}\n' "$(at)" \
	'"words":"max_charge_current: 100 (north), 80 (south)","settings":[],"settings_left_out":0' >&9
ok "an event of a bank" seen \
	'^jk/bank_house/event 0 1 \{.*"words":"max_charge_current: 100 \(north\), 80 \(south\)"'
ok "a bank that was only reported has no device" lacks '^homeassistant/device/jk_bank_house/' "$dir/seen"
printf '{"time":%s,"channel":"","bms":null,"bank":"house","type":"bank","total_voltage":53.10}\n' "$(at)" >&9
ok "the event is an entity of the bank" wait_for last_is homeassistant/device/jk_bank_house/config '
	.cmps.settings_differ == {"p": "event", "uniq_id": "jk_bank_house_settings_differ",
		"def_ent_id": "event.jk_bank_house_settings_differ", "name": "Packs differ in settings",
		"stat_t": "jk/bank_house/event", "val_tpl": ("{{ {'"'event_type': value_json.event, "'"
			+ "'"'reason': value_json.words} | to_json }}"'"),
		"ent_cat": "diagnostic", "ic": "mdi:not-equal-variant", "evt_typ": ["differ"]}'
# A bank: times in hours, which is what a person can read.
grep -m 1 '"type":"bank"' tests/golden/bank-energy.records | sed "s/\"time\":[0-9.]*/\"time\":$(at)/" >&9
ok "the times of a bank are hours in Home Assistant" wait_for last_is \
	homeassistant/device/jk_bank_bank/config '[.cmps.time_to_full, .cmps.time_to_empty] |
		map(.unit_of_meas) == ["h", "h"] and all(.val_tpl | contains(" / 3600)"))'
# A link that has the name of another device.
printf '{"time":%s,"channel":"bus","bms":2,"pack":"link_x","type":"live","total_voltage":53.1,"current":1.8}\n' \
	"$(at)" >&9
ok "a pack may be called link_x" seen '^jk/link_x/live 1 1 '
score x null healthy 100 '' >&9
ok "then the link is a second of that name" said 'x link would both be link_x: the second is not published'
score bus 1 healthy 100 '' >&9
ok "what follows is published" wait_for last_is jk/bms_1/score '.score == 100'
ok "the link's score is not" lacks '^jk/link_x/score ' "$dir/seen"
done_testing
