/* SPDX-License-Identifier: MIT */
#ifndef TOTALS_H
#define TOTALS_H

#include "alarms.h"
#include "json.h"

/* How many alarms there are, and the worst of them.  What is only information is no alarm. */

struct totals {
	unsigned count;
	enum severity worst; /* SEVERITY_INFO: there is none */
};

/* One more alarm. */
void totals_add(struct totals *t, enum severity severity);

/* All those of another one. */
void totals_merge(struct totals *t, struct totals other);

/* Of the text of a record; a warning if there is none or nobody knows it, so that it counts. */
enum severity totals_severity(struct json_object *object, const char *key);

/* Of what a BMS itself says in a live record: its bits and levels. */
struct totals totals_of_state(struct json_object *state);

/* Of a list of alarms. */
struct totals totals_of_list(struct json_object *alarms);

/* Of a summary, or of one member of its list. */
struct totals totals_of_summary(struct json_object *summary);

#endif
