/* SPDX-License-Identifier: MIT */
#include "broker.h"

#include <errno.h>
#include <mosquitto.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "addon_echo.h"
#include "addon_watch.h"
#include "arrival.h"
#include "broker_client.h"
#include "broker_parts.h"
#include "broker_status.h"
#include "broker_thread.h"
#include "clock.h"
#include "connect_timer.h"
#include "log.h"
#include "naming.h"
#include "outage.h"
#include "payload.h"

enum {
	KEEPALIVE_S = 10,      /* a stalled broker is noticed after at most twice as long */
	STALLED_US = 10000000, /* without an acknowledgement, or an answer to CONNECT */
	ADDRESS_US = 2000000,  /* for each address of the broker to answer */
	HANDSHAKE_TICK_MS = 20,
	INBOX_TICK_US = 5000, /* until what has come is taken */
	PAUSE_US = 1000000,   /* a wake-up this late means that we were suspended */
	/* libmosquitto counts whole seconds; a broker waits for half as long again. */
	KEEPALIVE_US = (KEEPALIVE_S + 1) * 1000000,
	SUBSCRIPTION_FAILED = 0x80,
};

/* How a connection ended: closed by the broker or in between; without an answer; otherwise. */
enum ending { ENDED_CLOSED, ENDED_STALLED, ENDED_LOST, ENDED_REFUSED, ENDED_GOODBYE };

static struct {
	const struct options *options;
	struct outbox *outbox;
	struct inbox *inbox;
	int wake_fd;
	struct broker_thread thread;
	atomic_bool stopping;
	char id[64], status_topic[TOPIC_MAX];

	struct mosquitto *client;
	bool connected, left;  /* the broker has accepted us; it has closed, or we have */
	int connack;           /* its return code, -1 before it */
	int64_t in_us, out_us; /* when something was last read and sent, or libmosquitto looked at that */
	int64_t connected_us;
	int64_t moved_us; /* when something was last acknowledged, or nothing was to be */
	int status_mid;   /* of the subscription to our status */
	struct status_echo echo;
	struct refusals refusals;
	int skipped; /* messages that the client would not take */
	struct redelivery redelivery;
	struct outage outage;
	struct broker_status status;
	struct log_limit denied, oversize;
	struct arrival arrival;
} net;

static void on_log(struct mosquitto *client, void *context, int level, const char *text)
{
	(void)client;
	(void)context;
	if (level == MOSQ_LOG_ERR)
		snprintf(net.outage.trouble, sizeof net.outage.trouble, "%s", text);
}

static int subscribe(enum layout_topic topic)
{
	int mid = 0;
	char filter[TOPIC_MAX];
	naming_filter(filter, net.options, topic, LAYOUT_NO_NAMES);
	mosquitto_subscribe(net.client, &mid, filter, net.options->layout->row[topic].qos);
	return mid;
}

static void on_connect(struct mosquitto *client, void *context, int code)
{
	(void)client;
	(void)context;
	if (net.connected && code == 0)
		return; /* a second CONNACK */
	net.connack = code;
	if (code != 0)
		return;
	net.connected = true;
	net.connected_us = net.moved_us = net.in_us = net.out_us = clock_monotonic_us();
	fresh_begin(&net.arrival.fresh, clock_boot_us());
	net.status_mid = subscribe(LAYOUT_STATUS);
	subscribe(LAYOUT_AVAILABILITY);
	subscribe(LAYOUT_BIRTH);
	if (net.options->fifo || net.options->layout->addon) /* whose commands are refused aloud */
		subscribe(LAYOUT_SET);
	outbox_connected(net.outbox);
	inbox_connected(net.inbox);
	outage_over(&net.outage);
	broker_status_set(&net.status, true, "", clock_real_us());
}

static void on_disconnect(struct mosquitto *client, void *context, int reason)
{
	(void)client;
	(void)context;
	(void)reason;
	net.left = true;
}

static void on_publish(struct mosquitto *client, void *context, int mid)
{
	(void)client;
	(void)context;
	char topic[256];
	net.moved_us = clock_monotonic_us();
	if (status_echo_unsent(&net.echo) && outbox_topic(net.outbox, mid, topic, sizeof topic) &&
	    strcmp(topic, net.status_topic) == 0)
		status_echo_sent(&net.echo, net.moved_us);
	outbox_acknowledged(net.outbox, mid);
}

static void look_for_echo(void)
{
	if (status_echo_missing(&net.echo, clock_monotonic_us()) && log_allowed(&net.denied))
		log_line("%s:%u: broker rejected %s: acknowledged, but not passed on; may we "
			 "write there?",
			 net.options->host, net.options->port, net.status_topic);
}

