/* SPDX-License-Identifier: MIT */
#include "pack_name.h"

#include <stdio.h>
#include <string.h>

#include "entities.h"

const char *pack_name_bad_character(struct slice name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
	for (size_t i = 0; i < name.n; i++)
		if (!name.p[i] || !strchr(letters, name.p[i]))
			return name.p + i;
	return NULL;
}

bool pack_name_is_reserved(const char *name)
{
	static const char *const reserved[] = {"bridge", "link", "status", "summary", "bank"};
	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
		if (strcmp(name, reserved[i]) == 0)
			return true;
	return strncmp(name, PACK_BANK_PREFIX, sizeof PACK_BANK_PREFIX - 1) == 0;
}

bool pack_name_valid(const char *name)
{
	struct slice all = slice_of(name);
	return all.n > 0 && all.n <= PACK_NAME_MAX && !pack_name_bad_character(all) &&
	       !pack_name_is_reserved(name);
}

void pack_name_default(int bms, char name[PACK_NAME_MAX + 1])
{
	snprintf(name, PACK_NAME_MAX + 1, "bms_%d", bms);
}

static bool is_entity(const char *key)
{
	size_t count;
	const struct entity *e = entities(&count);
	for (size_t i = 0; i < count; i++, e++)
		if (entity_is_of_pack(e->source) && strcmp(e->key, key) == 0)
			return true;
	return false;
}

static const char *shared_identifier(const char *name, const char *longer)
{
	static char shared[256];
	size_t count, n = strlen(name);
	const struct entity *e = entities(&count);
	if (strncmp(longer, name, n) != 0 || longer[n] != '_')
		return NULL;
	const char *rest = longer + n + 1;
	size_t size = strlen(rest);
	for (size_t i = 0; i < count; i++, e++) {
		if (!entity_is_of_pack(e->source))
			continue;
		if (strncmp(e->key, rest, size) != 0 || e->key[size] != '_' || !is_entity(e->key + size + 1))
			continue;
		snprintf(shared, sizeof shared, "%s of %s and %s of %s would have the same identifier",
			 e->key, name, e->key + size + 1, longer);
		return shared;
	}
	return NULL;
}

const char *pack_name_clash(const char *a, const char *b)
{
	const char *shared = shared_identifier(a, b);
	return shared ? shared : shared_identifier(b, a);
}
