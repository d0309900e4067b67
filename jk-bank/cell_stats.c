/* SPDX-License-Identifier: MIT */
#include "cell_stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- samples ---- */

bool cell_stats_make(struct pack_cells **at, uint32_t cells)
{
	struct pack_cells *old = *at, *made;
	unsigned room = cells ? (39 - (unsigned)__builtin_clz(cells)) / 8 * 8 : 8;
	if (old && old->hour.room >= room)
		return true;
	if (!(made = calloc(1, sizeof *made + 2 * room * sizeof *made->cell)))
		return false;
	if (old)
		*made = *old;
	made->hour.cell = made->cell;
	made->day.cell = made->cell + room;
	made->hour.room = made->day.room = room;
	if (old) {
		memcpy(made->hour.cell, old->hour.cell, old->hour.room * sizeof *made->cell);
		memcpy(made->day.cell, old->day.cell, old->day.room * sizeof *made->cell);
		free(old);
	}
	*at = made;
	return true;
}

void cell_period_begin(struct cell_period *p, int64_t index, int64_t since_us)
{
	memset(p->cell, 0, p->room * sizeof *p->cell);
	*p = (struct cell_period){.index = index, .since_us = since_us, .cell = p->cell, .room = p->room};
}

void cell_stats_gap(struct pack_cells *c)
{
	c->frames = 0;
	c->quiet_ms = 0;
	c->side = 0;
}

static unsigned states_of(const struct pack_cells *c, const struct cell_sample *s, int64_t sum, int cells)
{
	int64_t ma = s->frame.ma, size = ma < 0 ? -ma : ma;
	bool flows = size * CELL_REST_PART > s->full_mah;
	unsigned states = flows && ma > 0                       ? 1u << CELL_CHARGING
			  : flows                               ? 1u << CELL_DISCHARGING
			  : c->quiet_ms >= (int)CELL_SETTLED_MS ? 1u << CELL_REST
								: 0;
	if (ma > 0 && sum > (int64_t)CELL_NEAR_FULL_MV * cells)
		states |= 1u << CELL_NEAR_FULL;
	return states;
}

struct spread {
	int64_t sum;
	int cells;
	int32_t highest, lowest;
};

static struct spread spread_of(const struct cell_frame *f)
{
	struct spread x = {.highest = 0, .lowest = INT32_MAX};
	for (uint32_t left = f->cells; left; left &= left - 1) {
		int32_t mv = f->cell_mv[__builtin_ctz(left)];
		x.sum += mv;
		x.cells++;
		x.highest = mv > x.highest ? mv : x.highest;
		x.lowest = mv < x.lowest ? mv : x.lowest;
	}
	return x;
}

/* Cells that are highest or lowest together all are. */
static void add_cell(struct cell_sums *to, const struct cell_sample *s, const struct spread *x, int32_t mv,
		     unsigned states, int64_t ms)
{
	for (int i = 0; i < CELL_STATES; i++)
		if (states >> i & 1)
			to->deviation[i] += ((int64_t)mv * x->cells - x->sum) * ms;
	bool highest = mv == x->highest, lowest = mv == x->lowest;
	to->highest_ms += highest ? ms : 0;
	to->lowest_ms += lowest ? ms : 0;
	if (s->balancing && ((s->balancer == 1 && lowest) || (s->balancer == 2 && highest)))
		to->balancing_ms += ms;
}

static void add_sample(struct cell_period *p, const struct cell_sample *s, const struct spread *x,
		       unsigned states, int64_t ms)
{
	if (p->cells !=
	    s->frame.cells) { /* another pack, or a wire came off: what was summed is another mean */
		cell_period_begin(p, p->index, s->frame.time_us);
		p->cells = s->frame.cells;
	}
	for (int i = 0; i < CELL_STATES; i++)
		p->state_ms[i] += states >> i & 1 ? ms : 0;
	p->balancing_ms += s->balancing ? ms : 0;
	for (uint32_t left = s->frame.cells; left; left &= left - 1) {
		int i = __builtin_ctz(left);
		add_cell(&p->cell[i], s, x, s->frame.cell_mv[i], states, ms);
	}
}

/* ---- load steps ---- */

static int64_t size_of(int64_t n)
{
	return n < 0 ? -n : n;
}

static void add_step(struct cell_period *p, const struct cell_frame *before, const struct cell_frame *after)
{
	int64_t di = after->ma - before->ma, dv = after->mv - before->mv;
	if (p->cells != after->cells || before->cells != after->cells)
		return;
	p->steps++;
	p->di_di += di * di;
	p->dv_di += dv * di;
	p->dv_dv += dv * dv;
	for (uint32_t left = after->cells; left; left &= left - 1) {
		int i = __builtin_ctz(left);
		dv = after->cell_mv[i] - before->cell_mv[i];
		p->cell[i].dv_di += dv * di;
		p->cell[i].dv_dv += dv * dv;
	}
}

