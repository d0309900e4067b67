/* SPDX-License-Identifier: MIT */
#ifndef CAN_DIAGNOSIS_H
#define CAN_DIAGNOSIS_H

#include <stdbool.h>
#include <stdint.h>

/* What to check when no frame of a pack is heard on CAN: logged once, 5 seconds after the opening. */

enum { CAN_DIAGNOSIS_AFTER_US = 5000000 };

enum can_heard { CAN_HEARD_PACK, CAN_HEARD_INVERTER, CAN_HEARD_OTHER, CAN_HEARD_ERROR, CAN_HEARD_KINDS };

struct can_diagnosis {
	int64_t due_us; /* INT64_MAX: it is done, or the interface was not opened yet */
	bool is_down;   /* what is to be checked waits */
	uint64_t heard[CAN_HEARD_KINDS];
};

void can_diagnosis_begin(struct can_diagnosis *d);

/* For the first time. */
void can_diagnosis_opened(struct can_diagnosis *d, int64_t now_us);

/* What to check; NULL: frames of packs are heard. */
const char *can_diagnosis_advice(const struct can_diagnosis *d);

/* The interface is down: silence means nothing.  When it is up, the time begins again. */
void can_diagnosis_down(struct can_diagnosis *d);
void can_diagnosis_up(struct can_diagnosis *d, int64_t now_us);

void can_diagnosis_time(struct can_diagnosis *d, int64_t now_us);

#endif
