/* SPDX-License-Identifier: MIT */
#ifndef OWNERS_H
#define OWNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "caps.h"
#include "entry.h"
#include "history.h"
#include "name_index.h"
#include "pack_map.h"
#include "pack_name.h"

/*
 * Packs, links and banks: who has values.  A pack is known by its name, or without one by its channel and
 * address; a link by its channel.
 */

enum {
	OWNER_SLOTS = 3,
	OWNER_TEXT_MAX = 63,
	OWNER_PLACE_MAX = RECORD_CHANNEL_MAX + 16,
	OWNER_DAY_MAX = 10,
	OWNERS_MAX = PACKS_MAX + CHANNELS_MAX + 64,
};

/* What the file has of a minute, in so many seconds of it. */
struct slot_base {
	uint64_t seconds;
	int64_t sums[HISTORY_MEANS_MAX];
	struct history_row row;
};

/* A minute to which records are added. */
struct slot {
	bool used, dirty;
	bool written; /* in this run */
	bool can;     /* its values are those of CAN */
	bool based;   /* the file has something of this minute */
	struct slot_base base;
	uint64_t seconds;
	struct history_sum sum; /* what this run has heard */
	uint64_t source;        /* the channel and address that it is from */
	uint64_t touched;
};

struct day_energy {
	bool dirty;
	char day[OWNER_DAY_MAX + 1];
	double value[4];
};

struct day_score {
	bool dirty;
	char day[OWNER_DAY_MAX + 1];
	int64_t worst, incidents;
	double at;
	char reason[OWNER_TEXT_MAX + 1];
};

struct owner {
	enum history_kind kind;
	uint32_t number;
	int64_t id;                   /* in the file; 0: not known yet */
	bool id_is_new;               /* of the transaction that is going on */
	char name[PACK_NAME_MAX + 1]; /* "": it has none */
	char label[PACK_LABEL_MAX + 1];
	char channel[RECORD_CHANNEL_MAX + 1];
	int bms; /* -1: a link, or a bank */
	char place[OWNER_PLACE_MAX];
	struct name_entry entry;

	bool seen; /* since the last transaction */
	int64_t first_s, last_s;
	bool details; /* that follow are to be written */
	char model[OWNER_TEXT_MAX + 1], firmware[OWNER_TEXT_MAX + 1];
	int cells;

	struct slot slot[OWNER_SLOTS];
	struct day_energy energy;
	char energy_before[OWNER_DAY_MAX + 1]; /* the day before was written on this day */
	struct day_score score;

	bool cells_known; /* the last row of cells follows */
	int64_t cells_time_s;
	uint32_t cells_had, cells_has, cells_new;
	int32_t cells_row_mv[HISTORY_CELLS], cells_mv[HISTORY_CELLS];

	int64_t settings_us;
	uint64_t setting[ENTRY_SETTINGS_MAX]; /* a hash of the last value; 0: none */
};

struct owners {
	struct owner **owner;
	size_t count, room;
	struct name_index places;
};

/* Whose record it is: found, or made; NULL: there is no room or memory. */
struct owner *owners_of(struct owners *o, const struct entry *e);

/* Another file: none has an id there. */
void owners_forget_ids(struct owners *o);

#endif
