/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_H
#define ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alarms.h"
#include "period.h"
#include "record_view.h"
#include "rules.h"
#include "strbuf.h"
#include "stream_time.h"

/*
 * What is wrong with which BMS and since when, from records alone: no clock and no file in here.  Time is what the records say
 * has passed (progress.h), so the same records give the same alarms, at any speed and however they are cut into pieces.
 */

enum {
	ADDRESSES = MODBUS_ADDRESS_MAX + 1, /* on a bus */
	CONTRADICTION_ROW = 3,              /* rejected frames that agree are believed */
	REASON_MAX = 96,
};

/* How long two values of a key may stand apart, and a condition still counts as having held between them. */
enum { HOLDING_GAP_US = 30000000 };
/* The slower frames come once a minute and once an hour. */
static const int64_t HOLDING_GAP_SLOW_US = INT64_C(7200) * 1000000;

/*
 * CAN frame 7F4 is sent every 100 ms while an alarm is active, and else not at all.  Others come every 20 to 1000 ms: where none
 * did for LEVELS_QUIET_US, nothing was heard of the BMS at all, and that 7F4 did not come means nothing.
 */
enum { LEVELS_CLEAR_US = 2000000, LEVELS_QUIET_US = 4000000 };

/* Every alarm that a BMS or a link can have has its place. */
enum slot_range {
	SLOT_BITS = 0,                    /* errors_bitmask */
	SLOT_LEVELS = SLOT_BITS + 32,     /* can_alarm_levels */
	SLOT_CAN_BITS = SLOT_LEVELS + 16, /* can_error_bits */
	SLOT_CONTRADICTION = SLOT_CAN_BITS + 24,
	SLOT_TWINS, /* two packs with this address */
	SLOT_RULES, /* of the rule with the same index */
	SLOTS = SLOT_RULES + RULES_MAX,
};

struct slot {
	bool active;
	bool stale;   /* as it was last known */
	bool changed; /* in this record: is to be told */
	bool has_value;
	bool waiting; /* crossed, but not for long enough */
	uint8_t severity;
	int64_t since_us;          /* record time when it began */
	int64_t begun_us, last_us; /* progress when it began to wait; of the last value that held */
	int64_t value;             /* that crossed, in millionths */
};

enum health_state { HEALTH_UNKNOWN, HEALTH_HEALTHY, HEALTH_DEGRADED, HEALTH_DOWN, HEALTH_STATES };

struct health {
	enum health_state state, worst;
	unsigned cause; /* of the state: enum in health.c */
	int64_t since_us;
	char reason[REASON_MAX];
	/* from the statistics: how many in a row were clean, and what the last that was not said */
	unsigned clean;
	char trouble[REASON_MAX];
	bool counted; /* the counters below are set */
	uint64_t asked, timeouts, bytes, orphan, reopened;
	unsigned sound, quiet_rows, noise_rows, missed, lost;
	unsigned quiet_past[3]; /* quiet statistics before each of the last that were not, the newest first */
};

/* A BMS, or a link itself, which has no address. */
struct subject {
	struct link *link;
	int bms;                            /* -1: the link */
	bool there;                         /* has been heard: a sound frame of a BMS, a record of a link */
	int64_t heard_at_us, heard_time_us; /* progress and time of the last of them */
	struct period period;               /* of a BMS, in progress */
	int64_t levels_at_us;               /* progress when 7F4 was last there */
	int64_t unasked_at_us; /* progress up to which it is known that nobody asked, so that its silence means nothing */
	bool answered;      /* by a sound frame, since its last statistics */
	bool asked_in_vain; /* since its last sound frame */
	struct twins twins;
	unsigned rejected; /* in a row */
	uint32_t rejected_bits[CONTRADICTION_ROW];
	bool rejected_has_bits[CONTRADICTION_ROW];
	char rejected_frame[16], rejected_reason[40];
	int64_t rejected_since_us;
	struct health health;
	struct slot slot[SLOTS];
};

