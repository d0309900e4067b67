/* SPDX-License-Identifier: MIT */
#ifndef TRUST_H
#define TRUST_H

#include "device.h"

/*
 * May the values of a source be published?  Those of an address that two packs share are not: their sender is
 * unknown.  Such a conflict is recognised here, and reported by jk-alarm if it is in the pipe.  Other sources
 * of the same pack are trusted.
 */
enum trust {
	TRUST_YES,
	TRUST_DOUBT, /* this record may be of another pack: nothing is known yet */
	TRUST_LOST,  /* two packs share the address */
};

/* Of a record, whose alarms have been taken before. */
enum trust trust_record(struct source *from, const struct json_record *record);

/* Do two packs share this address? */
bool trust_is_lost(const struct source *from);

/* "!conflict ADDRESS ...": the capture has seen two answers to one request. */
void trust_conflict(struct source *from, const struct json_record *event);

/* jk-alarm reports that there is a conflict, or no longer. */
void trust_alarm(struct source *from, bool active);

#endif
