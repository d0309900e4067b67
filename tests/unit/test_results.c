/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "queue_state.h"
#include "passthrough.h"
#include "results.h"
#include "unit.h"

/*
 * Results on their way out, which of them the state keeps, and which the stream counts as flushed to stdout.
 */

static struct results results;
static struct passthrough stream;
static struct queue queue;

static void add(unsigned number)
{
	char line[80], audit[80];
	int n = snprintf(line, sizeof line, "(1763856000.000000) bus !write %u 1 a b confirmed\n", number);
	int size = snprintf(audit, sizeof audit, "cmd: %u", number);
	ck_assert(results_add(&results, line, (size_t)n, audit, (size_t)size));
}

static bool next(unsigned number)
{
	const char *line, *audit;
	size_t n, size;
	char want[80];
	if (!results_next(&results, &line, &n, &audit, &size))
		return false;
	ck_assert_uint_eq(n, (size_t)snprintf(want, sizeof want,
					      "(1763856000.000000) bus !write %u 1 a b confirmed", number));
	ck_assert(memcmp(line, want, n) == 0);
	ck_assert_uint_eq(size, (size_t)snprintf(want, sizeof want, "cmd: %u", number));
	ck_assert(memcmp(audit, want, size) == 0);
	return true;
}

static unsigned kept(void)
{
	const char *line;
	size_t n;
	unsigned count = 0;
	for (size_t at = 0; results_line(&results, &at, &line, &n);)
		count++;
	return count;
}

START_TEST(in_order_until_they_are_out)
{
	memset(&results, 0, sizeof results);
	ck_assert(!next(0) && !results_flushed(&results, 7) && kept() == 0);
	add(1), add(2), add(3);
	ck_assert_uint_eq(kept(), 3);
	ck_assert(!results_flushed(&results, 3)); /* none is reported yet */
	ck_assert(next(1) && next(2) && kept() == 3);
	ck_assert(results_flushed(&results, 1) && kept() == 2 && !results_flushed(&results, 1));
	ck_assert(next(3) && !next(4));
	add(4);
	ck_assert(results_flushed(&results, 9) && kept() == 1); /* the pending one stays */
	ck_assert(next(4) && !next(5));
}
END_TEST

START_TEST(full)
{
	char line[FRAME_LINE_MAX], audit[8] = "a\nb";
	memset(line, 'x', sizeof line);
	memset(&results, 0, sizeof results);
	while (results_has_room(&results))
		ck_assert(results_add(&results, line, sizeof line, audit, 3));
	for (int i = 0; i < SLOTS - 8; i++) /* what is in hand has room still */
		ck_assert(results_add(&results, line, sizeof line, audit, 0));
	while (results_add(&results, line, sizeof line, audit, 3))
		;
	ck_assert_uint_le(results.size, RESULTS_MAX);
	const char *p, *q;
	size_t n, size;
	ck_assert(results_next(&results, &p, &n, &q, &size));
	ck_assert(n == sizeof line && size == 3 && memcmp(q, "a?b", 3) == 0);
}
END_TEST

/* A line without its newline, none at all, and what fits exactly. */
START_TEST(what_a_result_takes)
{
	const char *p, *audit;
	size_t n, size;
	memset(&results, 0, sizeof results);
	ck_assert(results_add(&results, "ab", 2, "x", 1));
	ck_assert(results_add(&results, "", 0, "y", 1));
	ck_assert(results_add(&results, "\n", 1, "", 0));
	ck_assert(results_next(&results, &p, &n, &audit, &size));
	ck_assert(n == 2 && memcmp(p, "ab", 2) == 0 && size == 1 && *audit == 'x');
	ck_assert(results_next(&results, &p, &n, &audit, &size));
	ck_assert(n == 0 && size == 1 && *audit == 'y');
	ck_assert(results_next(&results, &p, &n, &audit, &size));
	ck_assert(n == 0 && size == 0);
	static char line[RESULTS_MAX];
	memset(line, 'x', sizeof line);
	memset(&results, 0, sizeof results);
	ck_assert(!results_add(&results, line, RESULTS_MAX - 4, "abc", 3));
	ck_assert(results.size == 0 && results_has_room(&results));
	ck_assert(results_add(&results, line, RESULTS_MAX - 5, "abc", 3));
	ck_assert(results.size == RESULTS_MAX && !results_has_room(&results));
	ck_assert(results_next(&results, &p, &n, &audit, &size));
	ck_assert(n == RESULTS_MAX - 5 && size == 3 && memcmp(audit, "abc", 3) == 0);
	ck_assert(!results_next(&results, &p, &n, &audit, &size));
	memset(&results, 0, sizeof results);
	ck_assert(results_add(&results, line, RESULTS_ROOM - 3, "", 0) && results_has_room(&results));
	ck_assert(results_add(&results, line, 0, "", 0) && !results_has_room(&results));
}
END_TEST

