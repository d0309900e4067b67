/* SPDX-License-Identifier: MIT */
#ifndef DAMAGE_H
#define DAMAGE_H

#include <string.h>

#include "unit.h"

/* A record with all kinds of values, and the same damaged at random, for those who read records. */

#define DAMAGE_RECORD                                                                                        \
	"{\"time\":1763856000.069139,\"channel\":\"tty\\u00dcSB0\",\"bms\":1,\"type\":\"live\","             \
	"\"cell_voltages\":[3.270,null,3.265],\"none\":null,\"mosfet_temperature\":-4.3,"                    \
	"\"errors\":\"Zellen \xC3\xBC;\\\\ \\\"x\\\"\",\"alarm_active\":false,"                              \
	"\"nested\":{\"a\":[{\"b\":true}],\"c\":{}},\"big\":4294967295,\"exp\":1.5E-3}"

/* Up to three bytes of the record are others, or gone; returns how many bytes are left.  Adds no NUL. */
static inline size_t damage_record(struct chance *chance, char text[sizeof DAMAGE_RECORD])
{
	static const char bytes[] = "{}[]\",:\\0159.-eEu tfnNI'\x80\xC3\xBC\xF0\xFF\x01\v\f/";
	size_t n = sizeof DAMAGE_RECORD - 1;
	memcpy(text, DAMAGE_RECORD, n);
	for (uint32_t k = chance_below(chance, 3) + 1; k-- > 0;) {
		size_t at = chance_below(chance, (uint32_t)n);
		if (chance_below(chance, 4) == 0) /* a byte less */
			memmove(text + at, text + at + 1, --n - at);
		else
			text[at] = bytes[chance_below(chance, sizeof bytes)];
	}
	return n;
}

#endif
