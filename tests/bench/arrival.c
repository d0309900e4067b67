/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <mosquitto.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "jk_frame.h"
#include "json.h"
#include "modbus.h"
#include "number.h"

/*
 * arrival RAW BROKER_PORT: a gateway on loopback at one end of the pipeline, a subscriber at the other.
 * Prints "port N" and waits for a client there.  Then sends it the live frames of RAW, bytes of a bus, one
 * after the other with its acknowledgement, at the pace of a bus that is polled, and measures from the write
 * of the last byte to the message of jk/+/live at the subscriber.  A message counts only if it is of this
 * frame: its time is not before the frame was sent.
 */

enum {
	FRAMES_MAX = 4096,
	WARM_UP = 10, /* the first frames bring discovery, too */
	SAMPLES = 400,
	WIRE_MS = 30,  /* a frame takes as long on the wire */
	PAUSE_MS = 80, /* behind a message, as between two polls */
	WAIT_MS = 2000,
	MESSAGE_SIZE = FRAME_SIZE + 8,
	RAW_MAX = 4000000,
};

static struct {
	struct mosquitto *client;
	struct json_tokener *tokener;
	bool subscribed;
	double arrived_s;  /* monotonic; when the newest message came */
	int64_t record_us; /* the time of its record */
} seen;

static uint8_t raw[RAW_MAX], messages[FRAMES_MAX][MESSAGE_SIZE];

/* The live frames of a bus that agree with their checksum, each with an acknowledgement of BMS 1. */
static size_t find_messages(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		fail_for(path, strerror(errno));
	size_t n = fread(raw, 1, sizeof raw, f), count = 0;
	fclose(f);
	uint8_t ack[8] = {1, 0x10, 0x16, 0x20, 0, 1};
	uint16_t crc = modbus_crc(ack, 6);
	ack[6] = (uint8_t)crc;
	ack[7] = (uint8_t)(crc >> 8);
	for (size_t i = 0; i + FRAME_SIZE <= n && count < FRAMES_MAX; i++) {
		unsigned sum = 0;
		if (memcmp(raw + i, jk_frame_magic, JK_FRAME_MAGIC_SIZE) != 0 ||
		    raw[i + JK_FRAME_TYPE_OFFSET] != FRAME_LIVE)
			continue;
		for (size_t k = 0; k < FRAME_SIZE - 1; k++)
			sum += raw[i + k];
		if (raw[i + FRAME_SIZE - 1] != (uint8_t)sum)
			continue;
		memcpy(messages[count], raw + i, FRAME_SIZE);
		memcpy(messages[count++] + FRAME_SIZE, ack, sizeof ack);
	}
	return count;
}

static int listen_on_loopback(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, n) < 0 || listen(fd, 1) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) < 0)
		fail_for("listen", strerror(errno));
	printf("port %d\n", ntohs(a.sin_port));
	return fd;
}

