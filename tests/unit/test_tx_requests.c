/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frames.h"
#include "hex.h"
#include "modbus.h"
#include "pair.h"
#include "run.h"
#include "tx_requests.h"
#include "unit.h"
#include "wire_rows.h"

/* Request lines, valid and random, through the transmit path of the capture: what would it transmit? */

static struct capture capture;
static struct line_output output;
static struct tx_requests requests;
static int pipe_in;

static const int64_t real_us = INT64_C(1763856000000000);

static int64_t tell_real_us(void)
{
	return real_us;
}

static void begin(void)
{
	int fds[2];
	ck_assert_int_eq(pipe(fds), 0);
	pipe_in = fds[1];
	memset(&output, 0, sizeof output);
	output.fd = open("/dev/null", O_WRONLY);
	ck_assert_int_ge(output.fd, 0);
	capture_begin(&capture, "bus", &output, 1000000, tell_real_us);
	tx_requests_begin(&requests, fds[0], "tx", &capture);
}

static void send_line(const char *p, size_t n)
{
	ck_assert_int_eq(write(pipe_in, p, n), (ssize_t)n);
	tx_requests_read(&requests, 1000000, real_us);
}

/* True if these bytes may be transmitted, by the sheets alone. */
static void check_wire(const struct request *r)
{
	const uint8_t *p = r->data;
	bool listed = false;
	unsigned reg = (unsigned)(p[2] << 8 | p[3]);
	ck_assert(r->size >= 11 && p[0] >= 1 && p[0] <= 15 && p[1] == 0x10);
	for (size_t i = 0; i < WIRE_ROWS; i++) {
		uint8_t row[13];
		size_t n = strlen(wire_rows[i].request) / 2;
		ck_assert(n <= sizeof row && hex_decode(wire_rows[i].request, row, n));
		listed = listed || (memcmp(row + 2, p + 2, 5) == 0 && n == r->size);
	}
	bool trigger =
		(reg == 0x161C || reg == 0x161E || reg == 0x1620) && r->size == 11 && p[7] == 0 && p[8] == 0;
	ck_assert_msg(listed || trigger, "%04X", reg);
	ck_assert_uint_eq(modbus_crc(p, r->size - 2), (unsigned)(p[r->size - 2] | p[r->size - 1] << 8));
}

static unsigned long fetch_all(void)
{
	struct request request;
	unsigned long n = 0;
	while (tx_requests_fetch(&requests, &request, true, 1000000)) {
		check_wire(&request);
		n++;
	}
	output.start = output.end = 0; /* the events are not checked here */
	return n;
}

START_TEST(every_row_goes_out)
{
	begin();
	for (size_t i = 0; i < WIRE_ROWS; i++) {
		char line[128];
		int n = snprintf(line, sizeof line, "(1763856000.000000) bus 01#%s\n", wire_rows[i].request);
		send_line(line, (size_t)n);
		ck_assert_uint_eq(fetch_all(), 1);
	}
}
END_TEST

START_TEST(half_a_line_does_not_go_out)
{
	static const char line[] = "(1763856000.000000) bus 01#0110107000020400000000394B\n";
	begin();
	for (size_t n = 1; n < sizeof line - 2; n++) {
		send_line(line + n - 1, 1);
		ck_assert_uint_eq(fetch_all(), 0);
	}
	send_line("\n", 1); /* the line lacks its last digit now */
	ck_assert_uint_eq(fetch_all(), 0);
	send_line(line, sizeof line - 1);
	ck_assert_uint_eq(fetch_all(), 1);
}
END_TEST

static void send_aged(int64_t age_us)
{
	char buffer[128];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer};
	frame_line_begin(&t, real_us - age_us, "bus");
	strbuf_string(&t, "01#0110107000020400000000394B\n");
	send_line(buffer, t.size);
}

