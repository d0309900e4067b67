/* SPDX-License-Identifier: MIT */
/*
 * A simulated week of polling three packs, with a clock that the test turns: all of jk-capture but the
 * opening of devices, on one end of a socket, the simulated bus on the other.  Packs die and come back,
 * masters and other clients appear, links break, and every fault of the line is on.  JK_WEEK: its seconds;
 * JK_SEED.
 *
 * What must hold: each frame line is a frame that the bus carried, of the pack that sent it, byte for byte;
 * every valid, acknowledged frame whose bytes all came is there, in order; the hex of all lines is the byte
 * stream; nothing is transmitted while another master talks, nor within 2 s of a request of another; and a
 * living pack is heard again and again, the longer pauses each with their reason.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "byte_stream.h"
#include "../sim/inside.h"
#include "hex.h"
#include "jk_frame.h"
#include "process.h"
#include "run.h"
#include "unit.h"

enum {
	SECOND = 1000000,
	FRAME = FRAME_SIZE,
	QUEUE_MAX = 64,
	SPANS_MAX = 400,
	PACKS = 3,
	BYTES_MAX = 1 << 20,
	BREATH_MAX = 64
};

/* Frames in order: those that the bus reports as delivered whole, and those that came out as lines. */
struct frame {
	int address;
	int64_t time_us;
	uint8_t bytes[FRAME];
};
struct queue {
	struct frame frames[QUEUE_MAX];
	size_t first, count;
};

/* When something was wrong that explains a pause. */
struct span {
	int64_t from_us, to_us;
	int address; /* 0: for all */
};

static struct inside *bus;
static struct run wire;
static struct capture capture;
static struct line_output output;
static int64_t now_us;
static int peer = -1; /* the bus's end of the socket */
static struct queue expected, recorded;
static uint8_t given[BYTES_MAX]; /* delivered to the client and not yet in a line */
static size_t given_count;
static struct span spans[SPANS_MAX];
static size_t span_count;
static int64_t last_live_us[PACKS + 1], longest_us, longest_unexplained_us, resume_us;
static int64_t foreign_us = -60 * (int64_t)SECOND; /* of the last request of another; nothing here echoes */
static unsigned long frames, polls, opens, attempts, yields;

static int64_t real_us(void)
{
	return now_us + INT64_C(1763856000000000);
}

/* ---- the link: a socket to the bus ---- */

static enum transport_opening open_socket(struct transport *l, int64_t time_us)
{
	int ends[2];
	attempts++;
	given_count = 0; /* unread bytes are lost with the last socket */
	if (!inside_connect(bus, time_us)) {
		snprintf(l->reason, sizeof l->reason, "refused");
		return TRANSPORT_FAILED;
	}
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
	l->fd = ends[0];
	peer = ends[1];
	opens++;
	return TRANSPORT_OPENED;
}

static enum transport_opening no_step(struct transport *l, int64_t time_us)
{
	(void)l, (void)time_us;
	ck_abort_msg("this link opens at once");
	return TRANSPORT_FAILED;
}

static void hang_up(void)
{
	if (peer >= 0)
		close(peer);
	peer = -1;
}

static void close_socket(struct transport *l)
{
	if (l->fd >= 0) {
		close(l->fd);
		inside_disconnect(bus, now_us);
	}
	l->fd = -1;
	hang_up();
}

static const struct transport_kind socket_kind = {.begin = open_socket,
						  .ready = no_step,
						  .late = no_step,
						  .read = byte_stream_read,
						  .write = byte_stream_write,
						  .close = close_socket,
						  .gone = "closed by the other side",
						  .opened = "connected"};

/* ---- what was on the wire, and what came out ---- */

static void put(struct queue *q, int address, const uint8_t *bytes)
{
	ck_assert_uint_lt(q->count, QUEUE_MAX);
	struct frame *f = &q->frames[(q->first + q->count++) % QUEUE_MAX];
	f->address = address;
	f->time_us = now_us;
	memcpy(f->bytes, bytes, FRAME);
}

