#!/bin/sh
# What a person runs first.  Searches last up to twenty seconds, so all run at the same time; those that end
# when all is known have more, for a busy machine.
. tests/e2e/lib.sh
. tests/e2e/find.sh

# the lines after the heading, without the voltages
lines() { equals "$(sed 1d "$dir/$1.out" | cut -c -65 | sed 's/ *[0-9.]* V/ V/')" "$2"; }

on packs 1:16 2:8:11 15:24:19
search packs --seconds 300 "$dir/packs"
on all 1:1 2:2 3:3 4:4 5:5 6:6 7:7 8:8 9:9 10:10 11:11 12:12 13:13 14:14 15:15
search all --seconds 300 "$dir/all"
# One that falls silent before it has told what it is, and comes back
on sleepy --silence 2@USR1 1:16 2:8
sleepy=$!
search sleepy --seconds 300 "$dir/sleepy"
on master --tcp --master 1:16 3:8
search master --seconds 300 "tcp:127.0.0.1:$port"
on dead --silence 1 1:16
search dead --seconds 300 "$dir/dead"
on cut --tcp --cut 4 1:16
search cut "tcp:127.0.0.1:$port"
on closing --tcp --refuse 0- 1:16
search closing --seconds 300 "tcp:127.0.0.1:$port"
on full 1:16
search_with full sh -c 'scripts/jk-find --seconds 300 "$1" >/dev/full' sh "$dir/full"
on short --silence 1 1:16
search short --seconds=2 "$dir/short"
search missing "$dir/no-such-device"
# A BMS of another layout, which speaks by itself: no cell in its mask, and a current of 98,765 A.
# shellcheck disable=SC2016 # the variables are those of perl
perl -MIO::Socket::INET -e '
	my $listener = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1) or die "cannot listen\n";
	$| = 1;
	print "port ", $listener->sockport, "\n";
	my $frame = pack "H10 x153 V x137", "55AAEB9002", 98765432;
	$SIG{PIPE} = "IGNORE";
	while (my $client = $listener->accept) {
		my $whole = $frame . pack("C H16", unpack("%8C*", $frame), "011016200001044B");
		1 while defined syswrite($client, $whole) and !select undef, undef, undef, 0.3;
	}' >"$dir/layout.port" &
children="$children $!"
wait_for test -s "$dir/layout.port"
search layout --seconds 6 "tcp:127.0.0.1:$(sed 's/^port //' "$dir/layout.port")"
on busy 1:16
exec 8<>"$dir/busy"
flock -n 8
search busy "$dir/busy"
search regular README.md
search recording file:README.md

# gateway NAME PERL: a TCP gateway that sends what the expression gives, again and again; its port in $port
gateway() {
	perl -MIO::Socket::INET -e '
		$| = 1; $SIG{PIPE} = "IGNORE"; srand 1;
		my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 5) or die;
		print "port ", $s->sockport, "\n";
		while (my $c = $s->accept) {
			while (print $c eval $ARGV[0]) { $c->flush or last; select undef, undef, undef, .2 }
		}' "$2" >"$dir/$1.port" &
	children="$children $!"
	wait_for grep -q '^port' "$dir/$1.port"
	port=$(sed 's/^port //' "$dir/$1.port")
}
gateway junk 'pack "C*", map { int rand 256 } 1 .. 40'
search junk "tcp:127.0.0.1:$port"
# shellcheck disable=SC2016 # Perl's
gateway flapping '$n++ % 3 == 2 ? (close $c, "") : "A" x 100'
search flapping "tcp:127.0.0.1:$port"
gateway modbus 'pack "n3C2C", 7, 0, 3, 1, 0x90, 2'
search modbus "tcp:127.0.0.1:$port"
# shellcheck disable=SC2016 # Perl's
gateway telnet '$n++ ? "" : pack "C*", 0xFF, 0xFD, 0x2C, 0xFF, 0xFB, 0x2C'
search telnet "tcp:127.0.0.1:$port"

# sleepy_logged FATE: how many requests to 2 had that fate
sleepy_logged() { grep -c "\"fate\":\"$1\",\"bms\":2," "$dir/sleepy.log"; }
sleepy_answered() { [ "$(sleepy_logged answered)" -gt 0 ]; }
sleepy_missed() { [ "$(sleepy_logged unanswered)" -ge 3 ] || test -s "$dir/sleepy.status"; }
wait_for sleepy_answered
kill -USR1 $sleepy

# Told to stop in the middle: it asks a bus where all are silent.
on stopped --silence 1 1:16
perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' env JK_BUILD="$build" scripts/jk-find "$dir/stopped" \
	>/dev/null 2>&1 &
stopped=$!
children="$children $stopped"
wait_for grep -q '"fate":"unanswered"' "$dir/stopped.log"
kill -INT $stopped
status=0
wait $stopped || status=$?
ok "Ctrl-C ends it" equals $status 130
ok "and what it has started" sh -c "! pgrep -f 'jk-(capture|decode).*$dir/[s]topped'"
ok "and leaves no folder" wait_for sh -c "! pgrep -f '[j]k-find $dir/stopped'"

wait_for sleepy_missed
kill -USR1 $sleepy

all_found

ok "three packs: exit 0" status_of packs 0
ok "a line each" or_stalled packs lines packs "$(printf '%s\n' \
	'BMS  1  JK_PB2A16S20P     15.41     16 cells V' \
	'BMS  2  JK_B2A20S20P      11.288H    8 cells V' \
	'BMS 15  JK_PB2A16S30P     19.10     24 cells V')"
