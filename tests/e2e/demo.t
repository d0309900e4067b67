#!/bin/sh
# The demo shows every pack and an alarm, publishes them, and ends without leaving anything behind.
. tests/e2e/lib.sh

demo=
# A demo that is killed would leave its processes behind; it is told to stop.
end_demo() {
	[ "$demo" ] || return 0
	kill -TERM "$demo" 2>/dev/null
	wait "$demo"
	ended=$?
	demo=
}
trap 'end_demo; cleanup' EXIT
trap 'exit 1' HUP INT PIPE TERM

begin_demo() {
	: >"$dir/out" # of an earlier one, at which a look would come too soon
	env JK_BUILD="$build" "$@" scripts/demo >"$dir/out" 2>"$dir/err" &
	demo=$!
	wait_for grep -q 'Ctrl-C' "$dir/out"
	port=$(sed -n 's/.* 127.0.0.1 port \([0-9]*\)[.].*/\1/p' "$dir/out")
	work=$(sed -n 's|.* bus of three packs is at \(.*\)/bus, .*|\1|p' "$dir/out")
}
nothing_runs() { sh -c "! pgrep -f '[j]k-(capture|sim|mqtt|write|alarm|table).*$1' &&
	! pgrep -f '[m]osquitto.*$1'"; }

# subscribe: to everything, from now on, in $dir/topics.
subscribe() {
	: >"$dir/topics"
	mosquitto_sub -h 127.0.0.1 -p "$port" -v -t '#' >"$dir/topics" 2>/dev/null &
	subscriber=$!
	children="$children $subscriber"
}
published() { wait_for grep -q "^$1" "$dir/topics"; }
all_seen() {
	test "$(grep -c '^jk/bms_2/alarm {.*cell_overvoltage' "$dir/topics")" -ge 2 && for bms in 1 2 3; do
		grep -q "^jk/bms_$bms/live {" "$dir/topics" &&
			grep -q "^homeassistant/device/jk_bms_$bms/config {" "$dir/topics" || return 1
	done
}
over() { sh -c "! kill -0 $demo"; }

# The alarm is there from the bus's 7th second to its 15th: a machine that is not ready by then, or that
# stands still all that time, sees nothing of it, and has to try again.
for attempt in 1 2 3; do
	begin_demo
	subscribe
	seen=no
	wait_for all_seen && seen=yes
	end_demo
	[ $seen = no ] || break
	echo "# nothing of the alarm was seen, attempt $attempt"
done
ok "SIGTERM ends it with 0" equals "$ended" 0
ok "a query of the history" grep -qE '^20[0-9T:+-]+  bms_3 +-?[0-9]+\.[0-9]{3} ' "$dir/out"
ok "nothing on stderr but what began" equals \
	"$(grep -v ': polling addresses 1-3 every 2 s at 115200 baud$' "$dir/err")" ""
for bms in 1 2 3; do
	ok "a row for BMS $bms" grep -qE "^bus +$bms +[0-9.]+ +-?[0-9.]+ +-?[0-9]+ +[0-9]+ " "$dir/out"
	ok "its values were published" grep -q "^jk/bms_$bms/live {" "$dir/topics"
	ok "and its discovery" grep -q "^homeassistant/device/jk_bms_$bms/config {" "$dir/topics"
done
ok "an alarm was raised" grep -qE 'bms 2  raised  alarm: Cell over-voltage' "$dir/out"
ok "and cleared" grep -qE 'bms 2  cleared  alarm: Cell over-voltage' "$dir/out"
ok "both were published" equals "$(grep -c '^jk/bms_2/alarm {.*cell_overvoltage' "$dir/topics")" 2
for what in frames records topics alarms 'Home Assistant' setting; do
	ok "how to see the $what" grep -q "^  .*$what  " "$dir/out"
done
ok "nothing runs on" nothing_runs "$work"

# The control panel, with whatever stands in for it: it is served, and the history is beside it.
mkdir "$dir/with-panel"
for file in "$build"/*; do
	[ "${file##*/}" = panel ] || ln -s "$file" "$dir/with-panel/"
