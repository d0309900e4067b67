/* SPDX-License-Identifier: MIT */
#include "alarms.h"

#include <string.h>

uint32_t alarm_bits_counted(uint32_t errors)
{
	for (unsigned bit = 0; bit < ALARM_BITS; bit++)
		if (alarm_bits[bit].severity == SEVERITY_INFO)
			errors &= ~(UINT32_C(1) << bit);
	return errors;
}

static const char *const names[SEVERITIES] = {
	[SEVERITY_INFO] = "info",
	[SEVERITY_WARNING] = "warning",
	[SEVERITY_ALARM] = "alarm",
	[SEVERITY_CRITICAL] = "critical",
};

const char *severity_name(enum severity severity)
{
	return names[severity];
}

enum severity severity_find(const char *p, size_t n)
{
	int i = 0;
	while (i < SEVERITIES && (strlen(names[i]) != n || memcmp(names[i], p, n) != 0))
		i++;
	return (enum severity)i;
}

int alarm_bit_of_level(unsigned level)
{
	if (level >= ALARM_LEVELS)
		return ALARM_NO_BIT;
	const char *key =
		alarm_levels[level].equivalent ? alarm_levels[level].equivalent : alarm_levels[level].key;
	int bit = 0;
	while (bit < ALARM_BITS && strcmp(alarm_bits[bit].key, key) != 0)
		bit++;
	return bit < ALARM_BITS ? bit : ALARM_NO_BIT;
}

enum severity severity_of_level(unsigned level)
{
	static const enum severity severities[4] = {
		[1] = SEVERITY_CRITICAL, [2] = SEVERITY_ALARM, [3] = SEVERITY_WARNING};
	return severities[level & 3];
}
