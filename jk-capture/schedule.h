/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fields.h"
#include "modbus.h"

/*
 * Which address to poll next, and for which frame.  For each address and type of frame there is a time at
 * which it is due.  Of all that is due, what has waited longest goes first, so that on a bus that is too slow
 * for the interval all packs have the same share.  An address that missed SCHEDULE_MISSES polls is away: it
 * is polled for a live frame only, every SCHEDULE_AWAY_US, and never twice in a row while another is due.  No
 * address depends on another.
 */

enum {
	SCHEDULE_MISSES = 3,
	SCHEDULE_AWAY_US = 10000000,
	SCHEDULE_SETTINGS_US = 60000000,
	SCHEDULE_RETRY_US = 10000000, /* until settings or about are polled again after two misses */
};
#define SCHEDULE_ABOUT_US INT64_C(3600000000) /* more than an int holds */

struct target {
	uint8_t address;
	unsigned misses;
	unsigned asked_in_silence;    /* polls since the last byte of the link, repeats not counted */
	bool answered;                /* since it was last away, or ever */
	bool repeated[FRAME_TYPES];   /* the poll was missed once, and is repeated at once */
	int64_t due_us[FRAME_TYPES];  /* monotonic; INT64_MAX: not yet */
	int64_t counted_us;           /* when its overdue live frame was last counted */
	int64_t kept_us[FRAME_TYPES]; /* of a poll that is repeated: when the next regular one is due */
};

struct schedule {
	struct target targets[MODBUS_ADDRESS_MAX];
	size_t count;
	int64_t interval_us;
	bool last_was_away;
};

/* addresses: bit n is address n, 1 to 15. */
void schedule_begin(struct schedule *s, uint16_t addresses, int64_t interval_us);

/* The link was opened: all addresses are due now, in order, and those that are away get one chance. */
void schedule_restart(struct schedule *s, int64_t now_us);

/* Finds the address and type to poll now; NULL if nothing is due. */
struct target *schedule_next(struct schedule *s, int64_t now_us, enum frame_type *type);

/* When the next poll is due; INT64_MAX if never. */
int64_t schedule_due_us(const struct schedule *s);

/* The poll was transmitted. */
void schedule_asked(struct schedule *s, struct target *target, enum frame_type type, int64_t now_us);

/*
 * The result of a poll: the frame, or nothing in time.  A frame that was not requested counts, too; it may be
 * a late answer. schedule_missed is true if an address that answered before is not away yet; one that is away
 * is polled again later_us after its time.
 */
void schedule_answered(struct schedule *s, uint8_t address, enum frame_type type, int64_t now_us);
bool schedule_missed(struct schedule *s, uint8_t address, enum frame_type type, int64_t later_us,
		     int64_t now_us);

/*
 * Something was received in the answer's slot, but no frame of a known sender.  The poll is repeated once; it
 * does not count as a miss.
 */
void schedule_damaged(struct schedule *s, uint8_t address, enum frame_type type, int64_t now_us);

/* An acknowledgement or an exception was received: the pack is present, whatever else may be wrong. */
void schedule_alive(struct schedule *s, uint8_t address, int64_t now_us);

/* The exception means that the pack does not give this frame now. */
void schedule_excused(struct schedule *s, uint8_t address, enum frame_type type, int64_t now_us);

/* True if its live frame has been overdue for this long since it was last counted.  Counts it. */
bool schedule_overdue(struct target *t, int64_t after_us, int64_t now_us);

/* The process was suspended for by_us: polls that became due since are not made up for. */
void schedule_suspended(struct schedule *s, int64_t by_us, int64_t now_us);

/* True for the lowest address while no address has answered at all. */
bool schedule_first_unanswered(const struct schedule *s, uint8_t address);

/* A byte was received; and: true if two whole rounds brought none. */
void schedule_byte(struct schedule *s);
bool schedule_silent(const struct schedule *s);

#endif
