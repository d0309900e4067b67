/* SPDX-License-Identifier: MIT */
#ifndef COLUMN_VALUES_H
#define COLUMN_VALUES_H

#include "columns.h"

/* Binds writers to the keys of the sheets' rows.  Each function takes a column whose key is set. */

/* The row itself. */
void column_of_row(struct column *column);

/* The text of its number. */
void column_of_text(struct column *column);

/* cell_voltages and cell_resistances. */
void column_of_cells(struct column *column);

/* A Latin-1 text of n bytes, null, and a quote, as the format has them.  Each returns its end. */
char *put_text(char *p, const struct source *source, const char *s, size_t n);
char *put_null(char *p, const struct source *source);
char *put_quote(char *p, const struct source *source);

#endif
