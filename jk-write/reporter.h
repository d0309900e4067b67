/* SPDX-License-Identifier: MIT */
#ifndef REPORTER_H
#define REPORTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "command.h"
#include "log.h"
#include "passthrough.h"
#include "reply.h"
#include "results.h"
#include "slice.h"

/* Reports results: to the log as an audit trail, to the reply FIFO of the command's ID, and to the stream. */

struct reporter {
	struct results results;
	struct passthrough *stream;
	struct replies replies;
	struct log_limit messages;
};

/* Queues a result; line: of the stream, newline included.  The state has to hold it before it is reported. */
void reporter_add(struct reporter *r, const struct command *c, const char *line, size_t n);

/* Results of an earlier run are the first.  That run may have left the beginning of a line in the stream. */
void reporter_resume(struct reporter *r);

/*
 * Reports what is queued.  Only after the state is saved: the next start must know of each result that
 * anybody has seen.
 */
void reporter_report(struct reporter *r);

/* Sends the answer to a question, newline included, to the FIFO of its ID, and not to the stream. */
void reporter_answer(struct reporter *r, struct slice id, const struct strbuf *line);

/* Is there room for the results of more commands? */
bool reporter_has_room(const struct reporter *r);

#endif
