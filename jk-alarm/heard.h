/* SPDX-License-Identifier: MIT */
#ifndef HEARD_H
#define HEARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json.h"
#include "rules.h"

/* What a record, jk-record(5), says that matters here; all else of it is passed on unread. */

enum {
	HEARD_CHANNEL_MAX = 64, /* bytes; jk-frame(5) allows 31 */
	HEARD_ADDRESS_MAX = 15,
};

enum heard_type {
	HEARD_OTHER,
	HEARD_LIVE,
	HEARD_SETTINGS,
	HEARD_ABOUT,
	HEARD_CAN,
	HEARD_EVENT,
	HEARD_REJECTED,
	HEARD_TYPES,
};

/* A text of the record, escapes undone; without a NUL. */
struct heard_text {
	const char *p;
	size_t n;
};

struct heard_number {
	bool present;
	int64_t micro; /* in millionths; of a switch 0 or 1000000 */
};

struct heard {
	struct json_object *object; /* the record, which holds the texts */
	int64_t time_us;            /* since 1970 */
	char channel[HEARD_CHANNEL_MAX];
	size_t channel_size;
	int bms; /* -1: none */
	enum heard_type type;
	size_t close;   /* offset of the closing brace */
	bool annotated; /* there is a key "alarms" already */
	const char
		*odd; /* a key whose value is of the wrong kind, and takes no part; NULL if there is none */
	struct heard_number errors, can_levels, can_errors; /* whole numbers of 32 bits, not millionths */
	struct heard_text event, words, frame, reason;
	struct heard_number value[RULES_MAX]; /* of rules->rule[i].key */
};

/*
 * A line without its newline.  NULL and *heard set, to be given back with heard_free; or what makes the line no record.  The
 * tokener is used again and again.
 */
const char *heard_record(struct heard *heard, const struct rules *rules, struct json_tokener *tokener,
			 const char *p, size_t n);
void heard_free(struct heard *heard);

bool heard_is(struct heard_text text, const char *word);

#endif
