/* SPDX-License-Identifier: MIT */
#ifndef ROWS_H
#define ROWS_H

#include "choice.h"
#include "output_format.h"

/*
 * Records in a format whose first line has the keys: all are of one type.  The first record says which keys
 * there are, or option -k does.
 */

enum { ROWS_COLUMNS_MAX = 512 };

struct rows {
	const struct output_format *format;
	const struct choice *choice;
	bool begun;
	size_t columns;
	char key[ROWS_COLUMNS_MAX][OUTPUT_KEY_MAX];
	bool member[OUTPUT_MEMBERS]; /* which are there */
};

/* Before the first row; adds the line of the keys.  False: there are too many. */
bool rows_begin(struct rows *rows, struct strbuf *to, const struct output_record *first);

/* Returns how many of the record's values have no column. */
size_t rows_add(struct rows *rows, struct strbuf *to, const struct output_record *r);

#endif
