#!/bin/sh
# jk-alarm --status and --expect, jk-mqtt --status: files that show how the programs are doing.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

tab=$(printf '\t')
printf 'bus:1 north "North – 1"\nbus:4 south\n' >"$dir/map"
has() { # PATTERN FILE
	grep -qE "$(echo "$1" | sed "s/ /$tab/g")" "$2"
}

# ---- jk-alarm ----
mkdir "$dir/run"
mkfifo "$dir/records"
exec 8<>"$dir/records"
jk-alarm --expect "$dir/map" --status "$dir/run/alarm" <"$dir/records" >"$dir/out" 2>"$dir/alarm.err" 8>&- &
alarm=$!
children="$children $alarm"
ok "what is expected is in the file from the start" waits has '^pack bus 1 north - North' "$dir/run/alarm"
ok "and its link, which is unknown" has '^link bus unknown - -$' "$dir/run/alarm"
event null open /dev/ttyUSB0 >&8
ok "an event alone is written" waits has '^link bus open - ' "$dir/run/alarm"
live 1 1 >&8
ok "and a valid frame, with its time" waits has \
	'^pack bus 1 north 1763856000\.[0-9]{6} North' "$dir/run/alarm"
ok "of the link, too" has '^link bus open 1763856000\.[0-9]{6} ' "$dir/run/alarm"
ok "the other one is not there" has '^pack bus 4 south - -$' "$dir/run/alarm"
inode=$(ls -i "$dir/run/alarm")
ok "no part of a file is left" test "$(ls "$dir/run")" = alarm

# ---- the folder is gone, and comes back: the stream goes on ----
mv "$dir/run" "$dir/away"
live 2 2 >&8
live 2 3 >&8
ok "a folder that is gone is reported" waits grep -q \
	"^jk-alarm: --status $dir/run/alarm: cannot create: .*; going on without it$" "$dir/alarm.err"
live 2 4 >&8
ok "the stream goes on" waits grep -q '"total_runtime":4' "$dir/out"
mv "$dir/away" "$dir/run"
live 2 5 >&8
ok "it is written again" waits has '^pack bus 2 - 1763' "$dir/run/alarm"
ok "which is reported" waits grep -q ': written again$' "$dir/alarm.err"
ok "the fault was reported once" test "$(grep -c 'going on without it' "$dir/alarm.err")" -eq 1
ok "it is another file" test "$(ls -i "$dir/run/alarm")" != "$inode"
exec 8>&-
wait "$alarm"

run sh -c ": | jk-alarm --status '$dir' >/dev/null"
ok "a folder as FILE: the stream goes on" test "$status" -eq 0
ok "and it is reported" grep -q 'going on without it' "$dir/err"
run jk-alarm --expect "$dir/none" </dev/null
ok "no map: exit 100" test "$status" -eq 100
printf '99 x\n' >"$dir/bad"
run jk-alarm --expect "$dir/bad" </dev/null
ok "a wrong map: exit 100, with its line" grep -q "$dir/bad:1:" "$dir/err"

# ---- a full folder ----
if [ "$(id -u)" -eq 0 ] && mkdir "$dir/full" && mount -t tmpfs -o size=4k tmpfs "$dir/full" 2>/dev/null; then
	cat /dev/zero >"$dir/full/zeros" 2>/dev/null
	live 1 7 | run jk-alarm --status "$dir/full/alarm"
	ok "a full folder: the stream goes on" grep -q '"total_runtime":7' "$dir/out"
	ok "and it is reported once" test "$(grep -c 'going on without it' "$dir/err")" -eq 1
	umount "$dir/full"
else
	skip "a full folder" "no file system can be mounted here"
fi

# ---- jk-mqtt ----
plain_broker
feed
mqtt --status "$dir/run/mqtt" "$broker_name:$broker_port"
ok "connected" waits has \
	"^broker $broker_name:$broker_port connected [0-9]+\.[0-9]{6} - $mqtt\$" "$dir/run/mqtt"
stop_broker
ok "disconnected, and why" waits has \
	"^broker $broker_name:$broker_port disconnected [0-9.]+ .*connect.*trying.again" "$dir/run/mqtt"
mv "$dir/run" "$dir/away"
start_broker
ok "the folder is gone: it connects" said ': connected$'
ok "and reports the file" said "^jk-mqtt: --status $dir/run/mqtt: cannot create"
mv "$dir/away" "$dir/run"
end_of_feed
kill "$mqtt"
wait "$mqtt"
ok "at the end" waits has \
	"^broker $broker_name:$broker_port disconnected [0-9.]+ jk-mqtt.was.stopped $mqtt\$" "$dir/run/mqtt"
done_testing
