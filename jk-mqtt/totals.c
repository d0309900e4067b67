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