done
mkdir "$dir/with-panel/panel"
echo '<p>the panel' >"$dir/with-panel/panel/index.html"
begin_demo JK_BUILD="$dir/with-panel"
web=$(sed -n 's|^  the control panel  http://127.0.0.1:\([0-9]*\)/ .*|\1|p' "$dir/out")
get() { perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new("127.0.0.1:$ARGV[0]") or exit 1;
	print $s "GET $ARGV[1] HTTP/1.0\r\n\r\n"; print <$s>' "${web:-0}" "$1"; }
panel_is_served() { get / | grep -q '^<p>the panel'; }
ok "the control panel is served, and its address is printed" wait_for panel_is_served
end_demo

begin_demo
ok "a setting can be changed" wait_for jk-set -c "$work/cmd" -r "$work/replies" 1 balance_trigger_voltage \
	0.010
end_demo
ok "nothing runs on after that" nothing_runs "$work"
ok "nor is anything left" test ! -e "$work"

begin_demo
kill -HUP $demo
ok "a terminal that is closed ends it, too" wait_for over
ok "and nothing runs on" nothing_runs "$work"
demo=

begin_demo DEMO_SECONDS=1
ok "it ends by itself, with 0" wait "$demo"
demo=

sim --speed 5 --master 1:16
begin_demo SOURCE="tcp:127.0.0.1:$port"
subscribe
ok "a source that is only listened to is published" published 'jk/bms_0/live {'
end_demo
ok "it ends with 0" equals "$ended" 0
ok "and shows its packs" grep -qE "^127[.]0[.]0[.]1 +0( +[-0-9.]+){4} +16 " "$dir/out"
stop_sim

# CAN, by an interface of can-bus.c
cc -D_GNU_SOURCE -shared -fPIC -o "$dir/can-bus.so" tests/e2e/can-bus.c -ldl
jk-sim --can "$dir/log" --duration 60 0:16 3:8
: >"$dir/out"
# The demo is told to stop by its own process, not that of the bus.
cat >"$dir/demo" <<'END'
#!/bin/sh
echo $$ >"$1"
exec scripts/demo
END
env JK_BUILD="$build" SOURCE=can:can0 tests/e2e/can-bus.pl "$dir/can-bus.so" "$dir/log" sh "$dir/demo" \
	"$dir/pid" >"$dir/out" 2>"$dir/err" &
bus=$!
children="$children $bus"
wait_for grep -q 'Ctrl-C' "$dir/out"
demo=$(cat "$dir/pid")
port=$(sed -n 's/.* 127.0.0.1 port \([0-9]*\)[.].*/\1/p' "$dir/out")
subscribe
for bms in 0 3; do
	ok "CAN: BMS $bms is published" published "jk/bms_$bms/live {.*\"channel\":\"can0\""
	ok "CAN: and its discovery" published "homeassistant/device/jk_bms_$bms/config {"
done
ok "CAN: it says that it listens" grep -q '^Listening to can:can0[.] Nothing is ever transmitted' "$dir/out"
kill -TERM "$demo"
demo=
ok "CAN: it ends with 0" wait "$bus"
ok "CAN: and shows both packs" sh -c "
	grep -qE '^can0 +0( +[-0-9.]+){4} +(16|-) ' '$dir/out' &&
	grep -qE '^can0 +3( +[-0-9.]+){4} +(8|-) ' '$dir/out'"
run env JK_BUILD="$build" SOURCE=can:can0 ADDRS=0-3 scripts/demo
ok "CAN: there are no addresses to poll" equals "$status" 100
ok "CAN: which is reported" grep -q 'packs are not polled on CAN' "$dir/err"
run env JK_BUILD="$build" SOURCE=can:lo scripts/demo
ok "CAN: its exit status is that of a capture that cannot run" equals "$status" 100
done_testing
