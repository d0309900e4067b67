/* SPDX-License-Identifier: MIT */
#include "state_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "log.h"
#include "modbus.h"
#include "process.h"
#include "state_file.h"

enum { SUM_SIZE = sizeof "sum 0000\n" - 1 };

#define SPARE "--spare" /* the option */

static void sum_line(char line[SUM_SIZE + 1], const char *p, size_t n)
{
	snprintf(line, SUM_SIZE + 1, "sum %04X\n", modbus_crc((const uint8_t *)p, n));
}

void state_text_sum(struct strbuf *t)
{
	char line[SUM_SIZE + 1];
	sum_line(line, t->data, t->size);
	strbuf_string(t, line);
}

/* The sum is the last line. */
static bool sum_fits(const char *p, size_t n, size_t *body)
{
	char line[SUM_SIZE + 1];
	if (n < SUM_SIZE)
		return false;
	*body = n - SUM_SIZE;
	sum_line(line, p, *body);
	return memcmp(p + *body, line, SUM_SIZE) == 0;
}

const char *state_text_read(const char *head, const char *p, size_t n,
			    bool (*line)(void *context, struct slice line), void *context)
{
	size_t body, head_size = strlen(head);
	if (n < head_size || memcmp(p, head, head_size) != 0)
		return "not a state file of this version";
	if (!sum_fits(p, n, &body))
		return "damaged: its sum does not fit";
	const char *end = p + body;
	for (p += head_size; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		if (!newline || !line(context, (struct slice){p, (size_t)(newline - p)}))
			return "an invalid line";
		p = newline + 1;
	}
	return NULL;
}

static bool make_buffer(struct state_text *s, size_t size)
{
	if (size <= s->size)
		return true;
	char *p = size <= s->most ? realloc(s->buffer, size) : NULL;
	if (!p)
		return false;
	s->buffer = p;
	s->size = size;
	return true;
}

/* Makes room for what is in the file now. */
static void make_room_for(struct state_text *s, const char *option, const char *path)
{
	struct stat file = {0};
	bool longer = stat(path, &file) == 0 && (uintmax_t)file.st_size > s->least;
	if (!make_buffer(s, longer ? (size_t)file.st_size : s->least))
		die(EXIT_SYSTEM, "%s %s: no memory for it", option, path);
}

/* What an earlier run could not write elsewhere.  One that was cut is no state. */
static bool load_spare(struct state_text *s, const char *path, struct slice *text)
{
	size_t body;
	s->in_spare = false;
	if (!s->spare)
		return false;
	make_room_for(s, SPARE, s->spare);
	ssize_t n = state_file_read(s->spare, s->buffer, s->size);
	s->in_spare = n >= 0;
	if (n < 0 && errno != ENOENT)
		log_line(SPARE " %s: cannot be read: %s", s->spare, state_file_reason(errno));
	if (n >= 0 && !sum_fits(s->buffer, (size_t)n, &body))
		log_line(SPARE " %s: damaged: its sum does not fit: not used", s->spare);
	if (n < 0 || !sum_fits(s->buffer, (size_t)n, &body))
		return false;
	log_line("-s %s: could not be written in the end: the state is that of %s", path, s->spare);
	*text = (struct slice){s->buffer, (size_t)n};
	return true;
}

bool state_text_load(struct state_text *s, const char *path, struct slice *text)
{
	if (load_spare(s, path, text))
		return true;
	make_room_for(s, "-s", path);
	ssize_t n = state_file_load("-s", path, s->buffer, s->size);
	*text = (struct slice){s->buffer, n < 0 ? 0 : (size_t)n};
	return n >= 0;
}

void state_text_damaged(struct state_text *s, const char *path, const char *why)
{
	bool spare = s->in_spare;
	s->in_spare = false;
	state_file_damaged(spare ? SPARE : "-s", spare ? s->spare : path, why);
}

/* The whole state in the buffer; its size, 0 if there is no memory. */
static size_t write_whole(struct state_text *s, void (*write)(struct strbuf *t, void *model), void *model)
{
	for (size_t size = s->least;; size = 2 * s->size) {
		if (!make_buffer(s, size))
			return 0;
		struct strbuf t = {.data = s->buffer, .capacity = s->size};
		write(&t, model);
		if (!t.overflow)
			return t.size;
	}
}

static void put_spare(struct state_text *s, size_t size)
{
	const char *what = state_file_put(s->spare, s->buffer, size);
	if (what && !s->spare_failed)
		log_line(SPARE " %s: %s: %s", s->spare, what, state_file_reason(errno));
	s->spare_failed = what != NULL;
	s->in_spare |= !what;
}

static void remove_spare(struct state_text *s)
{
	if (state_file_remove(s->spare))
		s->in_spare = false;
	else
		log_line(SPARE " %s: cannot be removed: %s", s->spare, state_file_reason(errno));
}

/* Writes the file.  The spare one, once it exists, is written before it, and so is never older. */
static const char *write_files(struct state_text *s, const char *path, size_t size, bool sync)
{
	if (s->in_spare)
		put_spare(s, size);
	const char *what =
		sync ? state_file_replace(path, s->buffer, size) : state_file_put(path, s->buffer, size);
	int error = errno;
	if (what && s->spare && !s->in_spare)
		put_spare(s, size);
	else if (!what && s->in_spare)
		remove_spare(s);
	errno = error;
	return what;
}

bool state_text_save(struct state_text *s, const char *path, bool sync,
		     void (*write)(struct strbuf *t, void *model), void *model, size_t *size)
{
	*size = write_whole(s, write, model);
	errno = ENOMEM;
	const char *what = *size == 0 ? "cannot write" : write_files(s, path, *size, sync);
	if (what && !s->failed)
		log_line("-s %s: %s %s.new: %s%s", path, what, path, state_file_reason(errno),
			 s->in_spare ? "; it is kept in the spare file" : s->failure);
	if (!what && s->failed)
		log_line("-s %s: written again", path);
	s->failed = what != NULL;
	return !what;
}
