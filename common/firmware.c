/* SPDX-License-Identifier: MIT */
#include "firmware.h"

#include <stdint.h>

#include "number.h"

enum { PART_MAX = 99999 };

static size_t skip_blanks(const char *p, size_t n, size_t at)
{
	while (at < n && (p[at] == ' ' || p[at] == '\t'))
		at++;
	return at;
}

/*
 * The number at *at, which is behind its digits then; FIRMWARE_NO_MINOR if there is none, or it is too large.
 */
static int take_part(const char *p, size_t n, size_t *at)
{
	size_t from = *at;
	int64_t part;
	while (*at < n && p[*at] >= '0' && p[*at] <= '9')
		++*at;
	return number_parse(p + from, *at - from, 0, PART_MAX, &part) ? (int)part : FIRMWARE_NO_MINOR;
}

bool firmware_read(const char *p, size_t n, struct firmware_version *version)
{
	size_t at = skip_blanks(p, n, 0);
	if (at < n && (p[at] == 'V' || p[at] == 'v'))
		at = skip_blanks(p, n, at + 1);
	struct firmware_version read = {.major = take_part(p, n, &at), .minor = FIRMWARE_NO_MINOR};
	if (read.major < 0)
		return false;
	if (at < n && p[at] == '.') {
		at++;
		read.minor = take_part(p, n, &at);
	}
	*version = read;
	return true;
}

bool firmware_has(const char *p, size_t n, struct firmware since)
{
	struct firmware_version version;
	if (since.major == 0 && since.minor == 0)
		return true;
	if (!firmware_read(p, n, &version))
		return false;
	if (version.major != since.major)
		return version.major > since.major;
	return (version.minor < 0 ? 0 : version.minor) >= since.minor;
}
