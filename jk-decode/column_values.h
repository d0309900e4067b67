/* SPDX-License-Identifier: MIT */
#ifndef COLUMN_VALUES_H
#define COLUMN_VALUES_H

#include "columns.h"

/* How the values of the sheets' rows are written.  Each takes a column whose key is set, and sets the rest. */

/* The row itself. */
void column_of_row(struct column *column);

/* The text of its number. */
void column_of_text(struct column *column);

/* cell_voltages and cell_resistances. */
void column_of_cells(struct column *column);

/* A text of n bytes as JSON string or csv value, and no value.  Each returns the end of what it wrote. */
char *put_text(char *p, const struct source *source, const char *s, size_t n);
char *put_null(char *p, const struct source *source);

#endif
