/* SPDX-License-Identifier: MIT */
#include "addon_rows.h"

#include <string.h>

static const char place[] = "{n}";

const char *addon_pack(int n)
{
	static const char *const names[ADDON_PACKS] = {"master", "1", "2",  "3",  "4",  "5",  "6",  "7",
						       "8",      "9", "10", "11", "12", "13", "14", "15"};
	return names[n];
}

int addon_pack_find(struct slice name)
{
	for (int n = 0; n < ADDON_PACKS; n++)
		if (slice_is(name, addon_pack(n)))
			return n;
	return ADDON_NO_PACK;
}

void addon_put(struct strbuf *t, const char *text, int n)
{
	const char *at;
	while (n != ADDON_NO_PACK && (at = strstr(text, place))) {
		strbuf_add(t, text, (size_t)(at - text));
		strbuf_string(t, addon_pack(n));
		text = at + sizeof place - 1;
	}
	strbuf_string(t, text);
}

/* The number at the beginning: as many letters and digits as a name has. */
static int number_at(const char *topic, size_t *size)
{
	*size = strspn(topic, "0123456789");
	if (*size == 0)
		*size = strlen(addon_pack(0));
	return addon_pack_find((struct slice){topic, strnlen(topic, *size)});
}

bool addon_match(const char *text, const char *topic, int *n)
{
	*n = ADDON_NO_PACK;
	while (*text) {
		if (strncmp(text, place, sizeof place - 1) != 0) {
			if (*text++ != *topic++)
				return false;
			continue;
		}
		size_t size;
		int here = number_at(topic, &size);
		if (here == ADDON_NO_PACK || (*n != ADDON_NO_PACK && here != *n))
			return false;
		*n = here;
		text += sizeof place - 1;
		topic += size;
	}
	return *topic == '\0';
}
