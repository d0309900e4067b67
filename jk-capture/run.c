/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <sys/random.h>

#include "bytes.h"
#include "can.h"
#include "clock.h"
#include "fifo.h"
#include "jk_frame.h"
#include "log.h"
#include "process.h"
#include "serial.h"
#include "tcp.h"
#include "tx_gate.h"

enum {
	BITS_OF_A_BYTE = 10,           /* 8N1 */
	SILENT_YIELDING_US = 60000000, /* longer than we yield to another master that may have left */
	SILENT_ROUNDS = 3,
	SILENT_NEVER_S = 1000000000,
	SUSPENDED_US = 200000, /* a wake-up this late means that the process was suspended */
};

static bool send_bytes(void *context, const uint8_t *p, size_t n, int64_t now_us)
{
	struct run *w = context;
	bool from_elsewhere = w->fetched;
	w->fetched = false;
	/*
	 * A request from the FIFO was checked when it was read.  This check covers requests from any module.
	 */
	const char *refused = tx_gate_refuses(p, n);
	if (refused)
		die(EXIT_SYSTEM, "a request that must not be transmitted (%s): this is a fault of jk-capture",
		    refused);
	if (jk_frame_of_trigger(bytes_u16be(p + 2)) == 0) /* the T line of a write goes out first */
		line_output_write(w->output);
	if (transport_send(&w->link, p, n, now_us))
		return true;
	if (from_elsewhere)
		tx_requests_refuse(&w->requests, "link", p, n, now_us);
	return false;
}

static bool fetch_request(void *context, struct request *request, bool writes, int64_t now_us)
{
	struct run *w = context;
	if (w->clock_us) /* the process may have been suspended since */
		now_us = w->clock_us();
	w->fetched = w->takes_requests && tx_requests_fetch(&w->requests, request, writes, now_us);
	return w->fetched;
}

static void begin_poller(struct run *w, const struct options *o, uint64_t seed)
{
	int64_t baud = o->kind == SOURCE_SERIAL ? o->baud : SERIAL_BAUD;
	struct poller_options options = {
		.addresses = o->addresses,
		.interval_us = o->interval_us,
		.gap_us = o->gap_us,
		.timing =
			{
				.first_byte_us = o->wait_us,
				.byte_us = (BITS_OF_A_BYTE * INT64_C(1000000) + baud - 1) / baud,
				.stall_us = o->kind == SOURCE_TCP ? DEFRAME_STALL_US : DEFRAME_SILENCE_US,
			},
		.seed = seed,
	};
	poller_begin(&w->poller, &options, w->capture, send_bytes, fetch_request, w);
	capture_polls(w->capture);
}

void run_begin(struct run *w, const struct options *o, const struct transport_kind *kind, void *opener,
	       struct capture *capture, struct line_output *output, uint64_t seed)
{
	w->capture = capture;
	w->output = output;
	w->polls = o->addresses != 0;
	w->takes_requests = o->requests != NULL;
	w->was_open = w->fetched = false;
	w->clock_us = NULL;
	w->due_us = INT64_MAX;
	if (w->takes_requests) {
		tx_requests_begin(&w->requests, fifo_open_or_die("-x", o->requests), o->requests, capture);
		tx_requests_watch(&w->requests);
	}
	if (o->kind == SOURCE_TCP)
		capture_stalls(capture);
	if (o->kind == SOURCE_CAN)
		capture_frames(capture);
	w->silence_us = o->silence_us;
	activity_begin(&w->activity, capture_channel(capture), o);
	if (w->polls)
		begin_poller(w, o, seed);
	else
		rhythm_begin(&w->rhythm, capture);
	transport_begin(&w->link, kind, opener, capture, o->source, o->ready_fd);
}

