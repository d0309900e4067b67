#!/bin/sh
# Polling: packs that are dead, die and come back; masters and other clients.
. tests/e2e/lib.sh

# Dead from the start, dying, coming back
sim --speed 1 --silence 2 --silence 3@USR1 1:16 2:16 3:16
capture -a 1-3 -i 0.5 "tcp:127.0.0.1:$port"
ok "a silent pack is reported" heard '!timeout 02 live'
heard ' 03#55AAEB9003'
switch_sim
timeouts=$(count_of '!timeout 03')
ok "so is one that dies" heard_times $((timeouts + 3)) '!timeout 03'
frames=$(count_of ' 01#55AAEB9002')
ok "the living one is asked on" heard_times $((frames + 6)) ' 01#55AAEB9002'
told=$(count_of ' 03#55AAEB9003')
switch_sim
ok "it comes back, and tells again what it is" heard_times $((told + 1)) ' 03#55AAEB9003'
ok "stops" stop_capture
stop_sim

# A gateway that pauses twice in each answer
sim --speed 1 --segment 120 --segment-delay 400 1:16 2:16
capture -a 1-2 -i 2 -w 2000 "tcp:127.0.0.1:$port" # what pauses here is a gateway, not this machine
ok "a gateway that pauses is waited for" heard_times 2 ' 01#55AAEB9002'
ok "by all" heard_times 2 ' 02#55AAEB9002'
ok "and none is asked in vain" equals "$(count_of ' !\(junk\|orphan\|timeout\) ')" 0
ok "stops" stop_capture
stop_sim

# A master from the start; one that comes later
sim --speed 1 --master 1:16
capture -a 1-2 "tcp:127.0.0.1:$port"
ok "a master on the bus is noticed" heard ' !mode listen master$'
ok "and its frames are recorded" heard ' 00#55AAEB9002'
ok "nothing is transmitted" disturbs_nobody
ok "stops" stop_capture
stop_sim
sim --speed 1 --master-at USR1 --log "$dir/log" 1:16
capture -a 1 -i 0.4 "tcp:127.0.0.1:$port"
ok "it polls" heard ' 01#55AAEB9002'
said_polling() { grep -qx "jk-capture: 127.0.0.1: polling addresses 1 every 0.4 s on tcp:127.0.0.1:$port" \
	"$dir/capture.err"; }
ok "which is logged" said_polling
switch_sim
ok "until a master comes" heard ' !mode listen master$'
ok "who is recorded" heard ' 00#55AAEB9002'
sed '1,/!mode listen master/d' "$dir/frames" >"$dir/after"
ok "nothing is transmitted after that" lacks ' T$' "$dir/after"
ok "which is logged, too" grep -qx \
	"jk-capture: 127.0.0.1: listening on tcp:127.0.0.1:$port: another master is on the bus" \
	"$dir/capture.err"
ok "and nothing else" equals "$(wc -l <"$dir/capture.err")" 2
ok "stops" stop_capture
stop_sim

# Two of our own on one bus: one of them yields, and hears what the other asks for
sim --speed 1 --poller-at USR1 1:16 2:16
capture -a 1-2 -i 0.4 "tcp:127.0.0.1:$port"
heard ' 02#55AAEB9002'
switch_sim
ok "another client that polls is noticed" heard ' !mode listen master$'
frames=$(count_of ' 02#55AAEB9002')
ok "what it asks for is recorded" heard_times $((frames + 3)) ' 02#55AAEB9002'
ok "stops" stop_capture
stop_sim
done_testing
