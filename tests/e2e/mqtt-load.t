#!/bin/sh
# Ten packs for an hour of their time, as fast as it goes, through the whole pipeline; the broker is killed in
# the middle.  JK_HOUR: another number of seconds.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

broker "listener PORT ADDRESS" "allow_anonymous true" "persistence true" "persistence_location $dir/" \
	"autosave_interval 100000" "max_queued_messages 0"
mosquitto_sub -h "$broker_name" -p "$broker_port" -i "recorder$$" -q 1 -t '#' -F '%t %r %q %p' >"$dir/seen" \
	2>/dev/null &
children="$children $!"
wait_for grep -q "Sending SUBACK to recorder$$" "$dir/broker.log"
mkfifo "$dir/records"
jk-mqtt -i 0 -k -w 60 "$broker_name:$broker_port" <"$dir/records" 2>"$dir/mqtt.err" &
mqtt=$!
children="$children $mqtt"
exec 9>"$dir/records"
jk-sim -o - --duration "${JK_HOUR:-3600}" --flip 0.01 --no-ack 0.01 --seed 3 \
	1:16 2:8 3:16 4:15 5:16 6:4 7:16 8:32 9:16 10:16 2>/dev/null |
	jk-capture -n bus - 2>/dev/null 9>&- | jk-decode 2>/dev/null 9>&- | tee "$dir/sent" >&9 &
pipeline=$!
children="$children $pipeline"
ok "it is under way" wait_for sh -c "[ \$(grep -ac '/live ' '$dir/seen') -gt 50 ]"
stop_broker KILL
start_broker
wait $pipeline
ok "the pipeline ran to its end" grep -q '"event":"close"' "$dir/sent"
echo "# $(grep -c '"type":"live"' "$dir/sent") live records"
lean "memory: under 20 MB" $mqtt 20000
exec 9>&-
wait $mqtt
ok "exit 0" equals $? 0
ok "everything was sent" lacks 'not everything' "$dir/mqtt.err"
timeout 60 mosquitto_sub -h "$broker_name" -p "$broker_port" -C 10 -t 'jk/+/live' -F '%t %r %q %p' \
	>"$dir/last" 2>"$dir/last.err"

# What tells one record of a pack from all others, and its cells.
parts() {
	perl -ne 'my ($bms) = /"bms":(\d+),/ or next; my ($cells) = /"cell_voltages":(\[[^\]]*\])/ or next;
		my ($runtime) = /"total_runtime":(\d+)/; my ($uptime) = /"uptime":([\d.]+)/;
		my ($volts) = /"total_voltage":([\d.]+)/;
		print "$bms $runtime $uptime $volts $cells\n"' "$1"
}
parts "$dir/sent" >"$dir/sent.parts"
parts "$dir/last" >"$dir/last.parts"
grep -a '^jk/[a-z0-9_]*/live ' "$dir/seen" >"$dir/seen.live"
parts "$dir/seen.live" >"$dir/seen.parts"
echo "# $(wc -l <"$dir/seen.parts") live messages were published"
ok "every value that was published is one that was sent" sh -c "
	[ -s '$dir/seen.parts' ] && sort -u '$dir/sent.parts' >'$dir/a' &&
		sort -u '$dir/seen.parts' | comm -13 '$dir/a' - | head -n 3 >'$dir/wrong'
	cat '$dir/wrong'; [ ! -s '$dir/wrong' ]"
for bms in 1 2 3 4 5 6 7 8 9 10; do
	ok "pack $bms: its last state" equals "$(grep "^$bms " "$dir/last.parts")" \
		"$(grep "^$bms " "$dir/sent.parts" | tail -n 1)"
done
done_testing
