/* SPDX-License-Identifier: MIT */
#include "backlog.h"

#include <stdlib.h>
#include <string.h>

#include "line_piece.h"

enum {
	SIZE = 2 * BACKLOG_MAX,
	KEPT_MAX = BACKLOG_MAX / 2, /* of transitions that lines after them make room for */
};

bool backlog_begin(struct backlog *b)
{
	*b = (struct backlog){.data = malloc(SIZE)};
	return b->data != NULL;
}

static size_t line_size(const char *p, size_t n)
{
	const char *newline = memchr(p, '\n', n);
	return newline ? (size_t)(newline - p) + 1 : n;
}

/*
 * A transition holds until the next one, which may come in a year; values come again within a second.  Within
 * a string the quotes would be escaped.
 */
static bool is_transition(const char *p, size_t n)
{
	static const char member[] = "\"type\":\"alarm\"";
	return *p == '{' && memmem(p, n, member, sizeof member - 1) != NULL;
}

/* Removes the n bytes that follow the first kept bytes. */
static void remove_bytes(struct backlog *b, size_t kept, size_t n)
{
	memmove(b->data + b->start + n, b->data + b->start, kept);
	b->start += n;
}

static void drop_at(struct backlog *b, size_t at)
{
	const char *p = b->data + b->start + at;
	size_t size = line_size(p, b->end - b->start - at);
	gap_line(&b->gap, p, size - 1);
	remove_bytes(b, at, size);
}

/* What stays in front of the lines that may be dropped: the rest of a line that is begun, and transitions. */
static void pass_transitions(struct backlog *b)
{
	size_t n = b->end - b->start;
	if (b->begun && b->passed == 0)
		b->passed = line_size(b->data + b->start, n);
	while (b->passed < n && b->passed <= KEPT_MAX) {
		const char *p = b->data + b->start + b->passed;
		size_t size = line_size(p, n - b->passed);
		if (!is_transition(p, size))
			break;
		b->passed += size;
	}
}

/* Drops the oldest line that is neither begun nor a transition.  False if there is none. */
static bool drop_line(struct backlog *b)
{
	pass_transitions(b);
	if (b->passed == b->end - b->start)
		return false;
	drop_at(b, b->passed);
	return true;
}

/* Drops the oldest line that is not begun.  False if there is none. */
static bool drop_any(struct backlog *b)
{
	size_t begun = b->begun ? line_size(b->data + b->start, b->end - b->start) : 0, before = b->start;
	if (begun == b->end - b->start)
		return false;
	drop_at(b, begun);
	size_t dropped = b->start - before;
	b->passed = b->passed > dropped ? b->passed - dropped : 0;
	return true;
}

static bool make_room(struct backlog *b)
{
	pass_transitions(b);
	return b->passed > KEPT_MAX ? drop_any(b) : drop_line(b);
}

static void append(struct backlog *b, const char *p, size_t n)
{
	if (SIZE - b->end < n) {
		memmove(b->data, b->data + b->start, b->end - b->start);
		b->end -= b->start;
		b->start = 0;
	}
	memcpy(b->data + b->end, p, n);
	b->end += n;
}

bool backlog_add(struct backlog *b, const char *p, size_t n)
{
	bool kept_all = true;
	for (size_t size; n > 0; p += size, n -= size) {
		size = line_piece(p, n, false);
		if (size > BACKLOG_MAX / 2) {
			backlog_drop_long(b, size);
			kept_all = false;
			continue;
		}
		while (b->end - b->start + size > BACKLOG_MAX && make_room(b))
			kept_all = false;
		append(b, p, size);
	}
	return kept_all;
}

void backlog_drop_long(struct backlog *b, size_t n)
{
	while (drop_line(b))
		;
	gap_long_line(&b->gap, n);
}

bool backlog_empty(const struct backlog *b)
{
	return b->start == b->end && b->report_start == b->report_size && b->gap.count == 0;
}

static void begin_report(struct backlog *b)
{
	struct strbuf t = {.data = b->report, .capacity = sizeof b->report};
	gap_text(&b->gap, &t);
	b->report_start = 0;
	b->report_size = t.size;
	b->reported = gap_lines(&b->gap);
	b->gap.count = 0;
}

size_t backlog_next(struct backlog *b, const char **p, bool *report)
{
	if (b->report_start == b->report_size && b->gap.count > 0 && !b->begun)
		begin_report(b);
	*report = b->report_start < b->report_size && !b->begun;
	if (*report) {
		*p = b->report + b->report_start;
		return line_piece(*p, b->report_size - b->report_start, false);
	}
	*p = b->data + b->start;
	return line_piece(*p, b->end - b->start, b->begun);
}

void backlog_written(struct backlog *b, size_t n)
{
	if (n == 0)
		return;
	if (b->report_start < b->report_size && !b->begun) {
		b->report_start += n;
		return;
	}
	b->start += n;
	b->passed = b->passed > n ? b->passed - n : 0;
	b->begun = b->data[b->start - 1] != '\n';
	if (b->start == b->end)
		b->start = b->end = 0;
}

uint64_t backlog_give_up(struct backlog *b)
{
	uint64_t unreported = b->report_start < b->report_size ? b->reported : 0;
	b->begun = false;
	while (drop_any(b))
		;
	return unreported + gap_lines(&b->gap);
}