static struct frame *take(struct queue *q)
{
	struct frame *f = &q->frames[q->first];
	q->first = (q->first + 1) % QUEUE_MAX;
	q->count--;
	return f;
}

/*
 * The bus calls a frame unacknowledged if noise came between, and damaged if its end was cut off.  But noise
 * of nothing but zeros is padding to whoever hears it, and zeros at a frame's end that were cut off are there
 * again if zeros follow: what was on the wire is then a valid frame all the same, and is to be recorded.
 */
static struct {
	bool is;
	int address;
	size_t size;
	uint8_t bytes[FRAME + BREATH_MAX];
} maybe;

static bool only_zeros(const struct inside_message *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->bytes[i] != 0)
			return false;
	return m->what == INSIDE_NOISE || m->what == INSIDE_PADDING;
}

static void tell(void *who, const struct inside_message *m)
{
	(void)who;
	bool told = (m->valid || m->contradicts) && m->acked;
	if (m->what == INSIDE_FRAME && m->heard && told) {
		put(&expected, m->address, m->bytes);
	} else if (m->what == INSIDE_FRAME && m->heard && m->n <= FRAME) {
		maybe.is = true;
		maybe.address = m->address;
		maybe.size = m->n;
		memset(maybe.bytes, 0, sizeof maybe.bytes);
		memcpy(maybe.bytes, m->bytes, m->n);
		return;
	} else if (maybe.is && m->heard && only_zeros(m) && maybe.size + m->n <= sizeof maybe.bytes) {
		maybe.size += m->n;
		return;
	} else if (maybe.is && m->heard && m->what == INSIDE_ACK && m->valid && maybe.size >= FRAME &&
		   jk_frame_sum_fits(maybe.bytes)) {
		put(&expected, maybe.address, maybe.bytes);
	}
	maybe.is = false;
}

static bool explained(int address, int64_t from_us, int64_t to_us)
{
	for (size_t i = 0; i < span_count; i++)
		if ((spans[i].address == 0 || spans[i].address == address) && spans[i].from_us < to_us &&
		    spans[i].to_us > from_us)
			return true;
	return false;
}

static void note_live(int address, int64_t time_us)
{
	int64_t pause_us = time_us - last_live_us[address];
	if (pause_us > longest_us)
		longest_us = pause_us;
	if (pause_us > longest_unexplained_us && !explained(address, last_live_us[address], time_us))
		longest_unexplained_us = pause_us;
	last_live_us[address] = time_us;
}

/* The bus reports a frame at the end of its transmission, which may be shortly after its line. */
static void check_frames(void)
{
	while (expected.count > 0 && recorded.count > 0) {
		const struct frame *e = take(&expected), *r = take(&recorded);
		ck_assert_msg(e->address == r->address && memcmp(e->bytes, r->bytes, FRAME) == 0,
			      "at %lld us: expected is another frame, of %d; this is one of %d",
			      (long long)now_us, e->address, r->address);
		frames++;
		if (r->address >= 1 && r->address <= PACKS && r->bytes[4] == INSIDE_LIVE)
			note_live(r->address, now_us);
	}
	const struct queue *waiting = recorded.count > 0 ? &recorded : &expected;
	ck_assert_msg(
		waiting->count == 0 ||
				now_us - waiting->frames[waiting->first]
						 .time_us<2 * SECOND, "at %lld us: a frame of %d that %s",
							  (long long)now_us,
							  waiting->frames[waiting->first].address,
							  recorded.count> 0
			? "nobody sent"
			: "was not recorded");
}

static void check_bytes(const char *digits, size_t n)
{
	static uint8_t bytes[FRAME_LINE_MAX];
	ck_assert(hex_decode(digits, bytes, n));
	ck_assert_msg(n <= given_count && memcmp(bytes, given, n) == 0,
		      "at %lld us: bytes that did not come, or not in this order", (long long)now_us);
	given_count -= n;
	memmove(given, given + n, given_count);
}

