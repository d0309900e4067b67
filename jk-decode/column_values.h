/* SPDX-License-Identifier: MIT */
#ifndef COLUMN_VALUES_H
#define COLUMN_VALUES_H

#include "column.h"

/* Binds writers to the keys of the sheets' rows.  Each function takes a column whose key is set. */

/* The row itself. */
void column_of_row(struct column *column);

/* The text of its number. */
void column_of_text(struct column *column);

/* cell_voltages and cell_resistances. */
void column_of_cells(struct column *column);

#endif
