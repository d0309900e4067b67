/* SPDX-License-Identifier: MIT */
#include "queue_state.h"

#include <errno.h>
#include <string.h>

#include "log.h"
#include "modbus.h"
#include "number.h"
#include "slice.h"
#include "state_file.h"

/*
 *   jk-write 2
 *   writes CHANNEL BMS COUNT SINCE
 *   command PHASE CHANNEL ID BMS KEY VALUE [RESULT WHY]
 *   result LINE
 *   clock BOOT NOW
 *   sum 8C1F
 *
 * PHASE: waiting, begun (nothing was written), written (it may be), done.  CHANNEL is - if none is known.
 * LINE is the event of a result that may not have reached stdout.  SINCE, when the COUNT began, and NOW, when
 * the file was written, are microseconds of the monotonic clock of the system's run BOOT.  In another run of
 * the system, the time between both is all that has passed for certain.  The sum is the CRC-16 of Modbus over
 * everything before it.  Files of version 1, which have no sum, and lines "count CHANNEL BMS DAY COUNT", are
 * read as well.
 */

static const char first_line[] = "jk-write 2\n", first_line_1[] = "jk-write 1\n";
enum { SUM_SIZE = sizeof "sum 0000\n" - 1 };

enum {
	SAVED_COMMAND_MAX = 32 + CHANNEL_MAX + ID_MAX + BMS_WORD_MAX + KEY_MAX + SETTING_VALUE_MAX + WHY_MAX,
	COUNT_LINE_MAX = 96,
	CLOCK_LINE_MAX = CLOCK_BOOT_MAX + 32,
	STATE_MAX = SLOTS * SAVED_COMMAND_MAX + CHANNELS_MAX * PACKS * COUNT_LINE_MAX + RESULTS_MAX +
		    CLOCK_LINE_MAX + 64,
};

static void add_word(struct strbuf *t, const char *word)
{
	strbuf_char(t, ' ');
	strbuf_string(t, *word ? word : "-");
}

static void add_number(struct strbuf *t, int64_t number)
{
	strbuf_char(t, ' ');
	strbuf_decimal(t, number, 0);
}

static void add_writes(struct strbuf *t, const struct channel *channel, struct now now)
{
	for (unsigned address = BMS_MIN; address <= BMS_MAX; address++) {
		const struct pack_writes *writes = &channel->packs[address].writes;
		if (!ratelimit_in_day(writes, now))
			continue;
		strbuf_string(t, "writes");
		add_word(t, channel->name);
		add_number(t, address);
		add_number(t, writes->count);
		add_number(t, writes->since_us);
		strbuf_char(t, '\n');
	}
}

static const char *phase(const struct command *c)
{
	if (c->step == STEP_DONE || c->step == STEP_WAITING)
		return c->step == STEP_DONE ? "done" : "waiting";
	return c->may_be_written || c->saved_as_written ? "written" : "begun";
}

/* What is only checked is forgotten with the program. */
static void add_command(struct strbuf *t, const struct command *c)
{
	if (c->check)
		return;
	strbuf_string(t, "command");
	add_word(t, phase(c));
	add_word(t, c->channel);
	add_word(t, c->id);
	add_word(t, c->bms);
	add_word(t, c->key);
	add_word(t, c->value);
	if (c->step == STEP_DONE) {
		add_word(t, result_name(c->result));
		strbuf_char(t, ' ');
		strbuf_string(t, c->why);
	}
	strbuf_char(t, '\n');
}

static void add_results(struct strbuf *t, const struct results *results)
{
	const char *line;
	size_t n;
	for (size_t at = 0; results_line(results, &at, &line, &n);) {
		strbuf_string(t, "result ");
		strbuf_add(t, line, n);
		strbuf_char(t, '\n');
	}
}

/* What the file holds before its clock; size 0: unknown. */
static struct {
	size_t size;
	char data[STATE_MAX];
} saved;

static char buffer[STATE_MAX];

static void add_sum(struct strbuf *t, const char *p, size_t n)
{
	uint16_t crc = modbus_crc((const uint8_t *)p, n);
	uint8_t bytes[2] = {(uint8_t)(crc >> 8), (uint8_t)crc};
	strbuf_string(t, "sum ");
	strbuf_hex(t, bytes, sizeof bytes);
	strbuf_char(t, '\n');
}

/* All but the clock and the sum. */
static void add_lines(struct strbuf *t, struct queue *q, const struct results *results, struct now now)
{
	strbuf_string(t, first_line);
	for (size_t i = 0; i < q->bus.count; i++)
		add_writes(t, q->bus.channels[i], now);
	for (size_t i = 0; i < q->count; i++)
		if (!queue_slot(q, i)->reported)
			add_command(t, queue_slot(q, i));
	if (results)
		add_results(t, results);
}

static void add_clock(struct strbuf *t, const struct queue *q, struct now now)
{
	strbuf_string(t, "clock");
	add_word(t, q->boot);
	add_number(t, now.us);
	strbuf_char(t, '\n');
}

