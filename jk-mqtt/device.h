/* SPDX-License-Identifier: MIT */
#ifndef DEVICE_H
#define DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "active_alarms.h"
#include "announcement.h"
#include "can_parts.h"
#include "caps.h"
#include "device_state.h"
#include "entities.h"
#include "frame_line.h"
#include "name_index.h"
#include "pack_map.h"
#include "pack_name.h"
#include "own_alarms.h"
#include "pack_sources.h"
#include "period.h"
#include "twins.h"

/*
 * The packs that records are of.  A pack has one source or more: an address on a channel, of which frames
 * come over RS485 or over CAN.  Sources whose records carry the same name are one pack; a source without a
 * name is a pack of its own.
 */

/* The longest is inverter_CHANNEL. */
enum { DEVICE_NAME_MAX = 9 + CHANNEL_MAX };
_Static_assert((int)DEVICE_NAME_MAX >= (int)PACK_NAME_MAX, "the name of a pack has room");

struct source {
	struct name_entry by_address;
	char address[CHANNEL_MAX + 3]; /* CHANNEL and a byte for the BMS */
	char channel[CHANNEL_MAX + 1];
	int bms;
	enum pack_source_kind kind; /* PACK_SOURCE_NONE: no frame of it came */
	int number;                 /* among those of the pack; PACK_NOBODY: it has none */
	struct kept_line line;      /* RS485: the last live record */
	struct can_parts parts;     /* CAN: the newest values */
	struct device *device;
	struct source *next; /* of the same device */
	bool named;          /* by its last record */
	struct twins twins;
	bool conflict; /* jk-alarm has reported that two packs have this address */
	bool withheld; /* its values are not published because of that, which was logged */
};

/* What of the live state is published less often, slow_topics.h. */
struct slow {
	bool published, waits;
	bool moved;       /* a cell has, and it waits because that happens all the time */
	int64_t moved_us; /* when it was last published for that; 0: never */
	int64_t published_us;
	uint64_t hash;
	int members; /* of the live state when it was last looked at */
};

enum { CELL_ABSENT_UV = INT32_MIN };

struct device {
	struct name_entry by_name;
	int64_t due_us; /* when something of it is due */
	size_t due_at;  /* its place in the heap */
	bool touched;   /* these times may have changed */
	struct device *next_touched;
	struct source *sources;
	const struct source *commands; /* the source that commands go to: that of the last settings */
	bool settings_heard;           /* of that one */
	char name[DEVICE_NAME_MAX + 1];
	char label[PACK_LABEL_MAX + 1]; /* its name for people; empty: none */
	char area[PACK_AREA_MAX + 1];   /* where it is; empty: unknown */
	bool named;                     /* by its records; else it is bms_ADDR */
	bool inverter;                  /* what a BMS tells an inverter: of no pack */
	bool bank;                      /* a bank of packs */
	bool link;                      /* a link, which has a score */
	bool there;    /* a frame was received; false: known only from events, as a timeout */
	bool shadowed; /* another device has the name or an identifier: nothing is published */
	bool online, was_online;
	int64_t heard_us;     /* when a frame last came, in the time of hearing */
	int64_t certain_us;   /* the same, of a frame that was certainly its own */
	struct period period; /* how often they come */
	struct state states[ENTITY_STATES];
	struct slow slow[SLOW_STATES];
	int32_t cell_uv[CELLS_MAX]; /* that Home Assistant was last sent */
	struct pack_sources pack;   /* which source holds a value */
	uint64_t rejected;          /* frames */
	unsigned live_rejected;     /* live frames since the last valid one */
	struct active_alarms alarms;
	struct own_alarms own; /* without jk-alarm: what the list of alarms is made from */
	uint64_t alarms_hash;  /* of jk-alarm's list in the last record; 0: it is not known */
	struct totals totals;  /* of these, or of the BMS's own bits */
	uint64_t summary;      /* number of the last summary that lists it */
	bool listening;        /* its channel transmits nothing */
	struct announcement announcement;
};

struct devices {
	struct device **list, **due; /* in the order in which they came, and as a heap (due.h) */
	size_t count, room;
	struct device *touched;
	struct source **sources;
	size_t source_count, source_room;
	struct name_index names, addresses;
	uint64_t left_out; /* records of devices beyond PACKS_MAX, or without memory */
};

/*
 * Finds or creates the source of a record, and attaches it to the device with that name, if the record has
 * one (pack; NULL: none).  The record of an event has no kind.  Returns NULL if a table is full.
 */
struct source *devices_source(struct devices *d, const char *channel, int bms, enum pack_source_kind kind,
			      const char *pack);

/* The same of records of type inverter: a channel has one device of them. */
struct source *devices_inverter(struct devices *d, const char *channel);

/* The same of a bank, whose device is bank_NAME. */
struct source *devices_bank(struct devices *d, const char *name);

/* The same of the score of a link, whose device is link_CHANNEL. */
struct source *devices_link(struct devices *d, const char *channel);

/*
 * A frame of the device was received.  It takes over its name if the present owner was never heard.  Returns
 * true for the first frame.
 */
bool devices_heard(struct devices *d, struct device *one);

/* The time when something of it is due may have changed (due.h). */
void devices_touch(struct devices *d, struct device *one);

/* Frees a device that has no source, after due_remove. */
void devices_remove(struct devices *d, struct device *one);

/* Frees all. */
void devices_end(struct devices *d);

/* The device that is published under this name, or NULL. */
struct device *devices_named(const struct devices *d, const char *name, size_t n);

/* The device that has this one's name or identifier, so that this one is not published; NULL if none has. */
struct device *devices_owner(const struct devices *d, const struct device *one);

#endif
