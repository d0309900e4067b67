/* SPDX-License-Identifier: MIT */
#include "bank_state_rows.h"

#include "bank_score.h"
#include "cell_stats.h"

unsigned state_about_kind(const struct state_about *a)
{
	return a->pack ? STATE_OF_PACK : a->bank ? STATE_OF_BANK : a->link ? STATE_OF_LINK : 0;
}

static struct ledger *ledger_of(const struct state_about *a)
{
	return a->pack ? &a->pack->ledger : &a->bank->ledger;
}

/* Copies numbers out of what is kept, or into it. */
static void both(bool in, int64_t *kept, int64_t *number)
{
	if (in)
		*kept = *number;
	else
		*number = *kept;
}

static void amounts(bool in, struct ledger_amount kept[LEDGER_SUMS], int64_t *number)
{
	for (int i = 0; i < LEDGER_SUMS; i++) {
		both(in, &kept[i].whole, &number[2 * i]);
		both(in, &kept[i].rest, &number[2 * i + 1]);
	}
}

static bool total(bool in, const struct state_about *a, unsigned i, int64_t *number)
{
	(void)i;
	amounts(in, ledger_of(a)->total, number);
	return true;
}

static bool today(bool in, const struct state_about *a, unsigned i, int64_t *number)
{
	(void)i;
	amounts(in, ledger_of(a)->today, number);
	return true;
}

static bool yesterday(bool in, const struct state_about *a, unsigned i, int64_t *number)
{
	(void)i;
	amounts(in, ledger_of(a)->yesterday, number);
	return true;
}

static bool day(bool in, const struct state_about *a, unsigned i, int64_t *number)
{
	(void)i;
	both(in, &ledger_of(a)->day, &number[0]);
	both(in, &ledger_of(a)->gap_us, &number[1]);
	return true;
}

static bool point(bool in, const struct state_about *a, unsigned i, int64_t *number)
{
	struct pack *p = a->pack;
	(void)i;
	both(in, &p->point_us, &number[0]);
	both(in, &p->point_uw, &number[1]);
	both(in, &p->point_ma, &number[2]);
	both(in, &p->seen_us, &number[3]);
	both(in, &p->full_mah, &number[4]);
	both(in, &p->usual_us, &number[5]);
	if (in)
		p->has_point = p->resumed = true;
	return p->has_point;
}

/* ---- cells ---- */

static struct pack_cells *cells_of(bool in, struct pack *p)
{
	if (in)
		cell_stats_make(&p->cells, 1);
	return p->cells;
}

static void unsigned_both(bool in, uint32_t *kept, int64_t *number)
{
	if (in)
		*kept = (uint32_t)*number;
	else
		*number = *kept;
}

static void int_both(bool in, int *kept, int64_t *number, int most)
{
	if (!in)
		*number = *kept;
	else if (*number >= -1 && *number < most)
		*kept = (int)*number;
}

static bool cells(bool in, const struct state_about *a, unsigned i, int64_t *number)
{
	struct pack_cells *c = cells_of(in, a->pack);
	(void)i;
	if (!c)
		return false;
	both(in, &c->balancing_day_ms, &number[0]);
	int_both(in, &c->next_day, &number[1], CELL_DAYS);
	int_both(in, &c->side, &number[2], 2);
	both(in, &c->moved_mams, &number[3]);
	both(in, &c->measured_mah, &number[4]);
	both(in, &c->measured_us, &number[5]);
	return c->next_day >= 0;
}

static struct cell_period *period_of(struct pack_cells *c, unsigned i)
{
	return i == 0 ? &c->hour : &c->day;
}

