# Sourced by the tests of jk-mqtt, behind lib.sh: a real broker, a subscriber that records everything, and
# records to send.
# shellcheck shell=sh disable=SC2034,SC2154 # names of lib.sh, and for who sources this
PATH=$PATH:/usr/sbin
# The keys of the BMS's alarms, in the order of their bits, and the last of them.
alarm_keys=$(awk -F '\t' '$1 == "rs485" { print $2, $5 }' common/protocol/alarms.tsv | sort -n |
	cut -d' ' -f2)
last_alarm=$(echo "$alarm_keys" | tail -n 1)
# An address of loopback that no other test has: its port is ours, too, while the broker is away.
broker_name=127.$((64 + $$ / 65536 % 64)).$(($$ / 256 % 256)).$(($$ % 256))

# start_broker: with $dir/broker.conf, on $broker_port.  Fails if it does not come up, as when the port is
# taken.
start_broker() {
	: >"$dir/broker.log"
	mosquitto -c "$dir/broker.conf" -v >"$dir/broker.log" 2>&1 9>&- &
	broker=$!
	children="$children $broker"
	wait_for sh -c "grep -q 'mosquitto version .* running' '$dir/broker.log' || ! kill -0 $broker"
	kill -0 "$broker" 2>/dev/null || {
		ended="$ended $broker" # another port is tried
		return 1
	}
}

# broker LINE...: with these lines of configuration, PORT in them replaced by a free one, which is then in
# $broker_port, and ADDRESS by $broker_name.  Below the ports that the system gives to those who ask for any.
broker() {
	tries=0
	printf '%s\n' "$@" >"$dir/broker.lines"
	while [ $tries -lt 50 ]; do
		tries=$((tries + 1))
		broker_port=$(awk -v seed="$$$tries" \
			'BEGIN { srand(seed); print 20000 + int(rand() * 12000) }')
		{
			echo "user root" # as who tests may be: its files are in the test's folder
			sed "s/PORT/$broker_port/; s/ADDRESS/$broker_name/" "$dir/broker.lines"
		} >"$dir/broker.conf"
		start_broker && return
	done
	echo "# no broker could be started"
	return 1
}

plain_broker() {
	broker "listener PORT ADDRESS" "allow_anonymous true"
}

# A broker that keeps what is retained, and the recorder's queue, over restarts and being killed.
lasting_broker() {
	broker "listener PORT ADDRESS" "allow_anonymous true" "persistence true" \
		"persistence_location $dir/" \
		"autosave_interval 1" "autosave_on_changes true" "max_queued_messages 0"
}

stop_broker() {
	kill "-${1:-TERM}" "$broker"
	wait "$broker" 2>/dev/null
}

publish() { # OPTIONS...
	timeout -k 5 60 mosquitto_pub -h "$broker_name" -p "$broker_port" -q 1 "$@"
}

# record FILE OPTIONS...: everything that is published from now on, one line each: topic retained qos payload
recorder() {
	to=$1
	shift
	: >"$to"
	# A queue of its own, which the broker keeps while the recorder is away: for hours, as mosquitto
	# 2.0.11 on 32 bits takes the default, forever, for a time that is over.
	mosquitto_sub -h "$broker_name" -p "$broker_port" -i "recorder$$" -c -x 36000 -q 1 -V 5 \
		--retain-as-published -t '#' \
		-F '%t %r %q %p' "$@" >>"$to" 2>"$to.err" 9>&- &
	recorder=$!
	children="$children $recorder"
	wait_for grep -q "Sending SUBACK to recorder$$" "$dir/broker.log"
	ended="$ended $recorder" # from here on it may, with its broker
}

# recorder_settled: the recorder has acknowledged all that a broker with autosave_on_changes has sent it, and
# that is saved.  Else a broker that is killed sends some of it again when it is back, as QoS 1 allows, and
# what was published once is recorded twice.
acknowledged_and_saved() {
	awk -v recorder="recorder$$" '
		index($0, "Sending PUBLISH to " recorder " ") { match($0, /, m[0-9]+,/)
			sent[substr($0, RSTART + 3, RLENGTH - 4)] = 1 }
		index($0, "Received PUBACK from " recorder " ") { match($0, /Mid: [0-9]+/)
			delete sent[substr($0, RSTART + 5, RLENGTH - 5)]; saved = 0 }
		/Saving in-memory database/ { saved = 1 }
		END { for (one in sent) exit 1; exit !saved }' "$dir/broker.log"
}
recorder_settled() {
	wait_for acknowledged_and_saved
	# It writes the file before it turns to another client.
	timeout -k 5 60 mosquitto_sub -h "$broker_name" -p "$broker_port" -t settled -E
}

# afresh: the recording begins anew, and nothing that was published before is in it.
marks=0
afresh() {
	marks=$((marks + 1))
	publish -t "mark/$$" -m "$marks"
	seen "^mark/$$ 0 1 $marks\$"
	: >"$dir/seen"
}

# feed: opens a pipe to the program's stdin as file descriptor 9.
feed() {
	[ -p "$dir/feed" ] || mkfifo "$dir/feed"
	exec 9<>"$dir/feed"
}

# all_read: waits until the program has read all that it was fed (FIONREAD).
all_read() {
	wait_for perl -e '$n = pack "i", -1; ioctl STDIN, 0x541B, $n or die; exit unpack("i", $n) != 0' <&9
}

# mqtt OPTIONS...: jk-mqtt that reads the feed; its log in $dir/mqtt.err.
mqtt() {
	: >"$dir/mqtt.err"
	jk-mqtt "$@" <"${mqtt_input:-$dir/feed}" 9>&- 2>"$dir/mqtt.err" &
	mqtt=$!
	children="$children $mqtt"
}

