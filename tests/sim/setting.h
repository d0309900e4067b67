/* SPDX-License-Identifier: MIT */
#ifndef SETTING_H
#define SETTING_H

#include "firmware.h"
#include "wire.h"

#include <stddef.h>

enum setting_flag {
	FIXED = 1,   /* read only: a write must not change it */
	ONLY_19 = 2, /* only firmware 19 has it */
	HEATER = 4,  /* is a limit of the heater only if firmware->heater */
};

/* One setting, or the other byte of a setting's register. */
struct setting {
	const char *key;
	enum frame_type type;
	uint16_t at;  /* offset in the frame */
	uint8_t size; /* 1, 2 or 4 bytes */
	bool is_signed;
	unsigned int digits; /* decimals of one step */
	int64_t initial, low, high;
	unsigned int flags;
};

extern const struct setting settings[];
extern const size_t setting_count;

void setting_put(const struct setting *s, uint8_t *image, int64_t value);
int64_t setting_get(const struct setting *s, const uint8_t *image);

/* Whether this firmware has the setting. */
bool setting_known(const struct setting *s, const struct firmware *f);

/* The row that begins at this offset; NULL if none does. */
const struct setting *setting_at(enum frame_type type, size_t at);

#endif
