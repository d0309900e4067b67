/* SPDX-License-Identifier: MIT */
#ifndef TOTALS_H
#define TOTALS_H

#include "alarms.h"
#include "json.h"

/* The number of alarms and the worst severity.  An alarm of severity info does not count. */

struct totals {
	unsigned count;
	enum severity worst; /* SEVERITY_INFO: there is none */
};

/* Adds an alarm. */
void totals_add(struct totals *t, enum severity severity);

/* Adds all alarms of another total. */
void totals_merge(struct totals *t, struct totals other);

/* The severity in a member of a record; warning if it is missing or unknown, so that the alarm counts. */
enum severity totals_severity(struct json_object *object, const char *key);

/* The alarms of a list. */
struct totals totals_of_list(struct json_object *alarms);

/* The alarms of a summary, or of one member of its list. */
struct totals totals_of_summary(struct json_object *summary);

#endif
