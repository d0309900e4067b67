/* SPDX-License-Identifier: MIT */
#ifndef QUERY_OUTPUT_H
#define QUERY_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "output_format.h"
#include "output_record.h"
#include "record_writer.h"

/*
 * Rows of one kind: as a table for people, or in a format of common/output_format.  The columns are made
 * known first; then each row has a value for each of them, in their order.
 */

enum { OUTPUT_COLUMNS_MAX = 160 };

struct query_output {
	const struct output_format *format; /* NULL: the table */
	struct record_writer writer;
	struct strbuf record;
	unsigned columns, at;
	struct {
		char name[64];
		unsigned width;  /* of the table */
		bool number;     /* it stands at the right */
		char digits[32]; /* of its value in the row, for a format that takes rows as a whole */
	} column[OUTPUT_COLUMNS_MAX];
	struct output_record row; /* for these */
};

/* "table", or the name of a format.  False: there is none of that name. */
bool query_output_begin(struct query_output *o, const char *name);

/* The names of all formats, for a message. */
void query_output_names(struct strbuf *t);

void query_output_column(struct query_output *o, const char *name, unsigned width, bool number);

/* When all columns are known. */
void query_output_header(struct query_output *o);

/*
 * The values of a row; after the last one it is written.  What begins a row of values: its time, and whose
 * they are: its name among all, and in records.  A format that takes rows as a whole takes only such.
 */
void query_output_time(struct query_output *o, int64_t time_s, const char *text);
void query_output_owner(struct query_output *o, const char *name, const char *own, const char *channel);
void query_output_text(struct query_output *o, const char *p, size_t n);
void query_output_number(struct query_output *o, int64_t value, unsigned places);
void query_output_null(struct query_output *o);

void query_output_end(struct query_output *o);

#endif
