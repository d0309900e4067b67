#!/bin/sh
# What people type wrong: a message that names it, and the exit status.
. tests/e2e/lib.sh

# wrong STATUS PATTERN COMMAND...
wrong() {
	want=$1 pattern=$2
	shift 2
	run "$@" </dev/null
	ok "$*: exit $want" equals "$status" "$want"
	ok "$*: says why" grep -q -e "$pattern" "$dir/err"
	ok "$*: stdout is left alone" test ! -s "$dir/out"
}

wrong 100 'no SOURCE' jk-capture
wrong 100 'more than one SOURCE' jk-capture - -
wrong 100 'ttyUSB0: no such source' jk-capture ttyUSB0
wrong 100 'nonsense:1: no such source' jk-capture nonsense:1
for source in can: can:,500000 can:a/b can:a:b can:abcdefghijklmnop 'can:a b'; do
	wrong 100 "$source: a CAN interface is given as" jk-capture "$source"
done
for source in 'can:can0,' can:can0,fast can:can0,0 can:can0,1000001 can:can0,-1 can:can0,5,5 \
	can:can0,123; do
	wrong 100 "$source: the bit rate is a number" jk-capture "$source"
done
for option in '-a 1' '--poll 1' '-x fifo' '--requests fifo' '-a 1 -x fifo'; do
	# shellcheck disable=SC2086 # words
	wrong 100 'can:can0: nothing is ever transmitted on CAN' jk-capture $option can:can0
done
wrong 100 '--only 12: addresses are numbers from 0 to 11' jk-capture --only 12 can:can0
wrong 100 '--only 0-12: a range goes from' jk-capture --only 0-12 can:can0
wrong 100 '--only 1,1: address 1 is given twice' jk-capture --only 1,1 can:can0
for option in '--only 0' --inverter --all; do
	# shellcheck disable=SC2086 # words
	wrong 100 '-: --only, --inverter and --all are for a source can:IFACE' jk-capture $option -
done
wrong 100 '--all: this shows all frames' jk-capture --all --only 1 can:can0
wrong 100 '--all: this shows all frames' jk-capture --all --inverter can:can0
# Where the kernel has no CAN.
if ! perl -MSocket -e 'socket my $s, 29, SOCK_RAW, 1 or exit 1'; then
	wrong 100 'can:can0: this kernel has no CAN (AF_CAN)' jk-capture can:can0
	wrong 100 'can:can0,500000: this kernel has no CAN (AF_CAN)' jk-capture can:can0,500000
