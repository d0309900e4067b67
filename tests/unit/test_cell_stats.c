/* SPDX-License-Identifier: MIT */
/* How the cells of a pack behave: deviations, load steps, drift, and who is the weakest. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cell_stats.h"
#include "unit.h"

enum { S = 1000000, FULL_MAH = 100000 }; /* at rest: less than 2 A; a load step: more than 5 A */

static struct pack_cells *c;
static int64_t now_us;

static void begin(uint32_t cells)
{
	free(c);
	c = NULL;
	now_us = INT64_C(1763856000) * S;
	ck_assert(cell_stats_make(&c, cells));
	cell_period_begin(&c->hour, 1, now_us);
	cell_period_begin(&c->day, 1, now_us);
}

/* A sample of three cells, so many milliseconds after the one before it; the usual time is a second. */
static struct cell_sample sample(int32_t a, int32_t b, int32_t d, int64_t ma, int64_t ms)
{
	now_us += ms * 1000;
	return (struct cell_sample){
		.frame = {.time_us = now_us, .mv = a + b + d, .ma = ma, .cells = 7, .cell_mv = {a, b, d}},
		.full_mah = FULL_MAH,
		.passed_us = ms * 1000,
		.usual_us = S,
	};
}

static void put(int32_t a, int32_t b, int32_t d, int64_t ma, int64_t ms)
{
	struct cell_sample s = sample(a, b, d, ma, ms);
	cell_stats_sample(c, &s);
}

static void near(double is, double should)
{
	ck_assert_msg(fabs(is - should) < 1e-9 + fabs(should) * 1e-9, "%.12g is not %.12g", is, should);
}

static void deviation_is(unsigned cell, enum cell_state state, double mv)
{
	struct estimate e = cell_deviation(&c->day, cell, state);
	ck_assert(e.known);
	near(e.value, mv);
	e = cell_deviation(&c->hour, cell, state);
	ck_assert(e.known);
	near(e.value, mv);
}

START_TEST(room_for_cells)
{
	static const struct {
		uint32_t cells;
		unsigned room;
	} cases[] = {{0, 8},         {1, 8},         {1u << 7, 8},   {1u << 8, 16}, {1u << 15, 16},
		     {1u << 16, 24}, {1u << 23, 24}, {1u << 24, 32}, {1u << 31, 32}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		begin(cases[i].cells);
		ck_assert_uint_eq(c->hour.room, cases[i].room);
		ck_assert_uint_eq(c->day.room, cases[i].room);
		memset(c->hour.cell, 0x11, c->hour.room * sizeof *c->hour.cell);
		memset(c->day.cell, 0x22, c->day.room * sizeof *c->day.cell);
		ck_assert_int_eq(*(char *)c->hour.cell, 0x11);
	}
}
END_TEST

START_TEST(more_cells_keep_what_was_summed)
{
	begin(7);
	put(3300, 3310, 3320, -50000, 1000);
	struct cell_sums hour = c->hour.cell[2], day = c->day.cell[0];
	const struct pack_cells *before = c;
	ck_assert(cell_stats_make(&c, 0xFF));
	ck_assert_ptr_eq(c, before);
	ck_assert(cell_stats_make(&c, 0x1FF));
	ck_assert_uint_eq(c->day.room, 16);
	ck_assert_mem_eq(&c->hour.cell[2], &hour, sizeof hour);
	ck_assert_mem_eq(&c->day.cell[0], &day, sizeof day);
	ck_assert_int_eq(c->hour.cell[8].highest_ms, 0);
	ck_assert_int_eq(c->day.cell[8].highest_ms, 0);
	ck_assert_ptr_eq(c->hour.cell, c->cell);
	ck_assert_ptr_eq(c->day.cell, c->cell + 16);
}
END_TEST

