#!/bin/sh
# jk-find, which a person runs first, on a UART and on an adapter.
. tests/vm/guest/lib.sh
if [ ! -x scripts/jk-find ]; then
	skip "jk-find" "there is none yet"
	done_testing
	exit
fi
ok "a bus of three packs" equals "$(host sim uart 1:16 2:8 3:15)" ready
run as owner jk-find /dev/ttyS1
ok "it ends with 0" equals "$status" 0
for address in 1 2 3; do
	ok "pack $address is found" grep -E "^ *$address " "$dir/out"
done
ok "and no other" equals "$(grep -cE '^ *[0-9]+ ' "$dir/out")" 3
done_testing
