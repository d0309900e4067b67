/* SPDX-License-Identifier: MIT */
#ifndef ALARMS_H
#define ALARMS_H

enum {
	ALARM_BITS = 29, /* of the 32 in errors_bitmask, live frame offset 166; nobody knows the others */
};

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ALARM, SEVERITY_CRITICAL };

struct alarm_bit {
	const char *key;
	const char *text;
	enum severity severity;
	const char *sources; /* the letters are explained in jk-protocol(7) */
};

/* The BMS's own alarms; the index is the bit. */
extern const struct alarm_bit alarm_bits[ALARM_BITS];

#endif
