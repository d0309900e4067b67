/* SPDX-License-Identifier: MIT */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "caps.h"
#include "deadlines.h"
#include "modbus.h"
#include "name_index.h"
#include "pack_map.h"
#include "pack_sources.h"
#include "period.h"
#include "rules.h"
#include "slice.h"
#include "stream_time.h"
#include "twins.h"

/*
 * What is known of the links and their BMS: which alarms are active since when, and how well each of them
 * works.
 *
 * Two kinds of time: *_at_us is stream time (stream_time.h), which never goes back and by which durations are
 * measured; *_time_us and since_us are times of records, by the clock that wrote them, and are only shown.
 */

enum {
	ADDRESSES = MODBUS_ADDRESS_MAX + 1, /* on a bus */
	REJECTED_ROW = 3,                   /* so many rejected frames in a row raise an alarm */
	REASON_MAX = 96,
	/* What is expected is polled every 10 s at least once it was not heard: silent from then on. */
	EXPECT_US = 60000000,
};

/*
 * Every alarm that a BMS or a link can have is one slot, whichever of the pack's sources reports it, and
 * in which frame.
 */
enum slot_range {
	SLOT_BITS = 0,                                   /* errors_bitmask, and what means the same on CAN */
	SLOT_LEVELS = SLOT_BITS + ALARM_BITS_ROOM,       /* can_alarm_levels without an equal among these */
	SLOT_CAN_BITS = SLOT_LEVELS + ALARM_LEVELS_ROOM, /* can_error_bits without one */
	SLOT_INCONSISTENT = SLOT_CAN_BITS + ALARM_CAN_BITS_ROOM,
	SLOT_TWINS, /* two packs with this address */
	SLOT_RULES, /* of the rule with the same index; as many as there are rules */
};

/* In what a source reports an alarm; of its own frames and address in the first. */
enum report_way { REPORT_BITS = 1, REPORT_LEVELS = 2, REPORT_CAN_BITS = 4 };

struct slot {
	bool active;
	bool stale;   /* not confirmed: from a state file, or its BMS is silent */
	bool changed; /* in this record: is to be reported */
	bool has_value;
	bool waiting; /* the limit is crossed, but not yet for as long as the rule says */
	uint8_t severity;
	uint8_t reported;             /* the severity in the last record of type alarm */
	uint8_t way;                  /* enum report_way of the last report */
	uint8_t by[PACK_SOURCES_MAX]; /* of each source of the pack, in which ways it reports the alarm */
	uint8_t source;               /* number of the source of the last report */
	int64_t since_us;             /* record time of the beginning */
	int64_t begun_us,
		last_us; /* stream time: when the wait began, and of the last value beyond the limit */
	int64_t value;   /* that crossed the limit, in millionths */
};

enum health_state { HEALTH_UNKNOWN, HEALTH_HEALTHY, HEALTH_DEGRADED, HEALTH_DOWN, HEALTH_STATES };

struct health {
	enum health_state state, worst;
	unsigned cause; /* of the state: enum in health.c */
	int holder;     /* number + 1 of the source that held the values in the last report; 0: none did */
	int64_t since_us;
	char reason[REASON_MAX];
};

/* What a capture reports as lost: between it and us, by the kernel, by the driver of a serial line. */
enum traffic_loss { LOST_LINES, LOST_CAN_FRAMES, LOST_BYTES, TRAFFIC_LOSSES };

/* What the capture's statistics and events show of a link or of an address. */
struct traffic {
	unsigned clean;           /* statistics in a row without trouble */
	char trouble[REASON_MAX]; /* what the last statistics with trouble showed; "" when it is over */
	bool counted;             /* the counters below are set */
	uint64_t asked, timeouts, bytes, orphan, reopened;
	unsigned valid_frames;         /* since the last statistics */
	uint64_t lost[TRAFFIC_LOSSES]; /* likewise */
	unsigned quiet_rows,
		noisy_rows;     /* statistics in a row without a byte; with bytes, but no valid frame */
	unsigned missed;        /* requests in a row without an answer */
	unsigned quiet_past[3]; /* quiet statistics before each of the last with bytes, the newest first */
};

/* Whose alarms and health are followed: a pack, or a link, which has no address. */
struct target {
	struct link *link; /* of a pack: where its first source on RS485 is, or else its first source */
	int bms;           /* -1: the link */
	char pack[PACK_NAME_MAX + 1], label[PACK_LABEL_MAX + 1]; /* of jk-decode's map; "" if there is none */
	bool seen;                        /* a valid frame of the BMS, or a record of the link, has come */
	bool expected, missed;            /* --expect names it; that it was not heard was reported */
	int64_t seen_at_us, seen_time_us; /* the last of them */
	struct period period;             /* how often a BMS is heard */
	struct health health;
	unsigned active, changed; /* slots that are */
	struct slot *slot;        /* model_slots() of them */
	struct totals {
		unsigned count, info, stale; /* active alarms; count and stale without info */
		int worst;                   /* without info, too; -1: none */
	} totals;
	bool counted;             /* the totals are those of the slots */
	struct deadline deadline; /* of the timers of its rules */
	struct name_entry named;  /* by its name, if it has one */
	/* Of a pack: where it is heard.  A source has the same number in all three. */
	int source_count;
	struct source *source[PACK_SOURCES_MAX];
	struct pack_sources sources;
	struct pack_key *key; /* of each rule */
};

