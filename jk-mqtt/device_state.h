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

struct state {
	/* The newest record that is not published yet: a line, or a tree; neither if there is none. */
	char *line;
	size_t line_size, line_room;
	bool line_large; /* json_record.large */
	struct json_object *newest;
	int64_t newest_us;          /* its own time */
	int64_t published_us;       /* when the state was last published; INT64_MIN: never */
	const struct source *from;  /* of the newest record */
	struct pace pace;           /* when the next is published */
	uint64_t hash;              /* of what was published, without its time */
	struct json_object *values; /* with -k, the record whose values were published last; NULL: none */
};

/*
 * Keeps a record as the newest: a copy of its line, or a tree, of which it takes ownership.  Returns false if
 * there is no memory.
 */
bool state_keep(struct state *s, const struct json_record *record);
void state_keep_tree(struct state *s, struct json_object *tree);
bool state_waits(const struct state *s);

/* The newest record as a tree without what is not published, which the caller puts; NULL if there is none. */
struct json_object *state_take(struct state *s);
void state_forget(struct state *s);

#endif