static int64_t silent_us(const struct run *w)
{
	if (!w->polls && w->silence_us)
		return w->silence_us;
	if (!w->polls)
		return w->link.kind->patient ? SILENT_NEVER_S * INT64_C(1000000)
					     : rhythm_silence_us(&w->rhythm);
	if (poller_yields(&w->poller))
		return SILENT_YIELDING_US;
	int64_t rounds_us = SILENT_ROUNDS * poller_round_us(&w->poller);
	int64_t least_us = w->silence_us ? w->silence_us : TRANSPORT_SILENT_US;
	return rounds_us > least_us ? rounds_us : least_us;
}

/* Passes on that the link was opened or closed. */
static void follow_link(struct run *w, bool was_open, int64_t now_us)
{
	bool is_open = transport_is_open(&w->link);
	if (is_open == was_open)
		return;
	if (w->polls && is_open)
		poller_opened(&w->poller, now_us);
	else if (w->polls)
		poller_closed(&w->poller);
	else if (is_open && !w->was_open) {
		capture_event(w->capture, "mode", "listen passive", now_us);
		activity_follow(&w->activity, "listen passive");
	}
	w->was_open = w->was_open || is_open;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t run_deadline(const struct run *w)
{
	int64_t next_us = earlier(transport_deadline(&w->link),
				  capture_deadline(w->capture, transport_is_open(&w->link)));
	if (w->polls)
		next_us = earlier(next_us, poller_deadline(&w->poller));
	return w->takes_requests ? earlier(next_us, tx_requests_deadline(&w->requests)) : next_us;
}

void run_poll(const struct run *w, struct pollfd fds[RUN_POLLS])
{
	fds[RUN_LINK] = transport_poll(&w->link);
	fds[RUN_OUTPUT] = (struct pollfd){.fd = w->output->fd,
					  .events = line_output_pending(w->output) > 0 ? POLLOUT : 0};
	fds[RUN_REQUESTS] =
		(struct pollfd){.fd = w->takes_requests ? w->requests.reader.fd : -1, .events = POLLIN};
}

/* While we are quiet because of another master, which may be slow, the link may be silent. */
static void allow_silence(struct run *w)
{
	int64_t until_us = poller_quiet_until_us(&w->poller) + poller_round_us(&w->poller);
	if (transport_is_open(&w->link) && w->link.deadline_us < until_us)
		w->link.deadline_us = until_us;
}

static void poll_packs(struct run *w, int64_t now_us)
{
	bool was_open = transport_is_open(&w->link);
	if (w->takes_requests)
		tx_requests_time(&w->requests, poller_yields(&w->poller), now_us);
	if (poller_time(&w->poller, now_us))
		transport_fail(&w->link, "nobody answers", now_us);
	follow_link(w, was_open, now_us);
	allow_silence(w);
	activity_follow(&w->activity, poller_mode(&w->poller));
}

/*
 * The process was stopped, or the machine was too busy for it.  Input may have queued up meanwhile, and when
 * it came is not known; nobody was polled, so silence means nothing.
 */
static void notice_suspension(struct run *w, int64_t now_us)
{
	int64_t by_us = now_us - w->due_us;
	if (!w->polls || !transport_is_open(&w->link) || by_us < SUSPENDED_US)
		return;
	transport_suspended(&w->link, by_us);
	poller_suspended(&w->poller, by_us, now_us);
}

/*
 * Activity on the link.  The process may have been suspended between the wait and reading the clock: only if
 * nothing has arrived since was the line silent until now.  Another master may have spoken.
 */
static short link_events(const struct run *w, short revents)
{
	struct pollfd again = transport_poll(&w->link);
	return revents == 0 && poll(&again, 1, 0) > 0 ? again.revents : revents;
}

/* After new input the next silence may be longer or shorter. */
static void follow_rhythm(struct run *w, bool was_open, bool received, int64_t now_us)
{
	if (transport_is_open(&w->link) && received)
		w->link.deadline_us = now_us + silent_us(w);
	else if (was_open && !transport_is_open(&w->link) && w->link.was_silent)
		rhythm_gave_up(&w->rhythm);
}

void run_act(struct run *w, const struct pollfd fds[RUN_POLLS], int64_t now_us)
{
	bool was_open = transport_is_open(&w->link);
	notice_suspension(w, now_us);
	w->link.silent_us = silent_us(w);
	size_t received = transport_act(&w->link, link_events(w, fds[RUN_LINK].revents), now_us);
	follow_link(w, was_open, now_us);
	if (!w->polls)
		follow_rhythm(w, was_open, received > 0, now_us);
	if (fds[RUN_REQUESTS].revents)
		tx_requests_read(&w->requests, now_us, capture_real_us(w->capture));
	capture_time(w->capture, received == 0, now_us);
	if (w->polls)
		poll_packs(w, now_us);
	w->due_us = run_deadline(w);
	if (w->due_us < now_us) /* as for a request that was stale when it came through the FIFO */
		w->due_us = now_us;
}

bool run_stop(struct run *w)
{
	return !w->polls || poller_stop(&w->poller);
}

void run_end(struct run *w, int64_t now_us)
{
	capture_cut(w->capture, now_us);
	if (w->takes_requests)
		tx_requests_end(&w->requests, now_us);
	transport_end(&w->link, now_us);
}

/* Waits for the link, for room on stdout, for requests, and until a time. */
static void wait_for_something(const struct run *w, struct pollfd fds[RUN_POLLS], int64_t until_us,
			       bool lingering)
{
	int64_t left_us = -1;
	if (until_us != INT64_MAX) {
		left_us = until_us - clock_monotonic_us();
		left_us = left_us > 0 ? left_us : 0;
	}
	run_poll(w, fds);
	if ((lingering ? process_linger : process_poll)(fds, RUN_POLLS, left_us) < 0)
		for (int i = 0; i < RUN_POLLS; i++)
			fds[i].revents = 0; /* a signal: the loop checks whether to stop */
	line_output_check(fds[RUN_OUTPUT].revents);
}

/* Two captures that were started together must not yield and resume together forever. */
static uint64_t draw_seed(void)
{
	uint64_t seed = (uint64_t)clock_real_us();
	if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) < 0)
		log_line("no random numbers: going by the clock");
	return seed;
}

