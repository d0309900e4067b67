/* SPDX-License-Identifier: MIT */
#ifndef COLUMNS_H
#define COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "live_values.h"
#include "record_keys.h"

/*
 * What a record of a JK frame consists of: one column for each key of common/record_keys.h, in the order of the output, with the
 * function that writes its value.
 */

/* A frame to be written out. */
struct source {
	const uint8_t *frame;
	struct live live; /* of a live frame */
	bool csv;
};

struct column;

/* Writes the column's value at p, without looking at the room: column->max bytes at most.  Returns the end. */
typedef char *column_writer(char *p, const struct column *column, const struct source *source);

enum {
	COLUMN_PREFIX_MAX = 60, /* ,"key": of the longest key, checked when the columns are made */
	COLUMNS_MAX = RECORD_KEYS_MAX,
};

struct column {
	char prefix[COLUMN_PREFIX_MAX]; /* ,"key": or, of csv, a comma */
	uint8_t prefix_size;
	uint8_t places;
	uint16_t offset;
	uint16_t mask; /* a bit of the field; of a temperature the bit that says whether the probe is there */
	uint16_t max;  /* the longest value, in bytes */
	uint16_t aux;  /* what the writer makes of it */
	column_writer *write;
	const struct record_key *key;
};

struct columns {
	enum frame_type type;
	size_t count;
	size_t max; /* the longest that all columns together can become, PUT_SLACK included */
	struct column column[COLUMNS_MAX];
};

/*
 * The columns of a frame type's default record, or all of them: of JSON with the cells as arrays; of csv with a column for
 * each cell.
 */
void columns_default(struct columns *c, enum frame_type type, bool csv);
void columns_all(struct columns *c, enum frame_type type, bool csv);

/*
 * Only the keys of a list, separated by commas, in its order; those that this frame type does not have are passed over.  A key of
 * a single cell ("cell_voltage_3") serves in both forms.
 */
void columns_select(struct columns *c, enum frame_type type, bool csv, const char *keys);

/* Writes all columns, without the braces and the envelope; needs columns->max bytes of room. */
char *columns_write(char *p, const struct columns *c, const struct source *source);

#endif
