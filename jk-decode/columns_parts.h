/* SPDX-License-Identifier: MIT */
#ifndef COLUMNS_PARTS_H
#define COLUMNS_PARTS_H

#include "columns.h"

/* The parts that columns.c puts together, shared by columns.c, values.c and derived.c alone. */

/* values.c: how a row of the tables is written; sets write, max and what they need. */
void column_of_field(struct column *column, enum frame_type type, const struct field *field);

/* values.c: the text beside a number that has names. */
void column_of_text(struct column *column, const struct field *field);

/* values.c: cell_voltages and cell_resistances, from their first row. */
void column_of_cells(struct column *column, const struct field *first);

/* values.c: a text of n bytes as JSON string or csv value; null; a quoted constant. */
char *put_text(char *p, const struct source *source, const char *s, size_t n);
char *put_null(char *p, const struct source *source);

/* What is computed from one frame: written behind the row `after`. */
struct derived {
	enum frame_type type;
	const char *after;
	const char *key;
	const char *meaning;
	column_writer *write;
	uint16_t max;
	uint16_t aux;
	enum column_kind kind;
	enum field_unit unit;
};

extern const struct derived derived[];
extern const size_t derived_count;

/* alarm_KEY for each of the BMS's own alarm bits, behind errors_bitmask. */
extern column_writer write_alarm_bit;

#endif
