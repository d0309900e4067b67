/* SPDX-License-Identifier: MIT */
#ifndef DUE_H
#define DUE_H

#include "device.h"

/*
 * When something is due of which device: a heap of devices by their next time.  A device whose time may have
 * changed is touched, and asked for it before the heap is used next.  So the cost of a record does not depend
 * on how many devices there are.
 */

/* All times may have changed; devices_touch is the same of one. */
void due_touch_all(struct devices *d);

/* The next device that was touched; NULL: there is none.  Its time is to be set. */
struct device *due_touched(struct devices *d);

/* Sets the time of a device. */
void due_set(struct devices *d, struct device *one, int64_t due_us);

/* The device whose time is next; NULL: there is none. */
struct device *due_first(const struct devices *d);

/* Before the device is removed: it is in the heap no more. */
void due_remove(struct devices *d, struct device *one);

#endif
