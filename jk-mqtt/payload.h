/* SPDX-License-Identifier: MIT */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json.h"
#include "strbuf.h"

/* Parts of payloads. */

/* Adds a time: 2025-11-23T10:00:00.123456+00:00 */
void payload_time(struct strbuf *t, int64_t time_us);

/* Adds ,"key":"text", escaped for JSON.  The first member has no comma. */
void payload_string(struct strbuf *t, const char *key, const char *value);
/* Adds ,"key": */
void payload_key(struct strbuf *t, const char *key);

/*
 * Removes members of a record that are not published: type and alarms, which other topics have; bytes without
 * a known meaning; and the single bits of errors_bitmask and temperature_sensors_present_bitmask, a third of
 * the message.
 */
void payload_strip(struct json_object *record);
bool payload_is_stripped(const char *key);

/* True for the key of a passcode.  jk-decode never writes one, but a foreign record or message might. */
bool payload_is_secret(const char *key);

/*
 * Adds a value as JSON, its digits unchanged; and the members of an object, without braces.  Nothing is
 * allocated, as json-c would, which leaves out parts when there is no memory.
 */
void payload_value(struct strbuf *t, struct json_object *value);
void payload_members(struct strbuf *t, struct json_object *object);

/*
 * Writes a value as text: ON or OFF, the digits, the text without control characters; empty for null.  False
 * for arrays and objects.
 */
bool payload_plain(struct strbuf *t, struct json_object *value);

/* A hash, to see whether a text has changed. */
uint64_t payload_hash(const char *p, size_t n);

enum { KEY_MAX = 64 };
/* Can it be a level of a topic: 1 to KEY_MAX lower-case letters, digits and _? */
bool payload_is_key(const char *p, size_t n);

#endif