/* While discharging the first cell is 10 mV below the mean, the last one as much above it. */
START_TEST(deviations)
{
	begin(7);
	put(3300, 3310, 3320, -50000, 1000);
	put(3290, 3310, 3330, -50000, 1000);
	deviation_is(0, CELL_DISCHARGING, -15);
	deviation_is(1, CELL_DISCHARGING, 0);
	deviation_is(2, CELL_DISCHARGING, 15);
	ck_assert(!cell_deviation(&c->day, 0, CELL_CHARGING).known);
	ck_assert(!cell_deviation(&c->day, 3, CELL_DISCHARGING).known);
	ck_assert_int_eq(c->day.state_ms[CELL_DISCHARGING], 2000);
	ck_assert_int_eq(c->day.cell[0].lowest_ms, 2000);
	ck_assert_int_eq(c->day.cell[0].highest_ms, 0);
	ck_assert_int_eq(c->day.cell[1].lowest_ms, 0);
	ck_assert_int_eq(c->day.cell[2].highest_ms, 2000);
	/* Longer counts more. */
	begin(7);
	put(3300, 3310, 3320, 50000, 1000);
	put(3270, 3310, 3350, 50000, 3000);
	deviation_is(0, CELL_CHARGING, -32.5);
}
END_TEST

START_TEST(cells_that_are_equal)
{
	begin(7);
	put(3300, 3300, 3310, -50000, 1000);
	ck_assert_int_eq(c->day.cell[0].lowest_ms, 1000);
	ck_assert_int_eq(c->day.cell[1].lowest_ms, 1000);
	ck_assert_int_eq(c->day.cell[2].lowest_ms, 0);
}
END_TEST

/* At rest: 1/50 of the capacity at most, for a minute. */
START_TEST(rest_begins_after_a_minute)
{
	begin(7);
	put(3300, 3310, 3320, 2001, 1000);
	ck_assert_int_eq(c->day.state_ms[CELL_CHARGING], 1000);
	put(3300, 3310, 3320, -2001, 1000);
	ck_assert_int_eq(c->day.state_ms[CELL_DISCHARGING], 1000);
	put(3300, 3310, 3320, 2000, 30000);
	put(3300, 3310, 3320, -2000, 29999);
	ck_assert_int_eq(c->day.state_ms[CELL_REST], 0);
	put(3300, 3310, 3320, 0, 1);
	ck_assert_int_eq(c->day.state_ms[CELL_REST], 1);
	put(3300, 3310, 3320, 0, 1000);
	ck_assert_int_eq(c->day.state_ms[CELL_REST], 1001);
	cell_stats_gap(c);
	put(3300, 3310, 3320, 0, 59999);
	ck_assert_int_eq(c->day.state_ms[CELL_REST], 1001);
	put(3300, 3310, 3320, 50000, 1000);
	put(3300, 3310, 3320, 0, 59999);
	ck_assert_int_eq(c->day.state_ms[CELL_REST], 1001);
	ck_assert_int_eq(c->day.state_ms[CELL_CHARGING], 2000);
	ck_assert_int_eq(c->day.state_ms[CELL_DISCHARGING], 1000);
}
END_TEST

/* Near full: the mean cell is above 3.400 V, and it charges. */
START_TEST(near_full)
{
	begin(7);
	put(3400, 3400, 3400, 50000, 1000);
	ck_assert_int_eq(c->day.state_ms[CELL_NEAR_FULL], 0);
	put(3400, 3400, 3401, -50000, 1000);
	put(3400, 3400, 3401, 0, 1000);
	ck_assert_int_eq(c->day.state_ms[CELL_NEAR_FULL], 0);
	put(3400, 3400, 3401, 1, 1000);
	ck_assert_int_eq(c->day.state_ms[CELL_NEAR_FULL], 1000);
	put(3400, 3400, 3430, 50000, 1000);
	ck_assert_int_eq(c->day.state_ms[CELL_NEAR_FULL], 2000);
	deviation_is(2, CELL_NEAR_FULL, (2.0 / 3 + 20) / 2);
}
END_TEST

