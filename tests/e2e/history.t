#!/bin/sh
# jk-history and jk-query: every minute against sums of the test's own; recordings that come twice, late, in
# pieces and over kills; files that are locked, full, damaged or of others.
. tests/e2e/lib.sh

history() { tests/e2e/history.pl "$@"; }
db() { sqlite3 -separator ' ' "$@"; }
minutes() {
	db "$1" "select m.time, p.name, records, power, power + power_min, power + power_max, current,
		current + current_min, current + current_max, total_voltage,
		total_voltage + total_voltage_min, total_voltage + total_voltage_max,
		delta_cell_voltage, delta_cell_voltage_min,
		delta_cell_voltage_max, state_of_charge * 1000, capacity_remaining, max_cell_voltage,
		min_voltage_cell * 1000, (temperature_sensor_1 + mosfet_temperature) * 100
		from minute_data m join pack p on p.id = m.pack order by 1, 2"
}
same_minutes() { minutes "$1" | cmp - "$dir/minutes"; }
# All that is in it, but for whether it was closed.
dump() { db "$1" .dump | grep -v 'INTO about'; }

# ---- the file ----
path=$(sed -n 's/^#define HISTORY_PATH "\([^"]*\)".*/\1/p' common/history.h)
elsewhere() { # where another path than that stands
	for program in jk-history jk-query jk-plot; do
		"$program" -h | grep -qF "the database ($path)" || echo "$program -h"
		grep -qxF ".Pa $path ." "man/$program.1" || echo "$program.1"
	done
	grep -qF "file=$path " scripts/jk-plot || echo jk-plot
}
ok "without -f, all have the same file" equals "${path:-none}$(elsewhere)" "$path"

# ---- minutes ----
history records 1763856030 7200 5 3 >"$dir/records" # 2025-11-23, 00:00:30 UTC
history minutes <"$dir/records" >"$dir/minutes"
run jk-history -f "$dir/db" <"$dir/records"
ok "nothing is logged" equals "$status$(cat "$dir/out" "$dir/err")" 0
ok "two hours and a piece, of three packs" equals "$(wc -l <"$dir/minutes")" 363
ok "each minute has what the records had" same_minutes "$dir/db"
dump "$dir/db" >"$dir/once"
jk-history -f "$dir/db" "$dir/records"
ok "the same recording again changes nothing" equals "$(dump "$dir/db" | cmp - "$dir/once")" ""
cat "$dir/records" "$dir/records" | jk-history -f "$dir/double.db"
ok "nor does it in one stream" same_minutes "$dir/double.db"
history late <"$dir/records" >"$dir/late"
jk-history -f "$dir/late.db" "$dir/late"
ok "late records are put where they belong" same_minutes "$dir/late.db"
jk-history -f "$dir/late.db" "$dir/late"
ok "and count once" same_minutes "$dir/late.db"
head -n 1001 "$dir/records" | jk-history -f "$dir/pieces.db"
tail -n +1002 "$dir/records" | jk-history -f "$dir/pieces.db"
ok "a restart within a minute leaves no mark" equals "$(dump "$dir/pieces.db" | cmp - "$dir/once")" ""
tail -n +2000 "$dir/records" | jk-history -f "$dir/order.db"
head -n 2500 "$dir/records" | jk-history -f "$dir/order.db"
ok "an older recording that overlaps is added" same_minutes "$dir/order.db"
ok "kills lose nothing that was written" equals "$(history kills "${JK_KILLS:-4}" "$dir/records" \
	"$dir/killed.db" 1)" ""
jk-history -f "$dir/killed.db" "$dir/records"
ok "and the recording brings the rest" same_minutes "$dir/killed.db"

# ---- recent.json, for a control panel ----
(umask 027 && jk-history -f "$dir/recent.db" -R "$dir/recent" "$dir/records")
ok "each pack and the bank have one" equals "$(cd "$dir/recent" && echo */recent.json)" \
	"bank_bank/recent.json pack1/recent.json pack2/recent.json pack3/recent.json"
