#!/bin/sh
# jk-redact: nothing private is left in what is published, and nothing else is changed.
. tests/e2e/lib.sh

jk-sim -o "$dir/raw" --log "$dir/log" --seed 3 --duration 400 1:16 2:8:19 3:15:14
jk-capture -n bus - <"$dir/raw" >"$dir/frames"
jk-redact "$dir/frames" >"$dir/redacted"
offsets=$(jk-decode --fields |
	awk -F '\t' 'BEGIN {
		split("device_passcode setup_passcode serial_number device_name user_data " \
			"user_data_2", k, " ")
		for (i in k) private[k[i]] }
		$1 == "about" && $7 in private { printf "%s:%s ", $2, $3 }')

# What is private in a stream: each such field of each about frame, as hex of its first 6 bytes, if it is a
# text.
secrets() {
	# shellcheck disable=SC2086 # words
	perl -ne 'BEGIN { @p = map { [split /:/] } @ARGV; @ARGV = () }
		while (/(55AAEB9003[0-9A-F]{590})/g) {
			$f = pack "H*", $1;
			for (@p) {
				$t = substr $f, $$_[0], 6;
				print uc(unpack "H*", $t), "\n" if $t =~ /^[^\0]{6}$/;
			}
		}' $offsets <"$1" | sort -u
}
# A device may have the name of its model, which is not private.
secrets "$dir/frames" | grep -v '^4A4B5F' >"$dir/secrets"
# none VALUE-FILE FILE: no line of the first is in the second, in either case of the digits
none() {
	lacks -iFf "$1" "$2"
}
ok "there is something to hide" test "$(wc -l <"$dir/secrets")" -ge 6
ok "before, it is there" grep -qFf "$dir/secrets" "$dir/frames"
ok "then it is not" none "$dir/secrets" "$dir/redacted"
ok "all lines are there, and as long" sh -c \
	"awk '{ print length }' '$dir/frames' >'$dir/a'; awk '{ print length }' '$dir/redacted' |
	cmp - '$dir/a'"
grep -v '#55AAEB9003' "$dir/frames" >"$dir/others"
ok "other frames are unchanged" sh -c "grep -v '#55AAEB9003' '$dir/redacted' | cmp - '$dir/others'"
jk-decode -t about "$dir/redacted" >"$dir/records"
ok "redacted frames are valid" equals "$(wc -l <"$dir/records")" "$(grep -c '#55AAEB9003' "$dir/frames")"
ok "their names are blank" sh -c "! jq -r .serial_number,.device_name,.user_data,.user_data_2 '$dir/records' |
	grep '[^X]'"
ok "what is not private is there" grep -q '"software_version":"1[0-9]' "$dir/records"

# the same frames in every other state
about=$(grep -m 1 -o '#55AAEB9003[0-9A-F]*' "$dir/frames" | cut -c2-601)
line='(1763856000.000000) bus'
flip() { # one digit of the checksum
	printf '%s%s' "$(printf %s "$about" | cut -c1-599)" "$(printf %s "$about" | cut -c600 |
		tr 0-9A-F 1-9A-F0)"
}
{
	echo "$line 01#${about}000000 R"
	echo "$line !orphan $about"
	echo "$line 01#$(flip) R"
	echo "$line 01#$(printf %s "$about" | cut -c1-400) R"
	echo "$line 01#${about}01 R"
	echo "$line 01#00$about R"
	echo "$line !orphan $(printf %s "$about" | tr A-F a-f)"
	for cut in 100 130 137 200 256 300; do # a passcode across the end of junk
		echo "$line !junk $(printf %s "$about" | cut -c1-$((2 * cut)))"
		echo "$line !junk $(printf %s "$about" | cut -c$((2 * cut + 1))-)"
	done
	echo "$line !refused why $(printf %s "$about" | cut -c120-200)"
	echo "$line !unheard-of $(printf %s "$about" | cut -c125-156)"
} >"$dir/damaged"
run jk-redact "$dir/damaged"
cp "$dir/out" "$dir/redacted"
ok "nothing of it in any state" none "$dir/secrets" "$dir/redacted"
ok "as long as before" sh -c \
	"awk '{ print length }' '$dir/damaged' >'$dir/a'; awk '{ print length }' '$dir/redacted' |
	cmp - '$dir/a'"