/* The balancer charges the lowest cell, or discharges the highest. */
START_TEST(balancing)
{
	begin(7);
	static const struct {
		bool balancing;
		int balancer;
		int64_t lowest_ms, highest_ms, all_ms;
	} cases[] = {{true, 1, 1000, 0, 1000},
		     {true, 2, 1000, 1000, 2000},
		     {true, 0, 1000, 1000, 3000},
		     {true, 3, 1000, 1000, 4000},
		     {false, 1, 1000, 1000, 4000}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cell_sample s = sample(3300, 3310, 3320, 0, 1000);
		s.balancing = cases[i].balancing;
		s.balancer = cases[i].balancer;
		cell_stats_sample(c, &s);
		ck_assert_int_eq(c->day.cell[0].balancing_ms, cases[i].lowest_ms);
		ck_assert_int_eq(c->day.cell[1].balancing_ms, 0);
		ck_assert_int_eq(c->day.cell[2].balancing_ms, cases[i].highest_ms);
		ck_assert_int_eq(c->day.balancing_ms, cases[i].all_ms);
	}
}
END_TEST

/* Another number of cells is another pack, or a wire that came off: its mean is another one. */
START_TEST(other_cells_begin_anew)
{
	begin(7);
	put(3300, 3310, 3320, -50000, 1000);
	struct cell_sample s = sample(3300, 3310, 0, -50000, 1000);
	s.frame.cells = 3;
	cell_stats_sample(c, &s);
	ck_assert_int_eq(c->day.state_ms[CELL_DISCHARGING], 1000);
	ck_assert_int_eq(c->day.since_us, now_us);
	ck_assert_int_eq(c->day.index, 1);
	deviation_is(0, CELL_DISCHARGING, -5);
	s.frame.cells = 0;
	cell_stats_sample(c, &s);
	ck_assert_int_eq(c->day.state_ms[CELL_DISCHARGING], 1000);
}
END_TEST

/* From one current to another: two samples of each.  Cell 1 has 1 milliohm, cell 2 has 2, cell 3 has 3. */
static void step(int64_t from_ma, int64_t to_ma)
{
	for (int i = 0; i < 4; i++) {
		int64_t ma = i < 2 ? from_ma : to_ma;
		int32_t mv = (int32_t)(ma / 1000);
		put(3300 + mv, 3300 + 2 * mv, 3300 + 3 * mv, ma, 1000);
	}
	cell_stats_gap(c);
}

static int64_t steps_of(int64_t a, int64_t b, int64_t d, int64_t e, int64_t ms)
{
	begin(7);
	put(3300, 3300, 3300, a, 1000);
	put(3300, 3300, 3300, b, ms);
	put(3300, 3300, 3300, d, 1000);
	put(3300, 3300, 3300, e, 1000);
	ck_assert_int_eq(c->hour.steps, c->day.steps);
	return c->day.steps;
}

START_TEST(what_a_load_step_is)
{
	ck_assert_int_eq(steps_of(0, 0, 5001, 5001, 1000), 1);
	ck_assert_int_eq(steps_of(0, 0, -5001, -5001, 1000), 1);
	ck_assert_int_eq(steps_of(0, 0, 5000, 5000, 1000), 0);
	/* The same current: less than 1/16 of the step apart. */
	ck_assert_int_eq(steps_of(1001, 0, 16000, 16000, 1000), 0);
	ck_assert_int_eq(steps_of(1000, 0, 16000, 16000, 1000), 0);
	ck_assert_int_eq(steps_of(999, 0, 16000, 16000, 1000), 1);
	ck_assert_int_eq(steps_of(-999, 0, 16000, 16000, 1000), 1);
	ck_assert_int_eq(steps_of(0, 0, 16000, 17000, 1000), 0);
	ck_assert_int_eq(steps_of(0, 0, 16000, 15001, 1000), 1);
	ck_assert_int_eq(steps_of(0, 0, 16000, 16999, 1000), 1);
	/* Each record less than 1.5 usual intervals after the one before. */
	ck_assert_int_eq(steps_of(0, 0, 16000, 16000, 1499), 1);
	ck_assert_int_eq(steps_of(0, 0, 16000, 16000, 1500), 0);
}
END_TEST