ok "everybody may read it" equals "$(stat -c %a "$dir/recent/pack2" "$dir/recent/pack2/recent.json" |
	tr '\n' ' ')" "755 644 "
recent() { jq -r "$1" "$dir/recent/pack2/recent.json"; }
ok "it has the time of the last record" equals "$(recent .time)" \
	"$(tail -n 1 "$dir/records" | jq '.time | floor')"
minutes_of_recent() { recent '.keys as $k | .minutes[] | "\(.[0]) \(.[1 + ($k | index("state_of_charge"))]) \(
	(.[1 + ($k | index("min_cell_voltage"))] * 1000 | round))"'; }
ok "its minutes are those of the history" equals "$(minutes_of_recent)" \
	"$(db "$dir/recent.db" "select m.time, state_of_charge,
		cast(round(min_cell_voltage * 1000) as integer)
		from minute m join pack p on p.id = m.pack where p.name = 'pack2' order by 1")"
steps_of_recent() { recent '.steps[] | "\(.[0]) \(.[1])"'; }
ok "its steps are means of ten minutes" equals "$(steps_of_recent)" \
	"$(db "$dir/recent.db" "select m.time / 600 * 600, cast(round(avg(power)) as integer)
		from minute m join pack p on p.id = m.pack where p.name = 'pack2' group by 1 order by 1")"
ok "it has the hours" equals "$(recent '[.hours[][0]] | @text')" '[1763856000,1763859600,1763863200]'
# The minutes of three hours: a day later there are none, but the hours.
printf '%s\n' '{"time":1763942400,"channel":"bus","bms":9,"type":"live","total_voltage":52.000}' \
	'{"time":1763942400,"channel":"bus","bms":1,"pack":"pack1","type":"energy","charged_wh_today":1500.2,"discharged_wh_today":7,"charged_ah_today":30,"discharged_ah_today":0}' \
	'{"time":1763942460,"channel":"bus","bms":9,"type":"live","total_voltage":52.000}' |
	jk-history -f "$dir/recent.db" -R "$dir/recent"
ok "old minutes are left out" equals "$(recent '[(.minutes | length), (.hours | length)] | @text')" '[0,3]'
ok "a pack without a name has that of its topics" test -s "$dir/recent/bms_9/recent.json"
ok "a value that is not known is null" equals \
	"$(jq -c '.minutes[0]' "$dir/recent/bms_9/recent.json")" \
	'[1763942400,null,null,52,null,null,null,null,null]'
ok "the energy of days" equals "$(jq -c '.days' "$dir/recent/pack1/recent.json")" \
	'[["2025-11-24",1500,7]]'
: >"$dir/file"
jk-history -f "$dir/recent.db" -R "$dir/file" "$dir/records" 2>"$dir/err"
ok "a folder that cannot be is logged, and the history is kept" sh -c \
	"test $? -eq 0 && grep -q 'file/.*: cannot make the folder: ' '$dir/err'"

# ---- jk-query ----
query() { TZ=UTC jk-query -f "$dir/db" "$@"; }
steps() { # SECONDS STEP
	history steps "$1" power <"$dir/records" >"$dir/steps"
	query --from @1763856000 --to @1763870000 -k power -e "$2" -o json | jq -r '
		"\(.time[:19] + "Z" | fromdate) \(.pack) \(.power * 1000 | round)"' | sort |
		cmp - "$dir/steps"
}
for step in 60/1m 900/15m 3600/1h; do
	ok "${step#*/}: means of the minutes" steps "${step%/*}" "${step#*/}"
done
ok "csv" equals "$(query --from '2025-11-23 01:00' --to 2025-11-23T02:00 -e 1h -p pack2 \
	-k state_of_charge,mosfet_temperature,cell_voltage_1 -o csv)" \
	"time,pack,state_of_charge,mosfet_temperature,cell_voltage_1
2025-11-23T01:00:00+00:00,pack2,52,27.3,3.273"
ok "influx: a missing value is left out" equals "$(query --from 2025-11-23T01:00 --to 2025-11-23T02:00 \
	-e 1h -p pack2 -k state_of_charge,temperature_sensor_5,mosfet_temperature -o influx)" \
	"jk,pack=pack2,channel=bus state_of_charge=52,mosfet_temperature=27.3 1763859600000000000"
