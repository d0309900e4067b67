/* SPDX-License-Identifier: MIT */
#ifndef ALLOW_H
#define ALLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fields.h"
#include "line.h"

/*
 * What may be set, the file of option -A.  Each line is
 *
 *   allow|deny [CHANNEL:]BMS|* KEY|*
 *
 * or blank, or a comment.  The last line that fits decides; if none does, what is not dangerous is allowed.
 */

enum { ALLOW_MAX = 256 };

struct allow_rule {
	bool allow;
	char channel[CHANNEL_MAX + 1]; /* "": of every channel */
	uint8_t address;               /* 0: every BMS */
	const struct field *field;     /* NULL: every key */
};

struct allow {
	struct allow_rule rules[ALLOW_MAX];
	size_t count;
};

/* Takes a line without its newline.  NULL, or what is wrong with it. */
const char *allow_line(struct allow *a, const char *p, size_t n);

/* A whole file; a mistake in it ends the program with 100, named with its line. */
void allow_read(struct allow *a, const char *path);

bool allow_allows(const struct allow *a, const char *channel, uint8_t address, const struct field *f);

#endif
