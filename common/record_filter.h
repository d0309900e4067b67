/* SPDX-License-Identifier: MIT */
#ifndef RECORD_FILTER_H
#define RECORD_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "line_reader.h"
#include "log.h"
#include "record_writer.h"

/*
 * A filter of lines: it takes the lines of its files, or of stdin, one by one, and writes records to stdout.
 *
 *	record_filter_begin(&filter, &kind);
 *	process_catch_stop();
 *	int status = record_filter_run(&filter, argc - optind, argv + optind);
 *	... what is due at the end ...
 *	record_filter_end(&filter);
 *
 * record_filter_record, _commit and _complain take the filter as the context of an engine that has callbacks.
 */

/* What the filters differ in.  NULL: as said there. */
struct record_filter_kind {
	size_t line_max;         /* bytes of a line, its newline included */
	cut_line_find *find_cut; /* line_reader.h */
	const char *too_long;    /* the complaint about a line over the limit */
	const char *left_out;    /* what complaints that were not logged are, log.h */
	/*
	 * A line without its newline.  False: it is no record, but passed on as it is; if it is the last one
	 * and has no newline, it then goes out without one.
	 */
	bool (*line)(const char *p, size_t n);
	void (*flush)(void); /* before it waits; NULL: writes the records */
	enum line_reader_fill (*fill)(struct line_reader *reader); /* waits; NULL: line_reader_fill */
};

struct record_filter {
	const struct record_filter_kind *kind;
	struct record_writer writer;
	struct line_reader reader;
	struct log_limit complaints;
	bool newline_due; /* the last line came without one, and another line may follow */
	bool is_whole;    /* the last record had room */
	int exit_status;
};

void record_filter_begin(struct record_filter *f, const struct record_filter_kind *kind);

/* Room for the next record; and keeps it, or drops it and returns false if it overflowed. */
struct strbuf record_filter_record(void *filter);
bool record_filter_commit(void *filter, const struct strbuf *record);

/* Logs what is wrong with the line that was taken last, not too often. */
void record_filter_complain(void *filter, const char *what);

/* Takes all lines.  EXIT_DONE; EXIT_SYSTEM if a file could not be read, which is logged. */
int record_filter_run(struct record_filter *f, int count, char *const paths[]);

/* Writes what is left, and logs how many complaints were not logged. */
void record_filter_end(struct record_filter *f);

#endif
