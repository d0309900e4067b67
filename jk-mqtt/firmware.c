/* SPDX-License-Identifier: MIT */
#include "firmware.h"

#include <stdint.h>
#include <string.h>

#include "number.h"

bool firmware_has(const char *software, struct firmware since)
{
	int64_t major, minor = 0;
	if (since.major == 0 && since.minor == 0)
		return true;
	software += strcspn(software, "0123456789");
	size_t n = strspn(software, "0123456789");
	if (!number_parse(software, n, 0, 1000, &major))
		return false;
	if (software[n] == '.') {
		software += n + 1;
		if (!number_parse(software, strspn(software, "0123456789"), 0, 100000, &minor))
			return false;
	}
	return major != since.major ? major > since.major : minor >= since.minor;
}
