/* SPDX-License-Identifier: MIT */
#ifndef TWINS_H
#define TWINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Two packs with one address: their frames come in turn under the same name, so the values alternate.  What tells one pack from another
 * goes to and fro then, which no pack alone can do: it comes back to where the other's was.  A pack that was replaced, a clock or
 * counter that was reset, and a damaged frame are a change, but no return.
 */

/* What tells one pack from another. */
enum twins_sign {
	TWINS_SERIAL,   /* a hash of the serial number; about */
	TWINS_CELLS,    /* cells in the mask; live.  One cell more or less is a loose wire */
	TWINS_RUNTIME,  /* total_runtime, seconds; live */
	TWINS_CYCLES,   /* cycle_count; live */
	TWINS_CAPACITY, /* nominal capacity, mAh; live */
	TWINS_SIGNS,
};

enum {
	TWINS_SETTLE = 3, /* frames in a row, until another pack is believed */
	TWINS_CLEAR_FRAMES = 10,
};
static const int64_t TWINS_CLEAR_US = INT64_C(300) * 1000000;
/* Where only about frames gave it away, which come once an hour. */
static const int64_t TWINS_CLEAR_SLOW_US = INT64_C(3 * 3600) * 1000000;

struct twins_track {
	bool known;
	int64_t value, at_us;
	unsigned seen; /* frames in a row that fitted */
};

struct twins {
	struct twins_follow {
		struct twins_track track[2];
		unsigned current, returns, doubt;
	} sign[TWINS_SIGNS];
	bool two;           /* known to be two packs */
	bool slow;          /* known by the serial number alone */
	int64_t strange_us; /* of the last sign of the other pack */
	unsigned frames;    /* since then */
	unsigned doubt;     /* frames until another pack is believed; until 0 the sender is not certain */
};

/* A frame of the address: what it says at that time, in any clock that follows the pack's.  present: which signs it has, as bits. */
void twins_frame(struct twins *t, int64_t at_us, unsigned present, const int64_t values[TWINS_SIGNS]);

/* Somebody else has seen two answers to one request. */
void twins_told(struct twins *t, int64_t at_us);

/* May the last frame be taken for that of one pack? */
bool twins_trusted(const struct twins *t);

/* Has another pack than the one of the last frame been heard within the last minute? */
bool twins_suspected(const struct twins *t, int64_t at_us);

/* Of a text; for TWINS_SERIAL. */
int64_t twins_hash(const char *p, size_t n);

#endif
