#!/bin/sh
# jk-alarm that was stopped, or whose machine stood still: nobody was silent for that time.  Without any input
# it looks at the clock after 25 s.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

echo 'silent > 40s alarm' >"$dir/rules"
mkfifo "$dir/records"
exec 8<>"$dir/records"
jk-alarm -r "$dir/rules" <"$dir/records" >"$dir/out" 2>"$dir/err" 8>&- &
alarm=$!
children="$children $alarm"
live 1 1 >&8
wait_for grep -q '"total_runtime":1,' "$dir/out"
kill -STOP $alarm
until_uptime $(($(uptime) + 20))
kill -CONT $alarm
continued=$(uptime)
until_uptime $((continued + 30)) # it has looked, with 50 s since the last frame
ok "stopped for 20 s: no alarm for 30 s" lacks '"type":"alarm"' "$dir/out"
ok "it runs" kill -0 $alarm
patience=60
ok "silence that it has heard is one" waits grep -q '"type":"alarm".*"key":"silent"' "$dir/out"
ok "as late as without the stop" test $(($(uptime) - continued)) -ge 38
exec 8>&-
wait $alarm
done_testing
