#!/bin/sh
# A field, one of CAN, an alarm, a setting and an entity are added to a copy of the sources, each by one row
# of one sheet; the programs that are built from it know them.
. tests/e2e/lib.sh

tree=$dir/tree
mkdir "$tree"
{ git ls-files 2>/dev/null || find Makefile common jk-* -type f; } |
	grep -E '^(Makefile$|common/|jk-)' >"$dir/files"
ok "the sources are copied" sh -c "tar cf - -T '$dir/files' | tar xf - -C '$tree'"
sheets=$tree/common/protocol
# Objects that no row changes are used again.  Those of other builds may need other flags.
if [ "$build" = "$PWD/build" ]; then
	find build/gen build/obj/common build/obj/gen build/obj/jk-* -name '*.[cdho]' |
		tar cf - -T - | tar xf - -C "$tree"
fi

# adds SHEET: $dir/new takes its place, and differs from it in one place only, by one row more.
adds() {
	diff "$sheets/$1" "$dir/new" >"$dir/diff"
	[ "$(grep -c '^[0-9]' "$dir/diff")" -eq 1 ] &&
		[ $(($(grep -c '^>' "$dir/diff") - $(grep -c '^<' "$dir/diff"))) -eq "${2:-1}" ] &&
		cp "$dir/new" "$sheets/$1"
}
# row SHEET NAME=VALUE...: a row with these columns.
row() {
	sheet=$sheets/$1
	shift
	printf '%s\n' "$@" |
		awk -F '\t' -v OFS='\t' \
		'NR == FNR { for (n = 1; n <= NF; n++) at[$n] = n; wanted = NF; nextfile }
		{ i = index($0, "="); name = substr($0, 1, i - 1) }
		!(name in at) { exit 1 }
		{ value[at[name]] = substr($0, i + 1) }
		END { for (n = 1; n <= wanted; n++) printf "%s%s", value[n], n < wanted ? "\t" : "\n" }' \
		"$sheet" -
}

# The second byte of unknown_276 is found to be a temperature.
split_unknown() {
	awk -F '\t' -v OFS='\t' 'NR == 1 { for (n = 1; n <= NF; n++) at[$n] = n }
		$at["key"] == "unknown_276" {
			$at["size"] = 1; print; $at["offset"] = 277; $at["type"] = "i8"; $at["scale"] = 1
			$at["unit"] = "°C"; $at["key"] = "enclosure_temperature"
			$at["meaning"] = "temperature of the enclosure"
			$at["register"] = "0x130F"; $at["on_request"] = "" }
		{ print }' "$sheets/live.tsv"
}
# A byte that is unknown is found to be a setting.
name_unknown() {
	awk -F '\t' -v OFS='\t' 'NR == 1 { for (n = 1; n <= NF; n++) at[$n] = n }
		$at["key"] == "unknown_298" {
			$at["key"] = "display_time"; $at["unit"] = "s"
			$at["meaning"] = "time until the display is dark"
			$at["writable"] = "y"; $at["min"] = 5; $at["max"] = 200; $at["step"] = 1
			$at["on_request"] = "" }
		{ print }' "$sheets/settings.tsv"
}
split_unknown >"$dir/new"
ok "a field: one row is two now" adds live.tsv
{
	awk '{ print } /^rs485\t28\t/ { exit }' "$sheets/alarms.tsv"
	row alarms.tsv source=rs485 start_bit=29 bits=1 mask=0x20000000 key=water_in_enclosure \
		"text=Water in the enclosure" \
		severity=critical values=0/1 sources=FX confidence=single
	awk 'seen; /^rs485\t28\t/ { seen = 1 }' "$sheets/alarms.tsv"
} >"$dir/new"
ok "an alarm: one row more" adds alarms.tsv
name_unknown >"$dir/new"
ok "a setting: one row that was unknown" adds settings.tsv 0
{
	awk '{ print } /\tstate_of_charge\t/ { exit }' "$sheets/can.tsv"
	row can.tsv id_base=0x02F4 name=BATT_ST1 frame=std cycle_ms=100 byte=5 length=1 type=u8 scale=1 \
		offset=-40 \
		unit=°C key=busbar_temperature sources=CAND confidence=single \
		"meaning=temperature of the busbar" addressed=y decoded=y
	awk 'seen; /\tstate_of_charge\t/ { seen = 1 }' "$sheets/can.tsv"
} >"$dir/new"
ok "a field of a CAN frame: one row more" adds can.tsv
{
	cat "$sheets/entities.tsv"
	row entities.tsv key=enclosure_temperature platform=sensor "name=Enclosure" device_class=temperature \
		state_class=measurement unit=°C enabled_by_default=yes state=live
} >"$dir/new"
ok "an entity: one row more" adds entities.tsv
ok "no other file differs" equals "$(diff -rq common "$tree/common" | wc -l)" 5
ok "the programs are built" make -s -C "$tree" BUILD=build CFLAGS=-O0 WERROR=-Werror \
	build/jk-decode build/jk-alarm build/jk-write build/jk-mqtt
