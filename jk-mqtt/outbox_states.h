/* SPDX-License-Identifier: MIT */
#ifndef OUTBOX_STATES_H
#define OUTBOX_STATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "suspicion.h"

/*
 * The newest payload of each topic, in the order in which the topics were first used; and those that are to
 * be sent, in the order in which they were set.  A topic without a payload is forgotten as soon as nothing of
 * it is under way.
 */

enum { SLOTS_MAX = 1 << 20 }; /* topics */

enum outbox_keep {
	OUTBOX_ONCE,   /* forgotten when acknowledged: its maker makes it again after a reconnection */
	OUTBOX_ALWAYS, /* published again after each reconnection: the broker may have lost it */
};

enum outbox_set { OUTBOX_SAME, OUTBOX_CHANGED, OUTBOX_FAILED };

struct slot {
	struct slot *next, *before, *next_dirty, *next_hash;
	char *payload; /* NULL: none is kept */
	size_t size;
	uint32_t hash;
	enum outbox_keep keep;
	unsigned in_flight;
	bool dirty, subscription, unsubscribe;
	struct suspicion suspicion;
	char topic[];
};

struct outbox_states {
	struct slot **hash, *first, *last, *dirty_first, *dirty_last;
	size_t hash_size, count;
	uint64_t left_out; /* topics beyond SLOTS_MAX, or no memory */
};

/* Returns false if there is no memory. */
bool outbox_states_begin(struct outbox_states *o);
void outbox_states_end(struct outbox_states *o);

struct slot *outbox_states_find(const struct outbox_states *o, const char *topic);

/* Sets a payload, to be sent if it differs or `repeat` is set. */
enum outbox_set outbox_states_set(struct outbox_states *o, const char *topic, const char *payload,
				  size_t size, enum outbox_keep keep, bool repeat);

/* To be sent, unless it is anyway. */
void outbox_states_mark(struct outbox_states *o, struct slot *s);

/* Takes the next that is to be sent; there is one. */
struct slot *outbox_states_take(struct outbox_states *o);

/* After a connection all are to be sent: first those that are kept, then those that are made anew. */
void outbox_states_mark_all(struct outbox_states *o);

/* It is not in flight any more. */
void outbox_states_landed(struct outbox_states *o, struct slot *s);

/* It was acknowledged: forgets what is not kept. */
void outbox_states_acknowledged(struct outbox_states *o, struct slot *s);

/* Forgets all topics that begin so, as soon as what is to be sent of them has been. */
void outbox_states_forget(struct outbox_states *o, const char *beginning);

/* Forgets a topic at once, if it is neither to be sent nor in flight. */
void outbox_states_release(struct outbox_states *o, struct slot *s);

#endif
