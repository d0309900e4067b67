/* SPDX-License-Identifier: MIT */
#ifndef COLUMN_H
#define COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "live_values.h"
#include "output_format.h"
#include "record_keys.h"

/* One column of a record: its key, and the function that writes its value. */

/* A frame whose values are written. */
struct source {
	const uint8_t *frame;
	struct live live; /* of a live frame */
	const struct output_format *format;
};

struct column;

/* Writes the value, at most column->max bytes, at p without checking for room.  Returns its end. */
typedef char *column_writer(char *p, const struct column *column, const struct source *source);

enum { COLUMN_PREFIX_MAX = 60 }; /* ,"key": with the longest key; checked at start-up */

struct column {
	char prefix[COLUMN_PREFIX_MAX]; /* what comes before the value: ,"key": or a comma */
	uint8_t prefix_size;
	uint8_t places;
	uint16_t offset;
	uint32_t mask; /* a bit of the field; of a temperature its presence bit */
	uint16_t max;  /* bytes of the longest value */
	uint16_t aux;  /* for the writer: a cell's slot, an alarm's bit */
	column_writer *write;
	const struct record_key *key;
};

#endif
