/* SPDX-License-Identifier: MIT */
#include "reporter.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "frame_line.h"
#include "safe_path.h"

void reporter_add(struct reporter *r, const struct command *c, const char *line, size_t n)
{
	char audit[PATH_MAX + FRAME_LINE_MAX];
	bool named = strchr(c->bms, ':') != NULL || c->channel[0] == '\0';
	int size = snprintf(audit, sizeof audit, "%s: %s %s%s%s%s %s %s: %s%s%s%s", c->origin, c->id,
			    c->check ? "check of " : "", named ? "" : c->channel, named ? "" : ":", c->bms,
			    c->key, c->value, result_name(c->result), c->why[0] ? " (" : "", c->why,
			    c->why[0] ? ")" : "");
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

static void not_sent(struct reporter *r, struct slice id, const char *why)
{
	if (log_allowed(&r->messages))
		log_line("-r %s/%.*s: %s", r->replies.dir ? r->replies.dir : "(none)", (int)id.n, id.p, why);
}

/* Sends a line, newline included.  `missed`: a FIFO of which nobody reads is logged, too. */
static void reply(struct reporter *r, struct slice id, const struct strbuf *t, bool missed)
{
	enum fifo_sent sent = reply_send(&r->replies, id.p, id.n, t->data, t->size);
	if (sent == FIFO_FULL)
		not_sent(r, id, "full");
	else if (sent == FIFO_FAILED)
		not_sent(r, id, errno == EXDEV ? "not a FIFO for replies" : safe_path_reason(errno));
	else if (sent == FIFO_NOBODY && missed)
		not_sent(r, id, "there is no such FIFO, or nobody reads it");
}

void reporter_answer(struct reporter *r, struct slice id, const struct strbuf *line)
{
	reply(r, id, line, true);
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
		reply(r, id_of(line, n), &t, false);
		if (!passthrough_put(r->stream, t.data, t.size))
			log_line("stdout is full: the last result is not in the stream");
	}
}

bool reporter_has_room(const struct reporter *r)
{
	return passthrough_has_room(r->stream) && results_has_room(&r->results);
}
