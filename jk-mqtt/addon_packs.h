/* SPDX-License-Identifier: MIT */
#ifndef ADDON_PACKS_H
#define ADDON_PACKS_H

#include "addon_rows.h"
#include "publisher.h"

/* Which devices are packs of the add-on: those with RS485, by their address. */

/* The source on RS485 with the lowest address; NULL: there is none. */
const struct source *addon_source(const struct device *d);

/* The number of a device; ADDON_NO_PACK: it has none, or another device has it. */
int addon_number(struct publisher *p, const struct device *d);

/* The device with a number; NULL: none. */
struct device *addon_device(struct publisher *p, int n);

/* Does the capture of the pack only listen?  Then the rows of that mode are published. */
bool addon_listens(struct publisher *p, const struct device *d);

/* The source on CAN with the lowest address of all, whose values CANbus-1 has; NULL: none. */
const struct source *addon_can(struct publisher *p);

/* Is this a row of the device, by its mode? */
bool addon_row_is_of(const struct addon_row *row, bool listening);

#endif