START_TEST(what_is_too_old_does_not_go_out)
{
	static const struct {
		int64_t age_us;
		unsigned long goes_out;
	} rows[] = {{0, 1},
		    {TX_REQUESTS_STALE_US - 1, 1},
		    {TX_REQUESTS_STALE_US, 0},
		    {INT64_C(1000000000000), 0},
		    /* from before the clock was set back */
		    {-TX_REQUESTS_AHEAD_US, 1},
		    {-TX_REQUESTS_AHEAD_US - 1, 0},
		    {-INT64_C(3600000000), 0}};
	begin();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		send_aged(rows[i].age_us);
		ck_assert_uint_eq(fetch_all(), rows[i].goes_out);
	}
	struct request request;
	send_aged(1000000);
	ck_assert(!tx_requests_fetch(&requests, &request, true, 1000000 + TX_REQUESTS_STALE_US - 1000000));
}
END_TEST

/* A valid line with some of its bytes changed. */
static size_t random_line(struct chance *c, char *line, size_t size)
{
	uint8_t p[64] = {1, 0x10};
	size_t n = strlen(wire_rows[0].request) / 2;
	const char *hex = wire_rows[chance_below(c, WIRE_ROWS)].request;
	n = strlen(hex) / 2;
	ck_assert(hex_decode(hex, p, n));
	uint32_t kind = chance_below(c, 5);
	for (uint32_t k = kind == 0 ? 0 : 1 + chance_below(c, 4); k > 0; k--)
		p[chance_below(c, (uint32_t)n)] = (uint8_t)chance_below(c, 256);
	if (kind == 1) /* any register */
		p[2] = (uint8_t)chance_below(c, 256), p[3] = (uint8_t)chance_below(c, 256);
	if (kind == 2) /* near the commands */
		p[2] = 0x16, p[3] = (uint8_t)chance_below(c, 0x30), p[4] = 0, p[5] = 1, p[6] = 2, n = 11;
	if (kind > 0)
		frames_seal(p, n - 2);
	struct strbuf t = {.data = line, .capacity = size - 1};
	frame_line_begin(&t, real_us - chance_below(c, 6000000), chance_below(c, 30) ? "bus" : "other");
	strbuf_hex(&t, p, 1);
	strbuf_char(&t, '#');
	strbuf_hex(&t, p, n);
	for (uint32_t k = chance_below(c, 20) ? 0 : 1 + chance_below(c, 3); k > 0; k--)
		line[chance_below(c, (uint32_t)t.size)] = (char)chance_below(c, 256);
	strbuf_char(&t, '\n');
	return t.size;
}

START_TEST(random_lines)
{
	struct chance c = {unit_environment("JK_SEED", 31)};
	unsigned long passed = 0, lines = unit_environment("JK_LINES", 100000);
	begin();
	for (unsigned long i = 0; i < lines; i++) {
		char line[256];
		send_line(line, random_line(&c, line, sizeof line));
		passed += fetch_all();
	}
	ck_assert_uint_gt(passed, lines / 20);
}
END_TEST

/* Only a line of whole bytes that another has not transmitted already is a request. */
START_TEST(lines_that_are_no_requests)
{
	static const char *const lines[] = {"(1763856000.000000) bus 01#0110161E0001020000D22F T",
					    "(1763856000.000000) bus 01#0110161E0001020000D22F0",
					    "(1763856000.000000) bus 01#",
					    "(1763856000.000000) bus 2F4#0110161E"};
	begin();
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		output.start = output.end = 0;
		send_line(lines[i], strlen(lines[i]));
		send_line("\n", 1);
		ck_assert_msg(memmem(output.data, output.end, "!refused syntax", 15), "%s", lines[i]);
		ck_assert_uint_eq(fetch_all(), 0);
	}
}
END_TEST

static bool refused(const char *words)
{
	return memmem(output.data, output.end, words, strlen(words)) != NULL;
}