static void on_subscribe(struct mosquitto *client, void *context, int mid, int count, const int *granted)
{
	(void)client;
	(void)context;
	char topic[256];
	/* The retained messages follow this. */
	if (outbox_topic(net.outbox, mid, topic, sizeof topic))
		inbox_put(net.inbox, topic, "", 0, false, clock_real_us());
	outbox_acknowledged(net.outbox, mid);
	for (int i = 0; i < count; i++) {
		if (granted[i] < SUBSCRIPTION_FAILED)
			continue;
		if (mid == net.status_mid)
			status_echo_over(&net.echo);
		if (log_allowed(&net.denied))
			log_line("%s:%u: broker rejected a subscription", net.options->host,
				 net.options->port);
	}
}

static void on_unsubscribe(struct mosquitto *client, void *context, int mid)
{
	(void)client;
	(void)context;
	outbox_acknowledged(net.outbox, mid);
}

static bool is_redelivered(const struct mosquitto_message *m)
{
	if (m->qos == 0)
		return false;
	return redelivery_seen(&net.redelivery, m->mid,
			       payload_hash(m->topic, strlen(m->topic)) * 31 +
				       payload_hash(m->payload, (size_t)m->payloadlen));
}

static void on_message(struct mosquitto *client, void *context, const struct mosquitto_message *m)
{
	(void)client;
	(void)context;
	if (is_redelivered(m))
		return;
	if (!m->retain && strcmp(m->topic, net.status_topic) == 0)
		status_echo_over(&net.echo);
	if (net.options->layout->addon &&
	    !addon_watch_wants(net.options, m->topic, m->payload, (size_t)m->payloadlen, m->retain,
			       clock_monotonic_us()))
		return;
	int64_t boot_us = clock_boot_us();
	int64_t real_us = clock_real_us() - (boot_us - fresh_message(&net.arrival.fresh, boot_us));
	inbox_put(net.inbox, m->topic, m->payload, (size_t)m->payloadlen, m->retain, real_us);
}

static bool set_up(void)
{
	struct mosquitto *m = net.client = mosquitto_new(net.id, true, NULL);
	if (!m)
		return false;
	mosquitto_log_callback_set(m, on_log);
	mosquitto_connect_callback_set(m, on_connect);
	mosquitto_disconnect_callback_set(m, on_disconnect);
	mosquitto_publish_callback_set(m, on_publish);
	mosquitto_subscribe_callback_set(m, on_subscribe);
	mosquitto_unsubscribe_callback_set(m, on_unsubscribe);
	mosquitto_message_callback_set(m, on_message);
	int error = broker_client_set_up(m, net.options, net.status_topic);
	if (error)
		outage_log(&net.outage, "cannot set up the connection: %s; trying again",
			   mosquitto_strerror(error));
	return !error;
}

static int send_message(void *context, const struct outgoing *message, int *mid)
{
	(void)context;
	net.out_us = clock_monotonic_us();
	if (message->unsubscribe)
		return mosquitto_unsubscribe(net.client, mid, message->topic);
	if (message->subscribe)
		return mosquitto_subscribe(net.client, mid, message->topic, message->qos);
	int error = mosquitto_publish(net.client, mid, message->topic, (int)message->size, message->payload,
				      message->qos, message->retain);
	if (!error && net.options->layout->addon)
		addon_echo_sent(message->topic, message->payload, message->size, net.out_us);
	if (error != MOSQ_ERR_OVERSIZE_PACKET && error != MOSQ_ERR_PAYLOAD_SIZE && error != MOSQ_ERR_INVAL &&
	    error != MOSQ_ERR_MALFORMED_UTF8)
		return error;
	if (log_allowed(&net.oversize))
		log_line("%s:%u: broker rejected %s, %zu bytes: %s", net.options->host, net.options->port,
			 message->topic, message->size, mosquitto_strerror(error));
	*mid = -++net.skipped;
	return 0;
}

static void look_at_refusals(void)
{
	char topic[256];
	size_t size;
	int64_t now_us = clock_monotonic_us();
	if (refusals_over(&net.refusals, now_us))
		outbox_forgive(net.outbox);
	if (!outbox_refusal(net.outbox, &net.refusals.logged, topic, sizeof topic, &size))
		return;
	refusals_add(&net.refusals, now_us);
	if (log_allowed(&net.oversize))
		log_line("%s:%u: broker rejected %s, %zu bytes: it closed the connection", net.options->host,
			 net.options->port, topic, size);
}