ok "a heading" equals \
	"$(sed -n 1p "$dir/packs.out")" 'PACK    MODEL             FIRMWARE     CELLS   VOLTAGE'
ok "how many" says packs "found 3 packs on $dir/packs$"
ok "the options to copy" says packs "the options to copy:  -a 1-2,15 $dir/packs$"
ok "their voltage" grep -qE '^BMS  2 .* 8 cells +2[0-9][.][0-9][0-9] V$' "$dir/packs.out"
ok "what to run next" says packs "jk-capture -a 1-2,15 $dir/packs | jk-decode | jk-table"
ok "nothing was read or written but frames" \
	none_among '"from":"client"' -vE '"hex":"[0-9A-F]{2}1016(1C|1E|20)000102' "$dir/packs.log"
ok "a full disk: exit 111" status_of full 111
ok "which is reported" says full 'cannot write to stdout'
ok "one that was silent for a while: its model, too" or_stalled sleepy grep -q '^BMS  2  JK_' \
	"$dir/sleepy.out"
ok "all fifteen" or_stalled all equals "$(awk '/^BMS/ { printf "%s:%s ", $2, $5 }' "$dir/all.out")" \
	"$(seq 15 | sed 's/.*/&:& /' | tr -d '\n')"
ok "it ends when all is known, not when the time is over" test "$(cat "$dir/all.took")" -lt 300
ok "and it has asked" grep -q '"fate":"answered","bms":1,"hex":"01101620' "$dir/all.log"
ok "a master: exit 0" status_of master 0
ok "each that it has asked" or_stalled master equals \
	"$(awk '/^BMS/ { printf "%s:%s:%s:%s ", $2, $3, $4, $5 }' "$dir/master.out")" \
	"0:-:-:16 1:-:-:16 3:-:-:8 "
ok "itself is told as such" grep -q '^BMS  0 .* bus master$' "$dir/master.out"
# The simulated master may have said nothing for the second that is listened to, if the machine stood still.
# shellcheck disable=SC2016 # Perl's
ok "nobody was asked" perl -ne '/"stalled"/ and exit; /"from":"client"/ and die $_' "$dir/master.log"
ok "which is reported" says master 'there is another bus master.*Nothing was polled; listening'

for search in dead cut closing short junk flapping modbus telnet; do
	ok "$search: nothing found, exit 1" status_of $search 1
	ok "$search: nothing on stdout" test ! -s "$dir/$search.out"
	ok "$search: says so" says $search 'no BMS was found on .*Received: [0-9.]* bytes'
	ok "$search: what to try" says $search 'the wires: A to A, B to B'
done
ok "a silent bus: nobody answers" says dead 'nobody answers: are A, B and ground'
ok "no bytes at all" says dead 'Received: 0 bytes'
ok "a BMS of another layout" says layout 'frames with another layout were left out'
ok "cut answers" or_stalled cut says cut 'does the adapter or gateway cut off the end of messages'
ok "of a link that comes and goes its return is not reported" lacks -E '(connected|left out)$' \
	"$dir/flapping.err"
ok "a gateway that closes" says closing 'The link was closed [0-9]* times: closed by the other side'
ok "what to try with a gateway" says closing 'it may serve only one program'
ok "but not with a serial line" lacks 'gateway:' "$dir/dead.err"
ok "junk: bytes, but no frame" says junk 'but no frame: is the speed'
ok "telnet is recognised" says telnet 'the gateway speaks telnet or RFC 2217'
ok "Modbus TCP is recognised" says modbus \
	'Modbus-TCP headers were received: set the gateway to transparent mode'

ok "a missing device: exit 111" status_of missing 111
ok "with the words of jk-capture" equals "$(cat "$dir/missing.err")" \
	"jk-capture: $dir/no-such-device: no such device: is the adapter plugged in?"
ok "a busy one: exit 111" status_of busy 111
ok "which says how to find the other" says busy 'busy: another program has it open (fuser -v '
ok "no tty: exit 100" status_of regular 100
ok "which says so" says regular 'README.md: '
ok "a recording cannot be asked: exit 100" status_of recording 100
ok "which says so" says recording 'needs a source that can transmit'

# wrong PATTERN ARGUMENTS...
wrong() {
	pattern=$1
	shift
	run scripts/jk-find "$@"
	ok "jk-find $*: exit 100" equals "$status" 100
	ok "jk-find $*: says why" grep -q -e "jk-find: $pattern" "$dir/err"
}
wrong 'no SOURCE is given'
wrong 'more than one SOURCE' a b
wrong 'the SOURCE is empty' ''
wrong '-x: no such option' -x /dev/ttyUSB0
wrong '--seconds needs a number' --seconds
wrong '--seconds 1: a number' --seconds 1 /dev/ttyUSB0
wrong '--seconds 301: a number' --seconds=301 /dev/ttyUSB0
wrong '--seconds 1e1: a number' --seconds 1e1 /dev/ttyUSB0
run scripts/jk-find -h
ok "-h: exit 0" equals "$status" 0
ok "-h prints usage on stdout" grep -q '^usage: jk-find' "$dir/out"
ok "-h: 110 columns at most" lacks -E '.{111}' "$dir/out"
done_testing
