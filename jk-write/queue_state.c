/* SPDX-License-Identifier: MIT */
#include "queue_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "number.h"
#include "process.h"

/*
 *   jk-write 1
 *   count CHANNEL BMS DAY WRITES
 *   command PHASE CHANNEL ID BMS KEY VALUE [RESULT WHY]
 *   result LINE
 *
 * PHASE: waiting, begun (nothing was written), written (it may be), done.  CHANNEL is - if none is known.  LINE is the event of
 * a result that may not have reached stdout.
 */

static const char first_line[] = "jk-write 1";

enum {
	SAVED_COMMAND_MAX = 32 + CHANNEL_MAX + ID_MAX + BMS_WORD_MAX + KEY_MAX + VALUE_MAX + WHY_MAX,
	COUNT_LINE_MAX = 80,
	STATE_MAX = SLOTS * SAVED_COMMAND_MAX + CHANNELS_MAX * PACKS * COUNT_LINE_MAX + RESULTS_MAX + 64,
	PATH_SIZE = 4096,
	WORDS = 7, /* of a command's line, before its result */
};

static void add_word(struct strbuf *t, const char *word)
{
	strbuf_char(t, ' ');
	strbuf_string(t, *word ? word : "-");
}

static void add_counts(struct strbuf *t, const struct channel *channel)
{
	for (unsigned address = BMS_MIN; address <= BMS_MAX; address++) {
		const struct pack *pack = &channel->packs[address];
		if (pack->writes == 0)
			continue;
		strbuf_string(t, "count");
		add_word(t, channel->name);
		strbuf_char(t, ' ');
		strbuf_unsigned(t, address);
		strbuf_char(t, ' ');
		strbuf_decimal(t, pack->day, 0);
		strbuf_char(t, ' ');
		strbuf_decimal(t, pack->writes, 0);
		strbuf_char(t, '\n');
	}
}

static const char *phase(const struct command *c)
{
	if (c->step == STEP_DONE || c->step == STEP_WAITING)
		return c->step == STEP_DONE ? "done" : "waiting";
	return c->may_be_written ? "written" : "begun";
}

static void add_command(struct strbuf *t, const struct command *c)
{
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

static bool write_all(int fd, const struct strbuf *t)
{
	for (size_t done = 0; done < t->size;) {
		ssize_t n = write(fd, t->data + done, t->size - done);
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			done += (size_t)n;
	}
	return true;
}

static int write_file(const char *path, const struct strbuf *t, bool sync)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (fd < 0)
		return -1;
	bool good = write_all(fd, t) && (!sync || fdatasync(fd) == 0);
	int error = errno;
	if (close(fd) < 0 && good) {
		good = false;
		error = errno;
	}
	if (!good)
		unlink(path); /* half of it would only take up space */
	errno = error;
	return good ? 0 : -1;
}

/* So that after a loss of power the folder has the new file.  Some file systems cannot, and then it is as it is. */
static void sync_folder(const char *path)
{
	char folder[PATH_SIZE];
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) + (slash == path) : 1;
	memcpy(folder, slash ? path : ".", n);
	folder[n] = '\0';
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

/* What the file holds; size 0: not known. */
static struct {
	size_t size;
	bool synced;
	char data[STATE_MAX];
} saved;

int queue_state_save(struct queue *q, const struct results *results, const char *path, bool sync)
{
	static char data[STATE_MAX];
	struct strbuf t = {.data = data, .capacity = sizeof data};
	char beside[PATH_SIZE];
	strbuf_string(&t, first_line);
	strbuf_char(&t, '\n');
	for (size_t i = 0; i < q->bus.count; i++)
		add_counts(&t, &q->bus.channels[i]);
	for (size_t i = 0; i < q->count; i++)
		if (!queue_slot(q, i)->reported)
			add_command(&t, queue_slot(q, i));
	if (results)
		add_results(&t, results);
	int n = snprintf(beside, sizeof beside, "%s.new", path);
	if (n < 0 || (size_t)n >= sizeof beside || t.overflow) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (t.size == saved.size && memcmp(t.data, saved.data, t.size) == 0 && (saved.synced || !sync))
		return 0;
	saved.size = 0;
	if (write_file(beside, &t, sync) < 0 || rename(beside, path) < 0)
		return -1;
	memcpy(saved.data, t.data, t.size);
	saved.size = t.size;
	saved.synced = sync;
	if (sync)
		sync_folder(path);
	return 0;
}

/* Cuts the words off a line, each ended with a NUL; the rest stays in *line.  False if there are fewer. */
static bool cut_words(char **line, char *words[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		words[i] = *line;
		*line += strcspn(*line, " ");
		if (words[i] == *line)
			return false;
		if (**line)
			*(*line)++ = '\0';
	}
	return true;
}

