/* SPDX-License-Identifier: MIT */
#ifndef QUERY_FILE_H
#define QUERY_FILE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "history.h"

/* The file of jk-history, read beside its writer, and whose history it is. */

enum { QUERY_NAME_MAX = 96 };

struct query_owner {
	int64_t id;
	char name[QUERY_NAME_MAX]; /* shown: its own, or bms_ADDR, or CHANNEL:ADDR if several are bms_ADDR */
	char own[QUERY_NAME_MAX];  /* its own, or bms_ADDR */
	char label[100], channel[68];
	int address; /* -1: a link or a bank */
	bool wanted;
};

struct query_file {
	sqlite3 *db;
	const char *path;
	enum history_kind kind; /* of the owners that follow */
	size_t owners;
	struct query_owner *owner;
};

/* Ends the program if it cannot be read. */
void query_file_open(struct query_file *f, const char *path);

/* A statement of it; ends the program if it is wrong. */
sqlite3_stmt *query_file_prepare(struct query_file *f, const char *sql);

/* The next row.  Ends the program if the file cannot be read. */
bool query_file_step(struct query_file *f, sqlite3_stmt *q);

/* All packs, or all banks. */
void query_file_owners(struct query_file *f, enum history_kind kind);

/* Marks those of a list, NAME,NAME...; NULL: all.  Ends the program at a name that there is none of. */
void query_file_choose(struct query_file *f, const char *names);

/* The owner of an id; NULL: it is not wanted. */
const struct query_owner *query_file_owner(const struct query_file *f, int64_t id);

/* The width of the longest name. */
unsigned query_file_width(const struct query_file *f);

#endif