ok "an orphan stays valid" sh -c "sed -n 's/.*!orphan \(55AAEB9003.*\)/(1.000000) a 01#\1/p' '$dir/redacted' |
	jk-decode | grep -q '\"about\"'"

# reads and writes: 0110 1470.. and 0103 with a passcode in it
crc() {
	perl -e '$c = 0xFFFF;
		for (unpack "C*", pack "H*", $ARGV[0]) {
			$c ^= $_;
			$c = $c & 1 ? $c >> 1 ^ 0xA001 : $c >> 1 for 1 .. 8;
		}
		print $ARGV[0], uc unpack "H*", pack "v", $c' "$1"
}
read=$(crc 0103085345435245543132)
write=$(crc 011014700004085345435245543132)
printf '%s\n' "$line 01#$read R" "$line 01#${read}00 R" "$line 01#$write T" "$line 01#0110147000044010 R" \
	"$line 01#011016200001044B R" >"$dir/modbus"
jk-redact <"$dir/modbus" >"$dir/redacted"
ok "read and written data are gone" lacks -i '5345435245' "$dir/redacted"
ok "the messages stay valid" equals "$(jk-decode "$dir/redacted" | grep -c '"read"')" 2
ok "an acknowledgement stays" sh -c "grep -q '#011016200001044B R' '$dir/redacted'"

printf "$line %s\n" 2F4#1302B20F51000000 18f128f4#E108F00A6B802300 2F4#R 2F4#R8_9 2F4#13.02.B2 \
	2F4#1302B20F51000000_F "123# R" 123##1 \
	"18F128F4##3$(printf %0128d 0)" 45123#81:00:12345678#1122 "20000004#0004000000000000 T" >"$dir/can"
sed 's/\.000000)/.000000123)/' "$dir/can" >"$dir/can.ns"
cat "$dir/can.ns" >>"$dir/can"
run jk-redact "$dir/can"
ok "CAN passes in all its forms" cmp -s "$dir/out" "$dir/can"
ok "of which none is left out" test ! -s "$dir/err"
printf "$line %s\n" 2F4#130 2F4#130200000000000000 2F4#R9 2F4#53_9 2F4## 18F128F4F4#00 >"$dir/can"
run jk-redact "$dir/can"
ok "damaged lines of CAN are left out" grep -q '6 lines left out' "$dir/err"
printf '%s\n' "$line 2F4#1302B20F51000000" "# a word" "$line !timeout 03 live" \
	"$line !stats 01 asked=5 answered=5" "$line !junk 0102" >"$dir/plain"
jk-redact <"$dir/plain" >"$dir/redacted"
ok "CAN, comments and events pass, junk does not" sh -c "sed 's/0102$/0000/' '$dir/plain' |
	cmp - '$dir/redacted'"
# Results of jk-write, as versions before recorded them: 4711 is what somebody tried to set.
cat >"$dir/results" <<END
$line !write - 1 device_passcode 4711 rejected "device_passcode cannot be set"
$line !write a1 bus:1 setup_passcode 4711 rejected "setup_passcode cannot be set"
$line !write a1 1 passcode 4711 rejected "passcode: no such key; jk-write --list tells them"
$line !write - 1 4711 x rejected "4711: no such key; jk-write --list tells them"
$line !write 4711 set 1 device_passcode rejected "set: a BMS has an address of 1 to 15"
$line !write - device_passcode 4711 - rejected "too few words: a command is [CHANNEL:]BMS KEY VALUE [ID]"
$line !write - 1 device_passcode=4711 x rejected "device_passcode=4711: no such key"
$line !write - 1 user_data 4711 rejected "user_data cannot be set"
$line !write 4711
END
jk-redact <"$dir/results" >"$dir/redacted"
ok "what somebody tried to set is gone" lacks '4711' "$dir/redacted"
ok "each is still a result" equals \
	"$(grep -c '^(1763856000.000000) bus !write [^ ]* [^ ]* [^ ]* [*]' "$dir/redacted")" 9
ok "whose key and reason are told" grep -qx \
	"$line !write a1 bus:1 setup_passcode [*] rejected \"setup_passcode cannot be set\"" "$dir/redacted"