# mqtt_with_commands: jk-mqtt -c, a recorder, and all records of BMS 1.
mqtt_with_commands() {
	plain_broker
	recorder "$dir/seen"
	feed
	mqtt -i 0 -c "$dir/commands" "$broker_name:$broker_port"
	{
		live 1 1
		settings 1
		about 1
	} >&9
}

# How often jk-mqtt has connected to this broker since that was started: each time it tells all that it knows.
connections() {
	grep -c "New client connected from .* as jk-mqtt-$(printf %x "$mqtt")-" "$dir/broker.log"
}

# told TIMES PATTERN: it was recorded no oftener, but for what a further connection repeats.
told() {
	test "$(grep -acE "$2" "$dir/seen")" -lt $(($1 + $(connections)))
}

# Each reason of an outage is logged once.
once_each() {
	awk '/: connected$/ { split("", logged) }
		/; trying again$/ && logged[$0]++ { print; wrong = 1 }
		END { exit wrong }' "$dir/mqtt.err"
}
# Ends its input.
end_of_feed() {
	exec 9>&-
}

# live BMS SEQUENCE [CHANNEL [SECOND LIVE RECORD: 8 cells]]: a live record; the sequence number is its
# runtime.
live() {
	sed -n 1p tests/golden/live.records |
		sed "s/\"bms\":1,/\"bms\":$1,/; s/\"channel\":\"[^\"]*\"/\"channel\":\"${3:-bus}\"/
			s/\"total_runtime\":[0-9]*/\"total_runtime\":$2/"
}

# lives BMS FIRST LAST: many of them, one a second by their own time, as of one pack.
lives() {
	live "$1" NUMBER | awk -v first="$2" -v last="$3" '{ for (i = first; i <= last; i++) {
		line = $0
		sub(/"time":[0-9]*/, "\"time\":" 1763856000 + i, line)
		sub(/NUMBER/, i, line)
		print line
	} }'
}

settings() {
	sed -n 1p tests/golden/settings.records |
		sed "s/\"bms\":1,/\"bms\":$1,/; s/\"channel\":\"[^\"]*\"/\"channel\":\"${2:-bus}\"/"
}

about() {
	sed -n 1p tests/golden/about.records |
		sed "s/\"bms\":1,/\"bms\":$1,/; s/\"channel\":\"[^\"]*\"/\"channel\":\"${2:-bus}\"/"
}

# named NAME [LABEL]: records on stdin with the names that jk-decode -m gives them.
named() {
	sed "s/\"bms\":[0-9]*,/&\"pack\":\"$1\",${2:+\"label\":\"$2\",}/"
}

# settled COMMAND...: its records as often as it takes until another pack is believed to have that address.
settled() {
	for time in 1 2 3 4; do
		"$@"
	done
}

# A live record of BMS 1 with eight cells: that of the golden file's second device.
eight_cells() {
	sed -n '/"bms":2,/p' tests/golden/live.records | sed -n 1p |
		sed 's/"bms":2,/"bms":1,/; s/"channel":"[^"]*"/"channel":"bus"/'
}

# transition BMS NUMBER: an alarm record
transition() {
	printf '{"time":%d.000000,"channel":"bus","bms":%d,"type":"alarm","key":"cell_overvoltage","severity":"alarm","text":"Cell over-voltage","active":%s,"since":%d.000000,"number":%d}\n' \
		$((1763856000 + $2)) "$1" "$([ $(($2 % 2)) -eq 0 ] && echo true || echo false)" \
		$((1763856000 + $2)) "$2"
}

event() {
	printf '{"time":1763856000.000000,"channel":"bus","bms":%s,"type":"event","event":"%s","words":"%s"}\n' "$1" "$2" "$3"
}

# seen PATTERN: in what was recorded; waits for it.
seen() {
	waits grep -aqE "$1" "$dir/seen" || {
		{
			cut -c1-200 "$dir/seen" | tail -n 20
			cat "$dir/mqtt.err"
		} | sed 's/^/# /'
		cannot_go_on "$1 is published"
	}
}

said() {
	waits grep -q -e "$1" "$dir/mqtt.err" || {
		sed 's/^/# /' "$dir/mqtt.err"
		cannot_go_on "jk-mqtt reports: $1"
	}
}

# The last payload of a topic.
last() {
	grep -a "^$1 " "$dir/seen" | tail -n 1 | cut -d' ' -f4-
}

# last_is TOPIC FILTER: the filter of jq is true for the last payload of a topic.  Of no payload at all `jq -e`
# would be content.
last_is() {
	last "$1" | jq -ne "input | $2" >/dev/null
}

# last_lacks BEGINNING PATTERN: there are messages that begin so, topic and all, and the last of them does not
# match.
last_lacks() {
	grep -a "^$1" "$dir/seen" | tail -n 1 >"$dir/last"
	test -s "$dir/last" && lacks -a -e "$2" "$dir/last"
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

# Discovery: the message of BMS 1, one of its components, and whether all that was told is sound by the rules
# of discovery.pl.
config=homeassistant/device/jk_bms_1/config
component() {
	discovered | jq -c --arg c "$1" '.components[$c]'
}
# discovered [TOPIC]: the last discovery message, with long keys instead of Home Assistant's abbreviations.
discovered() {
	last "${1:-$config}" | tests/e2e/discovery.pl long
}
sound() {
	# The messages of another form are from the part of the test before.
	grep -v "^homeassistant/${2:-nothing}/" "$dir/seen" >"$dir/seen.sound"
	ok "$1: no complaint" tests/e2e/discovery.pl recording "$dir/seen.sound"
}