static void check_transmitted(void)
{
	polls++;
	ck_assert_msg(now_us >= resume_us, "transmitted at %lld while another master was there",
		      (long long)now_us);
	ck_assert_msg(now_us - foreign_us >= 2 * SECOND,
		      "transmitted at %lld, %lld us after another's request", (long long)now_us,
		      (long long)(now_us - foreign_us));
}

static void check_event(const struct frame_line *l)
{
	if ((l->name_size == 4 && memcmp(l->name, "junk", 4) == 0) ||
	    (l->name_size == 6 && memcmp(l->name, "orphan", 6) == 0))
		check_bytes(l->data, l->data_size / 2);
	if (l->name_size == 4 && memcmp(l->name, "mode", 4) == 0 && l->data_size > 4 &&
	    memcmp(l->data, "list", 4) == 0) {
		yields++;
		resume_us = now_us + 30 * (int64_t)SECOND;
		if (span_count < SPANS_MAX)
			spans[span_count++] = (struct span){now_us - 5 * SECOND, now_us, 0};
	}
	ck_assert(!(l->name_size == 4 && memcmp(l->name, "lost", 4) == 0));
}

static void check_line(const char *p, size_t n)
{
	struct frame_line l;
	ck_assert_ptr_null(frame_line_parse(p, n, &l));
	if (l.kind == FRAME_LINE_EVENT) {
		check_event(&l);
	} else if (l.transmitted) {
		check_transmitted();
	} else {
		uint8_t bytes[FRAME_LINE_MAX / 2];
		ck_assert(hex_decode(l.data, bytes, l.data_size / 2));
		check_bytes(l.data, l.data_size / 2);
		if (l.data_size == 22 && bytes[1] == 0x10 && bytes[2] == 0x16)
			foreign_us = now_us;
		if (bytes[0] == 0x55)
			put(&recorded, (int)l.id, bytes);
	}
}

static void check_lines(void)
{
	while (output.start < output.end) {
		const char *p = output.data + output.start;
		size_t n = (size_t)((const char *)memchr(p, '\n', output.end - output.start) - p);
		check_line(p, n);
		output.start += n + 1;
	}
	output.start = output.end = 0;
}

/* ---- turning the clock ---- */

/* From the bus to the socket, and from the socket to the bus. */
static void carry(void)
{
	uint8_t bytes[8192];
	inside_run(bus, now_us);
	for (size_t n; (n = inside_read(bus, bytes, sizeof bytes)) > 0;) {
		if (peer < 0)
			continue;
		ck_assert_int_eq(write(peer, bytes, n), (ssize_t)n);
		ck_assert_uint_le(given_count + n, BYTES_MAX);
		memcpy(given + given_count, bytes, n);
		given_count += n;
	}
	if (peer >= 0 && !inside_connected(bus))
		hang_up();
}

static void carry_requests(void)
{
	uint8_t bytes[256];
	ssize_t n = peer < 0 ? 0 : read(peer, bytes, sizeof bytes);
	if (n > 0)
		inside_hear(bus, now_us, bytes, (size_t)n);
}

static void run_until(int64_t until_us)
{
	while (now_us < until_us) {
		int64_t next_us = inside_run(bus, now_us), wish_us = run_deadline(&wire);
		next_us = wish_us < next_us ? wish_us : next_us;
		now_us = next_us > now_us ? next_us : now_us + 1;
		carry();
		struct pollfd fds[RUN_POLLS];
		run_poll(&wire, fds);
		fds[RUN_OUTPUT].fd = -1; /* the test takes the lines itself */
		ck_assert_int_ge(poll(fds, RUN_POLLS, 0), 0);
		run_act(&wire, fds, now_us);
		check_lines();
		check_frames();
		carry_requests();
	}
}

/* ---- what goes wrong in the week ---- */

static char *arguments[SPANS_MAX];
static int argument_count;

