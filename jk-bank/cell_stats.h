/* SPDX-License-Identifier: MIT */
#ifndef CELL_STATS_H
#define CELL_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "bank_reading.h"

/*
 * How the cells of a pack behave over an hour and over a day: deviations from their mean, who is highest and
 * lowest, and what load steps show of their resistance.  Sums are exact integers; what they mean is computed
 * when it is reported.
 */

enum cell_state { CELL_REST, CELL_CHARGING, CELL_DISCHARGING, CELL_NEAR_FULL, CELL_STATES };

enum {
	CELL_REST_PART = 50,      /* at rest: less than this part of the capacity flows in an hour */
	CELL_SETTLED_MS = 60000,  /* and has done so for this long */
	CELL_NEAR_FULL_MV = 3400, /* near full: a mean cell above this, and charging */
	CELL_STEP_PART = 20,      /* a load step: a change by more than this part of the capacity */
	CELL_SAME_PART = 16,      /* currents that differ by less than this part of the step are the same */
	CELL_STEPS_LEAST = 5,     /* a resistance has an error from so many steps on */
	CELL_DAYS = 28,           /* the days that drift is seen over */
	CELL_DAYS_LEAST = 4,
	CELL_SPAN_LEAST = 6,         /* from the first to the last of them */
	CELL_REST_LEAST_MS = 300000, /* of a day that counts for drift */
};

struct cell_sums {
	int64_t deviation[CELL_STATES]; /* (millivolts less the mean) * cells * milliseconds */
	int64_t highest_ms, lowest_ms, balancing_ms;
	int64_t dv_di, dv_dv; /* of load steps, mV * mA and mV * mV */
};

struct cell_period {
	int64_t since_us; /* 0: it has not begun */
	int64_t index;    /* of the hour or the day */
	uint32_t cells;
	int64_t state_ms[CELL_STATES], balancing_ms;
	int64_t steps, di_di, dv_di, dv_dv; /* of the pack */
	struct cell_sums *cell;             /* room of them */
	unsigned room;
};

struct cell_frame {
	int64_t time_us, mv, ma;
	uint32_t cells;
	int32_t cell_mv[BANK_CELLS];
};

/* A sample of all cells. */
struct cell_sample {
	struct cell_frame frame;
	int64_t full_mah; /* 0: unknown */
	int64_t passed_us, usual_us;
	bool balancing;
	int balancer; /* 1: charges the lowest cell; 2: discharges the highest; 0: neither */
};

struct cell_drift_day {
	int64_t day;              /* 0: none */
	int16_t rest[BANK_CELLS]; /* mean deviation at rest, in units of 10 microvolts */
};

struct pack_cells {
	struct cell_period hour, day;
	struct cell_frame last[3]; /* the newest first */
	int frames;                /* of these, one after the other */
	int64_t quiet_ms;          /* for which hardly any current has flowed */
	int64_t balancing_day_ms;  /* of the last whole day */
	struct cell_drift_day days[CELL_DAYS];
	int next_day;
	/* The charge since the pack was full or empty. */
	int side; /* 1: since full, -1: since empty, 0: neither */
	int64_t moved_mams, measured_mah, measured_us;
	struct cell_sums cell[]; /* of the hour, then of the day */
};

/* Makes them for a pack with these cells, or makes room for more cells.  False: there is no memory. */
bool cell_stats_make(struct pack_cells **at, uint32_t cells);

/* A sample that follows the one before it without a gap. */
void cell_stats_sample(struct pack_cells *c, const struct cell_sample *s);

/* A gap: what needs consecutive samples begins anew. */
void cell_stats_gap(struct pack_cells *c);

/* The current of a sample, with the state of charge in percent: when both ends were passed, a capacity. */
void cell_stats_charge(struct pack_cells *c, int64_t time_us, int64_t percent, int64_t mams);

void cell_period_begin(struct cell_period *p, int64_t index, int64_t since_us);

/* The day is over: its deviations at rest go to the days that drift is seen over. */
void cell_stats_end_day(struct pack_cells *c);

/* ---- what they mean ---- */

struct estimate {
	bool known;
	double value, standard_error;
	double error; /* three standard errors, and what the resolution of the BMS hides */
};

/* Mean deviation in mV; unknown: the pack was never in this state. */
struct estimate cell_deviation(const struct cell_period *p, unsigned cell, enum cell_state state);

/* In milliohm; cell BANK_CELLS: of the pack. */
struct estimate cell_resistance(const struct cell_period *p, unsigned cell);

/* In mV a week. */
struct estimate cell_drift(const struct pack_cells *c, unsigned cell);

/* A cell, how weak it is in mV, and why in words. */
struct weak_cell {
	unsigned cell;
	double mv, deviation; /* deviation: with its sign, where it is one */
	char reason[80];
};
enum { WEAK_CELLS = 3 };

/* The weakest cells of the day, the weakest first.  Returns how many there are. */
unsigned cell_weakest(const struct pack_cells *c, int64_t full_mah, struct weak_cell weak[WEAK_CELLS]);

#endif
