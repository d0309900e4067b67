/* SPDX-License-Identifier: MIT */
#ifndef ENUMS_H
#define ENUMS_H

#include <stddef.h>
#include <stdint.h>

#include "protocol.h" /* enum enum_name */

enum { ENUM_TEXT_MAX = 64 }; /* bytes of the longest text */

/* The texts of an enumeration: texts[value], NULL where a value has none. */
struct enum_texts {
	const char *name;
	const char *const *texts;
	size_t count;
};

extern const struct enum_texts enum_texts[ENUM_NAMES];

/* The text of a value; "Unknown" if it has none. */
const char *enum_text(enum enum_name name, int64_t value);

#endif