fi
wrong 100 "unrecognized option '--pole'" jk-capture --pole -
wrong 100 "invalid option -- 'z'" jk-capture -z -
wrong 100 'tcp:host: a gateway is given as' jk-capture tcp:host
wrong 100 'tcp::5000: a gateway is given as' jk-capture tcp::5000
wrong 100 'the port is a number' jk-capture tcp:host:0
wrong 100 'the port is a number' jk-capture tcp:host:65536
wrong 100 'the port is a number' jk-capture tcp:host:http
for source in http://host:80 ws://host:80 udp://host:1 can://can0 serial:///dev/ttyUSB0 file:///var/log/x \
	tcps://host:1 mqtt://host; do
	wrong 100 "$source: no such source: .*tcp:HOST:PORT or tcp://HOST:PORT" jk-capture "$source"
	[ "$source" = mqtt://host ] || wrong 100 "$source: no such broker: .*mqtt://HOST" jk-mqtt "$source"
done
wrong 100 'tcp://host:1: no such broker' jk-mqtt tcp://host:1
for source in tcp: tcp:// tcp:/// tcp://host tcp://host/ tcp://:5000 tcp://host/path:1 tcp://host:1// \
	'tcp://host?:1'; do
	wrong 100 "$source: a gateway is given as" jk-capture "$source"
done
wrong 100 'the port is a number' jk-capture tcp://host:
for broker in mqtt:// mqtt:/// mqtt://host// mqtt://host/jk mqtt://:1883 host/; do
	wrong 100 "$broker: a broker is given as" jk-mqtt "$broker"
done
wrong 100 'the port is a number' jk-mqtt mqtt://host:
wrong 100 'mqtts:// needs --cafile' jk-mqtt mqtts://host
# What is written as user and password is in no message.
for source in tcp://user:Secret1@host:5000 tcp:user:Secret1@host:5000 http://user:Secret1@host \
	user:Secret1@host:5000; do
	wrong 100 '^jk-capture: host[:0-9]*: ' jk-capture "$source"
	ok "no password in it" lacks 'Secret1' "$dir/err"
done
for broker in mqtt://user:Secret1@host user:Secret1@host:1883 http://user:Secret1@host Secret1@host; do
	wrong 100 '^jk-mqtt: host[:0-9]*: a user is given with -u' jk-mqtt "$broker"
	ok "no password in it" lacks 'Secret1' "$dir/err"
done
wrong 100 'the factor' jk-capture file:log,fast
wrong 100 'the factor' jk-capture file:log,-1
wrong 100 'a recording is given as' jk-capture file:
wrong 100 '-s 0: not a number of seconds from 1 to 86400' jk-capture --silence 0 -
wrong 100 '-s long: not a number of seconds' jk-capture -s long -
wrong 100 '-n a b: a name has' jk-capture -n 'a b' -
wrong 100 'a name has 1 to 31' jk-capture -n 12345678901234567890123456789012 -
wrong 100 '-d 99: this file descriptor is not open' jk-capture -d 99 -
wrong 100 '-d x: not a file descriptor' jk-capture -d x -
wrong 111 'cannot open /nonexistent/log: No such file' jk-capture file:/nonexistent/log
wrong 111 'cannot read /: Is a directory' jk-capture file:/
wrong 100 'no such key: volts' jk-decode -k total_voltage,volts
wrong 100 'no such key: soc (near: state_of_charge[,)]' jk-decode -k total_voltage,soc
wrong 100 'no such key: total_volage (near: total_voltage[,)]' jk-decode -o csv -k total_volage
wrong 100 'no such key: qwertz (--fields prints all)' jk-decode -k qwertz
printf 'soc < 15 warning\n' >"$dir/rules"
wrong 100 "$dir/rules:1:1: no such key: soc (near: state_of_charge[,)]" jk-alarm -r "$dir/rules"
# Keys that are computed are in the table, too.
ok "--fields has computed keys" sh -c "jk-decode --fields | cut -f 1,7 | grep -qx 'live	delta_cell_voltage'"
wrong 100 'empty key' jk-decode -k total_voltage,
wrong 100 'no such key: device_passcode' jk-decode -k device_passcode
wrong 100 "option '--all' doesn't allow an argument" jk-decode --all=keys
wrong 100 'no such type: dead' jk-decode -t dead
wrong 100 'csv has no columns for this type: event' jk-decode -o csv -t event
wrong 100 '-o influx: it is for values' jk-query -o influx packs
wrong 100 '-o xml: the output format is json, csv, influx or prometheus' jk-decode -o xml
wrong 100 'records of this type have none of these keys' jk-decode -t about -k total_voltage
wrong 100 'only with -t inverter: charge_voltage_limit' jk-decode -k charge_voltage_limit
wrong 100 'only with -t settings: cell_count' jk-decode -o csv -k cell_count
wrong 100 'only with -t can or -t inverter: max_temperature' jk-decode -o csv -k max_temperature
wrong 100 'records of this type have none of these keys' jk-decode -t can -k charge_voltage_limit
wrong 100 "unrecognized option '--frobnicate'" jk-decode --frobnicate
wrong 100 "option requires an argument -- 'm'" jk-decode -m
wrong 100 'cannot open /nonexistent/map: No such file' jk-decode -m /nonexistent/map
wrong 100 'cannot read /: Is a directory' jk-decode -m /
printf '# names\n1 a\n\n  1 b\n' >"$dir/map"
wrong 100 "$dir/map:4:3: this address has a name already" jk-decode -m "$dir/map"
wrong 100 "$dir/map:4:3: this address has a name already" jk-decode -o csv --map "$dir/map"
printf '1 a "A"\nx:1 b "B"\ny:1 a "ä" # c' >"$dir/map"
wrong 100 "$dir/map:3:7: this name has another label already" jk-decode -m "$dir/map"
printf '1 a # %01024d\n' 1 >"$dir/map"
wrong 100 "$dir/map:1:1: the line is too long" jk-decode -m "$dir/map"
wrong 100 'no such key: pack' jk-decode -k pack
wrong 111 'cannot open /nonexistent/x: No such file' jk-decode /nonexistent/x
wrong 111 '/: Is a directory' jk-decode /
# A name is shown in one line, and nothing in it is a command to a terminal.
for character in '\033' '\302\233' '\n'; do
	# shellcheck disable=SC2059 # an escape of printf
	path=$(printf "/nonexistent/${character}[2J")
	for program in jk-decode jk-alarm; do
		run $program "$path"
		ok "a name with a control character: $program" grep -qx \
			"$program: cannot open /nonexistent/?\[2J: No such file or directory" "$dir/err"
	done
done
wrong 100 'no BROKER' jk-mqtt
wrong 100 'more than one BROKER' jk-mqtt a b
wrong 100 'the port is a number' jk-mqtt host:0
wrong 100 'the port is a number' jk-mqtt host:65536
wrong 100 'the port is a number' jk-mqtt '[::1]:x'
wrong 100 'a broker is given as' jk-mqtt '[::1'
wrong 100 'a broker is given as' jk-mqtt ''
wrong 100 'seconds from 0 to 3600' jk-mqtt -i soon host
wrong 100 'seconds from 0 to 3600' jk-mqtt -i -1 host
wrong 100 'seconds from 1 to 86400' jk-mqtt -t 0 host
wrong 100 'seconds from 1 to 3600' jk-mqtt -w 0 host
wrong 100 'forget needs at least one name' jk-mqtt --forget host
wrong 100 '--forget bridge: no name of a pack' jk-mqtt --forget north bridge host
wrong 100 '--forget a/b: no name of a pack' jk-mqtt --forget a/b host
wrong 100 '--cell-step 0: millivolts from 1 to 1000' jk-mqtt --cell-step 0 host
wrong 100 '--cell-step 5mV: millivolts' jk-mqtt --cell-step 5mV host
wrong 100 '--max-age 0: seconds from 1 to 86400' jk-mqtt --max-age 0 host
wrong 100 '--max-age old: seconds from 1 to 86400' jk-mqtt --max-age old host
wrong 100 'a prefix has' jk-mqtt -p 'a#' host
wrong 100 'a prefix has' jk-mqtt -D /a host
wrong 100 'it is device or component' jk-mqtt --discovery both host
wrong 100 'it is jk or addon' jk-mqtt --layout other host
wrong 100 '-k: each value has a topic' jk-mqtt --layout addon -k host
wrong 100 '--cafile /nonexistent/ca: No such file' jk-mqtt --cafile /nonexistent/ca host
wrong 100 '--cafile README.md: no certificate or key' jk-mqtt --cafile README.md host
wrong 100 '-P /nonexistent/p: No such file' jk-mqtt -u a -P /nonexistent/p host
wrong 100 '-P /: this is a directory' jk-mqtt -u a -P / host
printf 'secret\n' >"$dir/secret"
chmod 644 "$dir/secret"
wrong 100 'everybody may read' jk-mqtt -u a -P "$dir/secret" host
chmod 600 "$dir/secret"
wrong 100 'a password needs a user' jk-mqtt -P "$dir/secret" host
: >"$dir/secret"
wrong 100 'its first line is empty' jk-mqtt -u a -P "$dir/secret" host
printf -- '-----BEGIN CERTIFICATE-----\n' >"$dir/pem"
wrong 100 '--cert needs --key' jk-mqtt --cafile "$dir/pem" --cert "$dir/pem" host
wrong 100 '--key needs --cert' jk-mqtt --key "$dir/pem" host
wrong 100 '--cert needs --cafile' jk-mqtt --cert "$dir/pem" --key "$dir/pem" host
wrong 100 '-c README.md: not a FIFO' jk-mqtt -c README.md host
wrong 100 '-m map: names are given to jk-decode -m' jk-mqtt -m map host
wrong 100 '-m map: names are given to jk-decode -m' jk-mqtt --map map host
wrong 100 '-r /nonexistent/rules: cannot read the rules: No such file' jk-alarm -r /nonexistent/rules
wrong 100 '-r /: cannot read the rules: Is a directory' jk-alarm -r /
wrong 100 '-s /: not a file' jk-alarm -s /
wrong 100 'no such file\|No such file' jk-alarm --expect /nonexistent/map
wrong 100 "option '--status' requires an argument" jk-alarm --status
wrong 100 '--spare x: it is for -s, which is not given' jk-alarm --spare x
wrong 100 '--spare x: it is for -s, which is not given' jk-bank --spare x
wrong 100 "option '--status' requires an argument" jk-mqtt --status
wrong 100 '-d x: not a file descriptor' jk-alarm -d x
wrong 100 "option requires an argument -- 'r'" jk-alarm -r
wrong 100 "unrecognized option '--frobnicate'" jk-alarm --frobnicate
wrong 111 'cannot open /nonexistent/x: No such file' jk-alarm /nonexistent/x
wrong 111 '/: Is a directory' jk-alarm /

wrong 100 'no -c FIFO given' jk-write
wrong 100 'no -x FIFO given' jk-write -c cmd
wrong 100 'x: no such argument' jk-write -c cmd -n x
wrong 100 "unrecognized option '--fast'" jk-write --fast
wrong 100 '--per-second 0: not a number of 1 to 100' jk-write --per-second 0
wrong 100 '--per-day many: not a number of 1 to 100000' jk-write --per-day many
wrong 100 '-x a b=f: a channel has' jk-write -x 'a b=f'
wrong 100 '-d 99: this file descriptor is not open' jk-write -d 99
wrong 100 'three words are needed' jk-set 1 charging_switch
wrong 100 'one word each, without blanks' jk-set 1 charging_switch 'o n'
wrong 100 '-t soon: not a number' jk-set -t soon 1 charging_switch on
wrong 100 '-t 0: not a number' jk-set -t 0 1 charging_switch on
wrong 100 "'#1': a BMS is an address" jk-set '#1' charging_switch on
wrong 100 "'1,': a list is PACK,PACK..." jk-set 1, charging_switch on
wrong 100 'three words are needed' jk-profile save file
wrong 100 'keep: the commands are save, diff and apply' jk-profile keep file 1
wrong 100 '-t soon: not a number' jk-profile -t soon save file 1
wrong 100 '/nonexistent/x: cannot be read' jk-profile diff /nonexistent/x ./y
wrong 111 'no such FIFO' jk-profile -c /nonexistent/x save file 1
wrong 111 'no such FIFO' jk-set -c /nonexistent/x 1 charging_switch on

wrong 100 'no VERB' jk-service
wrong 100 'start: no such verb' jk-service start
wrong 100 '-f needs a FILE' jk-service -f
wrong 100 'check: too many words' jk-service check more
wrong 100 '/nonexistent: there is no such file; jk-find --conf' jk-service -f /nonexistent check
wrong 100 '/: this is a directory' jk-service --file=/ check

wrong 100 '/: neither a FIFO, a file nor a device' jk-tee /
wrong 100 "unrecognized option '--append'" jk-tee --append x
wrong 100 '-d 99: this file descriptor is not open' jk-tee -d 99 x
wrong 100 'no PROGRAM is given' jk-notify
wrong 100 '/nonexistent: cannot be run: No such file' jk-notify /nonexistent
wrong 100 '/: cannot be run: not a file' jk-notify /
wrong 100 'README.md: cannot be run: Permission denied' jk-notify ./README.md
wrong 100 "unrecognized option '--mail'" jk-notify --mail x
wrong 100 '-d 99: this file descriptor is not open' jk-notify -d 99 true
wrong 100 '-m x: not a number of days, 0 to 36500' jk-history -m x
wrong 100 '-r -1: not a number of days, 0 to 36500' jk-history -r -1
wrong 100 '-d 99: this file descriptor is not open' jk-history -d 99
wrong 100 "unrecognized option '--days'" jk-history --days 1
wrong 100 '-o xml: the output format is json, csv, influx or prometheus' jk-format -o xml
wrong 100 '-f: it is for -o prometheus' jk-format -f "$dir/prom" -o influx
wrong 100 '-u: it is for -o influx' jk-format -u http://x/ -o csv
wrong 100 '-f and -u: it is one of both' jk-format -f "$dir/prom" -u http://x/
wrong 100 '-u tcp://x: it begins with http:// or https://' jk-format -u tcp://x
wrong 100 '-u: a blank or a control character' jk-format -u 'http://x/ y'
wrong 100 '-e 0: not a number of seconds, 1 to 3600' jk-format -u http://x/ -e 0
wrong 100 '-e: without -f and -u' jk-format -e 5
wrong 100 '-g x: not a number of seconds, 1 to 86400' jk-format --gone x
wrong 100 '-g: without -f' jk-format -u http://x/ -g 5
wrong 100 '-b 2000: not a number of megabytes, 1 to 1024' jk-format --buffer 2000
wrong 100 '-b: without -u' jk-format -b 5
wrong 100 '-c /nonexistent/x: cannot be read' jk-format -u http://x/ --curl /nonexistent/x
wrong 100 '-t live,can: csv holds one type' jk-format -o csv -t live,can
wrong 100 '-d 99: this file descriptor is not open' jk-format -d 99
wrong 111 'cannot open /nonexistent/x: No such file' jk-format /nonexistent/x
wrong 111 'cannot open /nonexistent/x: No such file' jk-history -f "$dir/history" /nonexistent/x
wrong 100 '/nonexistent/x: No such file' jk-query -f /nonexistent/x
wrong 100 'option requires an argument' jk-query -f
wrong 100 'README.md: not a file of jk-history' jk-query -f README.md
wrong 100 '--from soon: no time; such as today' jk-query -f "$dir/history" --from soon
wrong 100 '--to yesterday: not after --from' jk-query -f "$dir/history" --from today --to yesterday
wrong 100 '--every 2h: it is 1m, 15m, 1h or 1d' jk-query -f "$dir/history" --every 2h
wrong 100 '--keys soc: no such key in the history of a pack; near ones: state_of_charge' \
	jk-query -f "$dir/history" --keys soc
wrong 100 '--keys stored_wh: it is not kept of a pack' jk-query -f "$dir/history" --keys stored_wh
wrong 100 '--keys ,: no key' jk-query -f "$dir/history" --keys ,
wrong 100 '--pack x: there is none' jk-query -f "$dir/history" --pack x
wrong 100 '--bank x: with --pack' jk-query -f "$dir/history" --pack x --bank x
wrong 100 'winters: no such list; there are alarms, settings, energy, packs or banks' jk-query winters
wrong 100 'packs: one list at a time' jk-query alarms packs
wrong 100 '-o xml: no such format; there are table, json, csv, influx or prometheus' jk-query -o xml
wrong 100 '-o prometheus: it is for values' jk-query -o prometheus packs
wrong 100 'no KIND is given' jk-plot -o x.svg
wrong 100 'month: no such picture' jk-plot -o x.svg month
wrong 100 'no FILE is given' jk-plot day
wrong 100 '-o x.gif: expected FILE.svg, FILE.png or -' jk-plot -o x.gif day
wrong 100 '--at soon: no day' jk-plot --at soon -o x.svg day
wrong 100 '--pack: nothing behind it' jk-plot --pack
wrong 100 '-x: no such option' jk-plot -x
wrong 100 '-b =a: the name of a bank has 1 to 26 characters' jk-bank -b =a
wrong 100 '-b a/b=c: a name has letters, digits, _ and -' jk-bank -b a/b=c
wrong 100 '-b a=: a bank has packs' jk-bank -b a=
wrong 100 '-b a=2: this bank is given twice' jk-bank -b a=1 -b a=2
wrong 100 '-s /: not a file' jk-bank -s /
wrong 100 '-d 99: this file descriptor is not open' jk-bank -d 99
wrong 111 'cannot open /nonexistent/x: No such file' jk-bank /nonexistent/x
wrong 100 '-p and -D are both x' jk-mqtt -p x -D x localhost
wrong 100 '--frobnicate: no such option' jk-dashboard --frobnicate
wrong 100 '-x: no such option' jk-dashboard -x
wrong 100 'b: more than one BROKER' jk-dashboard a b
wrong 100 '--title needs a value' jk-dashboard --title
wrong 100 '--title: its value is empty' jk-dashboard --title= host
wrong 100 'host:0: the port is a number from 1 to 65535' jk-dashboard host:0
wrong 100 'host:: the port is a number from 1 to 65535' jk-dashboard host:
wrong 100 'host:65536: the port is a number from 1 to 65535' jk-dashboard host:65536
wrong 100 'http://host: a broker is given as' jk-dashboard http://host
wrong 100 'the user is given with -u' jk-dashboard mqtt://a:b@host
wrong 100 'mqtts:// needs --cafile' jk-dashboard mqtts://host
wrong 100 '/nonexistent/ca: there is no such file' jk-dashboard --cafile /nonexistent/ca host
wrong 100 '-P /nonexistent/p: there is no such file' jk-dashboard -P /nonexistent/p host
wrong 100 '-P /: this is a directory' jk-dashboard -u a -P / host
wrong 100 'a password needs a user' env JK_MQTT_PASSWORD=x jk-dashboard host
wrong 100 '/nonexistent does not exist' jk-dashboard -f /nonexistent
wrong 100 '-w 0: seconds from 1 to 999' jk-dashboard -w 0 host
wrong 100 '--layout other: it is jk or addon' jk-dashboard --layout other host
wrong 100 'a#: a prefix has none of' jk-dashboard -p 'a#' host
wrong 100 '--path home: a hyphen must be in it' jk-dashboard --path home host
wrong 100 '--path a/b: it has small letters' jk-dashboard --path a/b host
wrong 100 '--install needs --token-file FILE' jk-dashboard --install http://host host
wrong 100 '--token-file needs --install URL' jk-dashboard --token-file /nonexistent host
wrong 100 '--install ftp://host: it is http' jk-dashboard --install ftp://host host
wrong 100 '--card prints cards' jk-dashboard --card --install http://host --token-file x host
wrong 100 '--token-file /nonexistent/t: there is no such file' \
	jk-dashboard --install http://host --token-file /nonexistent/t host
printf 'a b\n' >"$dir/token"
chmod 600 "$dir/token"
wrong 100 'this is no token of Home Assistant' jk-dashboard --install http://host --token-file "$dir/token" host
wrong 111 '127.0.0.1:1: Connection refused' jk-dashboard 127.0.0.1:1
for program in $programs; do
	run $program -h
	ok "$program -h" equals "$status" 0
	ok "$program -h prints usage on stdout" grep -q "^usage: $program" "$dir/out"
	ok "$program -h: 80 columns at most" lacks -E '.{81}' "$dir/out"
	run $program --version
	ok "$program --version" grep -qE "^$program [0-9]+\.[0-9]+\.[0-9]+$" "$dir/out"
	run sh -c "$program -h >/dev/full"
	ok "$program -h on a full disk" equals "$status" 111
done
# The version is also printed where the programs are missing, and nothing is started for it.
mkdir "$dir/empty"
version=$(sed -n 's/.*JK_VERSION "\(.*\)"/\1/p' common/version.h)
make -s install BUILD="$build" DESTDIR="$dir/root" PREFIX= >/dev/null 2>&1
for script in jk-dashboard jk-find jk-health jk-profile jk-replay jk-report jk-service jk-set jk-table demo setup; do
	for option in -V --version; do
		for path in scripts "$dir/root/bin"; do
			[ -e "$path/$script" ] || continue
			run env PATH="$dir/empty" JK_BUILD=/nonexistent \
				"$(head -n 1 "$path/$script" | cut -c3-)" "$path/$script" $option
			ok "$path/$script $option" equals "$status $(cat "$dir/out" "$dir/err")" \
				"0 $script $version"
		done
	done
	run "scripts/$script" --frobnicate
	ok "$script --frobnicate: wrong usage" equals "$status" 100
done
for script in demo setup; do
	run "scripts/$script" -h
	ok "$script -h" equals "$status $(grep -c -e --version "$dir/out")" "0 1"
done
for script in jk-dashboard jk-find jk-health jk-profile jk-replay jk-report jk-service jk-set jk-table jk-sim; do
	run $script -h
	ok "$script -h" equals "$status" 0
	ok "$script -h prints usage on stdout" grep -q "$script" "$dir/out"
	ok "$script -h: 80 columns at most" lacks -E '.{81}' "$dir/out"
done
done_testing
