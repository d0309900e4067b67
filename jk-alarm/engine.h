/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_H
#define ENGINE_H

#include "model.h"
#include "record_view.h"
#include "report.h"

/*
 * A line in, lines out: the record, annotated with the alarms of its BMS, and around it the records that
 * report what it changed.  No module here reads a clock or a file.  Time is taken from the records, so the
 * same records give the same alarms at any speed, whatever pieces the input arrives in.
 *
 * engine -> evaluate, timers -> bms_alarms -> slots -> model -> rules, stream_time
 *        -> expect -> packs, health -> slots
 *        -> report -> slots
 */

/*
 * When a summary follows a change of the totals.  It is long where many have alarms, so that it comes at once
 * while fewer than SUMMARY_FEW BMS and links have some; else when a SUMMARY_PART of as many records as have
 * some have passed since the last one, or SUMMARY_WAIT_US of stream time.
 */
enum { SUMMARY_FEW = 8, SUMMARY_PART = 4, SUMMARY_WAIT_US = 2000000 };

struct engine {
	struct model model;
	struct record_view_keys *keys;
	struct sink sink;
	const struct pack_map *expected;        /* NULL: nothing is */
	bool anywhere;                          /* its lines for every channel have been looked for */
	uint64_t beyond_channels, beyond_packs; /* records beyond the limits of caps.h */
};

/* A fresh engine.  rules, the keys made for them, and the sink's context live as long as it. */
void engine_begin(struct engine *e, const struct rules *rules, struct record_view_keys *keys,
		  struct sink sink);

/* Before the first line: the packs of this map are expected.  It lives as long as the engine. */
void engine_expect(struct engine *e, const struct pack_map *map);

/*
 * Takes one line of the record stream, without its newline.  False if it is no record; it is still passed on.
 */
bool engine_line(struct engine *e, const char *p, size_t n);

/* At the end of the input: the summary that is due. */
void engine_end(struct engine *e);

/*
 * To be called when no record has come for quiet_us of real time; it is real_us now.  Timers run out at the
 * same record time as they would with the next record.
 */
void engine_quiet(struct engine *e, int64_t quiet_us, int64_t real_us);

/* After how much quiet the next timer runs out; -1 if none runs. */
int64_t engine_quiet_deadline(struct engine *e);

/* A summary waits for more records.  To be called when none has come for SUMMARY_WAIT_US of real time. */
static inline bool engine_summary_waits(const struct engine *e)
{
	return e->model.summary.next_waits;
}
void engine_summary(struct engine *e);

#endif