ok "the last step is whole, wherever --to lies in it" equals "$(query --from 2025-11-23 --to 2025-11-23T00:07 \
	-e 15m)$(query --from 2025-11-23 --to 2025-11-23T00:07 -e 1d)" \
	"$(query --from 2025-11-23 --to 2025-11-23T00:15 -e 15m)$(query --from 2025-11-23 --to 2025-11-24 -e 1d)"
ok "--to does not bring the step that begins there" equals "$(query --from 2025-11-23 --to 2025-11-23T00:15 \
	-e 15m -p pack1 -o csv | wc -l)" 2
ok "a bank" equals "$(query --from 2025-11-23 --to 2025-11-24 -b bank -k stored_wh,packs_heard -e 1d \
	-o json)" \
	'{"time":"2025-11-23T00:00:00+00:00","bank":"bank","stored_wh":29286.125,"packs_heard":3}'
ok "local time, with the offset" equals "$(TZ=Asia/Tokyo jk-query -f "$dir/db" --from 2025-11-23T09:00 \
	--to 2025-11-23T09:01 -p pack1 -k state_of_charge -o csv | tail -n 1)" \
	2025-11-23T09:00:00+09:00,pack1,51
ok "cells: each quarter, and when one moved" equals "$(db "$dir/db" "select count(*), sum(cell_5 - cell_4 > 8)
	from cells where pack = 1")" "12 5"

# A user who may write neither the file nor its folder.
mkdir "$dir/closed"
cp "$dir/db" "$dir/closed/db"
chmod 555 "$dir/closed"
chmod 444 "$dir/closed/db"
chmod 711 "$dir"
as_reader() {
	[ "$(id -u)" -eq 0 ] || {
		"$@"
		return
	}
	setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}
ok "a history that nobody writes is read without any right to write" equals \
	"$(as_reader "$build/jk-query" -f "$dir/closed/db" packs -o csv | wc -l)" 4
chmod 755 "$dir/closed"

# ---- what else is kept ----
{
	cat <<'END'
{"time":1763856000.5,"channel":"bus","bms":1,"pack":"north","label":"Nord","type":"about","vendor_id":"JK_PB2A16S20P","software_version":"15.41"}
{"time":1763856001.5,"channel":"bus","bms":1,"pack":"north","type":"settings","charging_switch":true,"balance_trigger_voltage":0.005}
{"time":1763856002.5,"channel":"bus","bms":1,"pack":"north","type":"alarm","key":"silent","severity":"alarm","text":"no frame","active":true,"since":1763855990.250000}
{"time":1763856061.5,"channel":"bus","bms":1,"pack":"north","type":"settings","charging_switch":false,"balance_trigger_voltage":0.005}
{"time":1763856062.0,"channel":"bus","bms":1,"pack":"north","type":"event","event":"write","words":"a1 1 charging_switch off confirmed"}
{"time":1763856070.5,"channel":"bus","bms":1,"pack":"north","type":"alarm","key":"silent","severity":"alarm","text":"no frame","active":false,"since":1763855990.250000}
{"time":1763856071.5,"channel":"bus","bms":null,"type":"alarm","key":"link","severity":"alarm","text":"bus","active":true,"since":1763856071.500000}
END
} >"$dir/others"
for _ in 1 2; do jk-history -f "$dir/others.db" "$dir/others"; done
others() { TZ=UTC jk-query -f "$dir/others.db" -o csv "$@" | tail -n +2; }
ok "an alarm: raised and cleared" equals "$(others alarms | head -n 1)" \
	'2025-11-22T23:59:50+00:00,2025-11-23T00:01:10+00:00,north,alarm,silent,"no frame"'
ok "one of a link, which is active" equals "$(others alarms | tail -n +2)" \
	2025-11-23T00:01:11+00:00,,bus,alarm,link,bus
