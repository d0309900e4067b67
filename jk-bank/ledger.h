/* SPDX-License-Identifier: MIT */
#ifndef LEDGER_H
#define LEDGER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What went into a pack or a bank and out of it, in all and on two local days, in exact integers.
 *
 * The trapezoid between two samples is (a + b) / 2 * time.  So that nothing is rounded, sums are kept in
 * halves: of microjoules, from microwatts; and of milliampere-seconds, from milliamperes.  What is positive
 * charges, what is negative discharges; a trapezoid whose sides have different signs counts for both, each
 * with its own side.
 */

enum ledger_sum {
	LEDGER_CHARGED_ENERGY,
	LEDGER_DISCHARGED_ENERGY,
	LEDGER_CHARGED,
	LEDGER_DISCHARGED,
	LEDGER_SUMS,
};

/* whole: halves; rest: halves of a millionth of that, 0 to 999999. */
struct ledger_amount {
	int64_t whole, rest;
};

struct ledger {
	struct ledger_amount total[LEDGER_SUMS], today[LEDGER_SUMS], yesterday[LEDGER_SUMS];
	int64_t gap_us; /* for which nothing was counted */
	int64_t day;    /* local day of `today`, local_day.h; 0: none yet */
};

/* What one pack gained between two samples. */
struct ledger_step {
	struct ledger_amount amount[LEDGER_SUMS];
	int64_t gap_us;
};

/* Bounds of what is counted: more than any BMS has, and a trapezoid fits into 64 bits. */
enum { LEDGER_VOLTAGE_MAX_MV = 250000, LEDGER_CURRENT_MAX_MA = 4000000 };

/* The trapezoid between two samples, at most SPANS_PATIENCE * SPANS_MOST_US long. */
struct ledger_step ledger_trapezoid(int64_t from_uw, int64_t to_uw, int64_t from_ma, int64_t to_ma,
				    int64_t us);

/* Adds one step to another. */
void ledger_join(struct ledger_step *to, const struct ledger_step *more);

/* Adds it on that day.  A day that is over is not begun again. */
void ledger_add(struct ledger *l, int64_t day, const struct ledger_step *step);

/* The clock was set back: what is counted as today is of this day. */
void ledger_set_back(struct ledger *l, int64_t day);

/* Milliwatt-hours or milliampere-hours, rounded down: what is shown never goes back. */
int64_t ledger_milli_hours(const struct ledger_amount *amount, enum ledger_sum sum);

#endif
