#!/bin/sh
# jk-format: formats are those of jk-decode; the file of Prometheus; lines that a database acknowledges,
# rejects or does not take for longer than the buffer holds them.
. tests/e2e/lib.sh

golden=tests/golden
same() { # OPTIONS CASE
	# shellcheck disable=SC2086 # words
	jk-decode $1 "$golden/$2.frames" >"$dir/want" 2>"$dir/stderr" &&
		jk-decode "$golden/$2.frames" 2>"$dir/stderr" | jk-format $1 >"$dir/have" &&
		test -s "$dir/want" && cmp "$dir/want" "$dir/have"
}
for case in live settings about names can load; do
	for format in json influx prometheus; do
		ok "$case, $format: as of jk-decode" same "-o $format" $case
	done
done
ok "events, influx" same "-o influx" events
ok "csv of some keys" same "-o csv -k total_voltage,cell_voltages,state_of_charge" live
# With names of alarms, which have blanks: such a text is in quotes.
for case in live all areas; do
	ok "$case, csv: as of jk-decode" same "-o csv" $case
done
jk-decode $golden/settings.frames $golden/live.frames 2>/dev/null >"$dir/records"
ok "-t chooses types, and copies their records" equals "$(jk-format -t settings,about <"$dir/records")" \
	"$(grep '"type":"settings"' "$dir/records")"
ok "-k chooses values" equals "$(jk-format -t live -k power,cell_voltages "$dir/records")" \
	"$(jk-decode -k cell_voltages,power $golden/live.frames)"
{
	head -n 1 "$dir/records"
	echo '{"time":1,"power":nan}'
	echo junk
	printf '{"time":5,"channel":"c","bms":1,"type":"live","power":2}'
} >"$dir/odd"
run jk-format -o influx -t live "$dir/odd"
ok "what is no record is logged, and the rest goes on" equals "$(cat "$dir/out")" \
	"jk,pack=bms_1,channel=c power=2 5000000000"
ok "with its line" grep -q "odd:3: " "$dir/err"
if [ -w /dev/full ]; then
	status=0
	jk-format "$dir/records" >/dev/full 2>"$dir/err" || status=$?
	ok "a full disk is a failure" equals "$status" 111
fi

# ---- the file ----
live() { # PACK POWER [AGE]
	printf '{"time":%s.5,"channel":"bus","bms":1,"pack":"%s","type":"live","power":%s}\n' \
		$(($(date +%s) - ${3:-0})) "$1" "$2"
}
mkfifo "$dir/fifo"
echo 'jk_power{pack="old"} 5' >"$dir/jk.prom"
jk-format -f "$dir/jk.prom" -e 1 -g 2 <"$dir/fifo" 2>"$dir/err" &
children="$children $!"
writer=$!
exec 8>"$dir/fifo"
ok "what an earlier run left is removed" waits sh -c "test -e '$dir/jk.prom' && test ! -s '$dir/jk.prom'"
# comes POWER: a value that comes again and again, as it is in the file for two seconds only
comes() {
	live north "$1" >&8
	grep -qxF "jk_power{pack=\"north\",channel=\"bus\"} $1" "$dir/jk.prom"
}
ok "a value is in the file" waits comes 1.5
ok "which everybody may read" equals "$(stat -c %a "$dir/jk.prom")" 644
live south 7 3600 >&8
ok "the next one replaces it" waits comes 2.5
ok "what was old when it came is not a value" equals "$(grep -c '^jk_power{pack="south"' "$dir/jk.prom")" 0
ok "but has an age" grep -q '^jk_age_seconds{pack="south",channel="bus"} 36' "$dir/jk.prom"
gone() { lacks '^jk_power' "$dir/jk.prom"; }
ok "a value that no record renews is gone" waits gone
ok "its pack has an age" grep -qE '^jk_age_seconds\{pack="north",channel="bus"\} [2-9]' "$dir/jk.prom"
ok "no other file is left" equals "$(ls "$dir"/jk.prom*)" "$dir/jk.prom"
exec 8>&-
wait $writer
ok "at the end the file is removed" test ! -e "$dir/jk.prom"
ok "nothing was logged" equals "$(cat "$dir/err")" ""
run jk-format -f "$dir/gone/jk.prom" "$dir/records"
ok "a folder that is missing is logged" grep -q 'gone/jk.prom: cannot write: No such file' "$dir/err"