/* Valid requests that do not go out, each with its reason. */
START_TEST(why_a_request_is_refused)
{
	static const char trigger[] = "(1763856000.000000) bus 01#0110161E0001020000D22F\n",
			  elsewhere[] = "(1763856000.000000) shed 01#0110161E0001020000D22F\n",
			  another[] = "(1763856000.000000) bus 02#0110161E0001020000D22F\n";
	static char longest[FRAME_LINE_MAX + 100];
	begin();
	send_line(elsewhere, sizeof elsewhere - 1);
	ck_assert(refused("!refused channel 0110161E0001020000D22F\n"));
	send_line(another, sizeof another - 1);
	ck_assert(refused("!refused address 0110161E0001020000D22F\n"));
	for (int i = 0; i < TX_REQUESTS_MAX; i++)
		send_line(trigger, sizeof trigger - 1);
	ck_assert(!refused("!refused busy"));
	send_line(trigger, sizeof trigger - 1);
	ck_assert(refused("!refused busy 0110161E0001020000D22F\n"));
	ck_assert_uint_eq(fetch_all(), TX_REQUESTS_MAX);
	memset(longest, '0', sizeof longest);
	longest[sizeof longest - 1] = '\n';
	send_line(longest, sizeof longest);
	ck_assert(refused("!refused syntax"));
	ck_assert_uint_eq(fetch_all(), 0);
	send_line(trigger, sizeof trigger - 1); /* the next line is whole */
	ck_assert_uint_eq(fetch_all(), 1);
}
END_TEST

/* A write waits while only polls may go out, and what came first goes first. */
START_TEST(writes_that_may_not_go_out)
{
	static const char trigger[] = "(1763856000.000000) bus 01#0110161E0001020000D22F\n",
			  write[] = "(1763856000.000000) bus 01#0110107000020400000000394B\n";
	struct request request;
	begin();
	send_line(trigger, sizeof trigger - 1);
	send_line(write, sizeof write - 1);
	send_line(trigger, sizeof trigger - 1);
	ck_assert(tx_requests_fetch(&requests, &request, false, 1000000));
	ck_assert(request.type == FRAME_SETTINGS && request.address == 1 && request.size == 11);
	ck_assert(!tx_requests_fetch(&requests, &request, false, 1000000));
	ck_assert(tx_requests_fetch(&requests, &request, true, 1000000));
	ck_assert(request.type == 0 && request.size == 13);
	ck_assert(tx_requests_fetch(&requests, &request, false, 1000000));
	ck_assert(!tx_requests_fetch(&requests, &request, true, 1000000));
}
END_TEST

/* Half a line came through a FIFO that was then replaced: the next line is not joined to it. */
START_TEST(half_a_line_and_another_fifo)
{
	static const char half[] = "(1763856000.000000) bus 01#0110161E00",
			  whole[] = "(1763856000.000000) bus 01#0110161E0001020000D22F\n";
	struct request request;
	char folder[] = "/tmp/jk-requests-XXXXXX", path[64];
	begin();
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/tx", folder);
	tx_requests_begin(&requests, fifo_open(path), path, &capture);
	ck_assert_int_eq(tx_requests_deadline(&requests), INT64_MAX);
	tx_requests_watch(&requests);
	tx_requests_time(&requests, false, 1000000);
	ck_assert_int_eq(tx_requests_deadline(&requests), 1000000 + FIFO_LOOK_US);
	ck_assert_int_eq(fifo_send(path, whole, sizeof whole - 1), FIFO_SENT);
	ck_assert_int_eq(fifo_send(path, half, sizeof half - 1), FIFO_SENT);
	tx_requests_read(&requests, 1000000, real_us); /* both at once: what is left does not begin at 0 */
	ck_assert(tx_requests_fetch(&requests, &request, false, 1000000));
	unlink(path);
	tx_requests_time(&requests, false, 1000000 + FIFO_LOOK_US);
	ck_assert_ptr_nonnull(memmem(output.data, output.end, "!refused syntax 2831373633383536", 32));
	ck_assert_int_eq(fifo_send(path, whole, sizeof whole - 1), FIFO_SENT);
	tx_requests_read(&requests, 1000000 + FIFO_LOOK_US, real_us);
	ck_assert(tx_requests_fetch(&requests, &request, false, 1000000 + FIFO_LOOK_US));
	close(requests.reader.fd);
	unlink(path);
	rmdir(folder);
}
END_TEST

