/* SPDX-License-Identifier: MIT */
#include "suspicion.h"

/*
 * Refuses a message that ends connections.  Its size is to blame if none as long was ever acknowledged and
 * this is not the first.
 */
static void convict(struct suspicions *all, struct suspicion *s, size_t size)
{
	s->refused = size;
	s->alone = false;
	if (size <= all->largest_taken)
		return;
	if (!all->smallest_refused || size < all->smallest_refused)
		all->smallest_refused = size;
	if (++all->convicted >= 2)
		all->limit = all->smallest_refused;
}

void suspicion_ended(struct suspicions *all, struct suspicion *s, size_t size, bool was_alone, bool closed)
{
	/* A single closed connection may be chance, and a stalled one a busy broker. */
	enum { CLOSED = 2, STALLED = 1, CONVICTED = 4 };
	if (was_alone)
		s->strikes += closed ? CLOSED : STALLED;
	s->alone = true;
	if (s->strikes >= CONVICTED)
		convict(all, s, size);
}

void suspicion_taken(struct suspicions *all, size_t size)
{
	if (size > all->largest_taken)
		all->largest_taken = size;
}

bool suspicion_refuses(const struct suspicions *all, const struct suspicion *s, size_t size)
{
	return (s->refused && size >= s->refused) || (all->limit && size >= all->limit);
}
