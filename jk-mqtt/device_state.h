/* SPDX-License-Identifier: MIT */
#ifndef DEVICE_STATE_H
#define DEVICE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pace.h"
#include "record_json.h"

/* One of the record types that are states of a pack: the newest record, until it is published. */

struct source;

/* A record that is kept as it came. */
struct kept_line {
	char *text;
	size_t size, room;
	bool large; /* json_record.large */
};

/* Keeps a copy; false: there is no memory. */
bool kept_line_set(struct kept_line *line, const struct json_record *record);

/* As a tree without what is not published, which the caller puts; NULL if there is none. */
struct json_object *kept_line_tree(const struct kept_line *line);

struct state {
	bool waits; /* a record came that is not published yet */
	/* The newest one.  The live state is made of those of all sources, live_state.h. */
	struct kept_line line;
	int64_t newest_us;          /* its own time */
	int64_t published_us;       /* when the state was last published; INT64_MIN: never */
	const struct source *from;  /* of the newest record */
	struct pace pace;           /* when the next is published */
	uint64_t hash;              /* of what was published, without its time */
	struct json_object *values; /* with -k, the record whose values were published last; NULL: none */
};

#endif
