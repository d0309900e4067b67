/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <stdio.h>
#include <string.h>

#include "entities.h"

bool names_valid(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
	static const char *const taken[] = {"bridge", "link", "status", "summary"};
	size_t n = strlen(name);
	if (n == 0 || n > DEVICE_NAME_MAX || strspn(name, letters) != n)
		return false;
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
		if (strcmp(name, taken[i]) == 0)
			return false;
	return true;
}

void names_default(int bms, char name[DEVICE_NAME_MAX + 1])
{
	snprintf(name, DEVICE_NAME_MAX + 1, "bms_%d", bms);
}

static bool is_entity(const char *key)
{
	size_t count;
	const struct entity *e = entities(&count);
	for (size_t i = 0; i < count; i++, e++)
		if (strcmp(e->key, key) == 0)
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
		if (strncmp(e->key, rest, size) != 0 || e->key[size] != '_' || !is_entity(e->key + size + 1))
			continue;
		snprintf(shared, sizeof shared, "%s of %s and %s of %s would have the same identifier",
			 e->key, name, e->key + size + 1, longer);
		return shared;
	}
	return NULL;
}

const char *names_clash(const char *a, const char *b)
{
	const char *shared = shared_identifier(a, b);
	return shared ? shared : shared_identifier(b, a);
}
