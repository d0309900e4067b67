/* SPDX-License-Identifier: MIT */
#include "enums.h"

const char *enum_text(enum enum_name name, int64_t value)
{
	const struct enum_texts *e = &enum_texts[name];
	if (value < 0 || (uint64_t)value >= e->count || e->texts[value] == NULL)
		return "Unknown";
	return e->texts[value];
}
