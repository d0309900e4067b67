#!/bin/sh
# TLS, certificates of the client, certificates that are wrong, names that resolve later, an old broker, and IPv6.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh
broker_name=localhost

cd "$dir" || exit 1
# authority NAME; certificate NAME AUTHORITY SUBJECT NAMES
authority() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=authority $1" -keyout "$1.key" -out "$1.crt" 2>>openssl.log
}
certificate() {
	openssl req -newkey rsa:2048 -nodes -subj "/CN=$3" -keyout "$1.key" -out "$1.csr" 2>>openssl.log &&
		printf 'subjectAltName=%s\n' "$4" >"$1.ext" &&
		openssl x509 -req -days 2 -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -extfile "$1.ext" -out "$1.crt" 2>>openssl.log
}
authority ours && authority other && certificate server ours localhost DNS:localhost &&
	certificate elsewhere ours elsewhere DNS:elsewhere && certificate client ours pack DNS:pack &&
	certificate stranger other pack DNS:pack
cd - >/dev/null || exit 1
tls="cafile $dir/ours.crt"

# tls_broker CERTIFICATE LINE...
tls_broker() {
	certificate=$1
	shift
	broker "listener PORT 127.0.0.1" "allow_anonymous true" "$tls" "certfile $dir/$certificate.crt" "keyfile $dir/$certificate.key" "$@"
}

tls_broker server
recorder "$dir/seen" --cafile "$dir/ours.crt"
feed
mqtt --cafile "$dir/ours.crt" "localhost:$broker_port"
live 1 1 >&9
ok "TLS" seen '^jk/bms_1/live '
ok "the whole discovery" seen '^homeassistant/device/jk_bms_1/config 1 1 .*\}\}$'
stop_broker KILL
live 1 2 >&9
start_broker
ok "TLS again after the broker was killed" said ': connected'
kill $mqtt
wait $mqtt
ok "exit 0" equals $? 0
mqtt --cafile "$dir/other.crt" "localhost:$broker_port"
ok "another authority: said" said 'TLS: .*certificate verify failed.*; trying again'
live 1 3 >&9
kill $mqtt
wait $mqtt
ok "once" sh -c "cat '$dir/mqtt.err'; [ \$(grep -c 'trying again' '$dir/mqtt.err') = 1 ]"
ok "exit 0" grep -q 'not everything could be sent' "$dir/mqtt.err"
mqtt "localhost:$broker_port"
ok "no TLS to a broker that wants it: said" said 'trying again'
kill $mqtt
wait $mqtt
stop_broker

tls_broker elsewhere
mqtt --cafile "$dir/ours.crt" "localhost:$broker_port"
ok "a certificate of another host: said" said 'TLS: .*; trying again'
ok "and never connected" sh -c "! grep -q 'New client connected' '$dir/broker.log'"
kill $mqtt
wait $mqtt
stop_broker

tls_broker server "require_certificate true" "use_identity_as_username true"
recorder "$dir/seen.client" --cafile "$dir/ours.crt" --cert "$dir/client.crt" --key "$dir/client.key"
mqtt --cafile "$dir/ours.crt" --cert "$dir/client.crt" --key "$dir/client.key" "localhost:$broker_port"
live 1 1 >&9
ok "our own certificate" wait_for grep -q '^jk/bms_1/live ' "$dir/seen.client"
kill $mqtt
wait $mqtt
mqtt --cafile "$dir/ours.crt" "localhost:$broker_port"
ok "none, where one is wanted: said" said 'TLS: .*certificate.*; trying again\|trying again'
kill $mqtt
wait $mqtt
mqtt --cafile "$dir/ours.crt" --cert "$dir/stranger.crt" --key "$dir/stranger.key" "localhost:$broker_port"
ok "one of another authority: said" said 'trying again'
kill $mqtt
wait $mqtt
ok "exit 0" equals $? 0
stop_broker

# A name that starts to resolve later, and one whose server does not answer: a resolver of our own.
own_resolver
plain_broker
broker_name=127.0.0.1
recorder "$dir/seen.late"
late() {
	LD_PRELOAD=$dir/resolver.so RESOLVER_FILE=$dir/resolves ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 \
		jk-mqtt "$@" "broker.test:$broker_port" <"$dir/feed" 2>"$dir/mqtt.err" 8>"${LATE_READY:-/dev/null}" 9>&- &
	mqtt=$!
	children="$children $mqtt"
}
late
ok "a name that is not known: said" said 'cannot connect: its name cannot be looked up; trying again'
live 1 1 >&9
echo 127.0.0.1 >"$dir/new" && mv "$dir/new" "$dir/resolves"
ok "it starts to resolve" wait_for grep -q '^jk/bms_1/live ' "$dir/seen.late"
kill $mqtt
wait $mqtt
rm "$dir/resolves"
export RESOLVER_SLOW=1
late
ok "a resolver that does not answer: the pipe does not wait" timeout 300 sh -c "
	. tests/e2e/mqtt.sh
	for i in \$(seq 1 300); do live 2 \$i; done >&9"
echo 127.0.0.1 >"$dir/new" && mv "$dir/new" "$dir/resolves"
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
unset RESOLVER_SLOW
stop_broker

# A broker that knows MQTT 3.1.1 alone.
tests/e2e/mqtt-old.pl >"$dir/old" 2>"$dir/old.err" 9>&- &
old=$!
children="$children $old"
wait_for grep -q '^port ' "$dir/old"
mqtt "127.0.0.1:$(sed -n 's/^port //p' "$dir/old")"
live 1 1 >&9
ok "a broker of MQTT 3.1.1: asked with 5 first" wait_for grep -qx 'connect 5' "$dir/old"
ok "then with 3.1.1" wait_for grep -qx 'connect 4' "$dir/old"
ok "it gets the state" wait_for grep -qx 'publish jk/bms_1/live' "$dir/old"
ok "and the discovery" wait_for grep -qx 'publish homeassistant/device/jk_bms_1/config' "$dir/old"
kill $mqtt
wait $mqtt
ok "exit 0" equals $? 0
kill $old

# A broker that lets us in and cuts us off, for ever.
tests/e2e/mqtt-old.pl cut >"$dir/cut" 2>"$dir/cut.err" 9>&- &
old=$!
children="$children $old"
wait_for grep -q '^port ' "$dir/cut"
mqtt "127.0.0.1:$(sed -n 's/^port //p' "$dir/cut")"
ok "a broker that cuts us off: tried again and again" wait_for sh -c "[ \$(grep -c connect '$dir/cut') -ge 12 ]"
ok "it is said" said 'the connection is lost: '
ok "few words" test "$(wc -l <"$dir/mqtt.err")" -le 14
ok "no success among them" sh -c "! grep Success '$dir/mqtt.err'"
kill $mqtt
wait $mqtt
ok "exit 0" equals $? 0
kill $old

if [ -s /proc/net/if_inet6 ] && broker "listener PORT ::1" "allow_anonymous true"; then
	broker_name=::1
	recorder "$dir/seen.6"
	mqtt "[::1]:$broker_port"
	live 1 1 >&9
	ok "IPv6" wait_for grep -q '^jk/bms_1/live ' "$dir/seen.6"
	end_of_feed
	wait $mqtt
	ok "exit 0" equals $? 0
else
	skip "IPv6" "no IPv6 here"
fi
done_testing
