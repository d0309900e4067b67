/* SPDX-License-Identifier: MIT */
#ifndef MEMBERS_H
#define MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yajl/yajl_parse.h>

#include "writer.h"

/*
 * The members of a record, jk-record(5), read with yajl, which keeps nothing and hands out the digits of a number as they stand.
 * Measured on 40,000 live records of jk-decode of 3.8 kB each, for parsing alone, in one run, median of five, on one core of a
 * machine that had other work, too; Debian 12:
 *
 *   jansson 2.14       19,000 records a second, numbers as double or 64-bit integer
 *   json-c 0.16        25,000, digits as they stand
 *   cJSON 1.7.15       79,000, numbers as double
 *   yajl 2.1.0        174,000, digits as they stand; with one parser for all lines 172,000
 *
 * jk-alarm made 20,000 with json-c in all, with yajl it makes 116,000; make bench tells its figure here.
 *
 * yajl 2.1 is strict in its grammar.  What it lets pass, and is no JSON or would be read otherwise than it stands, is refused
 * here: a key twice, NUL and half surrogate pairs in texts, unsound UTF-8, vertical tabs and form feeds between members.
 */

enum {
	MEMBERS_SIZE_MAX = WRITER_RECORD_MAX, /* bytes of a line */
	MEMBERS_PLACES = 4096,
	MEMBERS_DEPTH = 32, /* objects and lists inside one another, the outermost included */
	MEMBER_ITSELF = -1,
};

enum member_kind {
	MEMBER_NULL,
	MEMBER_FALSE,
	MEMBER_TRUE,
	MEMBER_NUMBER,
	MEMBER_TEXT,
	MEMBER_LIST,
	MEMBER_OBJECT,
};

/* A member of the outermost object, or with an index from 0 an element of a list that is one. */
struct member {
	unsigned id;
	int index;
	enum member_kind kind;
	const char *
		p; /* of a number its digits as they stand, of a text its bytes with escapes undone; else NULL */
	size_t n;
};

typedef void members_visit(void *context, const struct member *member);

struct members {
	yajl_handle parser; /* while a line is read */
	members_visit *visit;
	void *context;
	const char *p; /* the line */
	size_t n;
	size_t end; /* offset behind the outermost value; 0: not there yet */
	const char *wrong;
	unsigned depth;
	unsigned id, list; /* of the member in hand; of the list that it is in */
	int index;
	struct member whole; /* an outermost value that is no object */
	size_t kept;
	char keep[MEMBERS_SIZE_MAX]; /* texts whose escapes are undone */
	/* Keys: those with an id for ever, the others while the line is read in which they stand. */
	uint64_t line;
	struct member_place {
		const char *key;
		uint32_t size;
		uint32_t id;
		uint64_t line; /* in which it was last */
	} place[MEMBERS_PLACES];
};

void members_begin(struct members *m);

/* Members with this key are handed out as id, 1 or more.  The id it has: an earlier one, if there is one.  At most 500. */
unsigned members_add(struct members *m, const char *key, unsigned id);

/*
 * A line without its newline, which must be one object with at most blanks around it.  NULL if it is, and *close the offset of
 * its closing brace; or what is wrong.  Members that have an id are handed out as they come, also of what turns out wrong
 * further on; what they point to lives until the next line is read.
 */
const char *members_read(struct members *m, const char *p, size_t n, size_t *close, members_visit *visit,
			 void *context);

/* A text in quotes, and nothing else. */
bool members_text(struct members *m, const char *p, size_t n, const char **text, size_t *size);

#endif
