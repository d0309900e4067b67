#!/bin/sh
# jk-mqtt that was stopped, or whose machine stood still: no pack is offline for that, and nothing old is
# published as current.  What is really silent is offline.  A real broker; the records have the system's time.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

plain_broker
# What is published from now on, with the time at which it came before it.
: >"$dir/seen"
mosquitto_sub -h "$broker_name" -p "$broker_port" -i "recorder$$" -q 1 -t '#' -F '%U %t %r %p' \
	>"$dir/seen" 2>"$dir/sub.err" 9>&- &
children="$children $!"
wait_for grep -q "Sending SUBACK to recorder$$" "$dir/broker.log"

feed
# Records that come within five seconds are one burst: the limit is longer.
limit=6 age=2
mqtt -t $limit --max-age $age -i 1 -k "$broker_name:$broker_port"
tests/e2e/feeder.pl .1 "$dir/feeder.log" "$(live 1 1)" "$(live 2 1)" >"$dir/feed" 9>&- &
feeder=$!
children="$children $feeder"
seen '^[0-9.]+ jk/bms_1/availability . online$'
seen '^[0-9.]+ jk/bms_2/availability . online$'

offline() { # BMS
	grep -aqE "^[0-9.]+ jk/bms_$1/availability . offline\$" "$dir/seen"
}
never_offline() {
	lacks -aE "^[0-9.]+ jk/bms_[$1]/availability . offline\$" "$dir/seen"
}
number_of() { # PATTERN FILE
	grep -ac "$1" "$2"
}
more() { # TIMES PATTERN FILE
	wait_for sh -c "[ \$(grep -ac '$2' '$3') -ge $(($1 + $(number_of "$2" "$3"))) ]"
}
# A message that the broker passed on when its values were older than this; a second for the way there.
recent() { # SECONDS
	awk -v most=$(($1 + 1)) '$2 ~ /^jk\/bms_[0-9]+\/live$/ && match($0, /"time":[0-9.]+/) {
		age = $1 - substr($0, RSTART + 7, RLENGTH - 7)
		count++
		if (age > most) { print "of " age " s ago: " substr($0, 1, 80); old = 1 }
	} END { exit old || count < 10 }' "$dir/seen"
}

# The pipe before jk-mqtt has no room for a record.
pipe_full() {
	perl -e 'vec($to, 0, 1) = 1; exit(select(undef, $to, undef, 0) != 0)' <&9
}

# ---- jk-mqtt alone is stopped: the pipe runs full, and the broker gives it up ----
# The records of pack 2 have no room in it, so that they come after a moment only.
kill -STOP "$mqtt"
kill -USR1 "$feeder"
wait_for pipe_full
kill -USR1 "$feeder"
wait_for grep -q 'has exceeded timeout' "$dir/broker.log"
kill -CONT "$mqtt"
more 20 . "$dir/feeder.log"
more 5 ' jk/bms_1/live ' "$dir/seen"
ok "stopped until the broker has given it up: no pack was offline" never_offline 12
ok "nothing old was published" recent $age
ok "what was too old is reported" said 'older than --max-age'

# ---- all of the machine stands still ----
kill -STOP "$feeder" && kill -STOP "$mqtt"
until_uptime $(($(uptime) + limit + 2))
kill -CONT "$mqtt"
until_uptime $(($(uptime) + 2)) # there is nothing to be read: what was due is due now
kill -CONT "$feeder"
more 5 ' jk/bms_1/live ' "$dir/seen"
ok "the machine stood still: no pack was offline" never_offline 12

# ---- one of them is silent ----
kill -USR1 "$feeder"
ok "a pack that is silent is offline" waits offline 2
ok "the other one is not" never_offline 1
kill -USR1 "$feeder"

# ---- what is old goes out if it is a change ----
live 3 1 >"$dir/feed"
transition 3 2 >"$dir/feed"
seen ' jk/bms_3/alarm '
ok "an old transition goes out, and stands in the list" waits grep -aqE ' jk/bms_3/alarms . .*"count":1' \
	"$dir/seen"
ok "an old value does not" lacks -aE ' jk/bms_3/(live|availability|total_voltage) ' "$dir/seen"
kill "$feeder"
end_of_feed
done_testing
