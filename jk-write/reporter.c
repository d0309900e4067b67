/* SPDX-License-Identifier: MIT */
#include "reporter.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "frame_line.h"
#include "slice.h"

void reporter_add(struct reporter *r, const struct command *c, const char *line, size_t n)
{
	char audit[PATH_MAX + FRAME_LINE_MAX];
	bool named = strchr(c->bms, ':') != NULL || c->channel[0] == '\0';
	int size = snprintf(audit, sizeof audit, "%s: %s %s%s%s %s %s: %s%s%s%s", c->origin, c->id,
			    named ? "" : c->channel, named ? "" : ":", c->bms, c->key, c->value,
			    result_name(c->result), c->why[0] ? " (" : "", c->why, c->why[0] ? ")" : "");
	size_t chars = size < 0 ? 0 : (size_t)size < sizeof audit ? (size_t)size : sizeof audit - 1;
	if (!results_add(&r->results, line, n, audit, chars))
		log_line("%.*s, and stdout is full: not in the stream", (int)chars, audit);
}

void reporter_resume(struct reporter *r)
{
	if (r->results.size > 0 && passthrough_put(r->stream, "\n", 1))
		r->results.flushed++; /* it is one of the lines that passthrough_flushed counts */
}

/* The ID in the event of a result: "(...) bus !write ID BMS KEY VALUE RESULT". */
static struct slice id_of(const char *line, size_t n)
{
	struct frame_line event;
	if (frame_line_parse(line, n, &event) != NULL)
		return (struct slice){line, 0};
	struct slice rest = {event.data, event.data_size};
	return slice_word(&rest);
}

static void reply(struct reporter *r, const char *line, size_t n)
{
	struct slice id = id_of(line, n - 1);
	enum fifo_sent sent = reply_send(&r->replies, id.p, id.n, line, n);
	if ((sent == FIFO_FULL || sent == FIFO_FAILED) && log_allowed(&r->messages))
		log_line("-r %s/%.*s: %s", r->replies.dir, (int)id.n, id.p,
			 sent == FIFO_FULL ? "full"
			 : errno == EXDEV  ? "not a FIFO for replies"
					   : strerror(errno));
}

void reporter_report(struct reporter *r)
{
	const char *line, *audit;
	size_t n, audit_size;
	while (results_next(&r->results, &line, &n, &audit, &audit_size)) {
		char whole[FRAME_LINE_MAX];
		struct strbuf t = {.data = whole, .capacity = sizeof whole};
		strbuf_add(&t, line, n);
		strbuf_char(&t, '\n');
		log_line("%.*s", (int)audit_size, audit);
		reply(r, t.data, t.size);
		if (!passthrough_put(r->stream, t.data, t.size))
			log_line("stdout is full: the last result is not in the stream");
	}
}

bool reporter_has_room(const struct reporter *r)
{
	return passthrough_has_room(r->stream) && results_has_room(&r->results);
}