static void see_line(void *context, const char *p, size_t n)
{
	(void)context, (void)p, (void)n;
}

/* A line counts as flushed only when it is: at each step, at least that many events have left. */
START_TEST(the_stream_counts_what_is_out)
{
	struct chance c = {5};
	static char output[1 << 20], block[4000];
	int in[2], out[2];
	ck_assert(pipe(in) == 0 && pipe(out) == 0 && dup2(in[0], STDIN_FILENO) == STDIN_FILENO);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fcntl(out[1], F_SETFL, O_NONBLOCK);
	passthrough_begin(&stream);
	stream.fd = out[1];
	line_pipe_begin(&stream.out, stream.fd);
	unsigned long events = 0, put = 0;
	memset(block, 'x', sizeof block);
	for (int i = 0; i < 20000 || put != passthrough_flushed(&stream); i++) {
		size_t n = 1 + chance_below(&c, sizeof block - 1);
		block[n - 1] = '\n';
		if (i < 20000 && !passthrough_full(&stream) && write(in[1], block, n) == (ssize_t)n)
			ck_assert(passthrough_read(&stream, see_line, NULL));
		block[n - 1] = 'x';
		if (i < 20000 && chance_below(&c, 3) == 0 && passthrough_has_room(&stream))
			put += passthrough_put(&stream, "!\n", 2);
		ck_assert(passthrough_write(&stream));
		/* What could be read now is out. */
		ck_assert_uint_le(passthrough_flushed(&stream), put);
		ssize_t got = chance_below(&c, 4) ? read(out[0], output, 1 + chance_below(&c, 20000)) : 0;
		for (ssize_t k = 0; k < got; k++)
			events += output[k] == '!';
		if (passthrough_flushed(&stream) > events) { /* the rest of them is in the pipe */
			got = read(out[0], output, sizeof output);
			for (ssize_t k = 0; k < got; k++)
				events += output[k] == '!';
		}
		ck_assert_uint_ge(events, passthrough_flushed(&stream));
	}
	ck_assert(events == put && put > 1000);
}
END_TEST

static unsigned reported;

static void count_result(void *context, const struct command *c, const char *line, size_t n)
{
	(void)context, (void)c, (void)line, (void)n;
	reported++;
}

/* Results that are reported but not flushed are reported again with the same line; flushed ones are not. */
START_TEST(the_state_keeps_them)
{
	static const struct write_callbacks callbacks = {.result = count_result};
	static const struct write_options options = {.limits = {1, 200}};
	char path[] = "/tmp/jk-results-XXXXXX";
	int fd = mkstemp(path);
	ck_assert(fd >= 0 && close(fd) == 0 && unlink(path) == 0);
	memset(&results, 0, sizeof results);
	queue_begin(&queue, &options, &callbacks);
	add(1), add(2), add(3);
	ck_assert(next(1) && next(2) && results_flushed(&results, 1));
	ck_assert_int_eq(queue_state_save(&queue, &results, path, (struct now){1, 1}), 0);
	memset(&results, 0, sizeof results);
	queue_state_load(&queue, &results, path, (struct now){1, 1});
	ck_assert(kept() == 2 && reported == 0);
	for (unsigned number = 2; number <= 3; number++) {
		const char *line, *audit;
		char want[80];
		size_t n, size;
		ck_assert(results_next(&results, &line, &n, &audit, &size));
		ck_assert_uint_eq(n, (size_t)snprintf(want, sizeof want,
						      "(1763856000.000000) bus !write %u 1 a b confirmed",
						      number));
		ck_assert(memcmp(line, want, n) == 0 && memmem(audit, size, want, n) != NULL);
		ck_assert(memmem(audit, size, "reported again", 14) != NULL);
	}
	ck_assert(results_flushed(&results, 2));
	ck_assert_int_eq(queue_state_save(&queue, &results, path, (struct now){1, 1}), 0);
	queue_state_load(&queue, &results, path, (struct now){1, 1});
	ck_assert_uint_eq(kept(), 0);
	unlink(path);
}
END_TEST

UNIT_RUN("results", in_order_until_they_are_out, full, what_a_result_takes, the_stream_counts_what_is_out,
	 the_state_keeps_them)