ok "a setting, and the command that changed it" equals "$(others settings)" \
	2025-11-23T00:01:01+00:00,north,charging_switch,true,false,a1
ok "the first value of another" equals "$(others settings -k balance_trigger_voltage)" \
	2025-11-23T00:00:01+00:00,north,balance_trigger_voltage,,0.005,
ok "the bank" equals "$(TZ=UTC jk-query -f "$dir/db" banks -o csv | tail -n 1)" \
	bank,2025-11-23T00:00:30+00:00,2025-11-23T02:00:25+00:00
ok "the pack" equals "$(others packs | cut -d, -f 1-6)" north,Nord,bus,1,JK_PB2A16S20P,15.41
for channel in a b c; do
	echo '{"time":1763856000,"channel":"'$channel'","bms":1,"type":"live","power":3}'
done | jk-history -f "$dir/channels.db"
ok "packs of one address without names are known by their channels" equals \
	"$(jk-query -f "$dir/channels.db" packs -o csv | cut -d, -f 1 | tr '\n' ' ')" "pack a:1 b:1 c:1 "
ok "energy of a bank that there is not" equals "$(jk-query -f "$dir/db" energy -b cellar 2>&1)" \
	"jk-query: --bank cellar: there is none; there are: bank"
# Numbers with more digits than the database keeps, as other programs write them.
cat >"$dir/long" <<'END'
{"time":1763942400.1234567,"channel":"bus","bms":1,"pack":"a","type":"energy","charged_wh_today":100.00000000000001,"discharged_wh_today":7.0000000000000009,"charged_ah_today":30,"discharged_ah_today":0}
{"time":1763942401,"channel":"bus","bms":1,"pack":"a","type":"live","total_voltage":52.099999999999994,"current":0.10000000000000001,"cell_voltages":[3.3000000000000003]}
END
run jk-history -f "$dir/long.db" "$dir/long"
ok "energy with 15 digits and more is kept, rounded" equals "$status$(cat "$dir/err")$(db "$dir/long.db" \
	'select charged_wh, discharged_wh, charged_ah, discharged_ah from energy_day')" "0100.0 7.0 30.0 0.0"
ok "and so are the values of minutes" equals "$(db "$dir/long.db" \
	'select total_voltage, current from minute_data')" "52100 100"
# 2025-10-26 has 25 hours in Berlin, 2025-03-30 has 23.
energy() {
	printf '{"time":%s,"channel":"","bms":null,"bank":"bank","type":"energy",' "$1"
	printf '"charged_wh_today":%s,"discharged_wh_today":1,"charged_ah_today":2,' "$2"
	printf '"discharged_ah_today":3,"charged_wh_yesterday":%s,"discharged_wh_yesterday":1,' "$3"
	printf '"charged_ah_yesterday":2,"discharged_ah_yesterday":3}\n'
}
{
	energy 1761429000 10.000 5.000  # 23:50 on the 25th
	energy 1761518000 249.000 10.25 # 23:33 on the 26th
	energy 1761519660 1.000 250.000 # 00:01 on the 27th
} >"$dir/energy"
TZ=Europe/Berlin jk-history -f "$dir/energy.db" "$dir/energy"
ok "a day has the energy of its 25 hours" equals "$(TZ=Europe/Berlin jk-query -f "$dir/energy.db" energy \
	--from 2025-10-24 --to 2025-10-27 -o csv | cut -d, -f 1-3 | tail -n +2 | tr '\n' ' ')" \
	"2025-10-24,bank,5.000 2025-10-25,bank,10.250 2025-10-26,bank,250.000 "
history records 1761343200 180000 600 1 | TZ=Europe/Berlin jk-history -f "$dir/autumn.db"
ok "and so has a step of a day" equals "$(TZ=Europe/Berlin jk-query -f "$dir/autumn.db" --from 2025-10-25 \
	--to 2025-10-28 -e 1d -p pack1 -o csv | cut -c 1-25 | tail -n +2 | tr '\n' ' ')" \
	"2025-10-25T00:00:00+02:00 2025-10-26T00:00:00+02:00 2025-10-27T00:00:00+01:00 "