/*
 * An address on a channel, of which frames come over RS485 or over CAN.  Sources whose records have one
 * name are one pack.
 */
struct source {
	struct link *link;
	int bms;
	enum pack_source_kind kind;
	struct target *pack;
	int number; /* among the sources of the pack */
	bool seen;  /* a valid frame has come */
	int64_t seen_at_us, seen_time_us;
	int64_t gap_us;         /* between the last two frames */
	bool trusted;           /* the last frame was certainly one of the only pack with the address */
	int64_t unpolled_at_us; /* nobody polled it before this: silence until then is no fault */
	bool answered;          /* a valid frame has come since its last statistics */
	bool unanswered;        /* it has been polled in vain since its last valid frame */
	bool has_bits;          /* errors_bitmask has come over RS485 */
	int64_t bits_at_us;     /* when it last did, also in rejected frames that agreed */
	struct fault_frame {    /* CAN frames that are sent only while something is wrong */
		bool seen;
		uint32_t bits;     /* as they were last sent; 0: it is not sent */
		int64_t absent_us; /* for how long the pack has sent other frames instead */
		unsigned others;   /* so many of them */
	} levels, can_bits;        /* 7F4, 18F328F4 */
	struct pauses {            /* of the other CAN frames */
		bool begun, known;
		int64_t last_us;                 /* when the last one came */
		int64_t begun_us, longest_us[2]; /* the longest since then, and in the time before */
	} pauses;
	struct twins twins;
	unsigned rejected; /* in a row, for the same reason */
	uint32_t rejected_bits[REJECTED_ROW];
	bool rejected_has_bits[REJECTED_ROW];
	char rejected_frame[16], rejected_reason[40];
	int64_t rejected_since_us;
	struct traffic traffic;
	struct deadline deadline; /* of its fault frames */
};

struct link {
	struct stream_time time;
	struct name_entry named; /* by its channel */
	char channel[RECORD_CHANNEL_MAX];
	size_t channel_size;
	bool mode_known;       /* its capture has reported it */
	int64_t frame_time_us; /* of the last valid frame; 0: none came */
	bool polling;          /* its capture polls; if not, a BMS speaks by itself or to another master */
	bool closed;           /* from a close event to the next open event */
	bool down; /* from a close event until bytes come: a gateway may accept connections and close them */
	int64_t closed_at_us, closed_time_us;
	char closed_words[48];
	unsigned can_state; /* as its CAN interface reported: a row of can_states in health.c */
	struct traffic traffic;
	struct target self;
	struct source *rs485[ADDRESSES], *can[ADDRESSES];
};

struct model {
	const struct rules *rules;
	bool started;                    /* a first record has come */
	bool supervised;                 /* a capture reports how long it is up */
	bool dirty;                      /* the state file is older than this */
	bool summary_due;                /* the totals have changed */
	struct summary {                 /* the last one */
		int64_t at_us;           /* stream time */
		unsigned where, records; /* targets with alarms in it; records since */
		bool next_waits;         /* the totals have changed since */
		const struct link *link; /* of the record that changed them */
	} summary;
	bool moved;                 /* a source has left a pack, whose alarms may have changed with that */
	int64_t now_us;             /* stream time of the link that is furthest */
	int64_t offset_us;          /* record time less stream time, of that link */
	int64_t time_us;            /* of the last record */
	struct deadlines deadlines; /* of all targets and sources */
	size_t links, packs, sources, free_packs;
	size_t link_room, pack_room, source_room; /* of these lists, which grow */
	struct link **link;
	struct target **pack; /* one without a source is free */
	struct source **source;
	struct name_index channels, names;
};

/* m is all zeros, or was begun before: what it held is freed. */
void model_begin(struct model *m, const struct rules *rules);

static inline size_t model_slots(const struct rules *rules)
{
	return SLOT_RULES + rules->count;
}

/*
 * The link or source, made if there is none yet; NULL if there are as many as caps.h says, no memory is left,
 * or there is no such address.  A new source is a pack of its own, or one of the pack in which the address is
 * known already; `named`, if it is not NULL, is the pack that it joins where there is no room for another.
 */
struct link *model_link(struct model *m, const char *channel, size_t size);
struct source *model_source(struct model *m, struct link *link, int bms, enum pack_source_kind kind,
			    struct target *named);

/*
 * The BMS speaks CAN: a state of an earlier version has all of them as if on RS485.  To be called before
 * model_source; does nothing if the address was heard over RS485.
 */
void link_is_can(struct link *link, int bms);

/* The source of either kind that is known, RS485 first; NULL: none is. */
struct source *link_source(const struct link *link, int bms);

/* A pack without a source, which the next source that joins it makes one; NULL if there is no more room. */
struct target *model_free_pack(struct model *m);

/*
 * A source becomes one of this pack, with a number; false: there is no more room.  A source leaves a pack,
 * in which it had this number.
 */
bool model_join(struct model *m, struct target *pack, struct source *source);
void model_leave(struct model *m, struct target *pack, int number);

/* The pack with this name, and a name for a pack.  False: there is no memory. */
struct target *model_named(const struct model *m, struct slice name);
bool model_name(struct model *m, struct target *pack, struct slice name);

/* A timer of the target or source may run out earlier than was known. */
void model_hurry(struct model *m, struct deadline *deadline);
/* What counts of its alarms has changed. */
void model_recount(struct model *m, struct target *target);

#endif
