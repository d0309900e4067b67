/* SPDX-License-Identifier: MIT */
#include "heard.h"

#include <string.h>

#include "keys.h"

static const char *const type_names[HEARD_TYPES] = {
	[HEARD_LIVE] = "live", [HEARD_SETTINGS] = "settings", [HEARD_ABOUT] = "about",
	[HEARD_CAN] = "can",   [HEARD_EVENT] = "event",       [HEARD_REJECTED] = "rejected",
};

static const int64_t TIME_MAX_US = INT64_C(253402300800000000); /* the end of the year 9999 */

static struct heard_text text_of(struct json_object *object, const char *key)
{
	struct json_object *value = json_member(object, key);
	if (!json_object_is_type(value, json_type_string))
		return (struct heard_text){NULL, 0};
	return (struct heard_text){json_object_get_string(value), (size_t)json_object_get_string_len(value)};
}

static void odd(struct heard *h, const char *key)
{
	if (!h->odd)
		h->odd = key;
}

/* A whole number of 32 bits, or null. */
static struct heard_number bits_of(struct heard *h, const char *key)
{
	struct heard_number bits = {false, 0};
	struct json_object *value = json_member(h->object, key);
	bits.present = json_value_whole(value, UINT32_MAX, &bits.micro);
	if (value && !bits.present)
		odd(h, "a bitmask");
	return bits;
}

static const char *take_channel(struct heard *h)
{
	struct heard_text channel = text_of(h->object, "channel");
	if (!channel.p)
		return "no channel";
	if (channel.n > HEARD_CHANNEL_MAX)
		return "a channel of more than 64 bytes";
	memcpy(h->channel, channel.p, channel.n);
	h->channel_size = channel.n;
	return NULL;
}

static const char *take_bms(struct heard *h)
{
	struct json_object *value = json_member(h->object, "bms");
	int64_t bms = -1;
	if (value && !json_value_whole(value, UINT8_MAX, &bms))
		return "an impossible bms";
	h->bms = (int)bms;
	return NULL;
}

static const char *take_type(struct heard *h)
{
	struct heard_text name = text_of(h->object, "type");
	for (int type = HEARD_LIVE; type < HEARD_TYPES; type++)
		if (heard_is(name, type_names[type]))
			h->type = (enum heard_type)type;
	return name.p ? NULL : "no type";
}

static const char *take_head(struct heard *h)
{
	if (!json_micro(h->object, "time", &h->time_us) || h->time_us < 0 || h->time_us > TIME_MAX_US)
		return "no time";
	const char *wrong = take_channel(h);
	if (!wrong)
		wrong = take_type(h);
	return wrong ? wrong : take_bms(h);
}

/* A number, or a switch; what is no number is odd, unless it is null. */
static struct heard_number value_of(struct heard *h, const char *key)
{
	struct heard_number number = {false, 0};
	struct json_object *value = json_member(h->object, key);
	if (json_object_is_type(value, json_type_boolean))
		number = (struct heard_number){true, json_object_get_boolean(value) ? 1000000 : 0};
	else
		number.present = json_value_micro(value, &number.micro);
	if (value && !number.present)
		odd(h, key);
	return number;
}

/* A single cell of a list. */
static struct heard_number cell_of(struct heard *h, const char *key)
{
	struct heard_number number = {false, 0};
	const char *name;
	int index = key_cell(key, strlen(key), &name);
	struct json_object *list = index == CELL_NONE ? NULL : json_member(h->object, name);
	if (json_object_is_type(list, json_type_array))
		number.present =
			json_value_micro(json_object_array_get_idx(list, (size_t)index), &number.micro);
	return number;
}

static void take_values(struct heard *h, const struct rules *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->rule[i];
		if (rule->kind != RULE_VALUE)
			continue;
		h->value[i] = value_of(h, rule->key);
		if (!h->value[i].present)
			h->value[i] = cell_of(h, rule->key);
	}
}

/* The line parsed as an object, so the last of it that is no blank is its closing brace. */
static size_t closing_brace(const char *p, size_t n)
{
	while (p[n - 1] != '}')
		n--;
	return n - 1;
}

static void take_members(struct heard *h, const struct rules *rules)
{
	h->annotated = json_object_object_get_ex(h->object, "alarms", NULL);
	h->errors = bits_of(h, "errors_bitmask");
	h->can_levels = bits_of(h, "can_alarm_levels");
	h->can_errors = bits_of(h, "can_error_bits");
	h->event = text_of(h->object, "event");
	h->words = text_of(h->object, "words");
	h->frame = text_of(h->object, "frame");
	h->reason = text_of(h->object, "reason");
	take_values(h, rules);
}

const char *heard_record(struct heard *heard, const struct rules *rules, struct json_tokener *tokener,
			 const char *p, size_t n)
{
	*heard = (struct heard){.bms = -1};
	const char *wrong = json_parse_object(tokener, p, n, &heard->object);
	if (!wrong)
		wrong = take_head(heard);
	if (wrong) {
		heard_free(heard);
		return wrong;
	}
	heard->close = closing_brace(p, n);
	take_members(heard, rules);
	return NULL;
}

void heard_free(struct heard *heard)
{
	json_object_put(heard->object);
	heard->object = NULL;
}

bool heard_is(struct heard_text text, const char *word)
{
	return text.p && strlen(word) == text.n && memcmp(text.p, word, text.n) == 0;
}