START_TEST(a_step_needs_four_frames_and_a_capacity)
{
	begin(7);
	step(0, 50000);
	ck_assert_int_eq(c->day.steps, 1);
	put(3300, 3300, 3300, 0, 1000);
	put(3300, 3300, 3300, 50000, 1000);
	put(3300, 3300, 3300, 50000, 1000);
	ck_assert_int_eq(c->day.steps, 1);
	begin(7);
	for (int i = 0; i < 4; i++) {
		struct cell_sample s = sample(3300, 3300, 3300, i < 2 ? 0 : 50000, 1000);
		s.full_mah = 0;
		cell_stats_sample(c, &s);
	}
	ck_assert_int_eq(c->day.steps, 0);
}
END_TEST

START_TEST(resistances)
{
	begin(7);
	for (int i = 0; i < 4; i++)
		step(-10000 * i, 20000);
	ck_assert(!cell_resistance(&c->day, 0).known); /* five steps at least */
	step(0, -40000);
	ck_assert_int_eq(c->day.steps, 5);
	for (unsigned i = 0; i < 3; i++) {
		struct estimate r = cell_resistance(&c->day, i);
		ck_assert(r.known);
		near(r.value, i + 1);
		ck_assert(r.standard_error < 1e-6);
		/* What a resolution of 1 mV hides: 1 mV over the mean size of the steps. */
		double mean_a = sqrt((20 * 20 + 30 * 30 + 40 * 40 + 50 * 50 + 40 * 40) / 5.0);
		ck_assert(fabs(r.error - 1 / mean_a) < 1e-6);
	}
	struct estimate pack = cell_resistance(&c->day, BANK_CELLS);
	ck_assert(pack.known);
	near(pack.value, 6);
	ck_assert(!cell_resistance(&c->day, 3).known);
	near(cell_resistance(&c->hour, 1).value, 2);
}
END_TEST

/* Steps of 10 A whose voltage scatters: 10 mV, and 4 mV more or less. */
START_TEST(scatter)
{
	begin(7);
	static const int32_t mv[] = {14, 6, 14, 6, 10};
	for (size_t i = 0; i < 5; i++) {
		put(3300, 3300, 3300, 0, 1000);
		put(3300, 3300, 3300, 0, 1000);
		put(3300 + mv[i], 3300, 3300, 10000, 1000);
		put(3300 + mv[i], 3300, 3300, 10000, 1000);
		cell_stats_gap(c);
	}
	struct estimate r = cell_resistance(&c->day, 0);
	near(r.value, 1);
	/* The residuals are 4, -4, 4, -4, 0: their sum of squares is 64, with 4 degrees of freedom. */
	near(r.standard_error, 4.0 / (10 * sqrt(5)));
	near(r.error, 3 * 4.0 / (10 * sqrt(5)));
}
END_TEST

/* From full to empty with 100 A for half an hour: 50 Ah. */
START_TEST(capacities)
{
	begin(7);
	cell_stats_charge(c, 1, 50, -5);
	ck_assert_int_eq(c->side, 0);
	cell_stats_charge(c, 2, 100, -5);
	for (int i = 0; i < 1799; i++)
		cell_stats_charge(c, 3, 50, INT64_C(-100000) * 1000);
	ck_assert_int_eq(c->measured_mah, 0);
	cell_stats_charge(c, 4, 0, INT64_C(-100000) * 1000);
	ck_assert_int_eq(c->measured_mah, 50000);
	ck_assert_int_eq(c->measured_us, 4);
	/* It stays empty for a while, then is charged; once more at empty begins anew. */
	cell_stats_charge(c, 5, 0, 7200000);
	cell_stats_charge(c, 6, 1, 3600000);
	cell_stats_charge(c, 7, 99, 3600000);
	cell_stats_charge(c, 8, 100, 3600000);
	ck_assert_int_eq(c->measured_mah, 3);
	ck_assert_int_eq(c->measured_us, 8);
	/* A gap in between, and nothing is measured. */
	cell_stats_charge(c, 9, 50, -3600000);
	cell_stats_gap(c);
	cell_stats_charge(c, 10, 0, -3600000);
	ck_assert_int_eq(c->measured_us, 8);
}
END_TEST

