/* SPDX-License-Identifier: MIT */
#include "payload.h"

#include <string.h>

#include "alarms.h"
#include "civil.h"
#include "fields.h"
#include "log.h"
#include "slice.h"

static void two_digits(struct strbuf *t, int value, const char *behind)
{
	strbuf_char(t, (char)('0' + value / 10 % 10));
	strbuf_char(t, (char)('0' + value % 10));
	strbuf_string(t, behind);
}

void payload_time(struct strbuf *t, int64_t time_us)
{
	struct civil c = civil_of(time_us / 1000000);
	strbuf_decimal(t, c.year, 0);
	strbuf_char(t, '-');
	two_digits(t, c.month, "-");
	two_digits(t, c.day, "T");
	two_digits(t, c.hour, ":");
	two_digits(t, c.minute, ":");
	two_digits(t, c.second, ".");
	for (int64_t unit = 100000, us = time_us % 1000000; unit > 0; unit /= 10)
		strbuf_char(t, (char)('0' + us / unit % 10));
	strbuf_string(t, "+00:00");
}

void payload_key(struct strbuf *t, const char *key)
{
	if (t->size > 0 && t->data[t->size - 1] != '{' && t->data[t->size - 1] != '[')
		strbuf_char(t, ',');
	strbuf_char(t, '"');
	strbuf_string(t, key);
	strbuf_string(t, "\":");
}

void payload_string(struct strbuf *t, const char *key, const char *value)
{
	payload_key(t, key);
	strbuf_char(t, '"');
	strbuf_json(t, value, strlen(value));
	strbuf_char(t, '"');
}

static bool is_alarm_bit(const char *key)
{
	if (strncmp(key, "alarm_", 6) != 0)
		return false;
	for (size_t i = 0; i < ALARM_BITS; i++)
		if (strcmp(key + 6, alarm_bits[i].key) == 0)
			return true;
	return false;
}

/* Those of temperature_sensors_present_bitmask. */
static bool is_presence_bit(const char *key)
{
	static const char begins[] = "temperature_sensor_", ends[] = "_present";
	size_t n = strlen(key);
	return n > sizeof ends - 1 && strncmp(key, begins, sizeof begins - 1) == 0 &&
	       strcmp(key + n - (sizeof ends - 1), ends) == 0;
}

bool payload_is_secret(const char *key)
{
	size_t n = strlen(key);
	if (n < 8 || strcmp(key + n - 8, "passcode") != 0)
		return false;
	const struct field *f = field_find(FRAME_ABOUT, key);
	return !f || f->privacy == FIELD_SECRET;
}

bool payload_is_stripped(const char *key)
{
	static const char *const names[] = {"type",    "alarms", "frame_counter", "trailer", "time",
					    "channel", "bms",    "pack",          "label",   "area"};
	static const char *const beginnings[] = {"unknown_", "reserved_"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(key, names[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
		if (strncmp(key, beginnings[i], strlen(beginnings[i])) == 0)
			return true;
	return is_alarm_bit(key) || is_presence_bit(key) || payload_is_secret(key);
}

void payload_strip(struct json_object *record)
{
	json_object_object_foreach(record, key, value)
	{
		(void)value;
		if (payload_is_stripped(key))
			json_object_object_del(record, key);
	}
}

/* Of a number with a fraction or an exponent json-c keeps the digits, as the serializer's data. */
static void put_digits(struct strbuf *t, struct json_object *number)
{
	const char *digits = json_object_get_userdata(number);
	strbuf_string(t, digits ? digits : "null");
}

/* As json-c does: all but quotes, backslashes and control characters stays as it is. */
static void put_text(struct strbuf *t, const char *p, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	static const char short_form[32] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
	strbuf_char(t, '"');
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];
		char escape = c == '"' || c == '\\' ? p[i] : c < 32 ? short_form[c] : '\0';
		if (escape) {
			strbuf_char(t, '\\');
			strbuf_char(t, escape);
		} else if (c < 32) {
			strbuf_string(t, "\\u00");
			strbuf_char(t, hex[c >> 4]);
			strbuf_char(t, hex[c & 15]);
		} else {
			strbuf_char(t, p[i]);
		}
	}
	strbuf_char(t, '"');
}

static void put_list(struct strbuf *t, struct json_object *list)
{
	strbuf_char(t, '[');
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		if (i > 0)
			strbuf_char(t, ',');
		payload_value(t, json_object_array_get_idx(list, i));
	}
	strbuf_char(t, ']');
}

void payload_members(struct strbuf *t, struct json_object *object)
{
	json_object_object_foreach(object, key, value)
	{
		if (t->size > 0 && t->data[t->size - 1] != '{')
			strbuf_char(t, ',');
		put_text(t, key, strlen(key));
		strbuf_char(t, ':');
		payload_value(t, value);
	}
}

void payload_value(struct strbuf *t, struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		strbuf_string(t, "null");
		break;
	case json_type_boolean:
		strbuf_string(t, json_object_get_boolean(value) ? "true" : "false");
		break;
	case json_type_int:
		strbuf_decimal(t, json_object_get_int64(value), 0);
		break;
	case json_type_double:
		put_digits(t, value);
		break;
	case json_type_string:
		put_text(t, json_object_get_string(value), (size_t)json_object_get_string_len(value));
		break;
	case json_type_array:
		put_list(t, value);
		break;
	case json_type_object:
		strbuf_char(t, '{');
		payload_members(t, value);
		strbuf_char(t, '}');
		break;
	}
}

/* The reader may be a terminal: what would act on it is a question mark. */
static void put_plain(struct strbuf *t, const char *p, size_t n)
{
	size_t from = t->size;
	strbuf_add(t, p, n);
	t->size = from + log_plain(t->data + from, t->size - from);
}

bool payload_plain(struct strbuf *t, struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		return true;
	case json_type_boolean:
		strbuf_string(t, json_object_get_boolean(value) ? "ON" : "OFF");
		return true;
	case json_type_int:
	case json_type_double:
		payload_value(t, value);
		return true;
	case json_type_string:
		put_plain(t, json_object_get_string(value), (size_t)json_object_get_string_len(value));
		return true;
	default:
		return false;
	}
}

uint64_t payload_hash(const char *p, size_t n)
{
	return slice_hash((struct slice){p, n});
}

bool payload_is_key(const char *p, size_t n)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
	for (size_t i = 0; i < n; i++)
		if (!p[i] || !strchr(letters, p[i]))
			return false;
	return n > 0 && n <= KEY_MAX;
}