# ---- a database ----
command -v curl >/dev/null || {
	skip "a database" "curl is not installed"
	done_testing
	exit
}
free_port() {
	perl -MIO::Socket::INET -e \
		'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport'
}
database() { # CODE...
	printf '%s\n' "$@" >"$dir/codes"
	tests/e2e/format.pl "$port" "$dir/codes" "$dir/lines" 2>>"$dir/database.err" 8>&- &
	server=$!
	children="$children $server"
	wait_for perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new("127.0.0.1:'"$port"'")'
}
end_database() {
	kill $server
	wait $server 2>/dev/null
}
records() { # FROM TO
	perl -e 'printf qq({"time":%d,"channel":"bus","bms":1,"pack":"north","type":"live","power":%d}\n),
		1763856000 + $_, $_ for $ARGV[0] .. $ARGV[1]' "$1" "$2"
}
numbers() { sed -n 's/.*power=\([0-9]*\) .*/\1/p' "$dir/lines"; }
port=$(free_port)
url=http://127.0.0.1:$port/write
database 503 413 204
records 1 3000 >"$dir/some"
run jk-format -u "$url" -e 1 "$dir/some"
ok "all is sent, also after a refusal" equals "$status $(numbers | wc -l) $(numbers | sort -nu | wc -l)" \
	"0 3000 3000"
ok "the refusal is logged" grep -q 'HTTP 503; lines wait' "$dir/err"
ok "and its end" grep -q 'takes lines again; dropped so far: 0' "$dir/err"
end_database
: >"$dir/lines"
database 400
run jk-format -u "$url" -e 1 "$dir/some"
ok "what the database calls wrong is counted" \
	grep -q 'acknowledged 0 lines, dropped 0, rejected 3000, lost' "$dir/err"
ok "and is a failure" equals "$status" 111
end_database

# Longer than the buffer: a megabyte.
: >"$dir/lines"
jk-format -u "$url" -e 1 -b 1 <"$dir/fifo" 2>"$dir/err" &
children="$children $!"
writer=$!
exec 8>"$dir/fifo"
records 1 100 >&8
ok "a database that is down is logged" \
	waits grep -q 'curl failed: .*; lines wait until it takes them' "$dir/err"
records 101 40000 >&8
ok "beyond the buffer lines are dropped, which is logged" \
	waits grep -q 'lines that were dropped so far: ' "$dir/err"
# Until all is read, so that nothing is dropped that was taken without an answer.
wait_for perl -e 'ioctl STDIN, 0x541B, my $n = pack "i"; exit unpack("i", $n) != 0' <"$dir/fifo"
database 0 204
exec 8>&-
status=0
wait $writer || status=$?
end_database
read -r acknowledged dropped <<END
$(sed -n 's/.*acknowledged \([0-9]*\) lines, dropped \([0-9]*\), rejected 0, lost at the end 0$/\1 \2/p' \
	"$dir/err")
END
ok "dropped and acknowledged are all" equals "$((acknowledged + dropped)) $status" "40000 111"
ok "there are some of both" test "$acknowledged" -gt 10000 -a "$dropped" -gt 1000
ok "as many are there, also where no answer came" equals "$(numbers | sort -n | uniq | wc -l)" "$acknowledged"
ok "the newest" equals "$(numbers | sort -nu | sed -n '1p;$p' | tr '\n' ' ')" "$((dropped + 1)) 40000 "
ok "lines sent again are the same" equals "$(sort -u "$dir/lines" | wc -l)" "$acknowledged"
cat >"$dir/curl" <<'END'
#!/bin/sh
echo "$*" >"$0.arguments"
printf 204
END
chmod +x "$dir/curl"
PATH=$dir:$PATH jk-format -u http://me:secret@host/ "$dir/some"
ok "curl is run" grep -q -e '--data-binary @-' "$dir/curl.arguments"
ok "no password of a URL is among its arguments" lacks secret "$dir/curl.arguments"
done_testing