/* ---- a link that takes nothing, and one whose program is told to stop ---- */

static struct run wire;
static int64_t now_us;
static void turn_to(int64_t until_us)
{
	while (now_us < until_us) {
		struct pollfd fds[RUN_POLLS];
		run_poll(&wire, fds);
		for (int i = 0; i < RUN_POLLS; i++)
			fds[i].revents = 0;
		run_act(&wire, fds, now_us);
		now_us = run_deadline(&wire) > now_us ? run_deadline(&wire) : now_us + 1;
	}
}

/* A capture that polls address 1, and a request for a frame of it from the FIFO. */
static void begin_wire(void)
{
	static const char trigger[] = "(1763856000.000000) bus 01#0110161E0001020000D22F\n";
	char folder[] = "/tmp/jk-requests-XXXXXX";
	static char path[64]; /* which the capture keeps */
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/tx", folder);
	struct options options = {.kind = SOURCE_TCP,
				  .source = "bus",
				  .ready_fd = -1,
				  .addresses = 1 << 1,
				  .interval_us = 2000000,
				  .gap_us = 100000,
				  .wait_us = 300000,
				  .requests = path};
	memset(&output, 0, sizeof output);
	now_us = 1000000;
	capture_begin(&capture, "bus", &output, now_us, tell_real_us);
	capture.diagnosis.opened = true;
	run_begin(&wire, &options, &pair_kind, NULL, &capture, &output, 1);
	ck_assert_int_eq(write(wire.requests.reader.fd, trigger, sizeof trigger - 1),
			 (ssize_t)sizeof trigger - 1);
	tx_requests_read(&wire.requests, now_us, real_us);
	unlink(path);
	rmdir(folder);
}

static bool said(const char *words)
{
	return memmem(output.data, output.end, words, strlen(words)) != NULL;
}

START_TEST(a_link_that_takes_nothing)
{
	pair_takes_nothing = true;
	begin_wire();
	turn_to(now_us + 1500000);
	ck_assert(said("!close takes nothing to transmit\n"));
	ck_assert(said("!refused link 0110161E0001020000D22F\n"));
	ck_assert(!said(" T\n"));
}
END_TEST

START_TEST(told_to_stop)
{
	pair_takes_nothing = false;
	begin_wire();
	turn_to(now_us + 500000); /* it listens still */
	ck_assert(run_stop(&wire));
	run_end(&wire, now_us);
	ck_assert(said("!refused stopping 0110161E0001020000D22F\n"));
	ck_assert(!said(" T\n"));
}
END_TEST

/*
 * Suspended between the wait for the link and reading the clock: input that arrived meanwhile is read before
 * anything is decided.
 */
START_TEST(stopped_while_another_asks)
{
	static const uint8_t request[] = {0x01, 0x10, 0x16, 0x1E, 0x00, 0x01, 0x02, 0x00, 0x00, 0xD2, 0x2F};
	pair_takes_nothing = false;
	begin_wire();
	turn_to(now_us + 500000);
	struct pollfd fds[RUN_POLLS];
	run_poll(&wire, fds);
	for (int i = 0; i < RUN_POLLS; i++)
		fds[i].revents = 0;
	ck_assert_int_eq(write(pair_end, request, sizeof request), (ssize_t)sizeof request);
	now_us += 3000000;
	run_act(&wire, fds, now_us);
	ck_assert(said("!mode listen master\n"));
	ck_assert(!said(" T\n"));
}
END_TEST

UNIT_RUN("tx_requests", lines_that_are_no_requests, why_a_request_is_refused, writes_that_may_not_go_out,
	 every_row_goes_out, half_a_line_and_another_fifo, half_a_line_does_not_go_out,
	 what_is_too_old_does_not_go_out, random_lines, a_link_that_takes_nothing, told_to_stop,
	 stopped_while_another_asks)
