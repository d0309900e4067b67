/* SPDX-License-Identifier: MIT */
#include "adopted.h"

#include <stdlib.h>
#include <string.h>

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static bool make_room(struct adopted_packs *a)
{
	enum { FIRST = 16 };
	size_t room = a->room > 0 ? 2 * a->room : FIRST;
	if (a->count < a->room)
		return true;
	struct adopted **list =
		a->room < PACKS_MAX ? realloc(a->list, room * sizeof(struct adopted *)) : NULL;
	if (!list)
		return false;
	a->list = list;
	a->room = room;
	return true;
}

static int64_t due_us(const struct adopted *one, int64_t timeout_us)
{
	return smaller(one->silent_us, one->reported ? INT64_MAX : one->since_us + timeout_us);
}

struct adopted *adopted_add(struct adopted_packs *a, const char *name, size_t n, int64_t now_us,
			    int64_t timeout_us)
{
	struct adopted *one = n <= DEVICE_NAME_MAX && make_room(a) ? calloc(1, sizeof *one) : NULL;
	if (!one)
		return NULL;
	memcpy(one->name, name, n);
	if (!name_index_add(&a->names, &one->by_name, one, one->name, n)) {
		free(one);
		return NULL;
	}
	one->since_us = now_us;
	one->silent_us = now_us + timeout_us;
	one->at = a->count;
	a->next_us = a->count > 0 ? smaller(a->next_us, one->silent_us) : one->silent_us;
	a->list[a->count++] = one;
	return one;
}

struct adopted *adopted_find(const struct adopted_packs *a, const char *name, size_t n)
{
	return name_index_find(&a->names, name, n);
}

void adopted_age(struct adopted_packs *a, struct adopted *one, int64_t now_us, int64_t age_us,
		 int64_t timeout_us)
{
	if (age_us < 0 || age_us >= timeout_us || one->silent_us == INT64_MAX)
		return;
	int64_t soonest_us = one->since_us + smaller(ADOPTED_GRACE_US, timeout_us);
	int64_t silent_us = now_us - age_us + timeout_us;
	one->silent_us = silent_us < soonest_us ? soonest_us : silent_us;
	a->next_us = smaller(a->next_us, due_us(one, timeout_us));
}

void adopted_remove(struct adopted_packs *a, struct adopted *one)
{
	name_index_remove(&a->names, &one->by_name);
	a->list[one->at] = a->list[--a->count];
	a->list[one->at]->at = one->at;
	free(one);
}

void adopted_settle(struct adopted_packs *a, int64_t timeout_us)
{
	a->next_us = INT64_MAX;
	for (size_t i = 0; i < a->count; i++)
		a->next_us = smaller(a->next_us, due_us(a->list[i], timeout_us));
}

void adopted_end(struct adopted_packs *a)
{
	while (a->count > 0)
		adopted_remove(a, a->list[a->count - 1]);
	name_index_end(&a->names);
	free(a->list);
	*a = (struct adopted_packs){0};
}
