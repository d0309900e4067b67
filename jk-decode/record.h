/* SPDX-License-Identifier: MIT */
#ifndef RECORD_H
#define RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "columns.h"
#include "frame_line.h"
#include "pack_map.h"
#include "strbuf.h"

/*
 * From one line of the frame stream to one record, jk-record(5).  Stateless: a line's record depends on that line alone.
 */

enum record_type {
	RECORD_LIVE,
	RECORD_SETTINGS,
	RECORD_ABOUT,
	RECORD_ACK,
	RECORD_READ,
	RECORD_EXCEPTION,
	RECORD_EVENT,
	RECORD_REJECTED,
	RECORD_TYPES,
};

extern const char *const record_type_names[RECORD_TYPES];

struct record_form {
	bool csv;
	bool lenient;                 /* frames that contradict themselves pass */
	bool all;                     /* records hold every key */
	const struct pack_map *packs; /* NULL: without names */
	uint32_t types;               /* bit n: records of type n come out */
	struct columns columns[FRAME_TYPES];
};

/*
 * Takes a form whose switches are set.  All types with their default keys, or with every key; or, where they are not NULL, one
 * type, and the keys of a list separated by commas.  A list leaves out the types that have none of its keys.  NULL, or what is
 * wrong with type or keys; *wrong and *size then tell where.
 */
const char *record_form_begin(struct record_form *form, const char *type, const char *keys,
			      const char **wrong, size_t *size);

/* The header line of csv. */
void record_csv_header(struct strbuf *t, const struct record_form *form);

/* What became of a line: a record in *t or nothing, without a word; or what to say of the line. */
enum record_result {
	RECORD_DONE, /* and t->size is 0 if the line makes no record, or none that is wanted */
	RECORD_CAN,  /* a CAN frame: passed over */
	RECORD_BAD,  /* no line of the frame stream: *wrong tells why */
};

/* *t is empty, with room for RECORD_MAX bytes. */
enum record_result record_of_line(struct strbuf *t, const struct record_form *form, const char *p, size_t n,
				  const char **wrong);

#endif
