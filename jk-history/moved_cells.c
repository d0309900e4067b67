/* SPDX-License-Identifier: MIT */
#include "moved_cells.h"

#include <string.h>

enum { QUARTER_S = 900, MINUTE_S = 60, MOVED_MV = 5, LATE_S = 3600 };

static int64_t sum_of(uint32_t has, const int32_t mv[HISTORY_CELLS])
{
	int64_t sum = 0;
	for (uint32_t left = has; left; left &= left - 1)
		sum += mv[__builtin_ctz(left)];
	return sum;
}

/* Without division: deviations times the number of cells. */
static bool has_moved(const struct owner *w)
{
	int count = __builtin_popcount(w->cells_has);
	int64_t was = sum_of(w->cells_has, w->cells_row_mv), is = sum_of(w->cells_has, w->cells_mv);
	if (w->cells_has != w->cells_had)
		return true;
	for (uint32_t left = w->cells_has; left; left &= left - 1) {
		int n = __builtin_ctz(left);
		int64_t by = count * (int64_t)(w->cells_mv[n] - w->cells_row_mv[n]) - (is - was);
		if (by >= count * (int64_t)MOVED_MV || -by >= count * (int64_t)MOVED_MV)
			return true;
	}
	return false;
}

static bool is_due(const struct owner *w, int64_t time_s)
{
	if (!w->cells_known || history_begin(time_s, QUARTER_S) != history_begin(w->cells_time_s, QUARTER_S))
		return true;
	return history_begin(time_s, MINUTE_S) != history_begin(w->cells_time_s, MINUTE_S) && has_moved(w);
}

static void write_row(struct book *b, struct owner *w, int64_t time_s)
{
	struct op_statement op;
	op_begin(&op, STATEMENT_CELLS);
	op_integer(&op, time_s);
	op_owner(&op, w->number);
	for (int n = 0; n < HISTORY_CELLS; n++)
		if (w->cells_has >> n & 1)
			op_integer(&op, w->cells_mv[n]);
		else
			op_null(&op);
	ops_statement(&b->ops, &op);
	memcpy(w->cells_row_mv, w->cells_mv, sizeof w->cells_mv);
	w->cells_had = w->cells_has;
	w->cells_time_s = time_s;
	w->cells_known = true;
}

/* A live record has all cells, a frame of CAN four: these count when all have come again.  False: not yet. */
static bool take_cells(struct owner *w, const struct entry *e)
{
	for (uint32_t left = e->cells; left; left &= left - 1) {
		int n = __builtin_ctz(left);
		w->cells_mv[n] = e->cell_mv[n];
	}
	if (e->type == ENTRY_LIVE) {
		w->cells_has = e->cells;
		return true;
	}
	bool again = e->cells & w->cells_new;
	w->cells_has = again ? w->cells_new : w->cells_has | e->cells;
	w->cells_new = again ? e->cells : w->cells_new | e->cells;
	return again;
}

void moved_cells_entry(struct book *b, struct owner *w, const struct entry *e)
{
	int64_t time_s = e->time_us / 1000000;
	if (e->cells == 0 || e->conflict || !take_cells(w, e))
		return;
	if (w->cells_known && time_s < w->cells_time_s && time_s > w->cells_time_s - LATE_S)
		return; /* a late record, or a clock that was set back: these cells are known */
	if (!w->cells_known || time_s < w->cells_time_s)
		w->cells_known = store_cells(&b->store, w, time_s);
	if (is_due(w, time_s))
		write_row(b, w, time_s);
}
