/* SPDX-License-Identifier: MIT */
#ifndef BRIDGE_TOPICS_H
#define BRIDGE_TOPICS_H

#include "publisher.h"

/* PREFIX/bridge: the state of jk-mqtt itself, and all alarms together. */

void bridge_topics_publish(struct publisher *p, int64_t now_us);

/* When it is due: its counts change often, and are not urgent. */
int64_t bridge_topics_due(const struct publisher *p);

#endif
