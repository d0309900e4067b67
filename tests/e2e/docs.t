#!/bin/sh
# The commands of docs/can.md and docs/from-the-add-on.md, as they are written there, with a simulated bus, an
# interface of can-bus.c and a broker in the place of the real ones.  Not run: ip link, which needs a kernel
# driver; tests/vm has one.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

plain_broker
recorder "$dir/seen"
sim --master 1:16 2:8
cc -D_GNU_SOURCE -shared -fPIC -o "$dir/can-bus.so" tests/e2e/can-bus.c -ldl
jk-sim --can "$dir/can.log" --duration 60 0:16 3:8
echo secret >"$dir/password"
chmod 600 "$dir/password"

# commands PAGE: its indented lines, without the comments behind them, with our places.
commands() {
	sed -nE 's/^( {4}|\t)//; t take; b; :take s/ +# .*//; p' "docs/$1" | sed 's/^ *//' |
		sed "s/tcp:10.0.0.7:5000/tcp:127.0.0.1:$port/;
			s/jk-mqtt broker\$/jk-mqtt $broker_name:$broker_port/
			s/-P password homeassistant.local\$/-P password $broker_name:$broker_port/"
}
# runs NAME COMMAND PATTERN...: until all of these have been published; then it is told to end.
runs() {
	command=$2
	: >"$dir/seen"
	(cd "$dir" && exec env JK_BUILD="$build" PATH="$top/scripts:$PATH" \
		setsid "$top/tests/e2e/can-bus.pl" "$dir/can-bus.so" "$dir/can.log" \
		sh -c "echo \$\$ >pid; $command") >"$dir/out" 2>"$dir/err" 9>&- &
	bus=$!
	children="$children $bus"
	what=$1
	shift 2
	for pattern; do
		ok "$what: $pattern" seen "$pattern"
	done
	kill -TERM "-$(ps -o pgid= -p "$(cat "$dir/pid")" | tr -d ' ')"
	wait "$bus" 2>/dev/null
}
top=$PWD

# docs/can.md
commands can.md >"$dir/can"
find=$(grep '^jk-find ' "$dir/can")
ok "can.md: one jk-find" equals "$find" "jk-find can0"
# shellcheck disable=SC2086 # the page's words
(cd "$dir" && JK_BUILD="$build" PATH="$top/scripts:$PATH" \
	"$top/tests/e2e/can-bus.pl" "$dir/can-bus.so" "$dir/can.log" \
	$find) >"$dir/found" 2>&1
ok "can.md: it shows what the page shows" sh -c "grep -q '^BMS  0 .*16 cells ' '$dir/found' &&
	grep -q '^BMS  3 .* 8 cells ' '$dir/found' &&
	grep -qF \"\$(sed -n 's/^    \(PACK .*\)/\1/p' docs/can.md)\" '$dir/found'"
runs "can.md: CAN alone" \
	"$(grep '^jk-capture can:can0' "$dir/can")" '^jk/bms_0/live 1 1 ' '^jk/bms_3/live 1 1 ' \
	'^homeassistant/device/jk_bms_3/config 1 1 .'
grep -E '^[a-z0-9]+:[0-9]+ ' "$dir/can" >"$dir/packs"
ok "can.md: a map of two lines" equals "$(wc -l <"$dir/packs")" 2
runs "can.md: both buses" "$(sed -n '/^{ jk-capture/,/jk-mqtt/p' "$dir/can")" \
	'^jk/north/live 1 1 ' '^jk/bms_2/live 1 1 ' \
	'^homeassistant/device/jk_north/config 1 1 .*"name":"North, cellar"'

# docs/from-the-add-on.md
stop_sim
sim 1:16 2:8
commands from-the-add-on.md >"$dir/addon"
runs "from-the-add-on.md: the pipeline" "$(grep '^jk-capture ' "$dir/addon")" \
	'^BMS_1/SOC_pourcentage 1 1 [0-9]' '^homeassistant/sensor/[^ ]*/config 1 1 .*"BMS_1_device'
{
	echo "bus shed tcp:127.0.0.1:$port poll 1-2"
	grep '^broker ' "$dir/addon" |
		sed "s,/etc/jk/password,$dir/password,; s/homeassistant.local/127.0.0.1/"
} >"$dir/jk.conf"
run jk-service -f "$dir/jk.conf" check
ok "from-the-add-on.md: the line of the broker" equals "$status $(cat "$dir/err")" "0 "
done_testing