PATH=$tree/build:$PATH

# A frame in which the byte is 77 and bit 29 of the alarms at 166 is set.
sed -n '/ 01#55AAEB9002/{p;q}' tests/golden/live.frames | perl -pe 's/#\K([0-9A-F]{600})/
	my @p = unpack "C*", pack "H*", $1;
	$p[277] = 77; $p[169] |= 0x20; $p[299] = 0; $p[299] += $_ for @p[0 .. 298];
	uc unpack "H*", pack "C*", map { $_ & 255 } @p/e' >"$dir/frame"
run jk-decode "$dir/frame"
ok "a record has the field" grep -q '"type":"live".*"enclosure_temperature":77[,}]' "$dir/out"
ok "and the alarm" grep -q '"errors":"Water in the enclosure"' "$dir/out"
ok "jk-decode -k knows it" equals "$(jk-decode -k enclosure_temperature "$dir/frame" |
	grep -c '"enclosure_temperature":77')" 1
ok "jk-decode -o csv too" equals "$(jk-decode -o csv -k enclosure_temperature "$dir/frame" | tail -n 1 |
	sed 's/.*,//')" 77
jk-decode --fields >"$dir/fields"
ok "jk-decode --fields lists the field" grep -qE \
	'^live	277	1	i8	1	°C	enclosure_temperature	' "$dir/fields"
ok "and what is left of its row" grep -qE '^live	276	1	hex	.*unknown_276	' \
	"$dir/fields"
ok "and the setting" grep -qE \
	'^settings	298	1	u8	1	s	display_time	.*	5	200	1	' "$dir/fields"

echo '(1763856000.000000) can0 2F4#1302B20F51650000' >"$dir/can"
run jk-decode "$dir/can"
ok "a record of CAN has its field" grep -q '"type":"can",.*"state_of_charge":81,"busbar_temperature":61}' \
	"$dir/out"
ok "csv of CAN, too" equals "$(jk-decode -t can -o csv -k busbar_temperature "$dir/can" | tail -n 1 |
	sed 's/.*,//')" 61
ok "a frame that is too short for it lacks it" sh -c "echo '(1.000000) can0 2F4#1302B20F51' | jk-decode |
	grep -q '\"state_of_charge\":81}'"
ok "jk-decode --fields lists it" grep -qE \
	'^0x02F4	5	1	u8	1	°C	busbar_temperature	.*	-40	$' "$dir/fields"
echo 'busbar_temperature > 60 warning "Busbar hot"' >"$dir/rules"
jk-decode "$dir/can" | jk-alarm -r "$dir/rules" >"$dir/alarms"
ok "a rule may name it" grep -q '"type":"alarm".*"key":"busbar_temperature".*"text":"Busbar hot"' \
	"$dir/alarms"

jk-decode "$dir/frame" | jk-alarm >"$dir/alarms"
ok "jk-alarm raises the alarm" grep -q \
	'"type":"alarm".*"key":"water_in_enclosure","severity":"critical","text":"Water in the enclosure","active":true' "$dir/alarms"
echo 'enclosure_temperature > 60 warning "Hot"' >"$dir/rules"
jk-decode "$dir/frame" | jk-alarm -r "$dir/rules" >"$dir/alarms"
ok "a rule may name the field" grep -q '"type":"alarm".*"key":"enclosure_temperature".*"text":"Hot"' \
	"$dir/alarms"

jk-write --list >"$dir/list"
ok "jk-write --list has the setting" grep -q \
	'^display_time	s	5	200	1	.*	time until the display is dark$' "$dir/list"
jk-mqtt --entities >"$dir/entities"
ok "jk-mqtt --entities has the entity" grep -q \
	'^enclosure_temperature	sensor	Enclosure	temperature	measurement	°C	' \
	"$dir/entities"
ok "and one of the alarm, without a row of its own" grep -q \
	'^alarm_water_in_enclosure	binary_sensor	Water in the enclosure	' "$dir/entities"
done_testing