/*
 * Four frames: two of one current, two of another.  The parts of a frame are samples of moments up to a frame
 * apart, so voltage and current of the inner two may be mixed; those of the outer two are not.
 */
static bool is_step(const struct cell_frame *first, const struct cell_frame *second,
		    const struct cell_frame *third, const struct cell_frame *fourth, int64_t full_mah)
{
	int64_t step = size_of(third->ma - second->ma);
	return full_mah > 0 && step * CELL_STEP_PART > full_mah &&
	       size_of(second->ma - first->ma) * CELL_SAME_PART < step &&
	       size_of(fourth->ma - third->ma) * CELL_SAME_PART < step;
}

static void look_for_step(struct pack_cells *c, const struct cell_sample *s)
{
	if (2 * s->passed_us >= 3 * s->usual_us)
		c->frames = 0;
	if (c->frames == 3 && is_step(&c->last[2], &c->last[1], &c->last[0], &s->frame, s->full_mah)) {
		add_step(&c->hour, &c->last[2], &s->frame);
		add_step(&c->day, &c->last[2], &s->frame);
	}
	memmove(&c->last[1], &c->last[0], 2 * sizeof *c->last);
	c->last[0] = s->frame;
	c->frames += c->frames < 3;
}

void cell_stats_sample(struct pack_cells *c, const struct cell_sample *s)
{
	struct spread x = spread_of(&s->frame);
	int64_t ms = s->passed_us / 1000;
	if (x.cells == 0)
		return;
	c->quiet_ms = size_of(s->frame.ma) * CELL_REST_PART > s->full_mah ? 0 : c->quiet_ms + ms;
	unsigned states = states_of(c, s, x.sum, x.cells);
	add_sample(&c->hour, s, &x, states, ms);
	add_sample(&c->day, s, &x, states, ms);
	look_for_step(c, s);
}

/* ---- capacity ---- */

void cell_stats_charge(struct pack_cells *c, int64_t time_us, int64_t percent, int64_t mams)
{
	enum { HOUR_MS = 3600000 };
	int side = percent >= 100 ? 1 : percent <= 0 ? -1 : 0;
	if (c->side != 0)
		c->moved_mams += mams;
	if (c->side != 0 && side == -c->side) {
		c->measured_mah = size_of(c->moved_mams) / HOUR_MS;
		c->measured_us = time_us;
	}
	if (side == 0)
		return;
	c->side = side;
	c->moved_mams = 0;
}

/* ---- days ---- */

void cell_stats_end_day(struct pack_cells *c)
{
	struct cell_drift_day *d = &c->days[c->next_day];
	c->balancing_day_ms = c->day.balancing_ms;
	if (c->day.state_ms[CELL_REST] < CELL_REST_LEAST_MS)
		return;
	memset(d, 0, sizeof *d);
	d->day = c->day.index;
	int cells = __builtin_popcount(c->day.cells);
	for (uint32_t left = c->day.cells; left; left &= left - 1) {
		int i = __builtin_ctz(left);
		int64_t deviation =
			100 * (c->day.cell[i].deviation[CELL_REST] / cells) / c->day.state_ms[CELL_REST];
		d->rest[i] = (int16_t)(deviation > INT16_MAX    ? INT16_MAX
				       : deviation < -INT16_MAX ? -INT16_MAX
								: deviation);
	}
	c->next_day = (c->next_day + 1) % CELL_DAYS;
}

/* ---- what they mean ---- */

struct estimate cell_deviation(const struct cell_period *p, unsigned cell, enum cell_state state)
{
	int cells = __builtin_popcount(p->cells);
	if (!(p->cells >> cell & 1) || p->state_ms[state] == 0)
		return (struct estimate){.known = false};
	return (struct estimate){
		.known = true,
		.value = (double)p->cell[cell].deviation[state] / cells / (double)p->state_ms[state],
	};
}

/* A line through 0: dv = R * di. */
struct estimate cell_resistance(const struct cell_period *p, unsigned cell)
{
	bool pack = cell >= BANK_CELLS;
	if (p->steps < CELL_STEPS_LEAST || (!pack && !(p->cells >> cell & 1)))
		return (struct estimate){.known = false};
	double n = (double)p->steps, di_di = (double)p->di_di;
	double dv_di = (double)(pack ? p->dv_di : p->cell[cell].dv_di),
	       dv_dv = (double)(pack ? p->dv_dv : p->cell[cell].dv_dv);
	double ohm = dv_di / di_di, rest = dv_dv - ohm * dv_di,
	       scatter_mv = sqrt(rest > 0 ? rest / (n - 1) : 0);
	double standard = scatter_mv / sqrt(di_di), mean_ma = sqrt(di_di / n);
	/* Steps that are all alike hide up to a millivolt; where they scatter, that is in the scatter. */
	double hidden = scatter_mv < 0.5 ? 1 / mean_ma : 0;
	return (struct estimate){true, 1000 * ohm, 1000 * standard, 1000 * (3 * standard + hidden)};
}

