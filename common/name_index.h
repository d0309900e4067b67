/* SPDX-License-Identifier: MIT */
#ifndef NAME_INDEX_H
#define NAME_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Finds what has a name, at a cost that does not depend on how many there are.  An entry is a member of what
 * it stands for, so that only the table itself is allocated, and only while it grows.
 */

struct name_entry {
	struct name_entry *next;
	uint32_t hash;
	const char
		*name; /* size bytes, which stay where they are and do not change while it is in the index */
	size_t size;
	void *owner; /* what has the name */
};

struct name_index {
	struct name_entry **first; /* lists, by hash */
	size_t lists, count;
};

/* What was added first with this name; NULL: nothing has it. */
void *name_index_find(const struct name_index *x, const char *name, size_t size);

/* Adds an entry that is in no index.  False: there is no memory. */
bool name_index_add(struct name_index *x, struct name_entry *entry, void *owner, const char *name,
		    size_t size);

/* Does nothing if the entry is not in it. */
void name_index_remove(struct name_index *x, struct name_entry *entry);

/* Frees the table.  Zeros are an empty index again. */
void name_index_end(struct name_index *x);

#endif
