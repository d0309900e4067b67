/* SPDX-License-Identifier: MIT */
#ifndef TRUST_H
#define TRUST_H

#include "device.h"

/*
 * May the values of a record be published?  Not where two packs have the address: nobody knows of which one they are.  That is
 * recognised here, and known from jk-alarm if it stands before us.  The alarms of the record have been taken already.
 */
bool trust_record(struct source *from, const struct json_record *record);

/* Are there two packs at one of its sources? */
bool trust_is_lost(const struct device *d);

/* "!conflict ADDRESS ...": the capture has seen two answers to one request. */
void trust_conflict(struct source *from, const struct json_record *event);

#endif
