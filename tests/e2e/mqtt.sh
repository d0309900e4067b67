# Sourced by the tests of jk-mqtt, behind lib.sh: a real broker, a subscriber that records everything, and records to send.
# shellcheck shell=sh
PATH=$PATH:/usr/sbin
broker_name=127.0.0.1

# start_broker: with $dir/broker.conf, on $broker_port.  Fails if it does not come up, as when the port is taken.
start_broker() {
	: >"$dir/broker.log"
	mosquitto -c "$dir/broker.conf" -v >"$dir/broker.log" 2>&1 9>&- &
	broker=$!
	children="$children $broker"
	wait_for sh -c "grep -q 'mosquitto version .* running' '$dir/broker.log' || ! kill -0 $broker"
	kill -0 "$broker" 2>/dev/null
}

# broker LINE...: with these lines of configuration, PORT in them replaced by a free one, which is then in $broker_port.
broker() {
	tries=0
	printf '%s\n' "$@" >"$dir/broker.lines"
	while [ $tries -lt 50 ]; do
		tries=$((tries + 1))
		broker_port=$(awk -v seed="$$$tries" 'BEGIN { srand(seed); print 20000 + int(rand() * 30000) }')
		{
			echo "user root" # as who tests may be: its files are in the test's folder
			sed "s/PORT/$broker_port/" "$dir/broker.lines"
		} >"$dir/broker.conf"
		start_broker && return
	done
	echo "# no broker could be started"
	return 1
}

plain_broker() {
	broker "listener PORT 127.0.0.1" "allow_anonymous true"
}

stop_broker() {
	kill "-${1:-TERM}" "$broker"
	wait "$broker" 2>/dev/null
}

# record FILE OPTIONS...: everything that is published from now on, one line each: topic retained qos payload
recorder() {
	to=$1
	shift
	: >"$to"
	# A queue of its own, which the broker keeps while the recorder is away.
	mosquitto_sub -h "$broker_name" -p "$broker_port" -i "recorder$$" -c -q 1 --retain-as-published -V 5 -t '#' \
		-F '%t %r %q %p' "$@" >>"$to" 2>"$to.err" 9>&- &
	recorder=$!
	children="$children $recorder"
	wait_for grep -q "Sending SUBACK to recorder$$" "$dir/broker.log"
}

# feed: opens a pipe to the program's stdin as file descriptor 9.
feed() {
	[ -p "$dir/feed" ] || mkfifo "$dir/feed"
	exec 9<>"$dir/feed"
}

# mqtt OPTIONS...: jk-mqtt that reads the feed; its log in $dir/mqtt.err.
mqtt() {
	: >"$dir/mqtt.err"
	jk-mqtt "$@" <"${mqtt_input:-$dir/feed}" 9>&- 2>"$dir/mqtt.err" &
	mqtt=$!
	children="$children $mqtt"
}

# Ends its input.
end_of_feed() {
	exec 9>&-
}

# live BMS SEQUENCE [CHANNEL [SECOND LIVE RECORD: 8 cells]]: a live record; the sequence number is its runtime.
live() {
	sed -n 1p tests/golden/live.records |
		sed "s/\"bms\":1,/\"bms\":$1,/; s/\"channel\":\"[^\"]*\"/\"channel\":\"${3:-bus}\"/; s/\"total_runtime\":[0-9]*/\"total_runtime\":$2/"
}

settings() {
	sed -n 1p tests/golden/settings.records |
		sed "s/\"bms\":1,/\"bms\":$1,/; s/\"channel\":\"[^\"]*\"/\"channel\":\"${2:-bus}\"/"
}

about() {
	sed -n 1p tests/golden/about.records |
		sed "s/\"bms\":1,/\"bms\":$1,/; s/\"channel\":\"[^\"]*\"/\"channel\":\"${2:-bus}\"/"
}

# transition BMS NUMBER: an alarm record
transition() {
	printf '{"time":%d.000000,"channel":"bus","bms":%d,"type":"alarm","key":"cell_overvoltage","severity":"alarm","text":"Cell over-voltage","active":%s,"since":%d.000000,"number":%d}\n' \
		$((1763856000 + $2)) "$1" "$([ $(($2 % 2)) -eq 0 ] && echo true || echo false)" $((1763856000 + $2)) "$2"
}

event() {
	printf '{"time":1763856000.000000,"channel":"bus","bms":%s,"type":"event","event":"%s","words":"%s"}\n' "$1" "$2" "$3"
}

# seen PATTERN: in what was recorded; waits for it.
seen() {
	wait_for grep -aqE "$1" "$dir/seen" || {
		echo "not seen: $1"
		cut -c1-200 "$dir/seen" | tail -n 20
		cat "$dir/mqtt.err"
		return 1
	}
}

said() {
	wait_for grep -q -e "$1" "$dir/mqtt.err" || {
		echo "not said: $1"
		cat "$dir/mqtt.err"
		return 1
	}
}

# The last payload of a topic.
last() {
	grep -a "^$1 " "$dir/seen" | tail -n 1 | cut -d' ' -f4-
}

# Its peak of resident memory in kB.
peak() {
	awk '/^VmHWM/ { print $2 }' "/proc/$1/status"
}

# lean NAME PID KB: its memory never was more.  AddressSanitizer keeps what was freed.
lean() {
	if grep -aq __asan_init "$build/jk-mqtt"; then
		skip "$1" "not with sanitizers"
	else
		ok "$1: $(peak "$2") kB" test "$(peak "$2")" -lt "$3"
	fi
}