static int accept_client(int listening)
{
	int one = 1, wire = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	if (wire < 0)
		fail_for("accept", strerror(errno));
	setsockopt(wire, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return wire;
}

static void on_subscribe(struct mosquitto *client, void *context, int mid, int count, const int *granted)
{
	(void)client;
	(void)context;
	(void)mid;
	seen.subscribed = count == 1 && granted[0] < 0x80;
}

static void on_message(struct mosquitto *client, void *context, const struct mosquitto_message *m)
{
	double arrived_s = clock_s(CLOCK_MONOTONIC);
	int64_t record_us = 0;
	(void)client;
	(void)context;
	json_tokener_reset(seen.tokener);
	struct json_object *state = json_tokener_parse_ex(seen.tokener, m->payload, m->payloadlen);
	if (!state || !json_micro(state, "time", &record_us))
		fail_for(m->topic, "no record");
	seen.arrived_s = arrived_s;
	seen.record_us = record_us;
	json_object_put(state);
}

/* What comes from the broker within so long. */
static void attend(int ms)
{
	struct pollfd fd = {.fd = mosquitto_socket(seen.client), .events = POLLIN};
	if (mosquitto_want_write(seen.client))
		fd.events |= POLLOUT;
	int error = MOSQ_ERR_SUCCESS;
	if (poll(&fd, 1, ms) > 0 && fd.revents & ~POLLOUT)
		error = mosquitto_loop_read(seen.client, 1);
	if (!error && mosquitto_want_write(seen.client))
		error = mosquitto_loop_write(seen.client, 1);
	if (!error)
		error = mosquitto_loop_misc(seen.client);
	if (error)
		fail_for("broker", mosquitto_strerror(error));
}

static void attend_for(int ms)
{
	double until_s = clock_s(CLOCK_MONOTONIC) + ms / 1e3, left_s;
	while ((left_s = until_s - clock_s(CLOCK_MONOTONIC)) > 0)
		attend((int)(left_s * 1e3) + 1);
}

static void subscribe(int port)
{
	mosquitto_lib_init();
	seen.tokener = json_tokener_new();
	seen.client = mosquitto_new(NULL, true, NULL);
	if (!seen.tokener || !seen.client)
		fail_for("subscriber", "no memory");
	mosquitto_int_option(seen.client, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_subscribe_callback_set(seen.client, on_subscribe);
	mosquitto_message_callback_set(seen.client, on_message);
	int error = mosquitto_connect(seen.client, "127.0.0.1", port, 60);
	if (!error)
		error = mosquitto_subscribe(seen.client, NULL, "jk/+/live", 0);
	if (error)
		fail_for("broker", mosquitto_strerror(error));
	while (!seen.subscribed)
		attend(100);
}

/* Seconds from the last byte to the message, or -1 if none came. */
static double sample(int wire, const uint8_t *message)
{
	int64_t sent_us = (int64_t)(clock_s(CLOCK_REALTIME) * 1e6) - 1;
	if (write(wire, message, MESSAGE_SIZE - 1) < 0)
		fail_for("write", strerror(errno));
	attend_for(WIRE_MS); /* all is there but the last byte of the acknowledgement */
	double begun_s = clock_s(CLOCK_MONOTONIC);
	if (write(wire, message + MESSAGE_SIZE - 1, 1) < 0)
		fail_for("write", strerror(errno));
	while (seen.record_us < sent_us && clock_s(CLOCK_MONOTONIC) - begun_s < WAIT_MS / 1e3)
		attend(WAIT_MS);
	return seen.record_us < sent_us ? -1 : seen.arrived_s - begun_s;
}

static void measure(int wire, size_t count)
{
	static double took_s[SAMPLES];
	int missing = 0, n = 0;
	for (int i = 0; i < WARM_UP + SAMPLES; i++) {
		double s = sample(wire, messages[(size_t)i % count]);
		if (i >= WARM_UP && s >= 0)
			took_s[n++] = s;
		else if (i >= WARM_UP)
			missing++;
		attend_for(PAUSE_MS);
	}
	if (n == 0)
		fail_for("subscriber", "no message came");
	qsort(took_s, (size_t)n, sizeof *took_s, ascending);
	printf("%.3f %.3f %.3f %d %d\n", took_s[n / 2] * 1e3, took_s[n * 99 / 100] * 1e3, took_s[n - 1] * 1e3,
	       n, missing);
}

int main(int argc, char **argv)
{
	int64_t port;
	if (argc != 3 || !number_parse(argv[2], strlen(argv[2]), 1, 65535, &port))
		return 100;
	setvbuf(stdout, NULL, _IOLBF, 0);
	size_t count = find_messages(argv[1]);
	if (count < 2)
		fail_for(argv[1], "no live frames");
	subscribe((int)port);
	int listening = listen_on_loopback();
	int wire = accept_client(listening);
	attend_for(2000); /* the programs behind it start */
	measure(wire, count);
	return 0;
}