/* A line through the deviations at rest of the last days. */
struct estimate cell_drift(const struct pack_cells *c, unsigned cell)
{
	double n = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0;
	int64_t first = INT64_MAX, last = 0;
	for (int i = 0; i < CELL_DAYS; i++) {
		const struct cell_drift_day *d = &c->days[i];
		if (d->day == 0 || !(c->day.cells >> cell & 1))
			continue;
		first = d->day < first ? d->day : first;
		last = d->day > last ? d->day : last;
		double day = (double)(d->day - c->day.index), mv = d->rest[cell] / 100.0;
		n++, x += day, y += mv, xx += day * day, xy += day * mv, yy += mv * mv;
	}
	if (n < CELL_DAYS_LEAST || last - first < CELL_SPAN_LEAST)
		return (struct estimate){.known = false};
	double sxx = xx - x * x / n, sxy = xy - x * y / n, syy = yy - y * y / n;
	double slope = sxy / sxx, rest = syy - slope * sxy;
	double standard = sqrt((rest > 0 ? rest : 0) / (n - 2) / sxx);
	/* A resolution of a millivolt bends the line by this at most. */
	double hidden = 1.5 / (double)(last - first);
	return (struct estimate){true, 7 * slope, 7 * standard, 7 * (3 * standard + hidden)};
}

/* ---- the weakest ---- */

static void weaker(struct weak_cell *w, double mv, double deviation, const char *format)
{
	if (mv <= w->mv)
		return;
	w->mv = mv;
	w->deviation = deviation;
	snprintf(w->reason, sizeof w->reason, format, mv);
}

static double mean_resistance(const struct cell_period *p)
{
	double sum = 0;
	int cells = 0;
	for (unsigned i = 0; i < BANK_CELLS; i++) {
		struct estimate r = cell_resistance(p, i);
		sum += r.known ? r.value : 0;
		cells += r.known;
	}
	return cells > 0 ? sum / cells : 0;
}

/* Each way of being weak in millivolts, the resistance at half the capacity in an hour. */
static struct weak_cell weakness(const struct pack_cells *c, unsigned cell, int64_t full_mah,
				 double mean_milliohm)
{
	struct weak_cell w = {.cell = cell};
	struct estimate discharging = cell_deviation(&c->day, cell, CELL_DISCHARGING),
			full = cell_deviation(&c->day, cell, CELL_NEAR_FULL),
			rest = cell_deviation(&c->day, cell, CELL_REST), r = cell_resistance(&c->day, cell),
			drift = cell_drift(c, cell);
	if (discharging.known)
		weaker(&w, -discharging.value, discharging.value, "%.1f mV below the mean while discharging");
	if (full.known)
		weaker(&w, full.value, full.value, "%.1f mV above the mean near full");
	if (rest.known)
		weaker(&w, -rest.value, rest.value, "%.1f mV below the mean at rest");
	/* Half the capacity in mA, times milliohm, are microvolts. */
	double more_mv = (r.value - mean_milliohm) * (double)full_mah / 2 / 1000;
	if (r.known && r.value - mean_milliohm > r.error)
		weaker(&w, more_mv, -more_mv,
		       "more resistance than the others: %.1f mV at half the capacity in an hour");
	if (drift.known && -drift.value > drift.error)
		weaker(&w, -drift.value, drift.value, "falls %.1f mV a week against the mean");
	return w;
}

unsigned cell_weakest(const struct pack_cells *c, int64_t full_mah, struct weak_cell weak[WEAK_CELLS])
{
	unsigned count = 0;
	double milliohm = mean_resistance(&c->day);
	for (unsigned i = 0; i < BANK_CELLS; i++) {
		struct weak_cell w = weakness(c, i, full_mah, milliohm);
		if (!(c->day.cells >> i & 1) || w.mv <= 0)
			continue;
		unsigned at = count < WEAK_CELLS ? count++ : WEAK_CELLS;
		while (at > 0 && weak[at - 1].mv < w.mv) {
			if (at < WEAK_CELLS)
				weak[at] = weak[at - 1];
			at--;
		}
		if (at < WEAK_CELLS)
			weak[at] = w;
	}
	return count;
}
