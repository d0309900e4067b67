/* SPDX-License-Identifier: MIT */
#ifndef JSON_H
#define JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * JSON of others, which is read with json-c: messages at the broker.  And the trees of what is published.
 *
 * json-c 0.16 is lenient even in its strict mode.  What would be read otherwise than it stands, or
 * is no JSON, is refused here: NaN and Infinity, keys in single quotes, a key twice, NUL and other control
 * characters in texts, invalid UTF-8.  It still takes 00 as 0, and "5." as a number, which number_decimal
 * then refuses.
 */

/*
 * An object, list or text of n bytes, with at most blanks around it and not more than 32 levels deep.  NULL
 * and *value set, to be given back with json_object_put; or what is wrong, and *value is NULL.
 */
const char *json_parse(struct json_tokener *tokener, const char *p, size_t n, struct json_object **value);

/* The same of what must be an object.  Its closing brace is the last byte that is no blank. */
const char *json_parse_object(struct json_tokener *tokener, const char *p, size_t n,
			      struct json_object **object);

/* A member; NULL if it is missing or null. */
struct json_object *json_member(struct json_object *object, const char *key);

/* The text of a string member; NULL if it is missing or no string. */
const char *json_text(struct json_object *object, const char *key);

/*
 * A number member in millionths, exactly; false if it is missing, no number, or has more than six decimals.
 */
bool json_micro(struct json_object *object, const char *key, int64_t *micro);

/* The same of a value; of one that must be whole and in 0..max, itself. */
bool json_value_micro(struct json_object *value, int64_t *micro);
bool json_value_whole(struct json_object *value, int64_t max, int64_t *whole);

#endif
