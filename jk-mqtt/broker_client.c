/* SPDX-License-Identifier: MIT */
#include "broker_client.h"

#include <mqtt_protocol.h>

#include "outbox.h"

/* Without this OpenSSL would prompt on the terminal for an encrypted key. */
static int no_passphrase(char *buffer, int size, int writing, void *context)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)context;
	return 0;
}

int broker_client_set_up(struct mosquitto *client, const struct options *o, const char *status_topic)
{
	/*
	 * Not MQTT 5: libmosquitto 2.0.11 aborts on a broker property that it does not know, and on messages
	 * just over the limit of the broker, because it logs without the client that has the log function.
	 */
	mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V311);
	mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_int_option(client, MOSQ_OPT_SEND_MAXIMUM, WINDOW_MAX);
	int error = mosquitto_will_set(client, status_topic, 7, "offline", 1, true);
	if (!error && o->user)
		error = mosquitto_username_pw_set(client, o->user, o->password);
	if (!error && o->cafile)
		error = mosquitto_tls_set(client, o->cafile, NULL, o->cert, o->key, no_passphrase);
	return error;
}