int queue_state_save(struct queue *q, const struct results *results, const char *path, struct now now)
{
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer};
	add_lines(&t, q, results, now);
	size_t size = t.size;
	if (!t.overflow && size == saved.size && memcmp(t.data, saved.data, size) == 0)
		return 0;
	add_clock(&t, q, now);
	add_sum(&t, t.data, t.size);
	if (t.overflow) {
		errno = EFBIG;
		return -1;
	}
	saved.size = 0;
	if (state_file_replace(path, t.data, t.size) != NULL)
		return -1;
	memcpy(saved.data, t.data, size);
	saved.size = size;
	return 0;
}

void queue_state_refresh(void)
{
	saved.size = 0;
}

bool queue_state_ages(const struct queue *q, struct now now)
{
	for (size_t i = 0; i < q->bus.count; i++)
		for (unsigned address = BMS_MIN; address <= BMS_MAX; address++)
			if (ratelimit_in_day(&q->bus.channels[i]->packs[address].writes, now))
				return true;
	return false;
}

/* False: the word is missing or too long. */
static bool copy(char *to, size_t size, struct slice word)
{
	if (word.n == 0 || word.n >= size)
		return false;
	memcpy(to, word.p, word.n);
	to[word.n] = '\0';
	return true;
}

/* Reads the lines twice: first only to check them, then with `take`. */
struct loader {
	struct queue *queue;
	struct results *results; /* may be NULL */
	struct now now;
	bool take;
	struct slice boot; /* of the file */
	int64_t saved_us;  /* its clock */
};

/*
 * When the day of a count began, on the clock of this run.  If the clock of the file is another, or of later
 * than now, the day is as old as it was when the file was written.
 */
static int64_t began_us(const struct loader *l, int64_t since_us)
{
	bool same = slice_is(l->boot, l->queue->boot) && l->saved_us <= l->now.us;
	int64_t began = same ? since_us : l->now.us - (l->saved_us - since_us);
	return began < l->now.us ? began : l->now.us;
}

static void take_writes(const struct loader *l, struct slice name, int64_t address, int64_t count,
			int64_t since_us)
{
	struct channel *channel = bus_channel(&l->queue->bus, name.p, name.n);
	if (!channel)
		return; /* the state has more channels than there is room for */
	channel->packs[address].writes = (struct pack_writes){
		.count = count, .since_us = since_us, .any = true, .last_us = l->now.us /* perhaps */};
}

/* The channel and the address of a count. */
static bool load_bms(struct slice *rest, struct slice *name, int64_t *address)
{
	char channel_name[CHANNEL_MAX + 1];
	*name = slice_word(rest);
	struct slice bms = slice_word(rest);
	return copy(channel_name, sizeof channel_name, *name) && frame_line_channel_valid(channel_name) &&
	       number_parse(bms.p, bms.n, BMS_MIN, BMS_MAX, address);
}

/* Of version 1: the day, which is that of the other clock, is taken to begin now. */
static bool load_count(const struct loader *l, struct slice rest)
{
	struct slice name;
	int64_t address, days, count;
	if (!load_bms(&rest, &name, &address))
		return false;
	struct slice day = slice_word(&rest), number = slice_word(&rest);
	if (!number_parse(day.p, day.n, 0, INT32_MAX, &days) ||
	    !number_parse(number.p, number.n, 0, INT32_MAX, &count))
		return false;
	if (l->take)
		take_writes(l, name, address, count, l->now.us);
	return true;
}

static bool load_writes(const struct loader *l, struct slice rest)
{
	struct slice name;
	int64_t address, count, since_us;
	if (!load_bms(&rest, &name, &address))
		return false;
	struct slice number = slice_word(&rest), since = slice_word(&rest);
	if (!number_parse(number.p, number.n, 0, INT32_MAX, &count) ||
	    !number_parse(since.p, since.n, -INT64_MAX / 4, INT64_MAX / 4, &since_us))
		return false;
	if (l->take)
		take_writes(l, name, address, count, began_us(l, since_us));
	return true;
}

static bool load_clock(struct loader *l, struct slice rest)
{
	l->boot = slice_word(&rest);
	struct slice time = slice_word(&rest);
	return l->boot.n > 0 && number_parse(time.p, time.n, 0, INT64_MAX / 4, &l->saved_us);
}

/* The result of a command that was done: RESULT WHY. */
static bool load_result(struct command *c, struct slice rest)
{
	struct slice word = slice_word(&rest);
	enum result result = result_find(word.p, word.n);
	if (rest.n > 0) /* the blank before WHY */
		rest.p++, rest.n--;
	command_finish(c, result, "%.*s", (int)rest.n, rest.p);
	return result != RESULT_NONE;
}

