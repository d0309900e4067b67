/* SPDX-License-Identifier: MIT */
#include "minutes.h"

#include <string.h>

enum { MINUTE_S = 60 };

/* ---- slots ---- */

/* With what the file has of the minute: that is older, or newer if it has the later seconds. */
static struct history_sum whole(const struct owner *w, const struct slot *slot)
{
	struct history_sum sum = slot->sum;
	if (!slot->based)
		return sum;
	bool after = slot->seconds > slot->base.seconds;
	history_sum_exact(&sum, &history_series[w->kind], &slot->base.row, slot->base.sums,
			  after ? INT64_MIN : INT64_MAX);
	sum.row.count += slot->base.row.count;
	return sum;
}

static void write_slot(struct book *b, const struct owner *w, struct slot *slot)
{
	uint64_t lost = b->ops.lost;
	struct history_sum sum = whole(w, slot);
	struct op_row op = {
		.owner = w->number,
		.again = slot->written,
		.based = slot->based,
		.seconds = slot->seconds | (slot->based ? slot->base.seconds : 0),
		.row = history_sum_result(&sum, &history_series[w->kind]),
	};
	history_sum_means(&sum, &history_series[w->kind], op.sums);
	ops_row(&b->ops, &op);
	slot->dirty = false;
	slot->written |= b->ops.lost == lost;
}

static struct slot *oldest(struct owner *w)
{
	struct slot *slot = &w->slot[0];
	for (int n = 1; n < OWNER_SLOTS && slot->used; n++)
		if (!w->slot[n].used || w->slot[n].touched < slot->touched)
			slot = &w->slot[n];
	return slot;
}

static bool is_newest(const struct owner *w, int64_t minute_s)
{
	for (int n = 0; n < OWNER_SLOTS; n++)
		if (w->slot[n].used && w->slot[n].sum.row.time_s > minute_s)
			return false;
	return true;
}

/* A minute that this run may have written before must be in the file, so that it is found there. */
static void begin_slot(struct book *b, struct owner *w, struct slot *slot, int64_t minute_s)
{
	bool newest = is_newest(w, minute_s);
	if (slot->used && slot->dirty)
		write_slot(b, w, slot);
	if (!newest && b->ops.size > 0)
		store_write(&b->store, &b->owners, &b->ops, b->now_s);
	*slot = (struct slot){.used = true};
	history_sum_begin(&slot->sum, minute_s);
	slot->based = store_base(&b->store, w, minute_s, &slot->base);
}

static struct slot *slot_of(struct book *b, struct owner *w, int64_t minute_s)
{
	struct slot *slot = NULL;
	for (int n = 0; n < OWNER_SLOTS && !slot; n++)
		if (w->slot[n].used && w->slot[n].sum.row.time_s == minute_s)
			slot = &w->slot[n];
	if (!slot) {
		slot = oldest(w);
		begin_slot(b, w, slot, minute_s);
	}
	slot->touched = ++b->used;
	return slot;
}

/* ---- records ---- */

static uint64_t source_of(const struct entry *e)
{
	return slice_hash(e->text[KEY_CHANNEL]) + (uint64_t)e->bms;
}

/*
 * A pack that is heard in several ways has the values of one of them in a minute: those on RS485, if there
 * are some, and of several the first.
 */
static bool is_holder(struct slot *slot, const struct entry *e)
{
	bool can = e->type == ENTRY_CAN;
	uint64_t source = source_of(e);
	if (slot->sum.row.count == 0 || (slot->can && !can)) {
		history_sum_begin(&slot->sum, slot->sum.row.time_s);
		slot->seconds = 0;
		slot->can = can;
		slot->source = source;
	}
	return slot->can == can && slot->source == source;
}

static void add_values(struct slot *slot, const struct owner *w, const struct entry *e)
{
	const struct history_series *series = &history_series[w->kind];
	const char *key = NULL;
	bool found = false;
	int64_t value = 0;
	for (unsigned column = 0; column < series->columns; column++) {
		if (series->column[column].key != key)
			found = entry_number(e, w->kind, column, &value);
		key = series->column[column].key;
		if (found)
			history_sum_value(&slot->sum, series, column, value, e->time_us);
	}
	slot->sum.row.count++;
}

void minutes_entry(struct book *b, struct owner *w, const struct entry *e)
{
	int64_t time_s = e->time_us / 1000000;
	struct slot *slot = slot_of(b, w, history_begin(time_s, MINUTE_S));
	uint64_t second = UINT64_C(1) << (time_s - slot->sum.row.time_s);
	if (e->conflict || (slot->based && slot->base.seconds & second) || !is_holder(slot, e))
		return;
	add_values(slot, w, e);
	slot->seconds |= second;
	slot->dirty = true;
}

void minutes_flush(struct book *b)
{
	for (size_t n = 0; n < b->owners.count; n++)
		for (int k = 0; k < OWNER_SLOTS; k++)
			if (b->owners.owner[n]->slot[k].used && b->owners.owner[n]->slot[k].dirty)
				write_slot(b, b->owners.owner[n], &b->owners.owner[n]->slot[k]);
}