static bool period(bool in, const struct state_about *a, unsigned i, int64_t *number)
{
	if (in && !cell_stats_make(&a->pack->cells, (uint32_t)number[2]))
		return false;
	struct pack_cells *c = a->pack->cells;
	struct cell_period *p = c ? period_of(c, i) : NULL;
	if (!c)
		return false;
	both(in, &p->since_us, &number[0]);
	both(in, &p->index, &number[1]);
	unsigned_both(in, &p->cells, &number[2]);
	both(in, &p->balancing_ms, &number[3]);
	both(in, &p->steps, &number[4]);
	both(in, &p->di_di, &number[5]);
	both(in, &p->dv_di, &number[6]);
	both(in, &p->dv_dv, &number[7]);
	for (int k = 0; k < CELL_STATES; k++)
		both(in, &p->state_ms[k], &number[8 + k]);
	return true;
}

/* i: the cell, and BANK_CELLS more for that of the day. */
static bool cell(bool in, const struct state_about *a, unsigned i, int64_t *number)
{
	struct pack_cells *c = cells_of(in, a->pack);
	struct cell_period *p = c ? period_of(c, i / BANK_CELLS) : NULL;
	if (!c || !(p->cells >> i % BANK_CELLS & 1))
		return false;
	struct cell_sums *sums = &p->cell[i % BANK_CELLS];
	both(in, &sums->highest_ms, &number[0]);
	both(in, &sums->lowest_ms, &number[1]);
	both(in, &sums->balancing_ms, &number[2]);
	both(in, &sums->dv_di, &number[3]);
	both(in, &sums->dv_dv, &number[4]);
	for (int k = 0; k < CELL_STATES; k++)
		both(in, &sums->deviation[k], &number[5 + k]);
	return true;
}

static bool drift(bool in, const struct state_about *a, unsigned i, int64_t *number)
{
	struct pack_cells *c = cells_of(in, a->pack);
	if (!c || (!in && c->days[i].day == 0))
		return false;
	both(in, &c->days[i].day, &number[0]);
	for (int k = 0; k < BANK_CELLS; k++)
		if (in)
			c->days[i].rest[k] = (int16_t)number[1 + k];
		else
			number[1 + k] = c->days[i].rest[k];
	return true;
}

static bool score(bool in, const struct state_about *a, unsigned i, int64_t *number)
{
	struct score **at = a->link ? &a->link->score : &a->pack->score;
	struct score *s = in ? score_of(at) : *at;
	(void)i;
	if (!s)
		return false;
	both(in, &s->incidents, &number[0]);
	both(in, &s->worst, &number[1]);
	both(in, &s->worst_us, &number[2]);
	both(in, &s->day, &number[3]);
	int_both(in, &s->health, &number[4], 4);
	return s->health >= 0;
}

static bool settings(bool in, const struct state_about *a, unsigned i, int64_t *number)
{
	(void)i;
	if (!in && a->bank->settings_day == 0)
		return false;
	both(in, &a->bank->settings_day, &number[0]);
	return true;
}

const struct state_row state_rows[] = {
	{"total", STATE_OF_PACK | STATE_OF_BANK, 1, 2 * LEDGER_SUMS, total},
	{"today", STATE_OF_PACK | STATE_OF_BANK, 1, 2 * LEDGER_SUMS, today},
	{"yesterday", STATE_OF_PACK | STATE_OF_BANK, 1, 2 * LEDGER_SUMS, yesterday},
	{"day", STATE_OF_PACK | STATE_OF_BANK, 1, 2, day},
	{"point", STATE_OF_PACK, 1, 6, point},
	{"cells", STATE_OF_PACK, 1, 6, cells},
	{"period", STATE_OF_PACK, 2, 8 + CELL_STATES, period},
	{"cell", STATE_OF_PACK, 2 * BANK_CELLS, 5 + CELL_STATES, cell},
	{"drift", STATE_OF_PACK, CELL_DAYS, 1 + BANK_CELLS, drift},
	{"score", STATE_OF_PACK | STATE_OF_LINK, 1, 5, score},
	{"settings", STATE_OF_BANK, 1, 1, settings},
};
const size_t state_row_count = sizeof state_rows / sizeof *state_rows;
