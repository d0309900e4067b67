/* SPDX-License-Identifier: MIT */
#ifndef RECORD_JSON_H
#define RECORD_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json.h"
#include "json_reader.h"
#include "slice.h"

/*
 * One record, jk-record(5), read with common/json_reader: nothing is allocated, and numbers and texts are
 * pieces of the line.  The tree of json-c is made only for what is published.
 */

/* Members that are looked at in records that are not published, too. */
enum record_member {
	RECORD_TIME,
	RECORD_CHANNEL,
	RECORD_BMS,
	RECORD_TYPE,
	RECORD_PACK,
	RECORD_LABEL,
	RECORD_AREA,
	RECORD_EVENT,
	RECORD_WORDS,
	RECORD_ALARMS,
	RECORD_ERRORS,
	RECORD_CAN_ERRORS,
	RECORD_CAN_LEVELS,
	RECORD_ALARM_ACTIVE,
	RECORD_SERIAL,
	RECORD_CELLS,
	RECORD_RUNTIME,
	RECORD_CYCLES,
	RECORD_CAPACITY,
	RECORD_CHARGE,
	RECORD_BANK,
	RECORD_FRAME,
	RECORD_KEYS,
};

struct json_record {
	struct slice line;
	struct json_object *object; /* the tree, if json_record_object has made it */
	struct slice value[RECORD_KEYS];
	uint8_t kind[RECORD_KEYS]; /* enum json_token; JSON_WRONG: there is no such member */
	unsigned cells;            /* elements of RECORD_CELLS that are not null */
	bool large;                /* it has a number that json-c cannot hold */
	/* Texts have their escapes undone and live until the next record is read.  NULL: it has none. */
	const char *channel, *type, *pack, *label, *area, *event, *words, *serial, *bank;
	const char *left_out; /* the first member with a number that is too large, and null in the tree */
	int64_t time_us;      /* since 1970 */
	int bms;              /* -1 if the record has none, as that of a link's event */
};

/* A line without its newline, which stays until the record is done with.  NULL, or what is wrong with it. */
const char *json_record_parse(const char *p, size_t n, struct json_record *record);

/* The tree, which is the record's until its `object` is set to NULL; NULL: there is no memory. */
struct json_object *json_record_object(struct json_record *record);
void json_record_free(struct json_record *record);

/* A line that json_record_parse has taken, kept somewhere, as a tree.  large: as it was found then. */
struct json_object *json_record_tree(const char *p, size_t n, bool large);

/* A number member in millionths; false if it is missing, no number, or has more than six decimals. */
bool json_record_micro(const struct json_record *record, enum record_member key, int64_t *micro);

#endif
