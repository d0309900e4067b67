/* SPDX-License-Identifier: MIT */
#ifndef RECORD_MEMBERS_H
#define RECORD_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json_reader.h"
#include "record_writer.h"

/*
 * The members of a record, jk-record(5), by key.  A line is no record if common/json_reader rejects it or a
 * key occurs twice.
 */

enum {
	MEMBERS_SIZE_MAX = RECORD_MAX, /* bytes of a line */
	MEMBERS_PLACES = 4096,
	MEMBERS_ADDED_MAX = 800,
	MEMBERS_OTHERS_MAX = MEMBERS_SIZE_MAX / 5 + 1, /* the shortest member is "":0 with a comma */
	MEMBERS_DEPTH = JSON_READER_DEPTH,
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
	/* The digits of a number, or the bytes of a text with its escapes decoded; NULL for other kinds. */
	const char *p;
	size_t n;
};

typedef void members_visit(void *context, const struct member *member);

struct members {
	struct json_reader reader;
	members_visit *visit;
	void *context;
	bool twice; /* a key occurs twice in this line */
	size_t kept;
	char keep[MEMBERS_SIZE_MAX]; /* texts whose escapes are undone */
	uint64_t line;               /* counts lines */
	struct member_key *last;     /* the key read last; `start` at the beginning of a line */
	/* Keys are found by a hash of their bytes.  Added keys stay; the others last for one line. */
	struct member_key {
		const char *p;
		uint64_t line; /* in which it last occurred */
		/* The added key that followed it last time, and is expected to follow again; or NULL. */
		struct member_key *next;
		uint16_t size, id;
		bool added;
	} start, key[MEMBERS_ADDED_MAX], other[MEMBERS_OTHERS_MAX];
	size_t keys, others;
	struct member_place {
		struct member_key *key;
		uint64_t line; /* from which it is, if it is no added key */
	} place[MEMBERS_PLACES];
};

void members_begin(struct members *m);

/*
 * Members with this key are passed to the visitor as id, 1 or more.  A key with id 0 is not, but is found
 * faster than one that was not added.  Returns the id of the key, which is the earlier one if it had one.
 * At most MEMBERS_ADDED_MAX keys can be added, all before the first line.
 */
unsigned members_add(struct members *m, const char *key, unsigned id);

/*
 * Reads a line without its newline, which must be one object with nothing but blanks around it.  Returns NULL
 * and sets *close to the offset of the closing brace, or returns what is wrong.  Members with an id are
 * passed to the visitor in order, even if the line turns out to be wrong later.  They are valid until the
 * next line is read.
 */
const char *members_read(struct members *m, const char *p, size_t n, size_t *close, members_visit *visit,
			 void *context);

/* A text in quotes, and nothing else. */
bool members_text(struct members *m, const char *p, size_t n, const char **text, size_t *size);

#endif
