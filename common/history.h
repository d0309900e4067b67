/* SPDX-License-Identifier: MIT */
#ifndef HISTORY_H
#define HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "strbuf.h"

/*
 * What the file of jk-history has: the columns of a minute and of an hour, and how rows become one.  The
 * schema, what is taken of records and the keys of jk-query all come from these tables.
 *
 * A value is an integer in units of 10^-places.  In the file a column may be the difference from another one,
 * which takes fewer bytes: the lowest power of a minute is near its mean.
 */

#define HISTORY_PATH "/var/lib/jk/history.db" /* the file, if no option names one; jk-plot has it, too */

enum {
	HISTORY_APPLICATION = 0x6A6B6869, /* of PRAGMA application_id: "jkhi" */
	HISTORY_VERSION = 1,              /* of PRAGMA user_version */
	HISTORY_COLUMNS_MAX = 28,
	HISTORY_CELLS = 32,
	HISTORY_MEANS_MAX = 4, /* columns with a mean */
};

enum history_fold { FOLD_MEAN, FOLD_MIN, FOLD_MAX, FOLD_LAST };

struct history_column {
	const char *name; /* of the column; a key of jk-query */
	const char *key;  /* of the record; columns of one key stand together */
	enum history_fold fold;
	uint8_t places;
	uint8_t from; /* it is the difference from this column; its own number: it is the value itself */
};

/* Packs, or banks: each has a row a minute, and one an hour. */
struct history_series {
	const char *owner;                     /* column of who has the values; its table, too */
	const char *minute, *hour;             /* as people read them: views in the units of records */
	const char *minute_table, *hour_table; /* as they are kept */
	const struct history_column *column;
	unsigned columns;
};

enum history_kind { HISTORY_PACK, HISTORY_BANK, HISTORY_KINDS };
extern const struct history_series history_series[HISTORY_KINDS];

/* A row: of a minute, of an hour, or of any longer time. */
struct history_row {
	int64_t time_s; /* when the minute began */
	int64_t count;  /* records in the minute; minutes in the hour */
	uint32_t has;   /* bit n: value n is there */
	int64_t value[HISTORY_COLUMNS_MAX];
};

/* Several values or rows that become one. */
struct history_sum {
	struct history_row row; /* of a mean the sum */
	int64_t weight[HISTORY_COLUMNS_MAX];
	int64_t at[HISTORY_COLUMNS_MAX]; /* when the last value was */
};

void history_sum_begin(struct history_sum *sum, int64_t time_s);

/* Adds the value of a record.  at: its time, in any unit that increases. */
void history_sum_value(struct history_sum *sum, const struct history_series *series, unsigned column,
		       int64_t value, int64_t at);

/* Adds a row, which counts as `weight` values.  at: its time, which may be earlier than what came before. */
void history_sum_row(struct history_sum *sum, const struct history_series *series,
		     const struct history_row *row, int64_t weight, int64_t at);

/* The sums of which the means are made, in the order of their columns; these instead of rounded means. */
void history_sum_means(const struct history_sum *sum, const struct history_series *series,
		       int64_t sums[HISTORY_MEANS_MAX]);
void history_sum_exact(struct history_sum *sum, const struct history_series *series,
		       const struct history_row *row, const int64_t sums[HISTORY_MEANS_MAX], int64_t at);

/* The means are rounded, half away from zero. */
struct history_row history_sum_result(const struct history_sum *sum, const struct history_series *series);

/* The number of a column; -1: there is none of that name. */
int history_column_find(const struct history_series *series, const char *name, size_t n);

/* The content of a column in the file for the value in a row; and all values of a row from their columns. */
int64_t history_stored(const struct history_row *row, const struct history_series *series, unsigned column);
void history_unstore(struct history_row *row, const struct history_series *series);

/* The begin of the minute or hour of a time, also before 1970. */
static inline int64_t history_begin(int64_t time_s, int64_t length_s)
{
	int64_t rest = time_s % length_s;
	return time_s - (rest < 0 ? rest + length_s : rest);
}

#endif
