#!/bin/sh
# A full run of the service with known secrets: the passcodes of the packs, and the password of the broker.
# They are searched for in all that anybody could look at: topics, logs, status, states, recordings, records,
# command lines and environments.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh
. tests/e2e/service.sh

# What the simulated packs have as passcodes, in the order of bytes of a frame: taken from what they send.
jk-sim -o "$dir/raw" --duration 60 1:16 2:8 >/dev/null
offsets=$(jk-decode --fields |
	awk -F '\t' '$1 == "about" && $7 ~ /^(device|setup)_passcode$/ { printf "%s ", $2 }')
# shellcheck disable=SC2086 # words
perl -e 'my @at = @ARGV; local $/; open my $in, "<", "'"$dir/raw"'"; my $all = <$in>;
	while ($all =~ /(\x55\xAA\xEB\x90\x03.{295})/gs) {
		for my $at (@at) {
			my $text = unpack "Z16", substr $1, $at, 16;
			print "$text\n" if length $text > 3;
		}
	}' $offsets | sort -u >"$dir/passcodes"
ok "the packs have passcodes" test "$(wc -l <"$dir/passcodes")" -ge 2
password='corr3ct-h0rse-battery'
{
	cat "$dir/passcodes"
	echo "$password"
} >"$dir/plain"
# As text, and as the hexadecimal digits of lines of frames, in either case
while read -r word; do
	echo "$word"
	printf %s "$word" | od -An -tx1 | tr -d ' \n'
	echo
	printf %s "$word" | od -An -tx1 | tr -d ' \n' | tr a-f A-F
	echo
	printf %s "$word" | base64
done <"$dir/plain" >"$dir/secrets"

mosquitto_passwd -b -c "$dir/passwords" pack "$password" 2>/dev/null
broker "listener PORT ADDRESS" "password_file $dir/passwords"
mkdir -m 700 "$dir/etc"
(umask 077 && echo "$password" >"$dir/etc/password")
# Another broker, which keeps all that is sent to it.
mkdir "$dir/look"
cat >"$dir/spy.pl" <<'END'
use IO::Socket::INET;
my $listener = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1') or die;
open my $port, '>', "$ARGV[0].port" or die;
print $port $listener->sockport;
close $port;
open my $seen, '>', $ARGV[0] or die;
while (my $client = $listener->accept) {
	sysread $client, my $said, 65536;
	syswrite $seen, $said;
}
END
perl "$dir/spy.pl" "$dir/look/spy" 9>&- &
children="$children $!"
wait_for test -s "$dir/look/spy.port"
(umask 077 && echo another-secret >"$dir/etc/another")
recorder "$dir/seen" -u pack -P "$password"
sim 1:16 2:8
configure "bus shed tcp:127.0.0.1:$port poll 1-2 interval 0.5 gap 50" 'pack shed:1 north "North 1"' \
	"broker $broker_name:$broker_port interval 0 user pack password-file $dir/etc/password values" \
	"broker 127.0.0.1:$(cat "$dir/look/spy.port") user spy password-file $dir/etc/another" \
	"commands yes" "record $dir/frames keep 5M" "copy records $dir/records" "decode all"
: >"$dir/records"
tree
flows
ok "settings are read" wait_for grep -q '/settings ' "$dir/seen"
ok "and what a pack is" wait_for grep -q '/about ' "$dir/seen"
run jk-set -c "$dir/run/cmd" -r "$dir/run/replies" shed:1 balance_trigger_voltage 0.006
ok "a setting is confirmed" equals "$status" 0
# Somebody tries to set one by MQTT.
publish -u pack -P "$password" -t jk/north/set/setup_passcode -m 123456
jk-service -f "$conf" status >"$dir/look/status" 2>&1
jk-service -f "$conf" print >"$dir/look/print" 2>&1
jk-service -f "$conf" check >"$dir/look/check" 2>&1
jk-service -f "$conf" log >"$dir/look/log" 2>&1
(cd "$dir/look" && jk-report -f "$conf" -o report >/dev/null 2>&1) || true
for process in $(left); do
	tr '\0' '\n' <"/proc/$process/cmdline"
	tr '\0' '\n' <"/proc/$process/environ"
done >"$dir/look/processes" 2>/dev/null
end_tree
nowhere() { # FILE...: with files packed by zstd unpacked
	for file; do
		case $file in
		*.zst) zstd -dcq "$file" ;;
		*) cat "$file" ;;
		esac | tr '\0' '\n' | lacks_secret "$file" || return 1
	done
}
lacks_secret() {
	grep -aFf "$dir/secrets"
	[ $? -eq 1 ] || {
		echo "in $1"
		return 1
	}
}
ok "another broker gets its own password" grep -aq another-secret "$dir/look/spy"
ok "in the topics" nowhere "$dir/seen"
# shellcheck disable=SC2046 # no blanks in the names
ok "in the logs" nowhere $(find "$dir/state/log" -type f)
# shellcheck disable=SC2046
ok "in the states and the tree" nowhere $(find "$dir/state" "$dir/run" -type f ! -path '*/log/*')
# shellcheck disable=SC2046
ok "in the recording" nowhere $(find "$dir/frames" -type f)
ok "which has frames" sh -c "find '$dir/frames' -type f -exec zstd -dcfq {} + | grep -q '#55AAEB9003'"
ok "in the records" nowhere "$dir/records"
# shellcheck disable=SC2046
ok "in what a person looks at" nowhere $(find "$dir/look" -type f)
finds() { [ -n "$(nowhere "$dir/raw")" ]; }
ok "the search finds what is there" finds
done_testing
