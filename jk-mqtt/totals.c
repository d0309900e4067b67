/* SPDX-License-Identifier: MIT */
#include "totals.h"

#include <string.h>

void totals_add(struct totals *t, enum severity severity)
{
	if (severity == SEVERITY_INFO)
		return;
	t->count++;
	if (severity > t->worst)
		t->worst = severity;
}

void totals_merge(struct totals *t, struct totals other)
{
	t->count += other.count;
	if (other.worst > t->worst)
		t->worst = other.worst;
}

enum severity totals_severity(struct json_object *object, const char *key)
{
	const char *name = json_text(object, key);
	enum severity severity = name ? severity_find(name, strlen(name)) : SEVERITIES;
	return severity == SEVERITIES ? SEVERITY_WARNING : severity;
}

/* The severity of a bit is that of its row; an unknown bit is a warning, as in jk-alarm(1). */
static void add_bits(struct totals *t, struct json_object *value)
{
	int64_t bits = 0;
	if (!json_value_whole(value, UINT32_MAX, &bits))
		return;
	for (unsigned bit = 0; bit < 32; bit++)
		if (bits >> bit & 1)
			totals_add(t, bit < ALARM_BITS ? alarm_bits[bit].severity : SEVERITY_WARNING);
}

static void add_levels(struct totals *t, struct json_object *value)
{
	int64_t levels = 0;
	if (!json_value_whole(value, UINT32_MAX, &levels))
		return;
	for (; levels > 0; levels >>= 2)
		if (levels & 3)
			totals_add(t, severity_of_level((unsigned)(levels & 3)));
}

struct totals totals_of_state(struct json_object *state)
{
	struct totals t = {0};
	struct json_object *active = json_member(state, "alarm_active");
	add_bits(&t, json_member(state, "errors_bitmask"));
	add_bits(&t, json_member(state, "can_error_bits"));
	add_levels(&t, json_member(state, "can_alarm_levels"));
	/* jk-decode -k has left out the bits. */
	if (!json_member(state, "errors_bitmask") && json_object_is_type(active, json_type_boolean) &&
	    json_object_get_boolean(active))
		totals_add(&t, SEVERITY_WARNING);
	return t;
}

struct totals totals_of_list(struct json_object *alarms)
{
	struct totals t = {0};
	for (size_t i = 0; i < json_object_array_length(alarms); i++)
		totals_add(&t, totals_severity(json_object_array_get_idx(alarms, i), "severity"));
	return t;
}

struct totals totals_of_summary(struct json_object *summary)
{
	struct totals t = {0};
	int64_t count = 0;
	if (!json_value_whole(json_member(summary, "count"), 1000000, &count) || count == 0)
		return t;
	t.count = (unsigned)count;
	t.worst = totals_severity(summary, "worst");
	return t;
}
