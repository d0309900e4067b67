#!/bin/sh
# A broker whose name starts to resolve later, and one whose name server does not answer: a resolver of our
# own.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh

own_resolver
plain_broker
feed
recorder "$dir/seen.late"
late() {
	: >"$dir/mqtt.err"
	LD_PRELOAD=$dir/resolver.so RESOLVER_FILE=$dir/resolves \
		ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 \
		jk-mqtt "$@" "broker.test:$broker_port" <"$dir/feed" 2>"$dir/mqtt.err" \
		8>"${LATE_READY:-/dev/null}" 9>&- &
	mqtt=$!
	children="$children $mqtt"
}
late
ok "a name that is not known: reported" said 'cannot connect: cannot look up its name; trying again'
live 1 1 >&9
echo "$broker_name" >"$dir/new" && mv "$dir/new" "$dir/resolves"
ok "it starts to resolve" wait_for grep -q '^jk/bms_1/live ' "$dir/seen.late"
kill $mqtt
wait $mqtt
rm "$dir/resolves"
export RESOLVER_SLOW=1
late
ok "a resolver that does not answer: the pipe does not wait" timeout 60 sh -c "
	. tests/e2e/mqtt.sh
	lives 2 1 300 >&9"
echo "$broker_name" >"$dir/new" && mv "$dir/new" "$dir/resolves"
ok "it answers" wait_for grep -q '^jk/bms_2/live .*"total_runtime":300,' "$dir/seen.late"
rm "$dir/resolves"
kill $mqtt
wait $mqtt
LATE_READY=$dir/ready.late
late -d 8
wait_for test -s "$LATE_READY"
kill $mqtt
wait $mqtt
ok "told to stop while it waits: exit 0" equals $? 0
end_of_feed
done_testing
