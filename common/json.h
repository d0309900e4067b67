/* SPDX-License-Identifier: MIT */
#ifndef JSON_H
#define JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Records, jk-record(5), read with json-c: of the maintained libraries the one that keeps the digits of a number as they
 * stand in the record, so that nothing is rounded on the way.
 */

struct json_record {
	struct json_object *object;
	int64_t time_us;     /* since 1970 */
	const char *channel; /* lives as long as the object */
	int bms;             /* -1 if the record has none, as that of a link's event */
	const char *type;
};

/*
 * One line without its newline.  NULL and *record set, to be given back with json_record_free; or what is wrong with it, and
 * *record is empty.  The tokener is the caller's, and used again and again.
 */
const char *json_record_parse(struct json_tokener *tokener, const char *p, size_t n, struct json_record *record);
void json_record_free(struct json_record *record);

/* A member; NULL if it is missing or null. */
struct json_object *json_member(struct json_object *object, const char *key);

/* The text of a string member; NULL if it is missing or no string. */
const char *json_text(struct json_object *object, const char *key);

/* A number member in millionths, exactly; false if it is missing, no number, or has more than six decimals. */
bool json_micro(struct json_object *object, const char *key, int64_t *micro);

#endif
