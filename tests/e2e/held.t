#!/bin/sh
# A process that is held up just when it has looked; FIFOs that are replaced; commands while stdout is full.
. tests/e2e/lib.sh

# The two halves of a frame, and between them the process is stopped: the second one is there when it goes on.
cc -D_GNU_SOURCE -shared -fPIC -o "$dir/held.so" tests/e2e/held.c -ldl
sed -n 's/^([0-9.]*) [^ ]* 01#\(55AAEB9002[0-9A-F]*\) R$/\1/p;/55AAEB9002/q' tests/golden/live.frames |
	head -n 1 >"$dir/hex"
perl -MIO::Socket::INET -e '
	my ($dir) = @ARGV;
	chomp(my $hex = do { local @ARGV = "$dir/hex"; <> });
	my $frame = pack "H*", $hex . "011016200001044B";
	my $server = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die;
	open my $port, ">", "$dir/port.new";
	print $port $server->sockport;
	close $port;
	rename "$dir/port.new", "$dir/server";
	my $client = $server->accept;
	sub touch { open my $f, ">", "$dir/$_[0]" }
	syswrite $client, substr $frame, 0, 100; touch("half");
	select undef, undef, undef, 0.01 until -e "$dir/held";
	syswrite $client, substr $frame, 100; touch("sent");
	sysread $client, my $end, 1' "$dir" &
children="$children $!"
wait_for test -s "$dir/server"
HELD_DIR=$dir LD_PRELOAD=$dir/held.so ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 \
	jk-capture "tcp:127.0.0.1:$(cat "$dir/server")" >"$dir/frames" 2>/dev/null &
capture=$!
children="$children $capture"
ok "what waits when the process goes on is no silence" heard ' 01#55AAEB9002'
ok "and no junk" equals "$(count_of '!junk')" 0
stop_capture

# The FIFO of requests is removed, and created again; then it is replaced
request() { # ADDRESS and trigger in hex
	wait_for test -p "$dir/tx"
	wait_for is_sent "$1"
}
is_sent() {
	grep -q "$1 T\$" "$dir/frames" || {
		perl -MFcntl -MTime::HiRes=time -e 'sysopen(my $f, $ARGV[0], O_WRONLY | O_NONBLOCK) or exit;
			syswrite $f, sprintf("(%.6f) bus %s#%s\n", time, substr($ARGV[1], 0, 2), $ARGV[1])' \
			"$dir/tx" "$1"
		sleep .3
		false
	}
}
sim --speed 1 1:16
capture -a 1 -n bus -x "$dir/tx" "tcp:127.0.0.1:$port"
heard '!mode poll'
wanted=$(descriptors "$capture")
rm "$dir/tx"
ok "a FIFO that was removed is created again" request 021016200001020000C201
rm "$dir/tx" && mkfifo "$dir/tx"
ok "one that was replaced is opened again" request 031016200001020000CF91
ok "both are logged" test \
	"$(grep -c 'removed, and is created again\|replaced, and is opened again' "$dir/capture.err")" -eq 2
ok "no descriptor is left open" equals "$(descriptors "$capture")" "$wanted"
stop_capture
stop_sim

# Of jk-write, too
mkfifo "$dir/stream"
exec 5<>"$dir/stream"
# shellcheck disable=SC2216 # which is the point: nobody reads
jk-write -n -c "$dir/cmd" -x "$dir/none" <"$dir/stream" 2>"$dir/err" 5<&- | sleep 600 5<&- &
pipeline=$!
children="$children $pipeline"
wait_for test -p "$dir/cmd"
writer=$(pgrep -f -x "jk-write -n -c $dir/cmd -x $dir/none")
children="$children $writer"
rm "$dir/cmd"
ok "jk-write creates its FIFO again" wait_for grep -q 'cmd: it was removed, and is created again' "$dir/err"

# Stdout is full, and more commands wait than it has room for: nothing is to be done
processor() { awk '{ print $14 + $15 }' "/proc/$writer/stat"; }
yes '# a comment, which passes through' | head -c 400000 |
	timeout 2 dd of="$dir/stream" bs=4096 oflag=nonblock status=none 2>/dev/null
perl -MFcntl -e 'sysopen my $f, $ARGV[0], O_WRONLY | O_NONBLOCK or die; my $until = time + 3;
	while (time < $until) {
		syswrite($f, "1 charging_switch on\n" x 100) // select undef, undef, undef, 0.01;
	}' "$dir/cmd"
before=$(processor)
sleep 2
ok "commands that have to wait for stdout cost no processor time" test $(($(processor) - before)) -lt 20
kill "$writer" $pipeline
done_testing
