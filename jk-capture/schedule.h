/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fields.h"
#include "modbus.h"

/*
 * Whom to ask next, and for what.  Each address has a time for each type of frame at which it is due; whatever is due and
 * has waited longest goes first, so that on a bus that is too slow for the interval all have the same share.  An address
 * that missed SCHEDULE_MISSES times is away: it is asked for a live frame only, every SCHEDULE_AWAY_US, and never twice in
 * a row while another is due.  No address depends on another.
 */

enum {
	SCHEDULE_MISSES = 3,
	SCHEDULE_AWAY_US = 10000000,
	SCHEDULE_SETTINGS_US = 60000000,
	SCHEDULE_ABOUT_US = 3600000000,
	SCHEDULE_RETRY_US =
		10000000, /* until settings or about are asked again after they were missed twice */
};

struct target {
	uint8_t address;
	unsigned misses;
	unsigned asked_in_silence;    /* since the link's last byte, repeats left out */
	bool answered;                /* since it was last away, or at all */
	bool repeated[FRAME_TYPES];   /* the request was missed once and is due again at once */
	int64_t due_us[FRAME_TYPES];  /* monotonic; INT64_MAX: not yet */
	int64_t counted_us;           /* when a live frame that was due was last counted as overdue */
	int64_t kept_us[FRAME_TYPES]; /* of a request that is repeated: when it would be due otherwise */
};

struct schedule {
	struct target targets[MODBUS_ADDRESS_MAX];
	size_t count;
	int64_t interval_us;
	bool last_was_away;
};

/* addresses: bit n stands for address n, 1 to 15. */
void schedule_begin(struct schedule *s, uint16_t addresses, int64_t interval_us);

/* The link was opened: all are due now, in the order of their addresses, and a missing one gets one new chance. */
void schedule_restart(struct schedule *s, int64_t now_us);

/* The address and type whose turn it is; NULL if nothing is due. */
struct target *schedule_next(struct schedule *s, int64_t now_us, enum frame_type *type);

/* When the next is due; INT64_MAX if nothing ever is. */
int64_t schedule_due_us(const struct schedule *s);

/* It is asked now. */
void schedule_asked(struct schedule *s, struct target *target, enum frame_type type, int64_t now_us);

/*
 * What came of it: the frame; or nothing in time, which is true if it comes from one that has answered before and is not
 * away yet; one that is away is asked again later_us after its time.  A frame that nobody asked for counts too, a late answer for example.
 */
void schedule_answered(struct schedule *s, uint8_t address, enum frame_type type, int64_t now_us);
bool schedule_missed(struct schedule *s, uint8_t address, enum frame_type type, int64_t later_us,
		     int64_t now_us);

/* Something came that is no frame of a known sender.  It is asked once more, too, and is no nearer to being away. */
void schedule_damaged(struct schedule *s, uint8_t address, enum frame_type type, int64_t now_us);

/* An acknowledgement or an exception from it: it is there, whatever else may be wrong. */
void schedule_alive(struct schedule *s, uint8_t address, int64_t now_us);

/* The exception says that it does not give this frame now. */
void schedule_excused(struct schedule *s, uint8_t address, enum frame_type type, int64_t now_us);

/* Has its live frame been due for that long, since it was last counted?  Then it is counted now. */
bool schedule_overdue(struct target *t, int64_t after_us, int64_t now_us);

/* The process was suspended for by_us: polls that became due since are not made up for. */
void schedule_suspended(struct schedule *s, int64_t by_us, int64_t now_us);

/* Is it the first of addresses of which none has answered? */
bool schedule_hopeless(const struct schedule *s, uint8_t address);

/* A byte came; and have two whole rounds brought none? */
void schedule_heard(struct schedule *s);
bool schedule_silent(const struct schedule *s);

#endif
