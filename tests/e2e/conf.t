#!/bin/sh
# jk.conf(5): what jk-service check and jk-service print make of right and wrong files.
. tests/e2e/lib.sh

conf=$dir/jk.conf
# check: of the file on stdin, with directories of this test.
check() {
	cat >"$conf"
	printf 'run %s/run\nstate %s/state\n' "$dir" "$dir" >>"$conf"
	run jk-service -f "$conf" check
}
# faults EXPECTED: the messages of the check, without the program and the file.
faults() {
	sed "s|^jk-service: $conf:||" "$dir/err" | grep -v ' note: ' >"$dir/faults"
	equals "$(cat "$dir/faults")" "$1"
}

check <<'END'
bus shed tcp:10.0.0.7:5000 poll 1-3
broker homeassistant.local
END
ok "two lines are a configuration" equals "$status $(cat "$dir/err")" "0 "
ok "it says what is in it" grep -q 'no faults; buses: 1, packs: 0, brokers: 1' "$dir/out"
check <<'END'
bus shed tcp:10.0.0.7 pol 1
END
ok "all faults are reported at once" faults \
	"1:10: SOURCE tcp:10.0.0.7: a gateway is given as tcp:HOST:PORT; expected /dev/NAME,\
 serial:PATH[,BAUD], tcp:HOST:PORT, can:IFACE[,BITRATE] or file:LOG[,FACTOR]
1:23: bus: no such option: pol (near: poll); expected poll, listen, interval, gap, wait, silence, only,\
 inverter, all"
ok "with 100" equals "$status" 100
done_testing
