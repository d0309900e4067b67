/* SPDX-License-Identifier: MIT */
#ifndef ACTIVE_ALARMS_H
#define ACTIVE_ALARMS_H

#include <stdbool.h>
#include <stddef.h>

#include "json.h"
#include "payload.h"
#include "totals.h"

/* The alarms of a pack that are active. */

/* At one time: far more than jk-alarm(1) has of bits, levels and rules. */
enum { ALARMS_MAX = 1024 };

struct active_alarm {
	char key[KEY_MAX];
	char *json; /* as the record has it */
	enum severity severity;
};

struct active_alarms {
	struct active_alarm *list; /* as long as there were ever alarms at a time; NULL: none yet */
	size_t count, room;
	bool known;     /* jk-alarm is in the pipeline: its lists are used */
	bool published; /* the topic of the list has a message */
	bool failed;    /* one is missing for lack of room: the next list is taken, changed or not */
};

/* Who reports alarms. */
enum alarms_from {
	ALARMS_OWN,      /* jk-mqtt, from the bits and levels of the BMS */
	ALARMS_JK_ALARM, /* its lists have the alarms of all sources of the pack */
};

/*
 * Replaces the active alarms with those of an array.  Returns true if they changed.  Our own are used only
 * until jk-alarm has sent any.  An alarm for which there is no room sets `failed`.
 */
bool active_alarms_set(struct active_alarms *all, enum alarms_from from, struct json_object *array);

/* The same for a single alarm of jk-alarm. */
bool active_alarms_change(struct active_alarms *all, const char *key, struct json_object *alarm, bool active);

/* Is there an alarm with this key? */
bool active_alarms_has(const struct active_alarms *all, const char *key);

/* Frees the list. */
void active_alarms_end(struct active_alarms *all);

/* Count and worst severity of the active alarms.  What is only information does not count. */
struct totals active_alarms_totals(const struct active_alarms *all);

#endif
