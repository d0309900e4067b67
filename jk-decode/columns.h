/* SPDX-License-Identifier: MIT */
#ifndef COLUMNS_H
#define COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "live_values.h"
#include "output_format.h"
#include "record_keys.h"

/*
 * The columns of a record of a JK frame: the chosen keys of common/record_keys.h in the order of the output,
 * each with the function that writes its value.
 */

/* A frame whose values are written. */
struct source {
	const uint8_t *frame;
	struct live live; /* of a live frame */
	const struct output_format *format;
};

struct column;

/* Writes the value, at most column->max bytes, at p without checking for room.  Returns its end. */
typedef char *column_writer(char *p, const struct column *column, const struct source *source);

enum {
	COLUMN_PREFIX_MAX = 60, /* ,"key": with the longest key; checked at start-up */
	COLUMNS_MAX = RECORD_KEYS_MAX,
};

struct column {
	char prefix[COLUMN_PREFIX_MAX]; /* what comes before the value: ,"key": or a comma */
	uint8_t prefix_size;
	uint8_t places;
	uint16_t offset;
	uint16_t mask; /* a bit of the field; of a temperature its presence bit */
	uint16_t max;  /* bytes of the longest value */
	uint16_t aux;  /* for the writer: a cell's slot, an alarm's bit */
	column_writer *write;
	const struct record_key *key;
};

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