static void add_argument(const char *text)
{
	ck_assert_int_lt(argument_count, SPANS_MAX - 1);
	ck_assert_ptr_nonnull(arguments[argument_count++] = strdup(text));
}

/*
 * --option FROM-TO, and for how long after that the effect lasts: 40 s for another master, 10 s for a pack
 * that was away, a pause before reopening.
 */
static void add_span(const char *option, int address, int64_t from_s, int64_t length_s, int64_t felt_s)
{
	char text[64];
	add_argument(option);
	if (address > 0)
		snprintf(text, sizeof text, "%d@%lld-%lld", address, (long long)from_s,
			 (long long)(from_s + length_s));
	else
		snprintf(text, sizeof text, "%lld-%lld", (long long)from_s, (long long)(from_s + length_s));
	add_argument(text);
	spans[span_count++] = (struct span){from_s * SECOND, (from_s + length_s + felt_s) * SECOND, address};
}

static void add_troubles(int64_t week_s, struct chance *c)
{
	static const struct {
		const char *option;
		unsigned longest_s;
		int64_t felt_s;
		bool of_pack;
	} troubles[] = {
		{"--silence", 7200, 25, true},   {"--master-at", 1800, 60, false},
		{"--poller-at", 600, 60, false}, {"--unplug", 40, 25, false},
		{"--refuse", 90, 25, false},     {"--mute", 60, 25, false},
		{"--unplug", 86400, 25, false},
	};
	int64_t at_s = 60;
	/* Each has a time of its own, followed by time in which everything must recover. */
	for (unsigned i = 0; at_s < week_s && argument_count < SPANS_MAX - 10; i++) {
		unsigned kind = i == 20 ? 6 : chance_below(c, 6);
		int64_t length_s = 1 + chance_below(c, troubles[kind].longest_s);
		if (length_s > week_s / 20 && kind != 6)
			length_s = 1 + week_s / 20;
		add_span(troubles[kind].option, troubles[kind].of_pack ? 1 + (int)chance_below(c, PACKS) : 0,
			 at_s, length_s, troubles[kind].felt_s);
		at_s += length_s + 120 + chance_below(c, (uint32_t)(week_s / 100));
	}
}

START_TEST(a_week)
{
	int64_t week_s = (int64_t)unit_environment("JK_WEEK", 604800);
	struct chance c = {.state = unit_environment("JK_SEED", 7)};
	struct options options = {.kind = SOURCE_TCP,
				  .source = "bus",
				  .ready_fd = -1,
				  .addresses = 1 << 1 | 1 << 2 | 1 << 3,
				  .interval_us = 2 * SECOND,
				  .gap_us = 100000,
				  .wait_us = 300000};
	add_argument("bus");
	add_argument("--all-faults");
	/* two packs that answer at once: part of `all faults`, and named since it matters most here */
	add_argument("--collide");
	add_argument("0.003");
	add_troubles(week_s, &c);
	add_argument("1:16");
	add_argument("2:8:11");
	add_argument("3:15:19");
	bus = inside_begin(argument_count, arguments);
	inside_tell(bus, tell, NULL);
	capture_begin(&capture, "bus", &output, now_us, real_us);
	capture.diagnosis.opened = true;
	run_begin(&wire, &options, &socket_kind, NULL, &capture, &output, 1);
	run_until(week_s * SECOND);
	run_end(&wire, now_us);
	check_lines();
	fprintf(stderr, "# %lld s, %lu requests, %lu frames, %lu opens of %lu attempts, %lu yields\n",
		(long long)week_s, polls, frames, opens, attempts, yields);
	fprintf(stderr, "# longest pause %lld s, longest without a reason %lld s\n",
		(long long)(longest_us / SECOND), (long long)(longest_unexplained_us / SECOND));
	ck_assert_uint_gt(frames, (unsigned long)(week_s / 2));
	ck_assert_int_lt(longest_unexplained_us, 15 * (int64_t)SECOND);
	inside_end(bus);
}
END_TEST

UNIT_RUN("week", a_week)
