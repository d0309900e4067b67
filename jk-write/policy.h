/* SPDX-License-Identifier: MIT */
#ifndef POLICY_H
#define POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fields.h"
#include "frame_line.h"

/*
 * The rules of what may be set, from the file of option -A.  Each line is
 *
 *   allow|deny [CHANNEL:]BMS|* KEY|*
 *
 * or blank, or a comment.  The last rule that matches decides; without one, all keys but the dangerous ones
 * are allowed.
 */

enum { POLICY_MAX = 256 };

struct policy_rule {
	bool allow;
	char channel[CHANNEL_MAX + 1]; /* "": of every channel */
	uint8_t address;               /* 0: every BMS */
	const struct field *field;     /* NULL: every key */
};

struct policy {
	struct policy_rule rules[POLICY_MAX];
	size_t count;
};

/* Adds the rule of a line without its newline.  NULL, or what is wrong with it. */
const char *policy_line(struct policy *a, const char *p, size_t n);

/* Adds the rules of a file.  A wrong line ends the program with 100 and a message that names it. */
void policy_read(struct policy *a, const char *path);

bool policy_allows(const struct policy *a, const char *channel, uint8_t address, const struct field *f);

#endif
