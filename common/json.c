/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <limits.h>
#include <string.h>

#include "number.h"

struct json_object *json_member(struct json_object *object, const char *key)
{
	struct json_object *member = NULL;
	json_object_object_get_ex(object, key, &member);
	return member;
}

const char *json_text(struct json_object *object, const char *key)
{
	struct json_object *member = json_member(object, key);
	return json_object_is_type(member, json_type_string) ? json_object_get_string(member) : NULL;
}

bool json_micro(struct json_object *object, const char *key, int64_t *micro)
{
	struct json_object *member = json_member(object, key);
	if (!json_object_is_type(member, json_type_double) && !json_object_is_type(member, json_type_int))
		return false;
	const char *digits = json_object_get_string(member);
	return number_decimal(digits, strlen(digits), 6, INT64_MIN, INT64_MAX, micro);
}

static const char *take_head(struct json_record *r)
{
	int64_t bms_micro;
	if (!json_micro(r->object, "time", &r->time_us) || r->time_us < 0)
		return "no time";
	r->channel = json_text(r->object, "channel");
	if (!r->channel)
		return "no channel";
	r->type = json_text(r->object, "type");
	if (!r->type)
		return "no type";
	r->bms = -1;
	if (!json_member(r->object, "bms"))
		return NULL;
	if (!json_micro(r->object, "bms", &bms_micro) || bms_micro < 0 || bms_micro > 15 * INT64_C(1000000) ||
	    bms_micro % 1000000 != 0)
		return "an impossible bms";
	r->bms = (int)(bms_micro / 1000000);
	return NULL;
}

static bool blank(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != ' ' && p[i] != '\t' && p[i] != '\r')
			return false;
	return true;
}

const char *json_record_parse(struct json_tokener *tokener, const char *p, size_t n, struct json_record *record)
{
	*record = (struct json_record){.bms = -1};
	if (n > INT_MAX)
		return "too long";
	json_tokener_reset(tokener);
	record->object = json_tokener_parse_ex(tokener, p, (int)n);
	enum json_tokener_error error = json_tokener_get_error(tokener);
	const char *wrong = NULL;
	if (error == json_tokener_continue)
		wrong = "cut off in the middle";
	else if (error != json_tokener_success)
		wrong = json_tokener_error_desc(error);
	else if (!json_object_is_type(record->object, json_type_object))
		wrong = "no JSON object";
	else if (!blank(p + json_tokener_get_parse_end(tokener), n - json_tokener_get_parse_end(tokener)))
		wrong = "something behind the object";
	else
		wrong = take_head(record);
	if (wrong)
		json_record_free(record);
	return wrong;
}

void json_record_free(struct json_record *record)
{
	json_object_put(record->object);
	record->object = NULL;
}
