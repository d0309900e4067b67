/* SPDX-License-Identifier: MIT */
#ifndef STORED_H
#define STORED_H

#include "pack.h"

/* Offsets in the settings frame of the settings that the model uses; all have four bytes. */
enum setting_at {
	AT_UNDERVOLTAGE = 10,
	AT_UNDERVOLTAGE_RECOVERY = 14,
	AT_OVERVOLTAGE = 18,
	AT_OVERVOLTAGE_RECOVERY = 22,
	AT_BALANCE_TRIGGER = 26,
	AT_REQUESTED_CHARGE = 38,
	AT_MAX_CHARGE = 50,
	AT_BALANCE_CURRENT = 78,
	AT_COLD = 98,
	AT_COLD_RECOVERY = 102,
	AT_CHARGING = 118,
	AT_DISCHARGING = 122,
	AT_BALANCER = 126,
	AT_BALANCING_START = 138,
};

/* Fills the settings and about frames of the pack with the factory values of its firmware. */
void stored_init(struct pack *p);

int64_t stored_setting(const struct pack *p, enum setting_at at);

/* False if this pack has no heater or it is switched off. */
bool stored_heater_limits(const struct pack *p, int64_t *start_c, int64_t *stop_c);

/* Copies the present settings or about frame, without header and checksum. */
void stored_frame(const struct pack *p, enum frame_type type, int64_t runtime_s, uint8_t frame[FRAME_SIZE]);

/* The members of a JSON object with the values of that frame, without passcodes. */
void stored_values(const struct pack *p, enum frame_type type, int64_t runtime_s, struct text *out);

#endif
