/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include <sys/random.h>

#include "bytes.h"
#include "conduct.h"
#include "fifo.h"
#include "frame.h"
#include "serial.h"
#include "tcp.h"

enum {
	BITS_OF_A_BYTE = 10,       /* 8N1 */
	SILENT_YIELDING_US = 60000000, /* longer than we listen to another master, who may leave */
	SILENT_ROUNDS = 3,
	HELD_UP_US = 200000, /* later than any machine that has time for us */
};

static bool send_bytes(void *context, const uint8_t *p, size_t n, int64_t now_us)
{
	struct wire *w = context;
	bool from_elsewhere = w->fetched;
	w->fetched = false;
	if (frame_of_trigger(bytes_u16be(p + 2)) == 0) /* the T line of a write is out first */
		output_write(w->output);
	if (link_send(&w->link, p, n, now_us))
		return true;
	if (from_elsewhere)
		requests_refuse(&w->requests, "link", p, n, now_us);
	return false;
}

static bool fetch_request(void *context, struct poller_request *request, bool writes, int64_t now_us)
{
	struct wire *w = context;
	if (w->clock_us) /* the program may have been stopped since */
		now_us = w->clock_us();
	w->fetched = w->takes_requests && requests_fetch(&w->requests, request, writes, now_us);
	return w->fetched;
}

static void begin_poller(struct wire *w, const struct options *o, uint64_t seed)
{
	int64_t baud = o->kind == SOURCE_SERIAL ? o->baud : SERIAL_BAUD;
	struct poller_options options = {
		.addresses = o->addresses,
		.interval_us = o->interval_us,
		.gap_us = o->gap_us,
		.wait_us = o->wait_us,
		.stall_us = o->kind == SOURCE_TCP ? DEFRAME_STALL_US : DEFRAME_SILENCE_US,
		.byte_us = (BITS_OF_A_BYTE * INT64_C(1000000) + baud - 1) / baud,
		.seed = seed,
	};
	poller_begin(&w->poller, &options, w->capture, send_bytes, fetch_request, w);
	w->capture->hint.polls = true;
}

void wire_begin(struct wire *w, const struct options *o, const struct link_kind *kind, void *opener, struct capture *capture,
		struct output *output, uint64_t seed)
{
	w->capture = capture;
	w->output = output;
	w->polls = o->addresses != 0;
	w->takes_requests = o->requests != NULL;
	w->was_open = w->fetched = false;
	w->clock_us = NULL;
	w->due_us = INT64_MAX;
	if (w->takes_requests) {
		requests_begin(&w->requests, fifo_open_or_die("-x", o->requests), o->requests, capture);
		requests_watch(&w->requests);
	}
	if (o->kind == SOURCE_TCP)
		capture_stalls(capture);
	w->silence_us = o->silence_us;
	if (w->polls)
		begin_poller(w, o, seed);
	else
		rhythm_begin(&w->rhythm, capture);
	link_begin(&w->link, kind, opener, capture, o->source, o->ready_fd);
}

