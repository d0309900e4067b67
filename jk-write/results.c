/* SPDX-License-Identifier: MIT */
#include "results.h"

#include <string.h>

/*
 * LINE '\t' AUDIT '\n', one after the other.  A line of the stream consists of printable words and blanks, so
 * it has no tab.
 */
enum { BETWEEN = '\t', END = '\n' };

bool results_add(struct results *t, const char *line, size_t n, const char *audit, size_t audit_size)
{
	n -= n > 0 && line[n - 1] == '\n';
	if (sizeof t->data - t->size < n + audit_size + 2)
		return false;
	char *p = t->data + t->size;
	memcpy(p, line, n);
	p[n] = BETWEEN;
	memcpy(p + n + 1, audit, audit_size);
	for (char *q = p + n + 1; q < p + n + 1 + audit_size; q++)
		if (*q == END)
			*q = '?'; /* in the path of a FIFO */
	p[n + 1 + audit_size] = END;
	t->size += n + audit_size + 2;
	return true;
}

bool results_has_room(const struct results *t)
{
	return t->size < RESULTS_ROOM;
}

/* The end of the result that begins at `at`, including END. */
static size_t end_of(const struct results *t, size_t at)
{
	const char *end = memchr(t->data + at, END, t->size - at);
	return end ? (size_t)(end - t->data) + 1 : t->size;
}

bool results_next(struct results *t, const char **line, size_t *n, const char **audit, size_t *audit_size)
{
	size_t at = t->reported;
	if (!results_line(t, &t->reported, line, n))
		return false;
	*audit = *line + *n + 1;
	*audit_size = t->reported - at - *n - 2;
	return true;
}

bool results_flushed(struct results *t, unsigned long count)
{
	size_t at = 0;
	for (; t->flushed < count && at < t->reported; t->flushed++)
		at = end_of(t, at);
	memmove(t->data, t->data + at, t->size - at);
	t->size -= at;
	t->reported -= at;
	return at > 0;
}

bool results_line(const struct results *t, size_t *at, const char **line, size_t *n)
{
	if (*at == t->size)
		return false;
	*line = t->data + *at;
	*n = strcspn(*line, "\t");
	*at = end_of(t, *at);
	return true;
}
