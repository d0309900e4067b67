/* SPDX-License-Identifier: MIT */
#ifndef OPS_H
#define OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "history.h"
#include "slice.h"
#include "statements.h"

/*
 * What is to be written with the next transaction.  It stays here until the transaction is over: so a file
 * that is locked, or a disk that is full, loses nothing for as long as there is room.
 */

enum {
	OPS_MAX = 2 << 20,
	OPS_FULL = OPS_MAX / 4 * 3, /* time to write */
	OPS_PARAMETERS = 34,
};

enum op_kind { OP_STATEMENT, OP_ROW };

/* A row of a minute, whole: whatever the file had before is in it. */
struct op_row {
	uint32_t owner; /* number of the entity */
	bool again;     /* an earlier one of this run is replaced */
	bool based;     /* what the file had is in it */
	uint64_t seconds;
	int64_t sums[HISTORY_MEANS_MAX];
	struct history_row row;
};

enum parameter_kind { PARAMETER_NULL, PARAMETER_INTEGER, PARAMETER_REAL, PARAMETER_TEXT, PARAMETER_OWNER };

struct parameter {
	enum parameter_kind kind;
	int64_t integer; /* or the number of an entity, whose id is meant */
	double real;
	struct slice text;
};

struct op_statement {
	enum statement statement;
	unsigned count;
	struct parameter parameter[OPS_PARAMETERS];
};

struct ops {
	size_t size;
	uint64_t lost; /* for which there was no room */
	unsigned char data[OPS_MAX];
};

/* Both are lost and counted if there is no room. */
void ops_row(struct ops *o, const struct op_row *row);
void ops_statement(struct ops *o, const struct op_statement *s);

/* Reads the next from *at, 0 at the beginning.  False at the end.  Texts lie in the memory of o. */
bool ops_next(const struct ops *o, size_t *at, enum op_kind *kind, struct op_row *row,
	      struct op_statement *statement);

/* For building a statement. */
void op_begin(struct op_statement *s, enum statement statement);
void op_null(struct op_statement *s);
void op_integer(struct op_statement *s, int64_t value);
void op_real(struct op_statement *s, double value);
void op_text(struct op_statement *s, struct slice text); /* without one: null */
void op_owner(struct op_statement *s, uint32_t owner);

#endif