static bool load_count(struct queue *q, char *line, struct now now)
{
	char *words[5];
	int64_t address, day, writes;
	if (!cut_words(&line, words, 5) || !frame_line_channel_valid(words[1]) ||
	    !number_option(words[2], BMS_MIN, BMS_MAX, &address) ||
	    !number_option(words[3], 0, INT32_MAX, &day) || !number_option(words[4], 0, INT32_MAX, &writes))
		return false;
	struct channel *channel = bus_channel(&q->bus, words[1], strlen(words[1]));
	if (!channel)
		return true; /* more than there is room for */
	struct pack *pack = &channel->packs[address];
	pack->day = day;
	pack->writes = writes;
	pack->wrote = true; /* it may have been a moment ago */
	pack->wrote_us = now.us;
	return true;
}

static bool copy(char *to, size_t size, const char *from)
{
	size_t n = strlen(from);
	if (n >= size)
		return false;
	memcpy(to, from, n + 1);
	return true;
}

static bool load_result(struct command *c, char *line)
{
	char *words[1];
	if (!cut_words(&line, words, 1))
		return false;
	enum result result = result_find(words[0], strlen(words[0]));
	command_finish(c, result, "%s", line);
	return result != RESULT_NONE;
}

static bool load_command(struct queue *q, char *line, struct now now)
{
	char *words[WORDS];
	struct command c = {.origin = "an earlier run"};
	if (!cut_words(&line, words, WORDS) || !copy(c.channel, sizeof c.channel, words[2]) ||
	    !copy(c.id, sizeof c.id, words[3]) || !copy(c.bms, sizeof c.bms, words[4]) ||
	    !copy(c.key, sizeof c.key, words[5]) || !copy(c.value, sizeof c.value, words[6]))
		return false;
	if (strcmp(words[1], "done") == 0 && !load_result(&c, line))
		return false;
	if (strcmp(words[1], "waiting") == 0)
		command_finish(&c, RESULT_REJECTED,
			       "jk-write ended before it was begun: nothing was written");
	if (strcmp(words[1], "begun") == 0)
		command_finish(&c, RESULT_UNKNOWN, "jk-write ended in the middle of it: nothing was written");
	if (strcmp(words[1], "written") == 0)
		command_finish(&c, RESULT_UNKNOWN, "jk-write ended in the middle of it: it may be written");
	if (c.result == RESULT_NONE)
		return false;
	queue_report(q, &c, now);
	q->dirty = true;
	return true;
}

/* The words of an event are not looked at: they are passed on as they are. */
static bool load_told(struct results *results, const char *p)
{
	static const char audit[] = "an earlier run: told again, as it may not have reached stdout: ";
	char buffer[sizeof audit + FRAME_LINE_MAX];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer};
	struct frame_line line;
	size_t n = strlen(p);
	if (n >= FRAME_LINE_MAX || frame_line_parse(p, n, &line) != NULL || line.kind != FRAME_LINE_EVENT ||
	    line.name_size != strlen("write") || memcmp(line.name, "write", line.name_size) != 0)
		return false;
	strbuf_string(&t, audit);
	strbuf_add(&t, p, n);
	return !results || results_add(results, p, n, t.data, t.size);
}

static bool load_line(struct queue *q, struct results *results, char *line, unsigned long number,
		      struct now now)
{
	if (number == 1)
		return strcmp(line, first_line) == 0;
	if (strncmp(line, "count ", strlen("count ")) == 0)
		return load_count(q, line, now);
	if (strncmp(line, "result ", strlen("result ")) == 0)
		return load_told(results, line + strlen("result "));
	return strncmp(line, "command ", strlen("command ")) == 0 && load_command(q, line, now);
}

void queue_state_load(struct queue *q, struct results *results, const char *path, struct now now)
{
	FILE *file = fopen(path, "re");
	if (!file && errno == ENOENT)
		return;
	if (!file)
		die(EXIT_SYSTEM, "-s %s: %s", path, strerror(errno));
	char *line = NULL;
	size_t capacity = 0;
	ssize_t n;
	for (unsigned long number = 1; (n = getline(&line, &capacity, file)) >= 0; number++) {
		if (n > 0 && line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (!load_line(q, results, line, number, now))
			die(EXIT_USAGE, "-s %s:%lu: not a line of a state of jk-write", path, number);
	}
	if (ferror(file))
		die(EXIT_SYSTEM, "-s %s: %s", path, strerror(errno));
	free(line);
	fclose(file);
}
