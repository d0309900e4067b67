/* SPDX-License-Identifier: MIT */
#ifndef WRITER_H
#define WRITER_H

#include <stddef.h>

#include "text.h"

/*
 * A filter's stdout: whole records are gathered, and written when the input is used up or WRITER_FULL is reached; never
 * one by one under load, never only at the end.  If stdout takes no more, the program ends with 111.
 */

enum {
	WRITER_FULL = 65536,
	WRITER_RECORD_MAX = 16384, /* the longest record; the longest that jk-decode makes is under 8 kB */
};

struct writer {
	int fd;
	size_t size;
	char data[WRITER_FULL + WRITER_RECORD_MAX];
};

void writer_begin(struct writer *w);

/* A text with room for a record of WRITER_RECORD_MAX bytes, at the end of what is gathered. */
struct text writer_record(struct writer *w);

/* The record is whole: keeps it.  What overflowed is left out; false then. */
bool writer_commit(struct writer *w, const struct text *record);

void writer_flush(struct writer *w);

#endif
