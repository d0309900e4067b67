/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_KIND_H
#define OUTPUT_KIND_H

#include <stdbool.h>

#include "output_record.h"

/*
 * What databases of values over time take of a type of records: under which name, what tells its series
 * apart, and for how long a value is current.
 */

enum output_life {
	OUTPUT_LIVES,  /* until it is old */
	OUTPUT_LASTS,  /* as long as its pack is heard: it is read now and then */
	OUTPUT_STAYS,  /* until another one comes: a state */
	OUTPUT_PASSES, /* it is of one moment */
};

struct output_kind {
	const char *type;
	const char *name; /* of the measurement, and before that of each metric.  NULL: nothing is taken */
	const char *tag;  /* a text that is a tag, or NULL */
	const char *texts[2]; /* those that are values */
	enum output_life life;
};

/* The kind of a record's type.  A type that is not known gets a name in `room`. */
enum { OUTPUT_NAME_MAX = 64 };
struct output_kind output_kind_of(const struct output_record *r, char room[OUTPUT_NAME_MAX]);

/* Is a text with that key a value? */
bool output_kind_has_text(const struct output_kind *kind, struct slice key);

/* The tags that tell whose a record is, in this order: pack, bank, channel, and that of its kind. */
enum { OUTPUT_TAGS_MAX = 4 };
struct output_tag {
	const char *name;
	struct slice value;
};
struct output_tags {
	unsigned count;
	unsigned of_pack; /* the first ones, without that of the kind itself */
	struct output_tag tag[OUTPUT_TAGS_MAX];
	char room[OUTPUT_PACK_MAX];
};
void output_tags_of(struct output_tags *tags, const struct output_record *r, const struct output_kind *kind);

#endif
