/* SPDX-License-Identifier: MIT */
#ifndef ADDON_HEALTH_H
#define ADDON_HEALTH_H

#include "publisher.h"

/* The add-on's BMS_GLOBAL/health, of all links, and CANbus-1 once more: every 30 s. */
void addon_health_time(struct publisher *p, int64_t now_us);

#endif
