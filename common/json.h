/* SPDX-License-Identifier: MIT */
#ifndef JSON_H
#define JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Records, jk-record(5), read with json-c: of the libraries that make a tree of a record, which jk-mqtt needs, the one that
 * keeps the digits of a number as they stand, so that nothing is rounded on the way.
 *
 * json-c 0.16 is lenient even where it is told to be strict.  What would be read otherwise than it stands, or is no JSON, is
 * refused here: NaN and Infinity, keys in single quotes, a key twice, NUL and other control characters in texts, unsound
 * UTF-8.  A number too large for it becomes null: it costs a record that member, and no other.  It still takes 00 as 0, and "5." as a number, which number_decimal then refuses.
 */

struct json_record {
	struct json_object *object;
	int64_t time_us;     /* since 1970 */
	const char *channel; /* lives as long as the object */
	int bms;             /* -1 if the record has none, as that of a link's event */
	const char *type;
	const char *pack, *label; /* the names of the pack, as the channel lives; NULL: it has none */
	const char *
		left_out; /* the first member with a number that no double or 64 bits can hold, which is null now; NULL: none */
};

/*
 * One line without its newline.  NULL and *record set, to be given back with json_record_free; or what is wrong with it, and
 * *record is empty.  The tokener is the caller's, and used again and again.
 */
const char *json_record_parse(struct json_tokener *tokener, const char *p, size_t n,
			      struct json_record *record);
void json_record_free(struct json_record *record);

/*
 * An object, list or text of n bytes, with at most blanks around it and not more than 32 levels deep.  NULL and *value set, to be
 * given back with json_object_put; or what is wrong, and *value is NULL.
 */
const char *json_parse(struct json_tokener *tokener, const char *p, size_t n, struct json_object **value);

/* The same of what must be an object.  Its closing brace is the last byte that is no blank. */
const char *json_parse_object(struct json_tokener *tokener, const char *p, size_t n,
			      struct json_object **object);

/* A member; NULL if it is missing or null. */
struct json_object *json_member(struct json_object *object, const char *key);

/* The text of a string member; NULL if it is missing or no string. */
const char *json_text(struct json_object *object, const char *key);

/* A number member in millionths, exactly; false if it is missing, no number, or has more than six decimals. */
bool json_micro(struct json_object *object, const char *key, int64_t *micro);

/* The same of a value; of one that must be whole and in 0..max, itself. */
bool json_value_micro(struct json_object *value, int64_t *micro);
bool json_value_whole(struct json_object *value, int64_t max, int64_t *whole);

#endif
