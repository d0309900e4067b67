/* SPDX-License-Identifier: MIT */
#ifndef INQUIRY_H
#define INQUIRY_H

#include <stdint.h>

#include "bus.h"
#include "clock.h"
#include "command.h"
#include "environment.h"
#include "slice.h"

/*
 * Lines of the FIFO of commands that change nothing, jk-command(5):
 *
 *   ? ID                               does a reply arrive?
 *   ? ID packs FROM                    which packs are heard
 *   ? ID read [CHANNEL:]BMS FROM       the settings of one, as they were heard last
 *   ? ID check [CHANNEL:]BMS KEY VALUE [@TIME]   what would become of this command
 *
 * An answer has at most one line; its word NEXT is the FROM of the question for the rest, or "-".
 */

enum inquiry_kind { INQUIRY_NONE, INQUIRY_READY, INQUIRY_PACKS, INQUIRY_READ, INQUIRY_CHECK };

struct inquiry {
	enum inquiry_kind kind;
	struct slice id, bms;
	int64_t from;
	char command[COMMAND_LINE_MAX + ID_MAX]; /* of INQUIRY_CHECK: the command itself */
	size_t size;
};

/* INQUIRY_NONE: the line is none of these. */
void inquiry_parse(struct inquiry *i, const char *p, size_t n);

/* The event of the answer, newline included; not of INQUIRY_CHECK, which is a command. */
void inquiry_answer(struct strbuf *t, const struct inquiry *i, const struct environment *env, struct bus *bus,
		    struct now now);

#endif
