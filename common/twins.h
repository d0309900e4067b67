/* SPDX-License-Identifier: MIT */
#ifndef TWINS_H
#define TWINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Two packs with one address answer in turn under the same name.  What distinguishes the packs then
 * alternates, and returns to the other pack's value, which a single pack cannot do.  A pack that was
 * replaced, a clock or counter that was reset, and a damaged frame are a change, but no return.
 */

/* What distinguishes two packs. */
enum twins_sign {
	TWINS_SERIAL,   /* a hash of the serial number; about */
	TWINS_CELLS,    /* cells in the mask; live.  One cell more or less is a loose wire */
	TWINS_RUNTIME,  /* total_runtime, seconds; live */
	TWINS_CYCLES,   /* charging_cycles; live */
	TWINS_CAPACITY, /* nominal capacity, mAh; live */
	TWINS_CHARGE,   /* state of charge, percent; frame 2F4 of CAN alone, which comes all the time */
	TWINS_SIGNS,
};

enum {
	TWINS_SETTLE = 3, /* consecutive frames until another pack is accepted */
	TWINS_CLEAR_FRAMES = 10,
	/* So many values, each a new one, before any of them is accepted: more than two packs by turns. */
	TWINS_STRANGERS = 8,
	TWINS_STRANGERS_ON_CAN = 16, /* frames change places while a pack is restarted */
};
static const int64_t TWINS_CLEAR_US = INT64_C(300) * 1000000;
/* A pause between two frames counts as this at most: a longer one may be a clock that was set. */
static const int64_t TWINS_PAUSE_US = INT64_C(60) * 1000000;
/* If only about frames showed it, which come once an hour. */
static const int64_t TWINS_CLEAR_SLOW_US = INT64_C(3 * 3600) * 1000000;
static const int64_t TWINS_PAUSE_SLOW_US = INT64_C(4000) * 1000000;

/*
 * On CAN a pack sends frame 2F4 at least every 20 ms: 50 a second.  More than TWINS_RATE a second in each of
 * TWINS_RATE_ROW seconds in a row are those of two packs.  A burst, as of a capture that was suspended, is
 * over in one of these seconds.
 */
enum { TWINS_RATE = 75, TWINS_RATE_ROW = 5 };

/*
 * With frames lost, two packs send fewer.  More than TWINS_PACE a second while the runtime advances by
 * TWINS_PACE_S, by its clock as well as by ours, are two packs, too: neither a clock that was set nor a
 * capture that makes up for a stall changes both.
 */
enum { TWINS_PACE = 65, TWINS_PACE_S = 10 };

enum { TWINS_RUNTIMES = 16 };

struct twins_track {
	bool known;
	int64_t value, at_us;
	unsigned seen; /* consecutive frames that matched */
};

struct twins {
	bool can; /* set by its owner before the first frame: the frames are those of CAN */
	struct twins_follow {
		struct twins_track track[2];
		unsigned current, returns, doubt;
		unsigned strangers; /* new values, other than steps forward, since doubt was last 0 */
		unsigned steps;     /* of a runtime: forward, since it was last in pace or went back */
	} sign[TWINS_SIGNS];
	bool two;           /* known to be two packs */
	bool slow;          /* known by the serial number alone */
	int64_t strange_us; /* time of the last sign of the other pack */
	int64_t frame_us;   /* time of the last frame */
	unsigned frames;    /* since then */
	unsigned doubt;     /* frames until another pack is accepted; the sender is uncertain until it is 0 */
	struct twins_rate {
		bool begun;
		int64_t begun_us;          /* of the second that is being counted */
		unsigned frames, too_many; /* in it; seconds in a row with too many */
		unsigned row_frames;       /* in these */
		bool row_has_runtime;
		int64_t row_runtime_s; /* when they began */
	} rate;
	struct twins_pace {
		bool begun;
		int64_t runtime_s, at_us, last_s; /* when the count began; the last runtime */
		unsigned frames;
	} pace;
	struct twins_runtimes { /* the last of CAN, the newest first */
		unsigned count;
		int64_t value_s[TWINS_RUNTIMES], at_us[TWINS_RUNTIMES];
	} runtimes;
};

/*
 * A frame of the address at that time, on any clock that keeps pace with the pack's.  present: bit n is set
 * if values[n] is known.
 */
void twins_frame(struct twins *t, int64_t at_us, unsigned present, const int64_t values[TWINS_SIGNS]);

/* CAN frame 2F4 of the address has come; call it before twins_frame for the same frame. */
void twins_status(struct twins *t, int64_t at_us);

/* Another module has seen two answers to one request. */
void twins_conflict(struct twins *t, int64_t at_us);

/* True if the last frame can be attributed to a single pack. */
bool twins_trusted(const struct twins *t);

/* True if a pack other than that of the last frame was heard within the last minute. */
bool twins_suspected(const struct twins *t, int64_t at_us);

/* The value of a serial number for TWINS_SERIAL. */
int64_t twins_hash(const char *p, size_t n);

#endif
