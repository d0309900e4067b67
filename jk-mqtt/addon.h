/* SPDX-License-Identifier: MIT */
#ifndef ADDON_H
#define ADDON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addon_rows.h"
#include "log.h"

/* What a capture counts of a pack. */
struct addon_counts {
	int64_t asked, answered, timeouts, mean_ms, other;
};

struct addon_polls {
	struct addon_counts last[ADDON_PACKS]; /* since its capture has started */
	struct addon_counts all, then;         /* summed; the same at the last health message */
	uint64_t rejected_then;
	uint16_t known, configured; /* packs with counts; those that are polled */
};

/* What is known with --layout addon; each bit is a pack, by its number. */
struct addon {
	bool authorized;    /* commands are taken */
	int64_t foreign_us; /* when another program last published on the add-on's topics; 0: none does */
	uint64_t foreign;   /* its messages so far */
	uint16_t alarm_known, alarm_active; /* of the BMS itself, in the last live record */
	uint16_t passcodes;                 /* were published by the other program, and are to be emptied */
	bool premium;                       /* the same of what the add-on says about its licence */
	uint16_t twins;                     /* two devices have this number, which was logged */
	uint64_t frames;                    /* records of frames so far */
	uint64_t bytes;                     /* at the last health message: bytes of all links */
	uint64_t frames_then;
	int64_t health_us;  /* when that was; 0: never */
	const char *health; /* its status */
	struct addon_polls polls;
	struct log_limit odd;
};

/* Without a foreign message for so long the other program has ended: its discovery comes every minute. */
enum { ADDON_QUIET_US = 120000000 };

#endif
