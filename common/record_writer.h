/* SPDX-License-Identifier: MIT */
#ifndef RECORD_WRITER_H
#define RECORD_WRITER_H

#include <stddef.h>

#include "strbuf.h"

/*
 * A filter's stdout.  Records are collected, and written when no input is left or RECORD_WRITER_FULL is
 * reached: not one by one under load, and not only at the end.  If stdout fails, the program exits with 111.
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

/* A buffer for the next record, of RECORD_MAX bytes. */
struct strbuf record_writer_record(struct record_writer *w);

/* Keeps the record.  Drops it and returns false if it overflowed. */
bool record_writer_commit(struct record_writer *w, const struct strbuf *record);

void record_writer_flush(struct record_writer *w);

#endif