printf '%s\n' "$line !write a1 1 charging_switch off confirmed" \
	"$line !write - 1 max_charge_current 10.05 rejected \"between two steps\"" >"$dir/results"
ok "of a setting nothing is changed" sh -c "jk-redact <'$dir/results' | cmp - '$dir/results'"
printf '%s\r\n' "$line 2F4#1302B20F51000000" "# a word" "$line !junk 0102" >"$dir/crlf"
printf %s "$line !timeout 03 live" >"$dir/cut"
run jk-redact "$dir/crlf" "$dir/cut"
ok "carriage returns, and a missing last newline, stay" sh -c \
	"sed 's/0102/0000/' '$dir/crlf' | cat - '$dir/cut' | cmp - '$dir/out'"
run jk-redact "$dir/cut" "$dir/crlf"
ok "unless another file follows" sh -c \
	"{ cat '$dir/cut'; echo; sed 's/0102/0000/' '$dir/crlf'; } | cmp - '$dir/out'"
run jk-redact "$dir/nothing"
ok "a missing file is 111" equals "$status" 111
run jk-redact --all
ok "an unknown option is 100" equals "$status" 100
printf 'passcode 123456\n' >"$dir/odd"
run jk-redact "$dir/odd"
ok "what is no line is left out" lacks 123456 "$dir/out"
ok "and their number is" grep -q '1 lines' "$dir/err"
run sh -c "jk-redact '$dir/frames' >/dev/full"
ok "a full disk is 111" equals "$status" 111
# Only passcodes, in the live stream.
offsets=$(jk-decode --fields | awk -F '\t' '$1 == "about" && $7 ~ /_passcode$/ { printf "%s:%s ", $2, $3 }')
secrets "$dir/frames" >"$dir/passcodes"
ok "there are passcodes to hide" test -s "$dir/passcodes"
ok "before, they are there" grep -qFf "$dir/passcodes" "$dir/frames"
jk-redact -p "$dir/frames" >"$dir/redacted"
ok "then they are not" none "$dir/passcodes" "$dir/redacted"
ok "serial numbers are" equals "$(jk-decode -t about -k serial_number,user_data "$dir/redacted")" \
	"$(jk-decode -t about -k serial_number,user_data "$dir/frames")"
ok "only about frames are changed" sh -c "diff '$dir/frames' '$dir/redacted' |
	grep '^[<>]' | grep -vc '#55AAEB9003' | grep -qx 0"
ok "each of them, in its passcodes and its checksum only" tests/e2e/redact.pl "$dir/frames" "$dir/redacted"
for option in '' --all -l; do
	ok "records are the same: $option" sh -c "jk-decode $option '$dir/frames' |
		sed 's/\"checksum\":[0-9]*//' >'$dir/a'
		jk-decode $option '$dir/redacted' | sed 's/\"checksum\":[0-9]*//' | cmp - '$dir/a'"
done
jk-redact --passcodes-only <"$dir/redacted" >"$dir/again"
ok "twice is once" cmp "$dir/redacted" "$dir/again"

