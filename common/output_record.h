/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_RECORD_H
#define OUTPUT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record_writer.h"
#include "slice.h"
#include "strbuf.h"

/*
 * A record, jk-record(5), taken apart for formats that need it as a whole: when it was, whose values it has,
 * and the values.  A list of numbers is a value for each element, whose key ends with its number from 1:
 * cell_voltages are cell_voltage_1 and so on.  A list of objects is its length: alarms is 2.
 */

enum output_value_kind { OUTPUT_NULL, OUTPUT_NUMBER, OUTPUT_BOOL, OUTPUT_TEXT };

struct output_value {
	struct slice key;
	unsigned element; /* from 1; 0: it is of no list */
	enum output_value_kind kind;
	struct slice text; /* the digits of a finite number, true or false, or a text */
};

enum {
	OUTPUT_VALUES_MAX = 1024,
	OUTPUT_PLACES = 2 * OUTPUT_VALUES_MAX,
	OUTPUT_KEY_MAX = 96, /* of a value, the number of its element included */
};

/* The members at its begin; a text that a record does not have is empty. */
enum output_member {
	OUTPUT_TIME,
	OUTPUT_CHANNEL,
	OUTPUT_BMS,
	OUTPUT_PACK,
	OUTPUT_LABEL,
	OUTPUT_AREA,
	OUTPUT_BANK,
	OUTPUT_TYPE,
	OUTPUT_MEMBERS
};

struct output_record {
	int64_t time_ns;
	struct slice member[OUTPUT_MEMBERS];
	size_t values;
	struct output_value value[OUTPUT_VALUES_MAX];
	/* For one made of a line: */
	size_t keys, kept;
	char keep[RECORD_MAX]; /* texts whose escapes are undone */
	uint64_t line;         /* counts them */
	struct {
		uint64_t line;
		struct slice key;
	} place[OUTPUT_PLACES]; /* of the keys of a line, by their hash */
};

const char *output_member_name(enum output_member member);

/* A record without values. */
void output_record_begin(struct output_record *r, int64_t time_ns);
void output_record_add(struct output_record *r, struct slice key, enum output_value_kind kind,
		       struct slice text);

/* Takes a line apart, which must stay unchanged while the record is used.  NULL, or what is wrong. */
const char *output_record_read(struct output_record *r, const char *p, size_t n);

/* The key of a value.  At most OUTPUT_KEY_MAX bytes if `to` has no more room. */
void output_value_key(struct strbuf *to, const struct output_value *value);

/* What a pack or a link is called: its name, else bms_ADDRESS; empty for a bank and a link. */
enum { OUTPUT_PACK_MAX = 128 };
struct slice output_record_pack(const struct output_record *r, char room[OUTPUT_PACK_MAX]);

/* A value of that key; NULL: there is none. */
const struct output_value *output_record_find(const struct output_record *r, const char *key);

#endif