ok "of which the hours are 25" equals "$(TZ=Europe/Berlin jk-query -f "$dir/autumn.db" --from 2025-10-26 \
	--to 2025-10-27 -e 1h -p pack1 -o csv | wc -l)" 26

# ---- files ----
jk-history -f "$dir/old.db" -m 1 <"$dir/records"
history records 1764201600 7300 600 1 | jk-history -f "$dir/old.db" -m 1
ok "old minutes are removed, hours are kept" equals "$(db "$dir/old.db" "select
	(select count(*) from minute where time < 1764115200),
	(select count(*) from hour where time < 1764115200)")" \
	"0 9"
echo "create table t (a); pragma application_id = 7;" | db "$dir/foreign.db"
cp "$dir/foreign.db" "$dir/foreign"
run jk-history -f "$dir/foreign.db" "$dir/records"
ok "a database of another program is left alone" cmp "$dir/foreign.db" "$dir/foreign"
ok "which is logged, and is a failure" equals \
	"$status $(grep -c 'a database of another program: left alone' "$dir/err")" "111 1"
cp README.md "$dir/text"
run jk-history -f "$dir/text" "$dir/records"
ok "so is a file that is no database" cmp "$dir/text" README.md
cp "$dir/db" "$dir/newer.db"
db "$dir/newer.db" 'pragma user_version = 99'
run jk-history -f "$dir/newer.db" "$dir/records"
ok "and one of a newer version" grep -q 'of a newer version of jk-history: left alone' "$dir/err"
cp "$dir/db" "$dir/damaged.db"
db "$dir/damaged.db" "update about set value = 0" # as after a power cut
perl -e 'open my $f, "+<", $ARGV[0] or die; for (1 .. 20) { seek $f, 4096 * $_, 0; print $f "x" x 2000 }' \
	"$dir/damaged.db"
run jk-history -f "$dir/damaged.db" "$dir/records"
ok "a damaged one is kept aside" test -s "$dir/damaged.db.bad"
ok "and a new one begun" same_minutes "$dir/damaged.db"
mkfifo "$dir/fifo" "$dir/lock" "$dir/locked"
jk-history -f "$dir/busy.db" "$dir/fifo" 2>"$dir/busy.err" &
children="$children $!"
writer=$!
exec 8>"$dir/fifo"
head -n 100 "$dir/records" >&8
wait_for test -s "$dir/busy.db"
wait_for sh -c "sqlite3 '$dir/busy.db' 'select 1 from minute' | grep -q 1"
sqlite3 "$dir/busy.db" <"$dir/lock" >"$dir/locked" 2>/dev/null &
children="$children $!"
exec 9>"$dir/lock"
exec 7<"$dir/locked"
echo "begin immediate; select 'locked';" >&9
read -r _ <&7
tail -n +101 "$dir/records" >&8
ok "a file that is locked is logged" waits grep -q 'busy.db: locked by another program' "$dir/busy.err"
echo "rollback;" >&9
exec 9>&- 7<&-
ok "and written when it is not" waits grep -q 'busy.db: written again' "$dir/busy.err"
exec 8>&-
wait $writer
ok "with all that came meanwhile" same_minutes "$dir/busy.db"
if [ -w /dev/full ]; then
	# A limit of the size of a file is a disk that is full.
	(ulimit -f 200 && jk-history -f "$dir/full.db" "$dir/records") 2>"$dir/full.err" || status=$?
	ok "a full disk is logged" grep -q 'full.db: cannot write: ' "$dir/full.err"
	ok "and what was written before is whole" equals "$(db "$dir/full.db" 'pragma quick_check')" ok
