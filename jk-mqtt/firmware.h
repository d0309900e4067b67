/* SPDX-License-Identifier: MIT */
#ifndef FIRMWARE_H
#define FIRMWARE_H

#include <stdbool.h>

#include "fields.h"

/*
 * Does a device with this software version, "15.41", "V19.10", have what came with that firmware?  Compared part by part.  What
 * is in all firmware it has; what is not it does not have while the version is empty or none.
 */
bool firmware_has(const char *software, struct firmware since);

#endif