# The same frames in every other state, as parts of each length from either end, and shifted by a lost byte.
{
	cat "$dir/damaged"
	for cut in $(seq 62 2 140); do
		echo "$line !junk $(printf %s "$about" | cut -c1-$((2 * cut)))"
		echo "$line !junk $(printf %s "$about" | cut -c$((2 * cut + 1))-)"
		echo "$line 01#$(printf %s "$about" | cut -c1-$((2 * cut))) R"
		echo "$line 01#$(printf %s "$about" | cut -c$((2 * cut + 1))-) R"
	done
	for lost in 10 50 100; do
		shifted=$(printf %s "$about" | cut -c1-$lost)$(printf %s "$about" | cut -c$((lost + 3))-)
		echo "$line !junk $shifted"
		echo "$line 01#$shifted R"
		# the begin or the end of the line is cut off, within a byte too
		echo "$line 01#$(printf %s "$about" | cut -c1-$((200 + lost + 1)))"
		printf %s "$about R" | cut -c$lost-
		printf %s "$about R" | cut -c$((lost + 1))-
	done
	# the begin of a line is cut off so that it looks like a comment
	echo "#$about R"
	# one character is no digit any more
	for at in 20 150 300 500; do
		broken=$(printf %s "$about" | cut -c1-$at)x$(printf %s "$about" | cut -c$((at + 2))-)
		printf '%s\n' "$line 01#$broken R" "$line !junk $broken" "$line !orphan $broken"
		printf '%s\n' "$line !refused why $broken" "$line !other $broken"
	done
	# of another type, by one bit
	echo "$line 01#$(printf %s "$about" | sed 's/^55AAEB9003/55AAEB9002/') R"
	echo "$line 01#$(printf %s "$about" | sed 's/^55AAEB9003/54AAEB9003/') R"
} >"$dir/parts"
jk-redact -p "$dir/parts" >"$dir/redacted"
# In parts of a passcode: any three bytes in a row.
awk '{ for (i = 1; i <= length - 5; i += 2) print substr($0, i, 6) }' "$dir/passcodes" >"$dir/triples"
jk-redact "$dir/parts" >"$dir/published" 2>/dev/null
ok "nothing private of it in what is published" none "$dir/secrets" "$dir/published"
ok "no passcode in any state, nor three characters of one" none "$dir/triples" "$dir/redacted"
ok "as long as before" sh -c "awk '{ print length }' '$dir/parts' >'$dir/a'
	awk '{ print length }' '$dir/redacted' | cmp - '$dir/a'"
# records FILE: without the data of junk
records() { jk-decode "$1" 2>/dev/null | grep -v '"junk"\|unheard\|refused\|other\|"orphan"'; }
records "$dir/parts" >"$dir/a"
records "$dir/redacted" >"$dir/b"
ok "its records are the same" cmp "$dir/a" "$dir/b"

# One character at the end of a piece may be the first of a passcode, and one at its begin the last.
printf '%s\n' "$line !junk 0001020304050607080931" "$line !junk 3100010203040506070809" >"$dir/ends"
ok "nor one character where the rest is elsewhere" equals "$(jk-redact -p "$dir/ends" | cut -d' ' -f4)" \
	"$(printf '%s\n' 0001020304050607080900 0000010203040506070809)"
# A frame that is damaged is not made valid by what is blanked: here the checksum fits the blanked frame.
perl -e '$f = pack "H*", $ARGV[0];
	$blank = pack "H*", $ARGV[1];
	substr($f, 299, 1) = chr(unpack("%32C*", substr $blank, 0, 299) & 0xFF);
	print "$ARGV[2] 01#", uc unpack("H*", $f), " R\n"' "$(flip)" \
	"$(echo "$line 01#$(flip) R" | jk-redact -p | cut -d'#' -f2 | cut -c1-600)" "$line" >"$dir/odd"
ok "a damaged frame stays damaged" sh -c "jk-redact -p '$dir/odd' | jk-decode |
	grep -q '\"about\",\"reason\":\"checksum\"'"