/* A day on which the first cell is so many units of 10 microvolts above the mean at rest. */
static void day(int64_t index, int64_t rest_ms, int64_t deviation)
{
	cell_period_begin(&c->day, index, 1);
	c->day.cells = 7;
	c->day.state_ms[CELL_REST] = rest_ms;
	c->day.balancing_ms = index;
	c->day.cell[0].deviation[CELL_REST] = deviation * rest_ms * 3 / 100;
	c->day.cell[2].deviation[CELL_REST] = -deviation * rest_ms * 3 / 100;
	cell_stats_end_day(c);
}

START_TEST(the_end_of_a_day)
{
	begin(7);
	day(20, 299999, 1000);
	ck_assert_int_eq(c->days[0].day, 0);
	ck_assert_int_eq(c->balancing_day_ms, 20);
	day(21, 300000, 1000);
	ck_assert_int_eq(c->days[0].day, 21);
	ck_assert_int_eq(c->days[0].rest[0], 1000);
	ck_assert_int_eq(c->days[0].rest[1], 0);
	ck_assert_int_eq(c->days[0].rest[2], -1000);
	ck_assert_int_eq(c->balancing_day_ms, 21);
	day(22, 300000, 40000); /* more than fits */
	ck_assert_int_eq(c->days[1].rest[0], INT16_MAX);
	ck_assert_int_eq(c->days[1].rest[2], -INT16_MAX);
	for (int i = 23; i < 21 + CELL_DAYS; i++)
		day(i, 300000, 5);
	ck_assert_int_eq(c->days[0].day, 21);
	ck_assert_int_eq(c->days[27].day, 48);
	day(60, 300000, 7); /* the oldest makes room */
	ck_assert_int_eq(c->days[0].day, 60);
	ck_assert_int_eq(c->days[0].rest[0], 7);
	ck_assert_int_eq(c->days[1].day, 22);
}
END_TEST

START_TEST(drift)
{
	begin(7);
	/* Half a millivolt a day: 3.5 mV a week. */
	day(20, 300000, 100);
	day(21, 300000, 150);
	day(26, 300000, 400);
	ck_assert(!cell_drift(c, 0).known); /* four days at least */
	day(22, 300000, 200);
	struct estimate e = cell_drift(c, 0);
	ck_assert(e.known);
	near(e.value, 3.5);
	ck_assert(e.standard_error < 1e-6);
	ck_assert(fabs(e.error - 7 * 1.5 / 6) < 1e-6);
	near(cell_drift(c, 2).value, -3.5);
	ck_assert(!cell_drift(c, 3).known);
	begin(7);
	for (int i = 20; i < 26; i++) /* over six days at least, from the first to the last */
		day(i, 300000, i * 10);
	ck_assert(!cell_drift(c, 0).known);
	day(26, 300000, 260);
	ck_assert(cell_drift(c, 0).known);
	near(cell_drift(c, 0).value, 0.7);
}
END_TEST

/* Days 0, 2, 4, 6: 0, 1, -1, 0 mV.  The slope is -0.1, the sum of squares of the residuals is 1.8. */
START_TEST(drift_that_scatters)
{
	begin(7);
	static const int64_t units[] = {0, 100, -100, 0};
	for (int i = 0; i < 4; i++)
		day(20 + 2 * i, 300000, units[i]);
	struct estimate e = cell_drift(c, 0);
	near(e.value, -0.7);
	near(e.standard_error, 7 * sqrt(1.8 / 2 / 20));
	near(e.error, 7 * (3 * sqrt(1.8 / 2 / 20) + 1.5 / 6));
}
END_TEST

