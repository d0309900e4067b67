/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "passthrough.h"
#include "unit.h"

/*
 * The stream between two pipes, in random pieces: what comes out, without the lines that were put in, is what
 * went in; and those stand between whole lines.
 */

enum { BYTES = 3000000 };

static struct passthrough stream;
static char input[BYTES], output[2 * BYTES];
static size_t input_size, output_size;
static int feed, drain;
static unsigned long lines_seen, lines_made;

static void begin(void)
{
	int in[2], out[2];
	ck_assert(pipe(in) == 0 && pipe(out) == 0);
	ck_assert_int_eq(dup2(in[0], STDIN_FILENO), STDIN_FILENO);
	close(in[0]);
	feed = in[1];
	drain = out[0];
	fcntl(feed, F_SETFL, O_NONBLOCK);
	fcntl(drain, F_SETFL, O_NONBLOCK);
	fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
	passthrough_begin(&stream);
	stream.fd = out[1];
	fcntl(stream.fd, F_SETFL, O_NONBLOCK);
	line_pipe_begin(&stream.out, stream.fd);
	output_size = 0;
	lines_seen = lines_made = 0;
}

static void see_line(void *context, const char *p, size_t n)
{
	(void)context;
	ck_assert(n < FRAME_LINE_MAX && memchr(p, '\n', n) == NULL);
	lines_seen++;
}

/* Lines of every length, some too long, the last one without a newline if asked for. */
static void make_input(struct chance *c, size_t size, bool newline)
{
	input_size = 0;
	while (input_size < size) {
		size_t n = chance_below(c, 50) ? chance_below(c, 700) : 900 + chance_below(c, 3000);
		n = n < size - input_size ? n : size - input_size;
		for (size_t i = 0; i < n; i++)
			input[input_size++] = (char)('a' + chance_below(c, 26));
		lines_made += n < FRAME_LINE_MAX;
		if (input_size < size || newline)
			input[input_size++] = '\n';
		else
			lines_made -= n < FRAME_LINE_MAX;
	}
}

static void drain_some(size_t most)
{
	ck_assert_uint_ge(sizeof output - output_size, most);
	ssize_t n = read(drain, output + output_size, most);
	ck_assert(n >= 0 || errno == EAGAIN);
	output_size += n > 0 ? (size_t)n : 0;
}

/* Takes the lines out of the output that were put in; how many. */
static unsigned take_out_events(void)
{
	unsigned count = 0;
	size_t kept = 0;
	for (size_t at = 0; at < output_size;) {
		char *newline = memchr(output + at, '\n', output_size - at);
		size_t n = newline ? (size_t)(newline - (output + at)) + 1 : output_size - at;
		if (output[at] == '!') {
			ck_assert_uint_eq(n, 10);
			ck_assert(memcmp(output + at, "!an event\n", 10) == 0);
			count++;
		} else {
			memmove(output + kept, output + at, n);
			kept += n;
		}
		at += n;
	}
	output_size = kept;
	return count;
}

static void run(uint64_t seed, bool newline)
{
	struct chance c = {seed};
	size_t fed = 0;
	unsigned put = 0;
	begin();
	make_input(&c, BYTES / 4 + chance_below(&c, 1000), newline);
	while (!stream.ended || stream.end > stream.start || stream.waiting > 0) {
		if (fed < input_size) {
			size_t n = 1 + chance_below(&c, chance_below(&c, 3) ? 3000 : 60000);
			ssize_t written =
				write(feed, input + fed, n < input_size - fed ? n : input_size - fed);
			fed += written > 0 ? (size_t)written : 0;
			if (fed == input_size)
				close(feed);
		}
		if (!passthrough_full(&stream) && !stream.ended)
			ck_assert(passthrough_read(&stream, see_line, NULL));
		if (chance_below(&c, 2) && passthrough_has_room(&stream) && !stream.ended) {
			ck_assert(passthrough_put(&stream, "!an event\n", 10));
			put++;
		}
		if (chance_below(&c, 2))
			drain_some(1 + chance_below(&c, 50000));
		ck_assert(passthrough_write(&stream));
	}
	for (size_t before = 0; before != output_size;) {
		before = output_size;
		drain_some(65536);
	}
	ck_assert_uint_eq(take_out_events(), put);
	ck_assert(put > 5 && output_size == input_size && memcmp(input, output, input_size) == 0);
	ck_assert_uint_eq(lines_seen, lines_made);
	close(drain);
	close(stream.fd);
}

START_TEST(what_goes_in_comes_out)
{
	for (uint64_t seed = 1; seed <= 20; seed++)
		run(seed, true);
}
END_TEST

START_TEST(the_last_line_has_no_newline)
{
	for (uint64_t seed = 101; seed <= 110; seed++)
		run(seed, false);
}
END_TEST

/* A line that is too long and never ends: what has to be put in comes behind it, and ends it. */
START_TEST(an_event_behind_a_line_that_never_ends)
{
	begin();
	char line[5000];
	memset(line, 'x', sizeof line);
	ck_assert_int_eq(write(feed, line, sizeof line), (ssize_t)sizeof line);
	ck_assert(passthrough_read(&stream, see_line, NULL));
	ck_assert(passthrough_put(&stream, "!an event\n", 10) && passthrough_write(&stream));
	drain_some(65536);
	ck_assert(output_size == sizeof line && output[0] == 'x');
	close(feed);
	ck_assert(passthrough_read(&stream, see_line, NULL) && stream.ended && passthrough_write(&stream));
	drain_some(65536);
	ck_assert_uint_eq(output_size, sizeof line + 11);
	ck_assert(memcmp(output + sizeof line, "\n!an event\n", 11) == 0);
}
END_TEST

/* While stdout takes nothing, no more than a bounded amount is kept, and events have room. */
START_TEST(stdout_is_full)
{
	static char block[60000];
	begin();
	memset(block, '\n', sizeof block);
	while (!passthrough_full(&stream)) {
		ck_assert_int_gt(write(feed, block, sizeof block), 0);
		ck_assert(passthrough_read(&stream, see_line, NULL));
		ck_assert(passthrough_write(&stream));
	}
	ck_assert_uint_le(stream.end - stream.start, PASSTHROUGH_HIGH + PASSTHROUGH_READ);
	unsigned put = 0;
	while (passthrough_has_room(&stream)) {
		ck_assert(passthrough_put(&stream, "!an event\n", 10));
		put++;
	}
	ck_assert_uint_gt(put, 1000);
	for (int i = 0; i < 128; i++) /* and then still for all that wait */
		ck_assert(passthrough_put(&stream, block, FRAME_LINE_MAX));
}
END_TEST

UNIT_RUN("passthrough", what_goes_in_comes_out, the_last_line_has_no_newline,
	 an_event_behind_a_line_that_never_ends, stdout_is_full)
