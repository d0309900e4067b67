#!/bin/sh
# jk-mqtt and brokers that send what no broker should, or close the connection for a message that is too long:
# it survives all of them, reads stdin meanwhile, connects again and publishes.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh
patience=110 # one of the slices holds a refusal, after which jk-mqtt waits for a minute

# odd OF ARGUMENT...: such a broker, its lines in $dir/OF.broker, and a jk-mqtt that is fed a record every
# $pause seconds, each with another runtime; how many it has taken is in $dir/OF.fed
odd() {
	of=$1
	shift
	perl tests/e2e/odd-broker.pl "$@" >"$dir/$of.broker" 2>"$dir/$of.broker.err" &
	children="$children $!"
	wait_for grep -q '^port ' "$dir/$of.broker"
	mkfifo "$dir/$of.feed"
	live 1 NUMBER >"$dir/$of.record"
	perl -e 'use IO::Handle;
		open my $record, "<", shift; my $line = <$record>;
		open my $fed, ">", shift; $fed->autoflush;
		my $pause = shift;
		$| = 1;
		for my $i (100000 .. 999999) {
			(my $one = $line) =~ s/NUMBER/$i/;
			print $one or last;
			print $fed "$i\n";
			select undef, undef, undef, $pause;
		}' "$dir/$of.record" "$dir/$of.fed" "$pause" >"$dir/$of.feed" &
	feeder=$!
	children="$children $feeder"
	jk-mqtt -i "${interval:-0}" "127.0.0.1:$(sed -n 's/^port //p' "$dir/$of.broker")" <"$dir/$of.feed" \
		2>"$dir/$of.err" &
	mqtt=$!
	children="$children $mqtt"
}
fed() {
	tail -n 1 "$dir/$1.fed"
}
# Something else is read, whatever goes on.
goes_on() {
	last_fed=$(fed "$1")
	wait_for sh -c "[ \$(tail -n 1 '$dir/$1.fed') -gt $((last_fed + 5)) ]"
}
ends_well() {
	kill "$1" && wait "$1"
}
published() {
	wait_for sh -c "sed -n '/^normal/,\$p' '$dir/$1.broker' | grep -q '^publish jk/bms_1/live '"
}

slices=24 pause=.1
processes=
i=0
while [ $i -lt $slices ]; do
	odd "slice$i" $i $slices
	processes="$processes $mqtt"
	i=$((i + 1))
done
i=0
for process in $processes; do
	ok "slice $i of what is odd: published in the end" published "slice$i"
	ok "slice $i: records are read" goes_on "slice$i"
	ok "slice $i: exit 0" ends_well "$process"
	ok "slice $i: few words" test "$(wc -l <"$dir/slice$i.err")" -lt 60
	i=$((i + 1))
done
tried=$(cat "$dir"/slice*.broker | grep -c '^odd ')
ok "all was tried: $tried" test "$tried" -gt 600

# ---- a limit of length ----

# The length of a live message, and of the one of discovery, which is longer.
pause=.02
odd free limit 0
wait_for grep -q '^publish homeassistant/device/jk_bms_1/config ' "$dir/free.broker"
ok "exit 0" ends_well $mqtt
size_of() {
	sed -n "s|^publish $2 ||p" "$dir/$1.broker" | sed -n 1p
}
live=$(size_of free jk/bms_1/live)
ok "a live message is shorter than discovery" test "$live" -lt \
	"$(size_of free homeassistant/device/jk_bms_1/config)"
processes=
for more in -3 -2 -1 0 1 2 3; do
	odd "limit$more" limit $((live + more))
	processes="$processes $mqtt"
done
# shellcheck disable=SC2086 # a list
set -- $processes
for more in -3 -2 -1 0 1 2 3; do
	of=limit$more
	config=homeassistant/device/jk_bms_1/config
	ok "a limit of a live message $more: logged of discovery" wait_for grep -q \
		"broker rejected $config, [0-9]* bytes: it closed the connection" "$dir/$of.err"
	if [ $more -lt 0 ]; then
		ok "a limit of $more: of the state, too" wait_for grep -q 'broker rejected jk/bms_1/live, ' \
			"$dir/$of.err"
	fi
	ok "a limit of $more: records are read" goes_on "$of"
	grep -c '^connect' "$dir/$of.broker" >"$dir/$of.connects"
	fed "$of" >"$dir/$of.then"
done
for more in -3 -2 -1 0 1 2 3; do
	of=limit$more
	connects=$(cat "$dir/$of.connects")
	last_fed=$(cat "$dir/$of.then")
	ok "a limit of $more: 200 records later" wait_for sh -c \
		"[ \$(tail -n 1 '$dir/$of.fed') -gt $((last_fed + 200)) ]"
	ok "a limit of $more: no more connections" equals "$(grep -c '^connect' "$dir/$of.broker")" \
		"$connects"
	ok "a limit of $more: few connections" test "$connects" -le 12
	ok "a limit of $more: what was dropped is counted" wait_for grep -q \
		'^publish jk/bridge dropped [1-9]' "$dir/$of.broker"
	ok "a limit of $more: what is shorter goes out" grep -q '^publish jk/bms_1/availability ' \
		"$dir/$of.broker"
	if [ $more -ge 0 ]; then
		ok "a limit of $more: so does the state" wait_for grep -q '^publish jk/bms_1/live ' \
			"$dir/$of.broker"
	else
		ok "a limit of $more: the state does not" lacks '^publish jk/bms_1/live ' "$dir/$of.broker"
	fi
	ok "a limit of $more: exit 0" ends_well "$1"
	shift
done
done_testing
