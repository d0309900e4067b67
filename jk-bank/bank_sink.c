/* SPDX-License-Identifier: MIT */
#include "bank_sink.h"

#include <stdio.h>

void bank_complain(struct bank_sink *sink, enum bank_trouble kind, const struct pack *pack, const char *what)
{
	char name[PACK_NAME_MAX + 1], line[256];
	if (!log_allowed(&sink->trouble[kind]))
		return;
	if (pack)
		pack_shown_name(pack, name);
	snprintf(line, sizeof line, "%s%s%s", pack ? name : "", pack ? ": " : "", what);
	sink->complain(sink->context, line);
}
