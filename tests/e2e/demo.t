#!/bin/sh
# The demo shows every pack, and ends without leaving anything behind.
. tests/e2e/lib.sh

run env DEMO_SECONDS=9 JK_BUILD="$build" scripts/demo
ok "exit status" equals "$status" 0
ok "nothing on stderr" equals "$(cat "$dir/err")" ""
for bms in 0 1 2 3; do
	ok "a row for BMS $bms" grep -qE "^127[.]0[.]0[.]1 +$bms +[0-9]+ +[0-9.]+ +-?[0-9.]+" "$dir/out"
done
for what in frames records recording replay; do
	ok "how to see the $what" grep -q "$what" "$dir/out"
done
port=$(grep -m 1 -o '127.0.0.1:[0-9]*' "$dir/out")
ok "nothing runs on" sh -c "! pgrep -f '[j]k-capture tcp:$port'"

JK_BUILD="$build" scripts/demo >"$dir/out" 2>"$dir/err" &
demo=$!
children="$children $demo"
wait_for grep -q 'Ctrl-C' "$dir/out"
kill -TERM $demo
ok "SIGTERM ends it with 0" wait $demo
port=$(grep -m 1 -o '127.0.0.1:[0-9]*' "$dir/out")
ok "nothing runs on after that" sh -c "! pgrep -f '[j]k-capture tcp:$port'"
done_testing