fi
# A disk that is full and is freed again, while records come.
cat >"$dir/disk.sh" <<'END'
. tests/e2e/lib.sh
mount -t tmpfs -o size=1m none "$1/disk" || exit 77
jk-history -f "$1/disk/db" "$1/fifo" 2>"$1/disk.err" &
children="$children $!"
writer=$!
exec 8>"$1/fifo"
head -n 300 "$1/records" >&8
wait_for sh -c "sqlite3 '$1/disk/db' 'select 1 from minute_data' | grep -q 1"
dd if=/dev/zero of="$1/disk/filler" bs=4096 2>"$1/dd.err"
tail -n +301 "$1/records" | head -n 2000 >&8
wait_for grep -q 'db: cannot write: ' "$1/disk.err"
rm "$1/disk/filler"
wait_for grep -q 'db: written again' "$1/disk.err"
tail -n +2301 "$1/records" >&8
exec 8>&-
wait $writer
cp "$1/disk/db" "$1/disk.db"
END
mkdir "$dir/disk"
status=0
unshare -m sh "$dir/disk.sh" "$dir" >"$dir/disk.out" 2>&1 || status=$?
if [ $status -eq 0 ]; then
	ok "a disk that was full and is freed: nothing is lost" same_minutes "$dir/disk.db"
else
	skip "a disk that was full and is freed" "a tmpfs cannot be mounted: $(tail -n 1 "$dir/disk.out")"
fi
# One who reads all the time, as a chart that is drawn slowly.
mkfifo "$dir/read" "$dir/reads"
jk-history -f "$dir/read.db" "$dir/fifo" 2>"$dir/read.err" &
children="$children $!"
writer=$!
exec 8>"$dir/fifo"
head -n 300 "$dir/records" >&8
wait_for sh -c "sqlite3 '$dir/read.db' 'select 1 from minute_data' | grep -q 1"
sqlite3 "$dir/read.db" <"$dir/read" >"$dir/reads" 2>/dev/null 8>&- &
children="$children $!"
exec 9>"$dir/read"
exec 7<"$dir/reads"
echo "begin; select count(*) from minute_data;" >&9
read -r before <&7
tail -n +301 "$dir/records" >&8
exec 8>&-
wait $writer
ok "a reader in the middle of reading holds nobody up" same_minutes "$dir/read.db"
echo "select count(*) from minute_data; rollback;" >&9
read -r during <&7
ok "and sees what was there when it began" equals "$during" "$before"
exec 9>&- 7<&-
ok "nothing was logged" equals "$(cat "$dir/read.err")" ""

# ---- many packs, and packs that change ----
history records 1763856000 240 20 128 >"$dir/many"
jk-history -f "$dir/many.db" "$dir/many"
history minutes <"$dir/many" >"$dir/minutes"
ok "128 packs" same_minutes "$dir/many.db"
ok "each has its minutes" equals "$(wc -l <"$dir/minutes")" 512
changed() { # TIME CELL...: as many cells as that
	time=$1
	shift
	printf '{"time":%s,"channel":"bus","bms":1,"pack":"north","type":"live","power":1,"cell_voltages":[%s]}\n' \
		"$time" "$(echo "$*" | tr ' ' ',')"
}
{
	changed 1763856000 3.300 3.301 3.302 3.303
	changed 1763857000 3.300 3.301
	changed 1763858000 3.300 3.301 3.302 3.303 3.304 3.305
} | jk-history -f "$dir/changed.db"
ok "a pack that changes its number of cells" equals "$(TZ=UTC jk-query -f "$dir/changed.db" --from @1763856000 \
	--to @1763859000 -e 15m -k cell_voltage_2,cell_voltage_4,cell_voltage_6 -o csv | cut -d, -f 3- | tail -n +2 |
	tr '\n' ' ')" "3.301,3.303, 3.301,, 3.301,3.303,3.305 "
# A clock that is an hour ahead for a while, and is set back: each minute has what its records say.
{
	changed 1763856000 3.300
	changed 1763859600 3.300
	changed 1763856060 3.300
	changed 1763856120 3.300
} | jk-history -f "$dir/stepped.db"
ok "a clock that steps" equals "$(db "$dir/stepped.db" 'select time from minute_data order by time' | tr '\n' ' ')" \
	"1763856000 1763856060 1763856120 1763859600 "

run jk-history -f "$dir/gone/x" "$dir/records"
ok "a folder that is missing is logged" grep -q 'gone/x: cannot open' "$dir/err"
done_testing
