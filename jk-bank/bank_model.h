/* SPDX-License-Identifier: MIT */
#ifndef BANK_MODEL_H
#define BANK_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bank_reading.h"
#include "caps.h"
#include "ledger.h"
#include "local_day.h"
#include "modbus.h"
#include "name_index.h"
#include "pack_map.h"
#include "pack_sources.h"
#include "spans.h"
#include "stream_time.h"
#include "twins.h"

/*
 * What is known of packs, of the addresses at which they are heard, and of banks.
 *
 * Two kinds of time: *_at_us is stream time (stream_time.h), which never goes back and by which silence is
 * measured; other times are those of records, by the clock that wrote them.
 */

enum {
	BANKS_MAX = 32,
	BANK_NAME_MAX = PACK_NAME_MAX - 5, /* with bank_ before it, it is as long as a pack's */
	BANK_ADDRESSES = MODBUS_ADDRESS_MAX + 1,
	BANK_VALUES = READING_CHARGE_VOLTAGE_LIMIT, /* numbers of a pack itself */
	/* The current is smoothed over five minutes, in pieces. */
	BANK_WINDOW = 30,
	BANK_WINDOW_US = 10000000,
};

struct pack;

/* An address on a channel, of which frames come over RS485 or over CAN. */
struct bank_source {
	struct bank_link *link;
	int bms;
	enum pack_source_kind kind;
	struct pack *pack;
	bool heard;      /* voltage and current have come */
	int64_t time_us; /* of the record with the last of them */
	int64_t at_us;   /* and when it came */
	struct spans spans;
	struct twins twins;
	bool two_logged; /* that two packs have its address */
	uint64_t has;    /* the newest values, and when each came; of RS485 those of the last record */
	int64_t number[BANK_VALUES], number_at_us[BANK_VALUES];
	uint32_t cells;
	int32_t cell_mv[BANK_CELLS];
	int64_t cell_at_us[BANK_CELLS];
};

struct pack {
	char name[PACK_NAME_MAX + 1]; /* of jk-decode's map; "": it has none */
	char label[PACK_LABEL_MAX + 1];
	char channel[RECORD_CHANNEL_MAX]; /* where it was first heard */
	size_t channel_size;
	int bms;
	struct name_entry named;
	int sources;
	struct bank_source *source[PACK_SOURCES_MAX];
	uint32_t banks;        /* bit n: it is in bank n */
	uint32_t rounds;       /* bit n: it has come in the present round of bank n */
	bool heard;            /* its values are in the sums */
	bool seen;             /* in this run */
	bool conflict;         /* two packs have its name */
	int64_t seen_us;       /* record time of its last values, also of an earlier run */
	uint64_t settings_has; /* bit n: of the protection settings */
	int64_t setting[READING_SETTINGS_COUNT];
	int64_t full_mah; /* the last capacity, to report another one */

	/* The last sample that was counted. */
	bool has_point;
	bool resumed; /* it is from the state: what is not later has been counted */
	int64_t point_us, point_uw, point_ma;
	/*
	 * A record that is much older than the one before it came: the clock was set back, or the record is
	 * late.  What follows is held until that is clear (bank_energy.c).
	 */
	unsigned held_steps; /* 0: nothing is held */
	struct ledger_step held;
	int64_t before_us, before_uw, before_ma; /* the point before it */
	int64_t usual_us; /* the usual time between two samples, which a restart does not forget */
	struct ledger ledger;

	struct pack_cells *cells; /* cell_stats.h; NULL: none yet */
	struct score *score;      /* bank_score.h; likewise */
};

struct bank_link {
	struct stream_time time;
	struct name_entry named;
	char channel[RECORD_CHANNEL_MAX];
	size_t channel_size;
	bool closed;
	struct score *score;
	struct bank_source *rs485[BANK_ADDRESSES], *can[BANK_ADDRESSES];
};

/* The limits of an inverter's frames, as they came last. */
struct bank_inverter {
	uint64_t has;
	int64_t number[READING_SETTING - BANK_VALUES];
	int64_t at_us;
};

struct bank {
	char name[BANK_NAME_MAX + 1];
	const char *members; /* PACK,PACK...; NULL: all packs */
	unsigned known;      /* members; of a bank of all packs those that were heard within a week */
	unsigned heard, reported;
	bool round;   /* a pack has come twice since the last record: its round is over */
	bool changed; /* a pack fell silent */
	bool emitted;
	int64_t begun_at_us; /* when the first record came */
	int64_t emitted_at_us;
	struct ledger ledger;
	int64_t settings_day; /* on which differing settings were reported */
	/* The current: charge and time in pieces of the last five minutes. */
	bool flowing;
	int64_t current_ma, current_at_us;
	int64_t window_mams[BANK_WINDOW], window_ms[BANK_WINDOW];
	int64_t window_at; /* the piece of now, since the beginning of the stream */
};

struct bank_model {
	bool started, supervised;
	int64_t now_us;  /* stream time of the link that is furthest */
	int64_t time_us; /* of the last record */
	int64_t checked_at_us;
	struct local_day day; /* of the last record */
	size_t links, packs, sources;
	size_t link_room, pack_room;
	struct bank_link **link;
	struct pack **pack;
	struct name_index channels, names;
	unsigned banks;
	struct bank bank[BANKS_MAX];
	struct bank_inverter inverter;
	bool dirty; /* what the state keeps has changed */
};

/* Adds a bank.  NULL, or what is wrong.  members must live as long as the model; NULL: all packs. */
const char *bank_model_add(struct bank_model *m, const char *name, size_t name_size, const char *members);

/* Forgets all but the banks, before the first record. */
void bank_model_forget(struct bank_model *m);

/* Each of these: found, or made; NULL: there is no room or memory. */
struct bank_link *bank_model_link(struct bank_model *m, const char *channel, size_t size);
struct bank_source *bank_model_source(struct bank_model *m, struct bank_link *link, int bms,
				      enum pack_source_kind kind, struct slice pack, struct slice label);
/* A pack by its name, or without one by its place. */
struct pack *bank_model_pack(struct bank_model *m, struct slice name, const char *channel, size_t size,
			     int bms);

/* The name for people and topics: its own, or bms_ADDR. */
void pack_shown_name(const struct pack *pack, char name[PACK_NAME_MAX + 1]);

/* Values of this source count: it is heard, and two packs do not share its address. */
bool bank_source_fresh(const struct bank_model *m, const struct bank_source *s);

/* The source whose values count: the first on RS485 that is fresh, else the first on CAN; NULL: none is. */
struct bank_source *pack_holder(const struct bank_model *m, const struct pack *pack);

/* The newest value of a source.  False: it has none, or on CAN its frame has stopped. */
bool bank_source_number(const struct bank_model *m, const struct bank_source *s, enum reading_number n,
			int64_t *value);
bool bank_source_cell(const struct bank_model *m, const struct bank_source *s, unsigned cell, int32_t *mv);

#endif
