/* SPDX-License-Identifier: MIT */
#ifndef MINUTES_H
#define MINUTES_H

#include "book.h"

/*
 * Minutes of packs and banks.  An owner has a few minutes in memory: that of now, the one before it for what
 * comes a little late, and an old one.  What the file already has of a minute counts too: a second in which
 * something was heard before is known, and what comes of it is not counted again.
 */

/* A record of type live, can or bank. */
void minutes_entry(struct book *b, struct owner *w, const struct entry *e);

/* All that has changed goes to the ops. */
void minutes_flush(struct book *b);

#endif
