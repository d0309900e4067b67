#!/bin/sh
# TLS, certificates of the client, certificates that are wrong, and IPv6.
. tests/e2e/lib.sh
. tests/e2e/mqtt.sh
broker_name=localhost

cd "$dir" || exit 1
# authority NAME; certificate NAME AUTHORITY SUBJECT NAMES
authority() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=authority $1" -keyout "$1.key" -out \
		"$1.crt" 2>>openssl.log
}
certificate() {
	openssl req -newkey rsa:2048 -nodes -subj "/CN=$3" -keyout "$1.key" -out "$1.csr" 2>>openssl.log &&
		printf 'subjectAltName=%s\n' "$4" >"$1.ext" &&
		openssl x509 -req -days 2 -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -extfile \
		"$1.ext" -out "$1.crt" 2>>openssl.log
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
	broker "listener PORT 127.0.0.1" "allow_anonymous true" "$tls" "certfile $dir/$certificate.crt" \
		"keyfile $dir/$certificate.key" "$@"
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
mqtt --cafile "$dir/ours.crt" "mqtts://localhost:$broker_port/"
has_connected() { [ "$(connections)" -gt 0 ]; }
ok "mqtts://" wait_for has_connected
kill $mqtt
wait $mqtt
run jk-mqtt --cafile "$dir/ours.crt" "mqtt://localhost:$broker_port"
ok "mqtt:// with an authority: refused" equals $status 100
ok "and reported" grep -q 'mqtt:// is without TLS' "$dir/err"
mqtt --cafile "$dir/other.crt" "localhost:$broker_port"
ok "another authority: reported" said 'TLS: .*certificate verify failed.*; trying again'
live 1 3 >&9
kill $mqtt
wait $mqtt
ok "once" once_each
ok "exit 0" grep -q 'not everything could be sent' "$dir/mqtt.err"
mqtt "localhost:$broker_port"
ok "no TLS to a broker that wants it: reported" said 'trying again'
kill $mqtt
wait $mqtt
stop_broker

tls_broker elsewhere
mqtt --cafile "$dir/ours.crt" "localhost:$broker_port"
ok "a certificate of another host: reported" said 'TLS: .*; trying again'
ok "and never connected" lacks 'New client connected' "$dir/broker.log"
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
ok "none, where one is wanted: reported" said 'TLS: .*certificate.*; trying again\|trying again'
kill $mqtt
wait $mqtt
mqtt --cafile "$dir/ours.crt" --cert "$dir/stranger.crt" --key "$dir/stranger.key" "localhost:$broker_port"
ok "one of another authority: reported" said 'trying again'
kill $mqtt
wait $mqtt
ok "exit 0" equals $? 0
stop_broker

# The size of a file in /proc is 0.
if grep -q . /proc/net/if_inet6 2>/dev/null && broker "listener PORT ::1" "allow_anonymous true"; then
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
