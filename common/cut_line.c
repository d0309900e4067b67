/* SPDX-License-Identifier: MIT */
#include "cut_line.h"

#include <string.h>

#include "frame_line.h"
#include "json_reader.h"
#include "log.h"

static struct log_limit pieces;

static bool is_frame_line(const char *p, size_t n)
{
	struct frame_line line;
	return frame_line_parse(p, n, &line) == NULL && line.kind != FRAME_LINE_BLANK;
}

size_t cut_line_frame(const char *p, size_t n)
{
	if (n > 0 && *p == '#')
		return 0;
	for (size_t end = n; end > 1;) {
		const char *begin = memrchr(p + 1, '(', end - 1);
		if (!begin)
			break;
		end = (size_t)(begin - p);
		if (is_frame_line(begin, n - end))
			return end;
	}
	return 0;
}

/* One JSON object, and nothing else. */
static bool is_object(const char *p, size_t n)
{
	struct json_reader r;
	json_reader_begin(&r, p, n);
	enum json_token first = json_next(&r);
	return first == JSON_OBJECT && json_skip(&r, first) == JSON_OBJECT_END && json_next(&r) == JSON_END;
}

size_t cut_line_record(const char *p, size_t n)
{
	static const char mark[] = "{\"time\":";
	const size_t size = sizeof mark - 1;
	for (size_t at = 1; at < n && n - at > size; at++) {
		const char *begin = memchr(p + at, '{', n - at - size);
		if (!begin)
			break;
		at = (size_t)(begin - p);
		if (memcmp(begin, mark, size) != 0)
			continue;
		if (is_object(begin, n - at))
			return at;
	}
	return 0;
}

void cut_line_log(const char *name, unsigned long number, size_t n)
{
	if (!log_allowed(&pieces))
		return;
	if (number > 0)
		log_line("%s:%lu: %zu bytes of another line, cut off when its writer ended: ignored", name,
			 number, n);
	else
		log_line("%s: %zu bytes of a line, cut off when its writer ended: ignored", name, n);
}

void cut_line_end(void)
{
	log_left_out(&pieces, "more pieces of lines that were cut off");
}
