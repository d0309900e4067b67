/* SPDX-License-Identifier: MIT */
#include "owners.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What it is found by: no channel and no name has a tab. */
static void place_of(char place[OWNER_PLACE_MAX], const struct entry *e)
{
	struct slice bank = e->text[KEY_BANK], pack = e->text[KEY_PACK], channel = e->text[KEY_CHANNEL];
	if (bank.p)
		snprintf(place, OWNER_PLACE_MAX, "bank\t%.*s", (int)bank.n, bank.p);
	else if (pack.p && e->bms >= 0)
		snprintf(place, OWNER_PLACE_MAX, "pack\t%.*s", (int)pack.n, pack.p);
	else
		snprintf(place, OWNER_PLACE_MAX, "%d\t%.*s", e->bms, (int)channel.n, channel.p);
}

static void set_names(struct owner *w, const struct entry *e)
{
	struct slice name = e->text[w->kind == HISTORY_BANK ? KEY_BANK : KEY_PACK];
	bool link = w->kind == HISTORY_PACK && e->bms < 0;
	slice_copy(w->name, sizeof w->name, link ? (struct slice){NULL, 0} : name);
	slice_copy(w->channel, sizeof w->channel, e->text[KEY_CHANNEL]);
	w->bms = e->bms;
}

static struct owner *make(struct owners *o, const struct entry *e, const char *place)
{
	if (o->count == OWNERS_MAX)
		return NULL;
	if (o->count == o->room) {
		size_t room = o->room ? 2 * o->room : 16;
		struct owner **more = realloc(o->owner, room * sizeof *more);
		if (!more)
			return NULL;
		o->owner = more, o->room = room;
	}
	struct owner *w = calloc(1, sizeof *w);
	if (!w)
		return NULL;
	w->kind = e->text[KEY_BANK].p ? HISTORY_BANK : HISTORY_PACK;
	w->number = (uint32_t)o->count;
	set_names(w, e);
	memcpy(w->place, place, OWNER_PLACE_MAX);
	if (!name_index_add(&o->places, &w->entry, w, w->place, strlen(w->place))) {
		free(w);
		return NULL;
	}
	o->owner[o->count++] = w;
	return w;
}

static void keep_label(struct owner *w, const struct entry *e)
{
	char label[PACK_LABEL_MAX + 1];
	if (!e->text[KEY_LABEL].p)
		return;
	slice_copy(label, sizeof label, e->text[KEY_LABEL]);
	if (strcmp(label, w->label) == 0)
		return;
	memcpy(w->label, label, sizeof label);
	w->details = true;
}

struct owner *owners_of(struct owners *o, const struct entry *e)
{
	char place[OWNER_PLACE_MAX] = {0};
	place_of(place, e);
	struct owner *w = name_index_find(&o->places, place, strlen(place));
	if (!w)
		w = make(o, e, place);
	if (!w)
		return NULL;
	int64_t time_s = e->time_us / 1000000;
	w->first_s = w->seen && w->first_s < time_s ? w->first_s : time_s;
	w->last_s = w->seen && w->last_s > time_s ? w->last_s : time_s;
	w->seen = true;
	keep_label(w, e);
	return w;
}

void owners_forget_ids(struct owners *o)
{
	for (size_t i = 0; i < o->count; i++) {
		o->owner[i]->id = 0;
		o->owner[i]->details = o->owner[i]->seen = true;
	}
}
