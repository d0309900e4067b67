/* SPDX-License-Identifier: MIT */
#include "broker.h"

#include <errno.h>
#include <linux/tcp.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "addon_echo.h"
#include "addon_watch.h"
#include "broker_status.h"
#include "clock.h"
#include "connect_timer.h"
#include "fresh.h"
#include "log.h"
#include "naming.h"
#include "outage.h"
#include "payload.h"
#include "process.h"

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
	RECEIVED_MAX = 64,
	ECHO_US = 5000000,           /* for our status to come back to us */
	FORGIVE_FIRST_US = 60000000, /* until refused messages are tried again; doubles each time */
};
static const int64_t forgive_last_us = INT64_C(3600000000);

/* How a connection ended: closed by the broker or in between; without an answer; otherwise. */
enum ending { ENDED_CLOSED, ENDED_STALLED, ENDED_LOST, ENDED_REFUSED, ENDED_GOODBYE };

struct received {
	int mid; /* 0: none */
	uint64_t hash;
};

static struct {
	const struct options *options;
	struct outbox *outbox;
	struct inbox *inbox;
	int wake_fd;
	pthread_t thread;
	pthread_mutex_t ending; /* guards over, which changed is signalled for */
	pthread_cond_t changed;
	bool over; /* the thread is about to end */
	atomic_bool stopping;
	char id[64], status_topic[TOPIC_MAX];

	struct mosquitto *client;
	bool connected, left;  /* the broker has accepted us; it has closed, or we have */
	int connack;           /* its return code, -1 before it */
	int64_t in_us, out_us; /* when something was last read and sent, or libmosquitto looked at that */
	int64_t connected_us,
		moved_us;  /* when; and when something was last acknowledged, or nothing was to be */
	int status_mid;    /* of the subscription to our status */
	int64_t echo_us;   /* when our status must have come back; INT64_MAX: not sent yet; 0: not expected */
	uint64_t refusals; /* that were logged */
	int64_t forgive_us, forgive_pause_us;   /* when to try what was refused; and how long that was */
	int skipped;                            /* messages that the client would not take */
	struct received received[RECEIVED_MAX]; /* the last messages with QoS 1 or 2 */
	size_t received_next;
	struct outage outage;
	struct broker_status status;
	struct log_limit denied, oversize;
	struct fresh fresh;
	bool segments_known; /* when the socket was last empty: */
	uint32_t segments;   /* of TCP that had come */
	int64_t suspended_us;
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
	fresh_begin(&net.fresh, clock_boot_us());
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

/*
 * MQTT 3.1.1 has no answer for a topic that a client must not write: the broker acknowledges the message and
 * drops it.  But it sends us what we publish on topics to which we have subscribed, such as our status.
 */
static void on_publish(struct mosquitto *client, void *context, int mid)
{
	(void)client;
	(void)context;
	char topic[256];
	net.moved_us = clock_monotonic_us();
	if (net.echo_us == INT64_MAX && outbox_topic(net.outbox, mid, topic, sizeof topic) &&
	    strcmp(topic, net.status_topic) == 0)
		net.echo_us = net.moved_us + ECHO_US;
	outbox_acknowledged(net.outbox, mid);
}

static void look_for_echo(void)
{
	if (net.echo_us == 0 || clock_monotonic_us() < net.echo_us)
		return;
	net.echo_us = 0;
	if (log_allowed(&net.denied))
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
			net.echo_us = 0;
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

/*
 * Was this message received before on this connection?  We subscribe to commands with QoS 0, so a broker has
 * nothing to send again; but one that sends QoS 1 anyway may.
 */
static bool is_redelivered(const struct mosquitto_message *m)
{
	struct received one = {m->mid, payload_hash(m->topic, strlen(m->topic)) * 31 +
					       payload_hash(m->payload, (size_t)m->payloadlen)};
	if (m->qos == 0)
		return false;
	for (size_t i = 0; i < RECEIVED_MAX; i++)
		if (net.received[i].mid == one.mid && net.received[i].hash == one.hash)
			return true;
	net.received[net.received_next++ % RECEIVED_MAX] = one;
	return false;
}

static void on_message(struct mosquitto *client, void *context, const struct mosquitto_message *m)
{
	(void)client;
	(void)context;
	if (is_redelivered(m))
		return;
	if (!m->retain && strcmp(m->topic, net.status_topic) == 0)
		net.echo_us = 0;
	if (net.options->layout->addon &&
	    !addon_watch_wants(net.options, m->topic, m->payload, (size_t)m->payloadlen, m->retain,
			       clock_monotonic_us()))
		return;
	int64_t boot_us = clock_boot_us();
	int64_t real_us = clock_real_us() - (boot_us - fresh_message(&net.fresh, boot_us));
	inbox_put(net.inbox, m->topic, m->payload, (size_t)m->payloadlen, m->retain, real_us);
}

/* Without this OpenSSL would prompt on the terminal for an encrypted key. */
static int no_passphrase(char *buffer, int size, int writing, void *context)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)context;
	return 0;
}

