/* SPDX-License-Identifier: MIT */
#ifndef RECORD_WRITER_H
#define RECORD_WRITER_H

#include <stddef.h>

#include "strbuf.h"

/*
 * A filter's stdout: whole records are gathered, and written when the input is used up or RECORD_WRITER_FULL is reached; never
 * one by one under load, never only at the end.  If stdout takes no more, the program ends with 111.
 */

enum {
	RECORD_WRITER_FULL = 65536,
	RECORD_MAX = 16384, /* the longest record; the longest that jk-decode makes is under 8 kB */
};

struct record_writer {
	int fd;
	size_t size;
	char data[RECORD_WRITER_FULL + RECORD_MAX];
};

void record_writer_begin(struct record_writer *w);

/* A text with room for a record of RECORD_MAX bytes, at the end of what is gathered. */
struct strbuf record_writer_record(struct record_writer *w);

/* The record is whole: keeps it.  What overflowed is left out; false then. */
bool record_writer_commit(struct record_writer *w, const struct strbuf *record);

void record_writer_flush(struct record_writer *w);

#endif
