/* SPDX-License-Identifier: MIT */
#ifndef REDACT_H
#define REDACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "strbuf.h"

/* Lines of the frame stream without what is private. */

/* How much is blanked. */
struct redact_mode {
	void (*bytes)(uint8_t *p, size_t n, int address); /* of a message, or of an orphan */
	void (*piece)(uint8_t *p, size_t n);              /* of other data */
	bool keeps_invalid; /* invalid lines stay, less what may be private; else they are left out */
};

extern const struct redact_mode redact_full, redact_passcodes;

/* Adds the line to *t.  Returns false, and adds nothing, if it is not valid and such lines are left out. */
bool redact_line(struct strbuf *t, const struct redact_mode *mode, const char *line, size_t n);

#endif
