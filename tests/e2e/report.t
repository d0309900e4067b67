#!/bin/sh
# jk-report: nothing private is in it, in whatever state the service is, and what helps is.
. tests/e2e/lib.sh

log=$dir/state/log
mkdir -p "$dir/etc-of-peter" "$dir/run/status" "$log/capture-Gartenhaus" "$log/mqtt" "$dir/Archiv-Meier"
printf 'Tr0ub4dor&3\n' >"$dir/etc-of-peter/password"
cat >"$dir/etc-of-peter/jk.conf" <<END
# the shed of Hannelore Meier, 12 Elm Street
bus Gartenhaus /dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A10KZP45-if00-port0 poll 1-4 interval 5
bus roof-east tcp:gateway-meier.fritz.box:5000 listen
bus attic tcp:192.168.178.55:8899
bus can can:can0,250000                      # call +49 30 901820
bus live serial:/dev/ttyUSB7,115200
pack Gartenhaus:1 hannelore "Akku Hannelore \\"alt\\""
pack Gartenhaus:2 nordpol "Nord 2"
pack can:3 live-pack
broker mqtt.meier.example:8883 user hmeier password-file $dir/etc-of-peter/password prefix meierhome
broker localhost:1883
record $dir/Archiv-Meier keep 10M
notify /home/hmeier/bin/tell-hannelore
run $dir/run
state $dir/state
END
cat >"$dir/private" <<END
Gartenhaus
roof-east
attic
gateway-meier
fritz.box
192.168.178.55
192.168.178.77
A10KZP45
hannelore
Elm Street
901820
Akku
nordpol
Nord 2
live-pack
mqtt.meier
meier.example
hmeier
Tr0ub4dor
meierhome
Archiv-Meier
tell-
etc-of-peter
2a02:8108
3c:22:fb
$(uname -n)
END
now=$(date +%s)
jk-sim -o "$dir/raw" --log "$dir/log" --seed 3 --duration 60 1:16 2:8:19 3:15:14
jk-capture -n Gartenhaus - <"$dir/raw" >"$dir/Archiv-Meier/current" 2>/dev/null
{
	echo "($now.000000) roof-east !open tcp:gateway-meier.fritz.box:5000"
	echo "($now.000000) attic !close cannot connect to 192.168.178.55: Connection refused"
	echo "# a comment of Hannelore"
	echo "($now.000000) can 2F4#1302B20F51000000"
} >>"$dir/Archiv-Meier/current"
at='2026-11-25 18:00:00.000000000 '
cat >"$log/capture-Gartenhaus/current" <<END
$at jk-capture: Gartenhaus: cannot open /dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A10KZP45-if00-port0
$at jk-capture: roof-east: gateway-meier.fritz.box: connected to 192.168.178.77, 2a02:8108:8a40::5
$at jk-capture: roof-east: neighbour 3c:22:fb:12:34:56
END
cat >"$log/mqtt/current" <<END
$at jk-mqtt: mqtt.meier.example:8883: broker rejected the connection of hmeier with Tr0ub4dor&3
$at jk-mqtt: meierhome/hannelore/live, meierhome_nordpol
$at jk-mqtt: published by mqtt://hmeier:Tr0ub4dor&3@mqtt.meier.example
END
printf 'pack\tGartenhaus\t1\thannelore\t%s.5\tAkku Hannelore "alt"\n' "$now" >"$dir/run/status/alarm"
printf 'broker\tmqtt.meier.example:8883\tconnected\t%s\tas hmeier\n' "$now" >"$dir/run/status/mqtt"

# texts: each private text of the about frames, as it is and in hex
grep -o '#55AAEB9003[0-9A-F]*' "$dir/Archiv-Meier/current" | cut -c2-601 | sort -u | perl -ne 'chomp;
	$f = pack "H*", $_;
	for ([46, 16], [62, 16], [86, 16], [102, 16], [118, 16], [134, 16]) {
		($t) = unpack "Z*", substr($f, $$_[0], $$_[1]) . "\0";
		next if length $t < 4 || $t =~ /^JK[-_]|^Input Userdata/;
		print "$t\n", uc(unpack "H*", $t), "\n";
	}' | sort -u >"$dir/texts"
ok "packs have private texts" test "$(wc -l <"$dir/texts")" -ge 6
cat "$dir/texts" >>"$dir/private"
# A serial number in a log.
serial=$(jk-decode -t about "$dir/Archiv-Meier/current" 2>/dev/null | jq -r .serial_number | tail -n 1)
echo "$at jk-mqtt: $serial was seen" >>"$log/mqtt/current"

# clean FILE: none of it is there, in either case
clean() { lacks -niFf "$dir/private" "$1"; }
run jk-report -f "$dir/etc-of-peter/jk.conf" "$dir/report"
ok "a report" equals "$status $(grep -c 'please read it' "$dir/err")" "0 1"
ok "nothing private is in it" clean "$dir/report"
ok "only its owner may read it" equals "$(stat -c %a "$dir/report")" 600
has() { ok "$1" grep -q -e "$2" "$dir/report"; }
has "it has the versions" "^jk-decode $(sed -n 's/.*JK_VERSION "\(.*\)"/\1/p' common/version.h)"
has "the system" '^MemAvailable'
has "the configuration: what a word of the language is stays" \
	'^bus bus-1 /dev/serial/by-id/device-[0-9]* poll 1-4 interval 5$'
