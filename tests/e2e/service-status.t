#!/bin/sh
# jk-service status and jk-health of a tree that runs under s6: what is dead, silent or missing is seen.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh
. tests/e2e/service.sh

plain_broker
sim 1:8 2:16
configure "bus shed tcp:127.0.0.1:$port poll 1-2 interval 0.5 gap 50" \
	"bus away tcp:127.0.0.1:1 listen" \
	"pack away:4 west" "pack shed:2 süden" "pack shed:1 north \"Nörd – Keller\"" \
	"broker $broker_name:$broker_port interval 0" "rules $dir/rules" "notify $dir/tell"
echo 'total_voltage > 1 warning "A test"' >"$dir/rules"
printf '#!/bin/sh\ncat >>"%s"\n' "$dir/told" >"$dir/tell"
chmod +x "$dir/tell"
sed -i 's/süden/south/' "$conf"

status() {
	jk-service -f "$conf" status >"$dir/status" 2>"$dir/status.err"
}
# shows PATTERN: a line of status; _ stands for blanks.
shows() {
	status && grep -qE "$(echo "$1" | sed 's/_/ +/g')" "$dir/status"
}
fits() {
	awk '{ n = gsub(/[^\200-\277]/, "&") } n > 79 { print; wide = 1 } END { exit wide }' "$dir/status"
}

run jk-service -f "$conf" status
ok "before the start: exit 0" test "$status" -eq 0
ok "nothing is compiled" grep -qE '^! capture-shed +not compiled' "$dir/out"
ok "and no pack is heard" grep -qE '^! shed:1 +north +never +Nörd – Keller$' "$dir/out"

tree
wait_for test -e "$scan/hold"
ok "a pack that is heard" waits shows '^  shed:1_north_[0-9]+ s_Nörd – Keller$'
ok "another" waits shows '^  shed:2_south_[0-9]+ s$'
ok "one that is missing" shows '^! away:4_west_never$'
ok "by bus and address" equals \
	"$(sed -n '/^  PACK/,/^$/s/^[ !] \([a-z]*:[0-9]\).*/\1/p' "$dir/status" | xargs)" \
	"shed:1 shed:2 away:4"
ok "a bus" shows '^  shed_polling_[0-9]+ s$'
ok "one that is closed, and why" waits shows '^! away_closed_never_.*[Rr]efused'
ok "a broker" waits shows '^  127[0-9.:]+_connected_[0-9]+ (s|min)$'
ok "a stage" shows '^  decode_up_[0-9]+ s_0$'
ok "79 columns" fits
ok "notify: the program is told of an alarm" waits grep -qx 'Nörd – Keller: A test (warning)' "$dir/told"
ok "the columns of PACK are aligned" awk '/^  PACK/ { at = index($0, "HEARD") }
	at && /(shed|away):/ { if (substr($0, at, 1) !~ /[0-9n]/ || substr($0, at - 1, 1) != " ") exit 1 }' \
	"$dir/status"

run jk-health -f "$conf"
ok "jk-health: the other bus is not heard" grep -q \
	'^jk-health: bus away: no valid frame yet: .*efused' "$dir/out"
ok "and nothing else" equals "$(wc -l <"$dir/out") $status" '1 1'
sed -i '/away/d' "$conf"
ok "without it all is well" jk-health -f "$conf"

s6-svc -d "$scan/mqtt"
ok "a stage that is down" waits shows '^! mqtt_DOWN_[0-9]+ s_'
ok "and its broker" waits shows '^! 127[0-9.:]+_not running'
ok "jk-health, too" sh -c "! jk-health -f '$conf' >'$dir/out'"
s6-svc -u "$scan/mqtt"
ok "it is up again" waits shows '^  mqtt_up_[0-9]+ s_1$'
s6-svc -k "$scan/decode"
ok "a stage that was killed was restarted once" waits shows '^  decode_up_[0-9]+ s_1$'

# Another user may not look.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 0755 "$dir" "$dir/run"
	chmod 0644 "$conf"
	run setpriv --reuid=65534 --regid=65534 --clear-groups scripts/jk-service -f "$conf" status
	if [ "$status" -eq 126 ] || [ "$status" -eq 127 ]; then
		skip "for another user" "he may not even enter this folder"
	else
		ok "another user may not see what runs" grep -q \
			'^! Only root and the user of the service' "$dir/out"
		ok "nor what is heard" grep -q "^! You may not read $dir/run/status/alarm" "$dir/out"
		ok "which is no fault" test "$status" -eq 0
		grep '^!' "$dir/out" | sed 's/^/# /'
	fi
else
	skip "for another user" "not root"
fi
end_tree
ok "after the end: exit 0" status
ok "nothing is supervised" shows '^! decode_not supervised$'
done_testing
