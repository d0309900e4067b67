/* SPDX-License-Identifier: MIT */
#include "forget.h"

#include <errno.h>
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addon_discovery.h"
#include "clock.h"
#include "log.h"
#include "naming.h"
#include "process.h"

enum {
	ANSWER_US = 10000000, /* the broker has this long to answer */
	QUIET_US = 500000,    /* retained messages follow the subscription without a pause */
	TICK_MS = 50,
	KEEPALIVE_S = 30,
};

#define ADDON_DEVICE "BMS_{n}"

struct topics {
	char **list;
	size_t count, room;
};

static struct {
	const struct options *options;
	struct mosquitto *client;
	struct topics found;
	int connack;
	unsigned subscribed, answered, sent, taken;
	int64_t moved_us; /* when the broker last sent something */
} net;

static void on_connect(struct mosquitto *client, void *context, int code)
{
	(void)client;
	(void)context;
	net.connack = code;
	net.moved_us = clock_monotonic_us();
}

static void on_subscribe(struct mosquitto *client, void *context, int mid, int count, const int *granted)
{
	(void)client;
	(void)context;
	(void)mid;
	(void)count;
	(void)granted;
	net.answered++;
	net.moved_us = clock_monotonic_us();
}

static void on_publish(struct mosquitto *client, void *context, int mid)
{
	(void)client;
	(void)context;
	(void)mid;
	net.taken++;
	net.moved_us = clock_monotonic_us();
}

static bool is_known(const char *topic)
{
	for (size_t i = 0; i < net.found.count; i++)
		if (strcmp(net.found.list[i], topic) == 0)
			return true;
	return false;
}

static void on_message(struct mosquitto *client, void *context, const struct mosquitto_message *m)
{
	struct topics *t = &net.found;
	(void)client;
	(void)context;
	net.moved_us = clock_monotonic_us();
	if (!m->retain || m->payloadlen == 0 || is_known(m->topic))
		return;
	if (t->count == t->room) {
		t->room = t->room > 0 ? 2 * t->room : 64;
		t->list = realloc(t->list, t->room * sizeof(char *));
	}
	if (!t->list || !(t->list[t->count] = strdup(m->topic)))
		die(EXIT_SYSTEM, "no memory");
	t->count++;
}

static _Noreturn void failed(const char *what, const char *why)
{
	die(EXIT_SYSTEM, "%s:%u: %s: %s", net.options->host, net.options->port, what, why);
}

/* Reads and writes until it is so; ends the program if the broker does not answer. */
static void until(bool (*is_so)(void), const char *what)
{
	net.moved_us = clock_monotonic_us();
	while (!is_so()) {
		int error = mosquitto_loop(net.client, TICK_MS, 1);
		if (error)
			failed(what, error == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(error));
		if (clock_monotonic_us() - net.moved_us > ANSWER_US)
			failed(what, "no answer from the broker");
	}
}

static bool is_connected(void)
{
	if (net.connack > 0)
		failed("cannot connect", mosquitto_connack_string(net.connack));
	return net.connack == 0;
}

static bool all_has_come(void)
{
	return net.answered == net.subscribed && clock_monotonic_us() - net.moved_us > QUIET_US;
}

static bool all_is_taken(void)
{
	return net.taken == net.sent;
}

static void connect_to_broker(const struct options *o)
{
	char id[64];
	mosquitto_lib_init();
	snprintf(id, sizeof id, "jk-mqtt-forget-%x", (unsigned)getpid());
	net.options = o;
	net.connack = -1;
	net.client = mosquitto_new(id, true, NULL);
	if (!net.client)
		die(EXIT_SYSTEM, "no memory");
	mosquitto_connect_callback_set(net.client, on_connect);
	mosquitto_subscribe_callback_set(net.client, on_subscribe);
	mosquitto_publish_callback_set(net.client, on_publish);
	mosquitto_message_callback_set(net.client, on_message);
	int error = o->user ? mosquitto_username_pw_set(net.client, o->user, o->password) : 0;
	if (!error && o->cafile)
		error = mosquitto_tls_set(net.client, o->cafile, NULL, o->cert, o->key, NULL);
	if (!error)
		error = mosquitto_connect(net.client, o->host, o->port, KEEPALIVE_S);
	if (error)
		failed("cannot connect",
		       error == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(error));
	until(is_connected, "cannot connect");
}

static void subscribe(const char *filter)
{
	int error = mosquitto_subscribe(net.client, NULL, filter, 1);
	if (error)
		failed(filter, mosquitto_strerror(error));
	net.subscribed++;
}

/* BMS_1, BMS_master: the number of the pack; another name is none of the add-on's. */
static int addon_number_of(const char *name)
{
	int n = ADDON_NO_PACK;
	return addon_match(ADDON_DEVICE, name, &n) ? n : ADDON_NO_PACK;
}

static void subscribe_to_addon(const struct options *o, int n)
{
	char topic[TOPIC_MAX];
	struct strbuf t = {.data = topic, .capacity = sizeof topic - 1};
	if (n == ADDON_NO_PACK)
		return;
	addon_put(&t, ADDON_DEVICE "/#", n);
	topic[t.size] = '\0';
	subscribe(topic);
	for (size_t i = 0; i < addon_row_count; i++)
		if (strstr(addon_rows[i].config, "{n}"))
			subscribe(addon_discovery_topic(topic, o, &addon_rows[i], n));
}

/* All topics of a pack are below that of one value. */
static void subscribe_to(const struct options *o, const char *name)
{
	char filter[TOPIC_MAX], id[ID_MAX];
	subscribe(naming_topic(filter, o, LAYOUT_VALUE, LAYOUT_NAMES(.device = name, .key = "#")));
	if (o->layout->addon) {
		subscribe_to_addon(o, addon_number_of(name));
		return;
	}
	naming_device_id(id, o, name);
	subscribe(naming_topic(filter, o, LAYOUT_DEVICE_CONFIG, LAYOUT_NAMES(.id = id)));
	subscribe(naming_topic(filter, o, LAYOUT_COMPONENT_CONFIG,
			       LAYOUT_NAMES(.platform = "+", .id = id, .key = "+")));
}

/* Discovery first: Home Assistant would report states that are no JSON. */
static void clear(bool discovery)
{
	size_t n = strlen(net.options->discovery_prefix);
	for (size_t i = 0; i < net.found.count; i++) {
		const char *topic = net.found.list[i];
		bool is_discovery = strncmp(topic, net.options->discovery_prefix, n) == 0 && topic[n] == '/';
		if (is_discovery != discovery)
			continue;
		int error = mosquitto_publish(net.client, NULL, topic, 0, NULL, 1, true);
		if (error)
			failed(topic, mosquitto_strerror(error));
		net.sent++;
		puts(topic);
	}
	until(all_is_taken, "cannot clear");
}

int forget_packs(const struct options *o)
{
	connect_to_broker(o);
	for (size_t i = 0; i < o->forget_count; i++)
		subscribe_to(o, o->forget[i]);
	until(all_has_come, "cannot read");
	clear(true);
	clear(false);
	log_line("%zu retained %s cleared", net.found.count, net.found.count == 1 ? "message" : "messages");
	mosquitto_disconnect(net.client);
	mosquitto_loop(net.client, TICK_MS, 1);
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_SYSTEM;
}
