/* SPDX-License-Identifier: MIT */
#ifndef PAIRS_H
#define PAIRS_H

#include "modbus.h"
#include "twins.h"

/* Which addresses of this bus are shared by two packs. */
struct pairs {
	struct twins twins[MODBUS_ADDRESS_MAX + 1];
};

enum pairs_news { PAIRS_NOTHING, PAIRS_BEGIN, PAIRS_END };

/* A whole JK frame of this address was received. */
enum pairs_news pairs_frame(struct pairs *p, uint8_t address, const uint8_t *frame, int64_t now_us);

/* True if this may be the frame of a second pack, so that it is no sign of another master. */
bool pairs_suspected(const struct pairs *p, uint8_t address, int64_t now_us);

#endif
