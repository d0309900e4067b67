/* SPDX-License-Identifier: MIT */
#ifndef STORED_H
#define STORED_H

#include "chance.h"
#include "firmware.h"
#include "text.h"
#include "wire.h"

/* What a pack keeps in its memory: the present settings and about frames. */
struct stored {
	const struct firmware *firmware;
	uint8_t settings[FRAME_SIZE], about[FRAME_SIZE];
};

/* What distinguishes a pack from others with its firmware. */
struct stored_facts {
	uint8_t address;
	unsigned int cell_count;
	int64_t capacity_mah, power_ons;
};

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

/* Fills both frames with the factory values of the firmware, which is set. */
void stored_init(struct stored *s, const struct stored_facts *facts, struct chance *chance);

int64_t stored_setting(const struct stored *s, enum setting_at at);

/* False if this pack has no heater or it is switched off. */
bool stored_heater_limits(const struct stored *s, int64_t *start_c, int64_t *stop_c);

/* Copies the settings or about frame, without header and checksum. */
void stored_frame(const struct stored *s, enum frame_type type, int64_t runtime_s, uint8_t frame[FRAME_SIZE]);

/* The members of a JSON object with the values of that frame, without passcodes. */
void stored_values(const struct stored *s, enum frame_type type, int64_t runtime_s, struct text *out);

#endif