static int64_t silent_us(const struct wire *w)
{
	if (!w->polls)
		return w->silence_us ? w->silence_us : rhythm_silence_us(&w->rhythm);
	if (poller_yields(&w->poller))
		return SILENT_YIELDING_US;
	int64_t rounds_us = SILENT_ROUNDS * poller_round_us(&w->poller);
	int64_t least_us = w->silence_us ? w->silence_us : LINK_SILENT_US;
	return rounds_us > least_us ? rounds_us : least_us;
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

int64_t wire_deadline(const struct wire *w)
{
	int64_t next_us = earlier(link_deadline(&w->link), capture_deadline(w->capture, link_is_open(&w->link)));
	if (w->polls)
		next_us = earlier(next_us, poller_deadline(&w->poller));
	return w->takes_requests ? earlier(next_us, requests_deadline(&w->requests)) : next_us;
}

void wire_poll(const struct wire *w, struct pollfd fds[WIRE_POLLS])
{
	fds[WIRE_LINK] = link_poll(&w->link);
	fds[WIRE_OUTPUT] = (struct pollfd){.fd = w->output->fd, .events = output_pending(w->output) > 0 ? POLLOUT : 0};
	fds[WIRE_REQUESTS] = (struct pollfd){.fd = w->takes_requests ? w->requests.reader.fd : -1, .events = POLLIN};
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

/*
 * The process was stopped, or the machine too busy for it.  What was said meanwhile waits to be read; but nobody was asked, so
 * that a silence means nothing, and when what is read now has come is not known.
 */
static void notice_held_up(struct wire *w, int64_t now_us)
{
	int64_t by_us = now_us - w->due_us;
	if (!w->polls || !link_is_open(&w->link) || by_us < HELD_UP_US)
		return;
	link_held_up(&w->link, by_us);
	poller_held_up(&w->poller, by_us, now_us);
}

/*
 * What has happened to the link by now.  The program may have been stopped between the wait and the look at the clock: until
 * then the line was only silent if nothing has come since, and another may speak on it.
 */
static short link_events(const struct wire *w, short revents)
{
	struct pollfd again = link_poll(&w->link);
	return revents == 0 && poll(&again, 1, 0) > 0 ? again.revents : revents;
}

/* What was heard just now tells how long the next silence may be. */
static void follow_rhythm(struct wire *w, bool was_open, bool received, int64_t now_us)
{
	if (link_is_open(&w->link) && received)
		w->link.deadline_us = now_us + silent_us(w);
	else if (was_open && !link_is_open(&w->link) && w->link.was_silent)
		rhythm_gave_up(&w->rhythm);
}

void wire_act(struct wire *w, const struct pollfd fds[WIRE_POLLS], int64_t now_us)
{
	bool was_open = link_is_open(&w->link);
	notice_held_up(w, now_us);
	w->link.silent_us = silent_us(w);
	size_t received = link_act(&w->link, link_events(w, fds[WIRE_LINK].revents), now_us);
	follow_link(w, was_open, now_us);
	if (!w->polls)
		follow_rhythm(w, was_open, received > 0, now_us);
	if (fds[WIRE_REQUESTS].revents)
		requests_read(&w->requests, now_us, w->capture->real_us());
	capture_time(w->capture, received == 0, now_us);
	if (w->polls)
		poll_packs(w, now_us);
	w->due_us = wire_deadline(w);
	if (w->due_us < now_us) /* as for what came through the FIFO and is stale already */
		w->due_us = now_us;
}

bool wire_stop(struct wire *w)
{
	return !w->polls || poller_stop(&w->poller);
}

void wire_end(struct wire *w, int64_t now_us)
{
	capture_cut(w->capture, now_us);
	if (w->takes_requests)
		requests_end(&w->requests, now_us);
	link_end(&w->link, now_us);
}

/* Waits for the link, for room on stdout, for requests, and for that time. */
static void wait_for_something(const struct wire *w, struct pollfd fds[WIRE_POLLS], int64_t until_us, bool lingering)
{
	int64_t left_us = -1;
	if (until_us != INT64_MAX) {
		left_us = until_us - clock_monotonic_us();
		left_us = left_us > 0 ? left_us : 0;
	}
	wire_poll(w, fds);
	if ((lingering ? conduct_linger : conduct_poll)(fds, WIRE_POLLS, left_us) < 0)
		for (int i = 0; i < WIRE_POLLS; i++)
			fds[i].revents = 0; /* a signal: the loop looks whether to stop */
	if (fds[WIRE_OUTPUT].revents & (POLLERR | POLLNVAL))
		output_closed();
}

/* Two captures that were started together must not yield and resume together for ever. */
static uint64_t draw_seed(void)
{
	uint64_t seed = (uint64_t)clock_real_us();
	if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) < 0)
		conduct_log("no random numbers: going by the clock");
	return seed;
}

void wire_run(const struct options *o, struct capture *capture, struct output *output)
{
	static struct wire wire;
	struct tcp tcp;
	struct serial serial;
	int64_t end_us = INT64_MAX;
	bool is_serial = o->kind == SOURCE_SERIAL;
	tcp_begin(&tcp, o->host, o->port);
	serial_begin(&serial, o->path, (int)o->baud);
	wire_begin(&wire, o, is_serial ? &serial_kind : &tcp_kind, is_serial ? (void *)&serial : &tcp, capture, output,
		   draw_seed());
	wire.clock_us = clock_monotonic_us;
	for (;;) {
		bool stopped = conduct_stopped();
		if (stopped && end_us == INT64_MAX)
			end_us = clock_monotonic_us() + GRACE_US;
		if (stopped && (wire_stop(&wire) || clock_monotonic_us() >= end_us))
			break;
		struct pollfd fds[WIRE_POLLS];
		wait_for_something(&wire, fds, earlier(wire_deadline(&wire), end_us), stopped);
		wire_act(&wire, fds, clock_monotonic_us());
		output_write(output);
	}
	wire_end(&wire, clock_monotonic_us());
}