static bool set_up(void)
{
	const struct options *o = net.options;
	struct mosquitto *m = net.client = mosquitto_new(net.id, true, NULL);
	if (!m)
		return false;
	mosquitto_log_callback_set(m, on_log);
	/*
	 * Not MQTT 5: libmosquitto 2.0.11 aborts on a broker property that it does not know, and on messages
	 * just over the limit of the broker, because it logs without the client that has the log function.
	 */
	mosquitto_int_option(m, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V311);
	mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_int_option(m, MOSQ_OPT_SEND_MAXIMUM, WINDOW_MAX);
	mosquitto_connect_callback_set(m, on_connect);
	mosquitto_disconnect_callback_set(m, on_disconnect);
	mosquitto_publish_callback_set(m, on_publish);
	mosquitto_subscribe_callback_set(m, on_subscribe);
	mosquitto_unsubscribe_callback_set(m, on_unsubscribe);
	mosquitto_message_callback_set(m, on_message);
	int error = mosquitto_will_set(m, net.status_topic, 7, "offline", 1, true);
	if (!error && o->user)
		error = mosquitto_username_pw_set(m, o->user, o->password);
	if (!error && o->cafile)
		error = mosquitto_tls_set(m, o->cafile, NULL, o->cert, o->key, no_passphrase);
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

/* Refused messages are tried again after a while: the broker may have been reconfigured. */
static void look_at_refusals(void)
{
	char topic[256];
	size_t size;
	int64_t now_us = clock_monotonic_us();
	if (net.forgive_us && now_us >= net.forgive_us) {
		net.forgive_us = 0;
		outbox_forgive(net.outbox);
	}
	if (!outbox_refusal(net.outbox, &net.refusals, topic, sizeof topic, &size))
		return;
	if (!net.forgive_us) {
		net.forgive_pause_us =
			net.forgive_pause_us == 0 ? FORGIVE_FIRST_US : 2 * net.forgive_pause_us;
		if (net.forgive_pause_us > forgive_last_us)
			net.forgive_pause_us = forgive_last_us;
		net.forgive_us = now_us + net.forgive_pause_us;
	}
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

/* Clocks that differ by another time than before: the machine was suspended. */
static int64_t suspended_us(void)
{
	return clock_boot_us() - clock_monotonic_us();
}

/* Notes whether the socket is empty.  The time is taken first, in case a message comes in between. */
static void look_at_socket(int fd)
{
	struct pollfd look = {.fd = fd, .events = POLLIN};
	struct tcp_info info = {0};
	socklen_t size = sizeof info;
	int64_t boot_us = clock_boot_us();
	bool empty = poll(&look, 1, 0) == 0;
	fresh_look(&net.fresh, empty, boot_us);
	net.segments_known = empty && getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0;
	net.segments = info.tcpi_data_segs_in;
	net.suspended_us = suspended_us();
}

/*
 * If a single TCP segment has come since the socket was empty, the system knows when.  It counts in ticks of
 * its own clock, which stands still while the machine is suspended.
 */
static void look_at_arrival(int fd)
{
	enum { TICK_US = 20000, JITTER_US = 1000 };
	struct tcp_info info = {0};
	socklen_t size = sizeof info;
	int64_t boot_us = clock_boot_us(), suspended = suspended_us() - net.suspended_us;
	if (net.segments_known && suspended > -JITTER_US && suspended < JITTER_US &&
	    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
	    size > offsetof(struct tcp_info, tcpi_data_segs_in) && info.tcpi_data_segs_in == net.segments + 1)
		fresh_arrived(&net.fresh, boot_us - info.tcpi_last_data_recv * INT64_C(1000) - TICK_US);
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
	if (net.echo_us > 0)
		next_us = earlier(next_us, net.echo_us);
	if (net.forgive_us > 0)
		next_us = earlier(next_us, net.forgive_us);
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
	look_at_socket(fds[0].fd);
	wait_until(fds, deadline_us(clock_monotonic_us(), busy));
	fresh_look(&net.fresh, false, clock_boot_us());
	eventfd_t ignored;
	if (fds[1].revents)
		eventfd_read(net.wake_fd, &ignored);
	int error = 0;
	if (fds[0].revents & (POLLIN | POLLERR | POLLHUP)) {
		net.in_us = clock_monotonic_us();
		look_at_arrival(fds[0].fd);
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
	net.echo_us = INT64_MAX;
	memset(net.received, 0, sizeof net.received);
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

int64_t broker_pause_ms(struct broker_pauses *r, int64_t lasted_ms, bool refused)
{
	if (refused)
		return BROKER_PAUSE_REFUSED_MS;
	if (r->pause_ms == 0 || lasted_ms >= BROKER_PAUSE_STEADY_MS)
		r->pause_ms = BROKER_PAUSE_FIRST_MS;
	else if (r->pause_ms < BROKER_PAUSE_LAST_MS / 2)
		r->pause_ms *= 2;
	else
		r->pause_ms = BROKER_PAUSE_LAST_MS;
	return r->pause_ms;
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

static void *run(void *context)
{
	keep_connected();
	pthread_mutex_lock(&net.ending);
	net.over = true;
	pthread_cond_signal(&net.changed);
	pthread_mutex_unlock(&net.ending);
	return context;
}

/* The thread, with a condition that is waited for by the monotonic clock. */
static void begin_thread(void)
{
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&net.changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&net.ending, NULL);
	net.over = false;
	int error = pthread_create(&net.thread, NULL, run, NULL);
	if (error)
		die(EXIT_SYSTEM, "cannot start a thread: %s", strerror(error));
}

/* Whether the thread has ended by then. */
static bool join_thread(int64_t until_us)
{
	struct timespec until = clock_timespec(until_us);
	int error = 0;
	pthread_mutex_lock(&net.ending);
	while (!net.over && !error)
		error = pthread_cond_timedwait(&net.changed, &net.ending, &until);
	bool over = net.over;
	pthread_mutex_unlock(&net.ending);
	return over && pthread_join(net.thread, NULL) == 0;
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
	begin_thread();
}

bool broker_end(int64_t until_us)
{
	inbox_close(net.inbox); /* else acknowledgements would not be read once it is full */
	atomic_store(&net.stopping, true);
	eventfd_write(net.wake_fd, 1);
	bool ended = join_thread(until_us);
	return ended && outbox_status(net.outbox).empty;
}