static struct tcp tcp;
static struct serial serial;
static struct can can;

static void begin_tcp(const struct options *o)
{
	tcp_begin(&tcp, o->host, o->port);
}

static void begin_serial(const struct options *o)
{
	serial_begin(&serial, o->path, (int)o->baud);
}

static void begin_can(const struct options *o)
{
	can_begin(&can, o->path, (uint32_t)o->bitrate, &o->can);
}

/* The kinds of source that are a transport. */
static const struct {
	const struct transport_kind *kind;
	void *opener;
	void (*begin)(const struct options *o);
} transports[] = {
	[SOURCE_SERIAL] = {&serial_kind, &serial, begin_serial},
	[SOURCE_TCP] = {&tcp_kind, &tcp, begin_tcp},
	[SOURCE_CAN] = {&can_kind, &can, begin_can},
};

void run_run(const struct options *o, struct capture *capture, struct line_output *output)
{
	static struct run wire;
	int64_t end_us = INT64_MAX;
	transports[o->kind].begin(o);
	run_begin(&wire, o, transports[o->kind].kind, transports[o->kind].opener, capture, output,
		  draw_seed());
	wire.clock_us = clock_monotonic_us;
	for (;;) {
		bool stopped = process_stopped();
		if (stopped && end_us == INT64_MAX)
			end_us = clock_monotonic_us() + GRACE_US;
		if (stopped && (run_stop(&wire) || clock_monotonic_us() >= end_us))
			break;
		struct pollfd fds[RUN_POLLS];
		wait_for_something(&wire, fds, earlier(run_deadline(&wire), end_us), stopped);
		run_act(&wire, fds, clock_monotonic_us());
		line_output_write(output);
	}
	run_end(&wire, clock_monotonic_us());
}
