/* SPDX-License-Identifier: MIT */
#ifndef CAN_FRAME_H
#define CAN_FRAME_H

#include "pack.h"

enum { CAN_MAX_ADDRESS = 11, CAN_MAX_CELLS = 25, CAN_KINDS = 17 };

/* The cycles that the vendor's documents give, and those of a real device with firmware 15.38. */
enum can_cycle { CAN_DOCUMENTS, CAN_MEASURED, CAN_CYCLES };

struct can_message {
	uint32_t id; /* 11 bits, or 29 if extended */
	bool extended;
	uint8_t n, data[8];
};

/* What a pack sends at the moment. */
struct can_view {
	uint8_t address;
	struct sample sample;
	int64_t max_mv; /* sampled at another moment than the cells: at times 1 mV below the lowest of them */
	int64_t charge_cv, charge_ca; /* requested, in 0.1 V and 0.1 A */
	uint32_t levels, errors;
};

/* How often a kind of frame is sent, in ms; 0: this pack does not send it now. */
int64_t can_cycle_ms(unsigned int kind, enum can_cycle cycle, const struct can_view *v);

/* The frame without its data. */
struct can_message can_head(unsigned int kind, uint8_t address);

/* Makes the frame and, unless values is NULL, the members of a JSON object with its values. */
void can_frame(unsigned int kind, const struct can_view *v, struct can_message *m, struct text *values);

#endif