static int pump(void)
{
	int error;
	do {
		net.skipped = 0;
		if (outbox_status(net.outbox).in_flight == 0)
			net.moved_us = clock_monotonic_us();
		error = outbox_pump(net.outbox, send_message, NULL);
		for (int i = 1; i <= net.skipped; i++)
			outbox_refused(net.outbox, -i);
	} while (!error && net.skipped > 0);
	look_at_refusals();
	return error;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When something is to be done even if nothing comes and nothing is to be sent. */
static int64_t deadline_us(int64_t now_us, bool busy)
{
	int64_t next_us = earlier(net.in_us, net.out_us) + KEEPALIVE_US;
	if (busy)
		next_us = earlier(next_us, now_us + INBOX_TICK_US);
	if (net.options->fifo) /* the age of a command is known to this */
		next_us = earlier(next_us, now_us + FRESH_LOOK_US);
	if (outbox_status(net.outbox).in_flight > 0)
		next_us = earlier(next_us, net.moved_us + STALLED_US);
	if (net.echo.due_us > 0)
		next_us = earlier(next_us, net.echo.due_us);
	if (net.refusals.forgive_us > 0)
		next_us = earlier(next_us, net.refusals.forgive_us);
	return next_us;
}

/* Waits until then at most.  After a suspension what has come meanwhile is read before anything is judged. */
static void wait_until(struct pollfd fds[2], int64_t until_us)
{
	int64_t begun_us = clock_boot_us(), left_us = until_us - clock_monotonic_us();
	poll(fds, 2, left_us <= 0 ? 0 : (int)(left_us / 1000) + 1);
	if (clock_boot_us() - begun_us > (left_us > 0 ? left_us : 0) + PAUSE_US)
		net.moved_us = clock_monotonic_us();
}

/* Lets libmosquitto send or miss a ping. */
static int keep_alive(void)
{
	int64_t now_us = clock_monotonic_us();
	int error = mosquitto_loop_misc(net.client);
	if (now_us >= earlier(net.in_us, net.out_us) + KEEPALIVE_US)
		net.in_us = net.out_us = now_us;
	return error;
}

/* Waits for the socket or for something to send, and handles it.  Returns the client's error, or 0. */
static int wait_and_act(void)
{
	bool busy = inbox_busy(net.inbox);
	struct pollfd fds[2] = {
		{.fd = mosquitto_socket(net.client), .events = busy ? 0 : POLLIN},
		{.fd = net.wake_fd, .events = POLLIN},
	};
	if (fds[0].fd < 0)
		return MOSQ_ERR_CONN_LOST;
	if (mosquitto_want_write(net.client))
		fds[0].events |= POLLOUT;
	arrival_before(&net.arrival, fds[0].fd);
	wait_until(fds, deadline_us(clock_monotonic_us(), busy));
	arrival_after(&net.arrival);
	eventfd_t ignored;
	if (fds[1].revents)
		eventfd_read(net.wake_fd, &ignored);
	int error = 0;
	if (fds[0].revents & (POLLIN | POLLERR | POLLHUP)) {
		net.in_us = clock_monotonic_us();
		arrival_reading(&net.arrival, fds[0].fd);
		error = mosquitto_loop_read(net.client, WINDOW_MAX);
	}
	if (!error && fds[0].revents & POLLOUT)
		error = mosquitto_loop_write(net.client, 1);
	return error ? error : keep_alive();
}

/* Disconnects after the last acknowledgement. */
static void say_goodbye(void)
{
	mosquitto_disconnect(net.client);
	int64_t until_us = clock_monotonic_us() + 200000;
	while (mosquitto_want_write(net.client) && clock_monotonic_us() < until_us && wait_and_act() == 0)
		;
}

static enum ending lost(int error)
{
	int error_number = errno;
	if (net.connack > 0) {
		outage_log(&net.outage, "broker rejected the connection: %s; trying again",
			   outage_of_connack(net.connack));
		return outage_is_refusal(net.connack) ? ENDED_REFUSED : ENDED_LOST;
	}
	if (net.options->cafile && outage_is_certificate(&net.outage)) {
		outage_log(&net.outage, "TLS: %s; trying again", net.outage.trouble);
		return ENDED_REFUSED;
	}
	outage_log(&net.outage, "connection lost: %s; trying again", outage_of_end(error, error_number));
	/* A protocol error of the broker is no answer to a message of ours. */
	return error == MOSQ_ERR_PROTOCOL || error == MOSQ_ERR_MALFORMED_PACKET ? ENDED_LOST : ENDED_CLOSED;
}

static bool stalled(void)
{
	return (!net.connected || outbox_status(net.outbox).in_flight > 0) &&
	       clock_monotonic_us() - net.moved_us >= STALLED_US;
}

static enum ending talk(void)
{
	net.moved_us = clock_monotonic_us();
	for (;;) {
		int error = 0;
		if (net.connected)
			error = pump();
		if (!error && net.connected && atomic_load(&net.stopping) &&
		    outbox_status(net.outbox).empty) {
			say_goodbye();
			return ENDED_GOODBYE;
		}
		/* During the handshake only libmosquitto knows what to wait for. */
		if (!error)
			error = net.connected ? wait_and_act()
					      : mosquitto_loop(net.client, HANDSHAKE_TICK_MS, 1);
		if (error || net.left || net.connack > 0)
			return lost(error ? error : MOSQ_ERR_CONN_LOST);
		if (stalled()) {
			outage_log(&net.outage, "no answer from the broker; trying again");
			return ENDED_STALLED;
		}
		look_for_echo();
	}
}

static enum ending attempt(timer_t timer)
{
	net.connected = net.left = false;
	net.connack = -1;
	status_echo_begin(&net.echo);
	redelivery_begin(&net.redelivery);
	net.outage.trouble[0] = '\0';
	if (!set_up())
		return ENDED_REFUSED;
	connect_timer_every(timer, ADDRESS_US);
	int error = mosquitto_connect(net.client, net.options->host, net.options->port, KEEPALIVE_S);
	int error_number = errno;
	connect_timer_every(timer, 0);
	if (!error)
		return talk();
	if (error == MOSQ_ERR_TLS && outage_is_certificate(&net.outage)) {
		outage_log(&net.outage, "TLS: %s; trying again", net.outage.trouble);
		return ENDED_REFUSED;
	}
	outage_log(&net.outage, "cannot connect: %s; trying again",
		   outage_of_connect(&net.outage, error, error_number));
	return ENDED_LOST;
}

/* Waits until then, or until told to stop. */
static void pause_until(int64_t until_us)
{
	bool was_stopping = atomic_load(&net.stopping);
	for (;;) {
		int64_t left_us = until_us - clock_monotonic_us();
		struct pollfd fd = {.fd = net.wake_fd, .events = POLLIN};
		if (left_us <= 0 || atomic_load(&net.stopping) != was_stopping)
			return;
		eventfd_t ignored;
		if (poll(&fd, 1, (int)(left_us / 1000 + 1)) > 0)
			eventfd_read(net.wake_fd, &ignored);
	}
}

/* Connects, and connects again, until told to stop. */
static void keep_connected(void)
{
	struct broker_pauses pauses = {0};
	timer_t timer = connect_timer_begin();
	for (;;) {
		enum ending ending = attempt(timer);
		int64_t now_us = clock_monotonic_us();
		int64_t lasted_ms = net.connected ? (now_us - net.connected_us) / 1000 : 0;
		outbox_disconnected(net.outbox, ending == ENDED_CLOSED    ? OUTBOX_CLOSED
						: ending == ENDED_STALLED ? OUTBOX_STALLED
									  : OUTBOX_ENDED);
		mosquitto_destroy(net.client);
		net.client = NULL;
		broker_status_set(&net.status, false,
				  ending == ENDED_GOODBYE ? "jk-mqtt was stopped" : net.outage.reason,
				  clock_real_us());
		if (ending == ENDED_GOODBYE)
			return;
		/* A wrong password will still be wrong in two seconds. */
		if (ending == ENDED_REFUSED && atomic_load(&net.stopping))
			return;
		pause_until(now_us + 1000 * broker_pause_ms(&pauses, lasted_ms, ending == ENDED_REFUSED));
	}
}

void broker_begin(const struct options *options, struct outbox *outbox, struct inbox *inbox, int wake_fd)
{
	net.options = options;
	net.outage.host = options->host;
	net.outage.port = options->port;
	net.outbox = outbox;
	net.inbox = inbox;
	net.wake_fd = wake_fd;
	naming_topic(net.status_topic, options, LAYOUT_STATUS, LAYOUT_NO_NAMES);
	snprintf(net.id, sizeof net.id, "jk-mqtt-%x-%x", (unsigned)getpid(), (unsigned)clock_real_us());
	broker_status_begin(&net.status, options->status, options->host, options->port, clock_real_us());
	mosquitto_lib_init();
	broker_thread_begin(&net.thread, keep_connected);
}

bool broker_end(int64_t until_us)
{
	inbox_close(net.inbox); /* else acknowledgements would not be read once it is full */
	atomic_store(&net.stopping, true);
	eventfd_write(net.wake_fd, 1);
	bool ended = broker_thread_join(&net.thread, until_us);
	return ended && outbox_status(net.outbox).empty;
}
