/* SPDX-License-Identifier: MIT */
#ifndef STORE_FILE_H
#define STORE_FILE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "history.h"
#include "statements.h"

/* The file, an SQLite database, jk-history(5): opened, checked, kept aside; and what goes wrong with it. */

enum { STORE_HOURS = 512 };

struct store {
	const char *path;
	int64_t keep_minutes_s, keep_rest_s; /* 0: forever */
	sqlite3 *db;                         /* NULL: it could not be opened; tried again */
	bool foreign;                        /* it is not ours, or of a newer version: left alone */
	bool damaged;                        /* to be kept aside */
	char complaint[256];                 /* the last one, which is not repeated */
	sqlite3_stmt *statement[STATEMENTS];
	struct {
		sqlite3_stmt *insert, *replace, *find, *scan, *hour;
	} series[HISTORY_KINDS];
	sqlite3_stmt *heard, *put_heard, *cells_before;
	struct {
		enum history_kind kind;
		int64_t time_s;
	} hour[STORE_HOURS]; /* to be made of their minutes again */
	unsigned hours;
	struct history_sum *sum; /* for these: one for each owner's id */
	size_t sums, sums_used;
	int64_t cleaned_s; /* record time of the last removal of what is old */
};

/* Opens the file, and makes it if there is none.  False: that is logged; the next write tries it again. */
bool store_open(struct store *s);

/* What failed last is logged, unless it was before; a damaged file is to be left. */
void store_failed(struct store *s);

/* A transaction has gone through: what is wrong next is logged again. */
void store_works(struct store *s);

/* The path leads to another file, or to none. */
bool store_moved(struct store *s);

/* Closes a file that is damaged, which is kept aside, or one that was moved. */
void store_leave(struct store *s);

void store_close(struct store *s);

#endif
