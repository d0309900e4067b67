/* SPDX-License-Identifier: MIT */
#ifndef ADDON_GLOBAL_H
#define ADDON_GLOBAL_H

#include "publisher.h"

/* The add-on's topics that are of no pack: BMS_GLOBAL/..., and whether the program is there. */

/* At the start, and after another program has published there. */
void addon_global_begin(struct publisher *p);
void addon_global_end(struct publisher *p);

/* A command for the switch Authorize Modify Settings. */
void addon_global_authorize(struct publisher *p, const char *payload, size_t size);

#endif
