/* SPDX-License-Identifier: MIT */
#ifndef ACTIVE_ALARMS_H
#define ACTIVE_ALARMS_H

#include <stdbool.h>
#include <stddef.h>

#include "json.h"
#include "totals.h"

/* The alarms of a pack that are active, of all its sources. */

enum { ALARMS_MAX = 160 }; /* active at one time: more than jk-alarm(1) has of bits, levels and rules */

struct source;

struct active_alarm {
	const struct source *from; /* NULL: jk-mqtt made it from the BMS's own bits */
	char key[64];
	char *json; /* as the record has it */
	enum severity severity;
};

struct active_alarms {
	struct active_alarm list[ALARMS_MAX];
	size_t count;
	bool known;     /* jk-alarm is in the pipeline: its lists are used */
	bool published; /* the topic of the list has a message */
};

/*
 * Replaces the active alarms of a source with those of an array.  Returns true if they changed.  from is NULL
 * for alarms that jk-mqtt made from the BMS's own bits; the first list of jk-alarm replaces them.
 */
bool active_alarms_set(struct active_alarms *all, const struct source *from, struct json_object *array);

/* The same for a single alarm. */
bool active_alarms_change(struct active_alarms *all, const struct source *from, const char *key,
			  struct json_object *alarm, bool active);

/* Forgets those of a source. */
void active_alarms_drop(struct active_alarms *all, const struct source *from);

/*
 * The active alarm after `last` (NULL: the first), NULL at the end.  An alarm that two sources have comes
 * once.
 */
const struct active_alarm *active_alarms_next(const struct active_alarms *all,
					      const struct active_alarm *last);

/* Count and worst severity of the active alarms.  What is only information does not count. */
struct totals active_alarms_totals(const struct active_alarms *all);

#endif