static unsigned weakest(struct weak_cell weak[WEAK_CELLS])
{
	memset(weak, 0, WEAK_CELLS * sizeof *weak);
	return cell_weakest(c, FULL_MAH, weak);
}

START_TEST(the_weakest_while_discharging)
{
	begin(0x3F);
	struct weak_cell weak[WEAK_CELLS];
	ck_assert_uint_eq(weakest(weak), 0);
	/* Deviations of -3, -9, 20, -5, -1 and -2 mV. */
	struct cell_sample s = sample(3297, 3291, 3320, -50000, 1000);
	s.frame.cells = 0x3F;
	s.frame.cell_mv[3] = 3295, s.frame.cell_mv[4] = 3299, s.frame.cell_mv[5] = 3298;
	cell_stats_sample(c, &s);
	ck_assert_uint_eq(weakest(weak), 3);
	ck_assert_uint_eq(weak[0].cell, 1);
	ck_assert_uint_eq(weak[1].cell, 3);
	ck_assert_uint_eq(weak[2].cell, 0);
	near(weak[0].mv, 9);
	near(weak[0].deviation, -9);
	ck_assert_str_eq(weak[0].reason, "9.0 mV below the mean while discharging");
	ck_assert_str_eq(weak[2].reason, "3.0 mV below the mean while discharging");
}
END_TEST

START_TEST(the_weakest_near_full_and_at_rest)
{
	begin(7);
	struct weak_cell weak[WEAK_CELLS];
	put(3440, 3450, 3490, 1500, 1000); /* hardly any current, but it charges */
	ck_assert_uint_eq(weakest(weak), 1);
	ck_assert_uint_eq(weak[0].cell, 2);
	near(weak[0].deviation, 30);
	ck_assert_str_eq(weak[0].reason, "30.0 mV above the mean near full");
	put(3300, 3360, 3300, 0, 60000);
	ck_assert_uint_eq(weakest(weak), 2);
	ck_assert_uint_eq(weak[1].cell, 0);
	near(weak[1].deviation, -20);
	ck_assert_str_eq(weak[1].reason, "20.0 mV below the mean at rest");
}
END_TEST

/* Resistances of 1, 2 and 3 milliohm at half of 100 Ah in an hour: 1 mohm more than the mean is 50 mV. */
START_TEST(the_weakest_by_resistance_and_drift)
{
	begin(7);
	struct weak_cell weak[WEAK_CELLS];
	for (int i = 0; i < 5; i++)
		step(0, 20000);
	ck_assert_uint_eq(weakest(weak), 1);
	ck_assert_uint_eq(weak[0].cell, 2);
	near(weak[0].mv, 50);
	near(weak[0].deviation, -50);
	ck_assert_str_eq(weak[0].reason,
			 "more resistance than the others: 50.0 mV at half the capacity in an hour");
	begin(7);
	for (int i = 20; i < 28; i++)
		day(i, 300000, i * 100);
	cell_period_begin(&c->day, 28, 1);
	c->day.cells = 7;
	ck_assert_uint_eq(weakest(weak), 1);
	ck_assert_uint_eq(weak[0].cell, 2);
	near(weak[0].deviation, -7);
	ck_assert_str_eq(weak[0].reason, "falls 7.0 mV a week against the mean");
}
END_TEST

UNIT_RUN("cells of a pack", room_for_cells, more_cells_keep_what_was_summed, deviations, cells_that_are_equal,
	 rest_begins_after_a_minute, near_full, balancing, other_cells_begin_anew, what_a_load_step_is,
	 a_step_needs_four_frames_and_a_capacity, resistances, scatter, capacities, the_end_of_a_day, drift,
	 drift_that_scatters, the_weakest_while_discharging, the_weakest_near_full_and_at_rest,
	 the_weakest_by_resistance_and_drift)
