/* SPDX-License-Identifier: MIT */
#ifndef FIRMWARE_H
#define FIRMWARE_H

#include <stdbool.h>
#include <stddef.h>

#include "fields.h"

/*
 * The software version of a BMS, as the about frame and its record have it: "15.41", "V19.10", "11.288H".
 *
 *	version = blanks [ "V" | "v" ] blanks major [ "." minor ] rest
 *
 * major and minor are numbers of at most five digits, and rest is whatever follows them: a letter of a
 * variant, blanks, a third part.  "19.10" and "V19.10" are one version.  Source: software_version of the
 * captures of firmware 11, 14, 15 and 19; the vendor names versions with a V.
 */
enum { FIRMWARE_NO_MINOR = -1 };

struct firmware_version {
	int major;
	int minor; /* FIRMWARE_NO_MINOR: missing, or no number */
};

/* Reads n bytes.  False, and *version is untouched, if they are no version. */
bool firmware_read(const char *p, size_t n, struct firmware_version *version);

/*
 * Does a BMS with this version have what came with the firmware `since`?  Compared part by part: 15.9 is
 * before 15.41.  A minor that is not known is the lowest.  What is in all firmware every BMS has; anything
 * else none has whose version cannot be read.
 */
bool firmware_has(const char *p, size_t n, struct firmware since);

#endif
