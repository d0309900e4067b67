#!/bin/sh
# The example of jk-pipeline(7) with RS485 and CAN, as it stands in the page: a capture and candump in one
# pipe.
. tests/e2e/lib.sh

# candump in PATH: what comes from the simulated bus, each line in a write of its own.
mkdir "$dir/bin"
mkfifo "$dir/can"
cat >"$dir/bin/candump" <<END
#!/usr/bin/perl
"@ARGV" eq '-L can0' or die "candump: wrong usage";
open my \$in, '<', '$dir/can' or die;
open my \$pid, '>', '$dir/candump.pid' or die;
print \$pid \$\$;
close \$pid;
while (<\$in>) { syswrite STDOUT, \$_ or exit 1 }
END
chmod +x "$dir/bin/candump"
PATH=$dir/bin:$PATH

# The first block after the title, and the second: the pipeline and the map.
block() {
	awk -v n="$1" '/^\.Ss / { here = $0 == ".Ss RS485 and CAN" } here && /^\.Ed/ { in_block = 0 }
		in_block && seen == n { print } here && /^\.Bd/ { in_block = 1; seen++ }' man/jk-pipeline.7
}
block 2 >"$dir/names"
ok "the page has a map" grep -q '^ *can0:0 ' "$dir/names"
pack=$(awk '/can0:0/ { print $2 }' "$dir/names")
sim --can "$dir/can" --can-cycle documents --speed 4 --master 1:16 0:16
cat >"$dir/bin/jk-capture" <<END
#!/bin/sh
echo \$\$ >'$dir/capture.pid'
exec '$build/jk-capture' "\$@"
END
chmod +x "$dir/bin/jk-capture"
block 1 |
	sed "s/tcp:10.0.0.7:5000/tcp:127.0.0.1:$port/; s/jk-decode/& 2>err/; s/jk-mqtt broker/cat >records/" \
	>"$dir/pipeline"
ok "and a pipeline" grep -q '| jk-alarm | cat >records' "$dir/pipeline"
(cd "$dir" && exec sh pipeline) &
pipeline=$!
children="$children $pipeline"

wait_for test -s "$dir/capture.pid"
children="$children $(cat "$dir/capture.pid")"

# records CHANNEL TYPE: the records of the pack that came from there
records() {
	grep -c "\"channel\":\"$1\",\"bms\":[0-9]*,\"pack\":\"$pack\",\"type\":\"$2\"" "$dir/records"
}
of() { # CHANNEL TYPE N: N of them
	[ "$(records "$1" "$2")" -ge "$3" ]
}
ok "a pack of both buses: RS485" waits of cellar live 5
ok "and CAN" waits of can0 can 1000
ok "no line was mixed with another" test ! -s "$dir/err"
kill "$(cat "$dir/candump.pid")"
before=$(records cellar live)
ok "RS485 goes on without candump" waits of cellar live $((before + 3))
kill "$(cat "$dir/capture.pid")"
ok "the pipeline ends with its last producer" wait_gone "$pipeline"
done_testing
