/* SPDX-License-Identifier: MIT */
#ifndef CAN_VALUES_H
#define CAN_VALUES_H

#include "can_value.h"
#include "record_keys.h"

/* Binds a writer to the value of a key that the frame has. */
void can_value_bind(struct can_value *value, const struct can_frame *frame, const struct record_key *key);

#endif
