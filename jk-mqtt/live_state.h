/* SPDX-License-Identifier: MIT */
#ifndef LIVE_STATE_H
#define LIVE_STATE_H

#include "device.h"

/*
 * The live state of a device, from the newest values of its sources: each key has the value of the source
 * that holds it, common/pack_sources.h.  A key that a source had, and that nobody holds now, is null.
 */

/* The source that holds most keys; NULL: none is fresh. */
const struct source *live_state_holder(const struct device *d);

/* An object that the caller puts; NULL if no source has a value, or there is no memory. */
struct json_object *live_state_tree(const struct device *d);

/* Has CAN alone this key, which starts again from 0 there? */
bool live_state_wraps(const struct device *d, const char *key);

/* Is it that of a record that has all keys of the device?  Else a missing key rules out nothing. */
bool live_state_is_whole(const struct device *d);

#endif
