/* SPDX-License-Identifier: MIT */
#ifndef FIRMWARE_H
#define FIRMWARE_H

#include <stdbool.h>
#include <stdint.h>

/* The differences between generations of firmware. */
struct firmware {
	uint8_t number; /* as given on the command line: 11, 14, 15, 19 */
	const char *vendor, *hardware, *software;
	const char *name, *serial, *user_data, *option;
	int counter;     /* byte 5 of a frame; -1: it counts */
	bool heater;     /* 284/285 are the limits of the heater, not of the battery over-temperature alarm */
	bool probes_4_5; /* T4 and T5 are filled, else 0 */
	bool undertemperature; /* has 296/297 and the other rows of V19 */
	uint32_t constant_278; /* settings, undocumented */
	uint16_t control;      /* switches of register 0x1114 */
	uint8_t alarm_284, alarm_285;
	uint8_t trailer[17]; /* live 282 to 298 */
};

/* The generation with this number; NULL: there is none. */
const struct firmware *firmware_find(int64_t number);

#endif