/* What became of a command that the earlier run had not finished. */
static const struct {
	const char *phase;
	enum result result;
	const char *why;
} unfinished[] = {
	{"waiting", RESULT_REJECTED, "jk-write ended before it was begun: nothing was written"},
	{"begun", RESULT_UNKNOWN, "jk-write ended in the middle of it: nothing was written"},
	{"written", RESULT_UNKNOWN, "jk-write ended in the middle of it: it may have been written"},
};

static bool load_command(const struct loader *l, struct slice rest)
{
	struct command c = {.origin = "an earlier run"};
	struct slice phase_word = slice_word(&rest);
	if (!copy(c.channel, sizeof c.channel, slice_word(&rest)) ||
	    !copy(c.id, sizeof c.id, slice_word(&rest)) || !copy(c.bms, sizeof c.bms, slice_word(&rest)) ||
	    !copy(c.key, sizeof c.key, slice_word(&rest)) ||
	    !copy(c.value, sizeof c.value, slice_word(&rest)))
		return false;
	if (slice_is(phase_word, "done") && !load_result(&c, rest))
		return false;
	for (size_t i = 0; i < sizeof unfinished / sizeof *unfinished; i++)
		if (slice_is(phase_word, unfinished[i].phase))
			command_finish(&c, unfinished[i].result, "%s", unfinished[i].why);
	if (c.result == RESULT_NONE)
		return false;
	if (l->take) {
		queue_report(l->queue, &c, l->now);
		l->queue->env.dirty = true;
	}
	return true;
}

/* A result that may not have reached stdout.  Its words are passed on unread. */
static bool load_event(const struct loader *l, struct slice event)
{
	static const char audit[] = "an earlier run: reported again, as it may not have reached stdout: ";
	char text[sizeof audit + FRAME_LINE_MAX];
	struct strbuf t = {.data = text, .capacity = sizeof text};
	struct frame_line line;
	if (event.n >= FRAME_LINE_MAX || frame_line_parse(event.p, event.n, &line) != NULL ||
	    line.kind != FRAME_LINE_EVENT || line.data_size == 0 ||
	    !slice_is((struct slice){line.name, line.name_size}, "write"))
		return false;
	strbuf_string(&t, audit);
	strbuf_add(&t, event.p, event.n);
	if (l->take && l->results && !results_add(l->results, event.p, event.n, t.data, t.size))
		log_line("no room to report it again: %.*s", (int)event.n, event.p);
	return true;
}

static bool load_line(struct loader *l, struct slice rest)
{
	struct slice word = slice_word(&rest);
	if (memchr(rest.p, '\0', rest.n))
		return false;
	if (slice_is(word, "count"))
		return load_count(l, rest);
	if (slice_is(word, "writes"))
		return load_writes(l, rest);
	if (slice_is(word, "clock"))
		return load_clock(l, rest);
	if (slice_is(word, "command"))
		return load_command(l, rest);
	if (rest.n == 0 || !slice_is(word, "result"))
		return false;
	return load_event(l, (struct slice){rest.p + 1, rest.n - 1});
}

static bool load_lines(struct loader *l, struct slice rest)
{
	while (rest.n > 0) {
		const char *newline = memchr(rest.p, '\n', rest.n);
		size_t n = newline ? (size_t)(newline - rest.p) : 0;
		if (!newline || !load_line(l, (struct slice){rest.p, n}))
			return false;
		rest = (struct slice){newline + 1, rest.n - n - 1};
	}
	return true;
}

/* The sum is the last line. */
static bool sum_fits(const char *p, size_t n)
{
	char buffer_of_sum[SUM_SIZE];
	struct strbuf t = {.data = buffer_of_sum, .capacity = sizeof buffer_of_sum};
	if (n < SUM_SIZE)
		return false;
	add_sum(&t, p, n - SUM_SIZE);
	return memcmp(p + n - SUM_SIZE, t.data, SUM_SIZE) == 0;
}

static bool begins(const char *p, size_t n, const char *line)
{
	return n >= strlen(line) && memcmp(p, line, strlen(line)) == 0;
}

const char *queue_state_parse(struct queue *q, struct results *results, const char *p, size_t n,
			      struct now now)
{
	struct loader l = {.queue = q, .results = results, .now = now};
	bool current = begins(p, n, first_line);
	if (!current && !begins(p, n, first_line_1))
		return "not a state of this version";
	if (current && !sum_fits(p, n))
		return "damaged: its sum does not fit";
	size_t first = strlen(current ? first_line : first_line_1);
	struct slice lines = {p + first, n - first - (current ? SUM_SIZE : 0)};
	if (!load_lines(&l, lines))
		return "an invalid line";
	l.take = true;
	load_lines(&l, lines);
	return NULL;
}

void queue_state_load(struct queue *q, struct results *results, const char *path, struct now now)
{
	ssize_t n = state_file_load("-s", path, buffer, sizeof buffer);
	const char *wrong = n < 0 ? NULL : queue_state_parse(q, results, buffer, (size_t)n, now);
	if (!wrong)
		return;
	state_file_damaged("-s", path, wrong);
	log_line("-s %s: what an earlier run had in hand is not known, and is not written again", path);
}
