/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include <sys/random.h>

#include "conduct.h"
#include "fifo.h"
#include "link.h"
#include "poller.h"
#include "requests.h"
#include "serial.h"
#include "tcp.h"

enum {
	BITS_OF_A_BYTE = 10,       /* 8N1 */
	SILENT_YIELDING_US = 60000000, /* longer than we listen to another master, who may leave */
	SILENT_ROUNDS = 3,
};

enum { POLL_LINK, POLL_OUTPUT, POLL_REQUESTS, POLLS };

struct wire {
	struct capture *capture;
	struct output *output;
	struct link link;
	struct tcp tcp;
	struct serial serial;
	struct poller poller;
	struct requests requests;
	bool polls, takes_requests;
	bool was_open;
};

static struct wire wire;

static bool send_bytes(void *context, const uint8_t *p, size_t n, int64_t now_us)
{
	struct wire *w = context;
	return link_send(&w->link, p, n, now_us);
}

static bool fetch_request(void *context, struct poller_request *request, bool writes, int64_t now_us)
{
	struct wire *w = context;
	return w->takes_requests && requests_fetch(&w->requests, request, writes, now_us);
}

static void begin_poller(struct wire *w, const struct options *o)
{
	int64_t baud = o->kind == SOURCE_SERIAL ? o->baud : SERIAL_BAUD;
	struct poller_options options = {
		.addresses = o->addresses,
		.interval_us = o->interval_us,
		.gap_us = o->gap_us,
		.wait_us = o->wait_us,
		.byte_us = (BITS_OF_A_BYTE * INT64_C(1000000) + baud - 1) / baud,
		.seed = (uint64_t)clock_real_us(),
	};
	/* Two captures that were started together must not yield and resume together for ever. */
	if (getrandom(&options.seed, sizeof options.seed, GRND_NONBLOCK) < 0)
		conduct_log("no random numbers: going by the clock");
	poller_begin(&w->poller, &options, w->capture, send_bytes, fetch_request, w);
	w->capture->hint.polls = true;
}

static void begin(struct wire *w, const struct options *o, struct capture *capture, struct output *output)
{
	w->capture = capture;
	w->output = output;
	w->polls = o->addresses != 0;
	w->takes_requests = o->requests != NULL;
	if (w->takes_requests)
		requests_begin(&w->requests, fifo_open_or_die("-x", o->requests), o->requests, capture);
	if (w->polls)
		begin_poller(w, o);
	tcp_begin(&w->tcp, o->host, o->port);
	serial_begin(&w->serial, o->path, (int)o->baud);
	if (o->kind == SOURCE_SERIAL)
		link_begin(&w->link, &serial_kind, &w->serial, capture, o->source, o->ready_fd);
	else
		link_begin(&w->link, &tcp_kind, &w->tcp, capture, o->source, o->ready_fd);
}

static int64_t silent_us(const struct wire *w)
{
	if (!w->polls)
		return LINK_SILENT_US;
	if (poller_yields(&w->poller))
		return SILENT_YIELDING_US;
	int64_t rounds_us = SILENT_ROUNDS * poller_round_us(&w->poller);
	return rounds_us > LINK_SILENT_US ? rounds_us : LINK_SILENT_US;
}

/* The link was opened or closed: whoever is concerned is told. */
static void follow_link(struct wire *w, bool was_open, int64_t now_us)
{
	bool is_open = link_is_open(&w->link);
	if (is_open == was_open)
		return;
	if (w->polls && is_open)
		poller_opened(&w->poller, now_us);
	else if (w->polls)
		poller_closed(&w->poller);
	else if (is_open && !w->was_open)
		capture_event(w->capture, "mode", "listen passive", now_us);
	w->was_open = w->was_open || is_open;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t deadline_us(const struct wire *w)
{
	int64_t next_us = earlier(link_deadline(&w->link), capture_deadline(w->capture, link_is_open(&w->link)));
	if (w->polls)
		next_us = earlier(next_us, poller_deadline(&w->poller));
	return w->takes_requests ? earlier(next_us, requests_deadline(&w->requests)) : next_us;
}

/* Waits for the link, for room on stdout, for requests, and for the next deadline. */
static void wait_for_something(const struct wire *w, struct pollfd fds[POLLS], int64_t until_us, bool lingering)
{
	int64_t left_us = -1;
	if (until_us != INT64_MAX) {
		left_us = until_us - clock_monotonic_us();
		left_us = left_us > 0 ? left_us : 0;
	}
	fds[POLL_LINK] = link_poll(&w->link);
	fds[POLL_OUTPUT] = (struct pollfd){.fd = w->output->fd, .events = output_pending(w->output) > 0 ? POLLOUT : 0};
	fds[POLL_REQUESTS] = (struct pollfd){.fd = w->takes_requests ? w->requests.reader.fd : -1, .events = POLLIN};
	if ((lingering ? conduct_linger : conduct_poll)(fds, POLLS, left_us) < 0)
		for (int i = 0; i < POLLS; i++)
			fds[i].revents = 0; /* a signal: the loop looks whether to stop */
	if (fds[POLL_OUTPUT].revents & (POLLERR | POLLNVAL))
		output_closed();
}

static void poll_packs(struct wire *w, int64_t now_us)
{
	bool was_open = link_is_open(&w->link);
	if (w->takes_requests)
		requests_time(&w->requests, poller_yields(&w->poller), now_us);
	if (poller_time(&w->poller, now_us))
		link_fail(&w->link, "nobody answers", now_us);
	follow_link(w, was_open, now_us);
}

static void act(struct wire *w, const struct pollfd fds[POLLS])
{
	int64_t now_us = clock_monotonic_us();
	bool was_open = link_is_open(&w->link);
	w->link.silent_us = silent_us(w);
	size_t received = link_act(&w->link, fds[POLL_LINK].revents, now_us);
	follow_link(w, was_open, now_us);
	if (fds[POLL_REQUESTS].revents)
		requests_read(&w->requests, now_us, clock_real_us());
	capture_time(w->capture, received == 0, now_us);
	if (w->polls)
		poll_packs(w, now_us);
	output_write(w->output);
}

void wire_run(const struct options *options, struct capture *capture, struct output *output)
{
	struct wire *w = &wire;
	int64_t end_us = INT64_MAX;
	begin(w, options, capture, output);
	for (;;) {
		bool stopped = conduct_stopped();
		int64_t now_us = clock_monotonic_us();
		if (stopped && end_us == INT64_MAX)
			end_us = now_us + GRACE_US;
		if (stopped && (!w->polls || poller_stop(&w->poller) || now_us >= end_us))
			break;
		struct pollfd fds[POLLS];
		wait_for_something(w, fds, earlier(deadline_us(w), end_us), stopped);
		act(w, fds);
	}
	capture_cut(capture, clock_monotonic_us());
	link_end(&w->link, clock_monotonic_us());
}