struct link {
	struct stream_time progress;
	char channel[RECORD_CHANNEL_MAX];
	size_t channel_size;
	bool polling; /* its capture asks; else a BMS speaks by itself, or to somebody else */
	bool closed;  /* by an event, and not yet opened */
	bool down; /* from there until something has come over it again: a gateway may open and close for ever */
	int64_t closed_at_us, closed_time_us;
	char closed_words[48];
	struct subject self;
	struct subject *pack[ADDRESSES];
};

/* Where records go: room for one, and that it is whole. */
struct sink {
	struct strbuf (*begin)(void *context);
	bool (*end)(void *context, const struct strbuf *record); /* false: it did not fit */
	void *context;
};

struct engine {
	const struct rules *rules;
	struct record_view_keys *keys;
	struct sink sink;
	void (*complain)(void *context, const char *what); /* about the line in hand */
	bool started;                                      /* a first record has come */
	bool supervised;                                   /* a capture tells for how long it is up */
	bool dirty;                                        /* what a state file holds has changed */
	int64_t now_us;                                    /* progress of the link that is furthest */
	int64_t time_us;                                   /* of the last record */
	int64_t offset_us; /* record time less progress, of the link that is furthest */
	int64_t next_us;   /* no timer runs out before this progress */
	size_t links, packs;
	bool summary_due;
	struct link *current;
	struct link link[ALARM_CHANNELS_MAX];
	struct subject pack[ALARM_PACKS_MAX];
};

/* A fresh engine.  rules, the keys made for them, and what the sink and complain need, live as long as it. */
void engine_begin(struct engine *e, const struct rules *rules, struct record_view_keys *keys,
		  struct sink sink, void (*complain)(void *context, const char *what));

/*
 * One line of the record stream, without its newline: it goes to the sink, annotated or as it is, and before and behind it
 * what is to be told.  False if it is no record.
 */
bool engine_line(struct engine *e, const char *p, size_t n);

/*
 * Not a record has come for quiet_us of real time, and the last one is real_us - quiet_us old: timers run out at the record time
 * at which they would have with the next record.
 */
void engine_quiet(struct engine *e, int64_t quiet_us, int64_t real_us);

/* After how much quiet the next timer runs out; -1: none does. */
int64_t engine_quiet_deadline(struct engine *e);

/* ---- for the parts of the engine, and the state file ---- */

/* The link or BMS, made if there is none; NULL if there is no more room, or no such address. */
struct link *engine_link(struct engine *e, const char *channel, size_t size);
struct subject *engine_pack(struct engine *e, struct link *link, int bms);

/* What an alarm is called.  text: for people. */
const char *slot_key(const struct engine *e, size_t slot, char buffer[32]);
const char *slot_text(const struct engine *e, const struct subject *s, size_t slot, char buffer[REASON_MAX]);
const char *slot_source(size_t slot);
/* The severity that a slot has from the tables; of a level, as stored. */
enum severity slot_severity(const struct engine *e, const struct subject *s, size_t slot);

/* judge.c: what a record changes. */
void judge_record(struct engine *e, struct subject *s, const struct record_view *h);
/* Any record of a link; bytes that came over it; an event. */
void judge_link(struct engine *e, struct link *link, int64_t time_us);
void judge_bytes(struct engine *e, struct link *link);
void judge_event(struct engine *e, struct link *link, const struct record_view *h);
/* Timers up to this progress; time_us is the record time then. */
void judge_timers(struct engine *e, int64_t until_us, int64_t offset_us);
int64_t judge_next_timer(const struct engine *e);
void slot_raise(struct engine *e, struct subject *s, size_t slot, int64_t since_us);
void slot_clear(struct engine *e, struct subject *s, size_t slot);

/* health.c */
void health_event(struct engine *e, struct link *link, const struct record_view *h);
void health_update(struct engine *e, struct subject *s, int64_t time_us);

/* report.c: records of our own. */
void report_changes(struct engine *e, struct subject *s, int64_t time_us);
void report_summary(struct engine *e, const struct link *link, int64_t time_us);
void report_health(struct engine *e, const struct subject *s, int64_t time_us);
void report_line(struct engine *e, const struct subject *s, const struct record_view *h, const char *p,
		 size_t n);

#endif