has "a gateway" '^bus bus-2 tcp:host-[0-9]*:5000 listen$'
has "CAN" '^bus bus-4 can:can0,250000$'
has "a plain device" '^bus bus-5 serial:/dev/ttyUSB7,115200$'
has "a pack, of its bus" '^pack bus-1:1 pack-1 "label-1"$'
has "a broker" '^broker host-[0-9]*:8883 user user-[0-9]* password-file .* prefix prefix-[0-9]*$'
has "that of this machine" '^broker localhost:1883$'
has "the command lines" '^jk-capture -n bus-1 -a 1-4'
has "messages, with the same names" 'jk-capture: bus-2: host-[0-9]*: connected to address-[0-9]*, address-'
has "the status, with the same names" "^pack.bus-1.1.pack-1.$now.5.label-1"
has "frames" '^([0-9.]*) bus-1 01#55AAEB9002[0-9A-F]* R$'
has "frames of a bus with a common name" ' can 2F4#\| bus-4 2F4#'
has "events, with the same names" ' bus-2 !open tcp:host-[0-9]*:5000$'
has "words that a name is, too, stay" '^jk-decode .*'
sed -n '/^== frames/,$p' "$dir/report" | grep '^(' >"$dir/frames"
ok "the frames are valid" sh -c "jk-decode -t live '$dir/frames' | grep -c cell_voltages | grep -qv '^0'"
ok "as many as there were" equals "$(wc -l <"$dir/frames")" "$(grep -c '^(' "$dir/Archiv-Meier/current")"
run jk-report -f "$dir/etc-of-peter/jk.conf" -
ok "on stdout" equals "$status $(grep -c '^== frames' "$dir/out")" "0 1"
ok "clean, too" clean "$dir/out"

# A configuration that is wrong: with a password in it, and words that nobody knows.
sed "s,password-file [^ ]*,password hunter2secret,; s/^record/recrod/; s/^bus attic/buss attic/" \
	"$dir/etc-of-peter/jk.conf" >"$dir/etc-of-peter/wrong.conf"
echo 'pasword 4711471147 Geheimwort "and a Kennwort of it' >>"$dir/etc-of-peter/wrong.conf"
echo 'broker mqtt://hmeier:swordfish9@mqtt.meier.example' >>"$dir/etc-of-peter/wrong.conf"
printf '%s\n' hunter2secret 4711471147 Geheimwort Kennwort swordfish9 >>"$dir/private"
run jk-report -f "$dir/etc-of-peter/wrong.conf" "$dir/report"
ok "a wrong configuration" equals "$status" 0
ok "nothing private is in it" clean "$dir/report"
has "its faults are" 'jk.conf:[0-9]*:[0-9]*: .*expected'
has "frames are not" '^(nothing is recorded'
run jk-report -f "$dir/etc-of-peter/wrong.conf" --frames "$dir/Archiv-Meier/current" "$dir/report"
ok "frames of a file" sh -c "sed -n '/^== frames/,\$p' '$dir/report' | grep -q ' 01#55AAEB9002'"
ok "nothing private is in it" clean "$dir/report"

# Nothing at all: no configuration, no programs, nothing that may be read or written.
run jk-report -f "$dir/nothing" "$dir/report"
ok "no configuration" equals "$status" 0
has "is said" '^(there is none)'
mkdir "$dir/bin"
for program in sh awk mktemp rm date sed tr grep cat head tail uname readlink sort cut; do
	ln -s "$(command -v $program)" "$dir/bin/$program"
done
cp scripts/jk-report "$dir/bin/jk-report"
run env PATH="$dir/bin" JK_BUILD=/nonexistent "$dir/bin/jk-report" -f "$dir/etc-of-peter/jk.conf" -
ok "no programs: what there is" equals \
	"$status $(grep -c '^jk-decode: not found\|^jk-tee: not found' "$dir/out")" "0 2"
ok "nothing private is in it" clean "$dir/out"
run jk-report -f "$dir/etc-of-peter/jk.conf" "$dir/no/report"
ok "a folder that is not there: 111" equals "$status $(grep -c 'cannot be written' "$dir/err")" "111 1"
run jk-report --all
ok "an unknown option: 100" equals "$status" 100
run jk-report a b
ok "two files: 100" equals "$status" 100
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$dir"
	chmod 700 "$dir/state/log" "$dir/run" "$dir/Archiv-Meier"
	run setpriv --reuid 65534 --clear-groups "$PWD/scripts/jk-report" -f "$dir/etc-of-peter/jk.conf" -
	ok "somebody who may not read it" equals "$status" 0
	ok "nothing private is in it" clean "$dir/out"
fi
done_testing
