/* SPDX-License-Identifier: MIT */
#ifndef TRUST_H
#define TRUST_H

#include "device.h"

/*
 * May the values of a record be published?  Values of an address that two packs share are not: their sender
 * is unknown.  Such a conflict is recognised here, and reported by jk-alarm if it is in the pipe.  The alarms
 * of the record have been taken before.
 */
bool trust_record(struct source *from, const struct json_record *record);

/* Do two packs share the address of one of its sources? */
bool trust_is_lost(const struct device *d);

/* "!conflict ADDRESS ...": the capture has seen two answers to one request. */
void trust_conflict(struct source *from, const struct json_record *event);

#endif
