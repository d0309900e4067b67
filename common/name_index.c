/* SPDX-License-Identifier: MIT */
#include "name_index.h"

#include <stdlib.h>
#include <string.h>

enum { LISTS_LEAST = 16 };

static uint32_t hash_of(const char *name, size_t size)
{
	uint32_t hash = 2166136261u; /* FNV-1a */
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ (unsigned char)name[i]) * 16777619u;
	return hash;
}

/* The place of the pointer to the entry with this name, or of that at the end of its list. */
static struct name_entry **place_of(const struct name_index *x, const char *name, size_t size, uint32_t hash)
{
	struct name_entry **place = &x->first[hash % x->lists];
	for (; *place; place = &(*place)->next)
		if ((*place)->hash == hash && (*place)->size == size &&
		    memcmp((*place)->name, name, size) == 0)
			break;
	return place;
}

void *name_index_find(const struct name_index *x, const char *name, size_t size)
{
	if (x->count == 0)
		return NULL;
	const struct name_entry *entry = *place_of(x, name, size, hash_of(name, size));
	return entry ? entry->owner : NULL;
}

static void append(struct name_index *x, struct name_entry *entry)
{
	struct name_entry **place = &x->first[entry->hash % x->lists];
	while (*place)
		place = &(*place)->next;
	entry->next = NULL;
	*place = entry;
}

/* Without memory for a larger table the one that is there is used on; false: there is none. */
static bool make_room(struct name_index *x)
{
	if (x->count < x->lists)
		return true;
	size_t lists = x->lists ? 2 * x->lists : LISTS_LEAST;
	struct name_entry **first = calloc(lists, sizeof(struct name_entry *));
	if (!first)
		return x->lists > 0;
	struct name_index old = *x;
	x->first = first;
	x->lists = lists;
	for (size_t i = 0; i < old.lists; i++)
		for (struct name_entry *entry = old.first[i], *next; entry; entry = next) {
			next = entry->next;
			append(x, entry);
		}
	free(old.first);
	return true;
}

bool name_index_add(struct name_index *x, struct name_entry *entry, void *owner, const char *name,
		    size_t size)
{
	if (!make_room(x))
		return false;
	*entry = (struct name_entry){.hash = hash_of(name, size), .name = name, .size = size, .owner = owner};
	append(x, entry);
	x->count++;
	return true;
}

void name_index_remove(struct name_index *x, struct name_entry *entry)
{
	if (x->count == 0 || !entry->owner)
		return;
	struct name_entry **place = &x->first[entry->hash % x->lists];
	while (*place && *place != entry)
		place = &(*place)->next;
	if (!*place)
		return;
	*place = entry->next;
	*entry = (struct name_entry){0};
	x->count--;
}

void name_index_end(struct name_index *x)
{
	free(x->first);
	*x = (struct name_index){0};
}
