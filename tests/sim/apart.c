/* SPDX-License-Identifier: MIT */
/*
 * The parts of a live frame under load: samples of different moments, as in a real frame.  The load may step
 * between any two of them, once in a frame, and change its sign.
 *
 * Current and power are sampled first and last, in either order, and all voltages between them.  Each load at
 * which a voltage was sampled is therefore the load of the current or of the power.  Real frames do not show
 * the order; but no frame is known whose voltages lie on both sides of a step while neither current nor power
 * does.  The coarse voltage of real frames is always the truncated total; here it is a sample of its own if
 * the load steps, and follows the total at rest.
 */
#include "pack.h"

#include <stdlib.h>

enum { QUANTUM_MA = 378, GROUP = 4, LARGE_MA = 2000 };

/*
 * The voltages: values that the BMS computes from scans of its own, its totals, and the cells that the frame
 * lists.
 */
enum part { MEAN, SPREAD, INDEXES, TOTAL, COARSE, CELLS, MOST_PARTS = CELLS + MAX_CELLS / GROUP };

struct step {
	int64_t before_ma, after_ma;
	int64_t moment; /* the first sample of the load after the step */
	int64_t off_mv; /* total minus sum of the cells */
	bool large;     /* there is a load before or after the step */
};

static int64_t load_at(const struct step *step, int64_t moment)
{
	return moment < step->moment ? step->before_ma : step->after_ma;
}

static int64_t sum_mv(const struct pack *p, const int64_t mv[MAX_CELLS])
{
	int64_t sum = 0;
	for (unsigned int i = 0; i < p->cell_count; i++)
		sum += mv[i];
	return sum;
}

/* A scan of all cells, with the noise of the last bit. */
static void scan(struct pack *p, int64_t load_ma, int64_t mv[MAX_CELLS])
{
	pack_cells_at(p, load_ma, mv);
	for (unsigned int i = 0; i < p->cell_count; i++)
		mv[i] += chance_range(&p->chance, 0, 3) == 0;
}

/* The whole pack is measured separately, with the same deviation from its cells throughout a frame. */
static int64_t measured_total_mv(struct pack *p, const struct step *step, int64_t load_ma)
{
	int64_t mv[MAX_CELLS];
	pack_cells_at(p, load_ma, mv);
	return sum_mv(p, mv) + step->off_mv + chance_range(&p->chance, -1, 1);
}

static void find_extremes(const struct pack *p, const int64_t mv[MAX_CELLS], unsigned int *highest,
			  unsigned int *lowest)
{
	*highest = *lowest = 0;
	for (unsigned int i = 1; i < p->cell_count; i++) {
		if (mv[i] > mv[*highest])
			*highest = i;
		if (mv[i] < mv[*lowest])
			*lowest = i;
	}
}

static int64_t own_spread_mv(struct pack *p, const int64_t mv[MAX_CELLS])
{
	unsigned int highest, lowest;
	find_extremes(p, mv, &highest, &lowest);
	int64_t spread = mv[highest] - mv[lowest] + chance_range(&p->chance, -3, 3);
	return spread < 0 || p->cell_count == 1 ? 0 : spread;
}

static void sample_part(struct pack *p, struct sample *s, enum part part, const struct step *step,
			int64_t moment)
{
	int64_t load_ma = load_at(step, moment), mv[MAX_CELLS];
	scan(p, load_ma, mv);
	switch (part) {
	case MEAN:
		s->average_mv = sum_mv(p, mv) / p->cell_count;
		break;
	case SPREAD:
		s->spread_mv = own_spread_mv(p, mv);
		break;
	case INDEXES:
		find_extremes(p, mv, &s->highest, &s->lowest);
		break;
	case TOTAL:
		s->total_mv = measured_total_mv(p, step, load_ma);
		if (!step->large)
			s->coarse_cv = s->total_mv / 10;
		break;
	case COARSE:
		if (step->large)
			s->coarse_cv = measured_total_mv(p, step, load_ma) / 10;
		break;
	default:
		for (unsigned int i = GROUP * (unsigned int)(part - CELLS);
		     i < GROUP * (unsigned int)(part - CELLS + 1); i++)
			s->cell_mv[i] = i < p->cell_count ? mv[i] : 0;
	}
}

/* Whole steps of the converter; power and current may differ by some. */
static int64_t measured_quanta(struct pack *p, int64_t load_ma, bool for_power)
{
	int64_t quanta = llabs(load_ma) / QUANTUM_MA;
	if (for_power && quanta > 0 && chance_hit(&p->chance, 80000))
		quanta += chance_range(&p->chance, quanta > 4 ? -4 : 0, 4);
	return quanta;
}

static void sample_load(struct pack *p, struct sample *s, bool power, const struct step *step, int64_t moment)
{
	int64_t load_ma = load_at(step, moment), ma = QUANTUM_MA * measured_quanta(p, load_ma, power);
	if (power)
		s->power_mw = measured_total_mv(p, step, load_ma) * ma / 1000;
	else
		s->current_ma = load_ma < 0 ? -ma : ma;
}

static void shuffle(struct chance *c, enum part *parts, unsigned int count)
{
	for (unsigned int i = count; i > 1; i--) {
		unsigned int k = (unsigned int)chance_range(c, 0, i - 1);
		enum part swapped = parts[i - 1];
		parts[i - 1] = parts[k];
		parts[k] = swapped;
	}
}

void sample_apart(struct pack *p, struct sample *s)
{
	enum part parts[MOST_PARTS];
	unsigned int count = CELLS + (p->cell_count + GROUP - 1) / GROUP;
	for (unsigned int i = 0; i < count; i++)
		parts[i] = (enum part)i;
	shuffle(&p->chance, parts, count);
	struct step step = {.before_ma = p->current_ma, .moment = chance_range(&p->chance, 0, count + 2)};
	pack_step_load(p);
	step.after_ma = p->current_ma;
	step.large = llabs(step.before_ma) > LARGE_MA || llabs(step.after_ma) > LARGE_MA;
	step.off_mv = chance_range(&p->chance, p->cell_count < 8 ? -3 : -11, p->cell_count < 8 ? 3 : 20);
	bool power_first = chance_hit(&p->chance, 500000);
	sample_load(p, s, power_first, &step, 0);
	for (unsigned int i = 0; i < count; i++)
		sample_part(p, s, parts[i], &step, i + 1);
	sample_load(p, s, !power_first, &step, count + 1);
}
