/* SPDX-License-Identifier: MIT */
#ifndef COLUMNS_H
#define COLUMNS_H

#include "column.h"

/*
 * The columns of a record of a JK frame: the chosen keys of common/record_keys.h in the order of the output,
 * each with the function that writes its value.
 */

enum { COLUMNS_MAX = RECORD_KEYS_MAX };

struct columns {
	enum frame_type type;
	size_t count;
	size_t max; /* bytes of the longest record, PUT_SLACK included */
	struct column column[COLUMNS_MAX];
};

/*
 * The columns of a default record of a frame type, or all of them; of the cells, arrays or a column for each,
 * as the format has them.
 */
void columns_default(struct columns *c, enum frame_type type, const struct output_format *format);
void columns_all(struct columns *c, enum frame_type type, const struct output_format *format);

/*
 * The keys of a list, separated by commas, in its order.  Keys that this frame type does not have are
 * ignored.  The key of a single cell ("cell_voltage_3") works in both formats.
 */
void columns_select(struct columns *c, enum frame_type type, const struct output_format *format,
		    const char *keys);

/* Writes all columns, without braces and envelope.  Needs columns->max bytes of room. */
char *columns_write(char *p, const struct columns *c, const struct source *source);

#endif