# Behind a header the place of a passcode is known, however short it is.
short=$(perl -e '$f = pack "H*", $ARGV[0];
	substr($f, $_, 16) = pack "a16", "7" for 62, 118;
	print uc unpack "H*", $f' "$(flip)")
printf '%s\n' "$line 01#$short R" "$line !junk 00$(printf %s "$short" | cut -c1-510)" >"$dir/odd"
jk-redact -p "$dir/odd" >"$dir/odd.redacted"
ok "a passcode of one character is there before" equals "$(grep -c 00003700 "$dir/odd")" 2
ok "nor is a passcode of one character left" lacks '00003700' "$dir/odd.redacted"

# What holds no text is as it was: live and settings frames in any state, noise, CAN, events, odd lines.
live=$(grep -m 1 -o '#55AAEB9002[0-9A-F]*' "$dir/frames" | cut -c2-601)
{
	grep -v '#55AAEB9003' "$dir/frames"
	echo "$line !junk 00FF1C55AAEB"
	echo "$line !junk $(printf %s "$live" | cut -c1-400)"
	echo "$line !junk 00"
	echo "$line !orphan $live"
	printf '%s\r\n' "$line !orphan $(printf %s "$live" | tr A-F a-f)"
	echo "$line 01#${live}000000 R"
	echo "$line 01#$(printf %s "$live" | cut -c1-598)FF R"
	echo "$line !write 7 1 charging_switch on confirmed"
	echo "$line !write 7 1 charging_switch on confirmed \"the setting is as requested\""
	echo "$line !stats 01 asked=1000000000 answered=5"
	echo "$line !lost 1234567 12345678"
	echo "$line !open tcp:10.0.0.7:5000"
	echo "$line !refused register $(crc 01101030000204000010E0)"
	echo "$line !unknown-to-us beef"
	echo "$line 01#$(crc 01101030000204000010E0) T"
	echo "$line 01#$(crc 010304000010E0) R"
	echo "  $line 2F4#1302B20F51000000"
	echo "# a comment with 31323334353637"
	echo "nonsense"
	echo
	echo "(1763856000.0000"
	printf %s "$line 2F4#1302B20F51000000"
} >"$dir/plain"
run jk-redact -p "$dir/plain"
ok "the rest is as it was, byte for byte" cmp "$dir/plain" "$dir/out"
ok "and nothing is left out" equals "$status$(cat "$dir/err")" 0

# Reads, and writes: of the registers of a passcode only these are zeroed.
{
	echo "$line 01#$(crc 0103085345435245543132) R"
	echo "$line 01#$(crc 01101470000408534543524554313233) T" # a wrong count is no message
	echo "$line 01#$(crc 011014700004085345435245543132) T"
	echo "$line 01#$(crc 0110146E0003060102534543524554) T"
	echo "$line 01#$(crc 010614705345) T"
	echo "$line !refused register $(crc 011014380001025345)"
	echo "$line 20#$(crc 2003085345435245543132) R"
} >"$dir/modbus"
jk-redact -p "$dir/modbus" >"$dir/redacted"
ok "read and written passcodes are gone" lacks '53454352\|435245\|#010614705345\|14380001025345' \
	"$dir/redacted"
ok "a register beside them is not" grep -q '#0110146E00030601020000' "$dir/redacted"
ok "the messages stay what they are" sh -c "jk-decode '$dir/modbus' | grep -v refused >'$dir/a'
	jk-decode '$dir/redacted' | grep -v refused | cmp - '$dir/a'"
echo "$line !write - 1 device_passcode 4711 rejected \"device_passcode cannot be set\"" >"$dir/results"
jk-redact -p "$dir/results" >"$dir/redacted"
ok "nor is there what somebody tried to set" lacks 4711 "$dir/redacted"

# A line that was cut, and the whole one that is written behind it.
{
	printf '%s' "$line 01#$(printf %s "$about" | cut -c1-300)"
	echo "$line 02#${live} R"
	printf '%s' "$(printf %s "$about" | cut -c111-400)"
	echo "$line 02#${about} R"
} >"$dir/cut"
jk-redact -p "$dir/cut" >"$dir/redacted"
ok "a line within a line: no passcode" none "$dir/triples" "$dir/redacted"
ok "what is whole stays whole" sh -c "sed 's/.*(/(/' '$dir/redacted' | jk-decode |
	grep -c '\"bms\":2,\"type\":\"\\(live\\|about\\)\"' | grep -qx 2"
head -c 20000 /dev/zero | tr '\0' 3 >"$dir/long"
run jk-redact -p "$dir/long" "$dir/results"
ok "a line of 20 kB is left out" grep -q '1 lines left out' "$dir/err"

# As it comes.
mkfifo "$dir/in"
: >"$dir/out"
: >"$dir/ready"
jk-redact -p -d 7 <"$dir/in" >"$dir/out" 7>"$dir/ready" &
filter=$!
children="$children $filter"
exec 9>"$dir/in"
ok "it is ready" wait_for test -s "$dir/ready"
printf '%s\n%s' "$line 01#$live R" "$line 01#$live" >&9
ok "a line is written when it is there" wait_for grep -qx "$line 01#$live R" "$dir/out"
printf ' R\n' >&9
ok "and the next when it is whole" wait_for sh -c "grep -cx '$line 01#$live R' '$dir/out' | grep -qx 2"
kill -TERM $filter
ok "SIGTERM is 0" wait $filter
exec 9>&-
done_testing
