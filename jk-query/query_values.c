/* SPDX-License-Identifier: MIT */
#include "query_values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "near_keys.h"
#include "number.h"
#include "process.h"
#include "query_time.h"
#include "slice.h"

enum { MINUTE_S = 60, QUARTER_S = 900, HOUR_S = 3600, DAY_S = 86400 };

static const struct {
	const char *name;
	int64_t length_s;
	int64_t up_to_s; /* it suits a time that is no longer */
} steps[QUERY_STEPS] = {
	[STEP_MINUTE] = {"1m", MINUTE_S, 3 * HOUR_S},
	[STEP_QUARTER] = {"15m", QUARTER_S, 2 * DAY_S},
	[STEP_HOUR] = {"1h", HOUR_S, 7 * DAY_S},
	[STEP_DAY] = {"1d", DAY_S, INT64_MAX},
};

bool query_values_step(const char *name, enum query_step *step)
{
	for (int i = 0; i < QUERY_STEPS; i++) {
		if (strcmp(steps[i].name, name) == 0) {
			*step = (enum query_step)i;
			return true;
		}
	}
	return false;
}

void query_values_steps(struct strbuf *t)
{
	for (int i = 0; i < QUERY_STEPS; i++) {
		strbuf_string(t, i == 0 ? "" : i + 1 < QUERY_STEPS ? ", " : " or ");
		strbuf_string(t, steps[i].name);
	}
}

enum query_step query_values_suits(int64_t length_s)
{
	enum query_step step = STEP_MINUTE;
	while (length_s > steps[step].up_to_s)
		step++;
	return step;
}

/* ---- keys ---- */

static const char cell_key[] = "cell_voltage_";

static bool is_cell(const char *p, size_t n, int *number)
{
	size_t begin = sizeof cell_key - 1;
	int64_t cell;
	if (n <= begin || memcmp(p, cell_key, begin) != 0 ||
	    !number_parse(p + begin, n - begin, 1, HISTORY_CELLS, &cell))
		return false;
	*number = (int)cell;
	return true;
}

static bool is_kept(const struct record_key *key)
{
	size_t n = strlen(key->key);
	int cell;
	return history_column_find(&history_series[HISTORY_PACK], key->key, n) >= 0 ||
	       is_cell(key->key, n, &cell);
}

static void add_all(struct strbuf *t, const struct history_series *series)
{
	for (unsigned i = 0; i < series->columns; i++) {
		strbuf_string(t, i > 0 ? ", " : "");
		strbuf_string(t, series->column[i].name);
	}
}

_Noreturn static void wrong_key(enum history_kind kind, struct slice key)
{
	char text[2048];
	struct strbuf t = {.data = text, .capacity = sizeof text - 1};
	bool other = history_column_find(&history_series[HISTORY_BANK], key.p, key.n) >= 0 ||
		     history_column_find(&history_series[HISTORY_PACK], key.p, key.n) >= 0;
	strbuf_string(&t, other ? "it is not kept of a " : "no such key in the history of a ");
	strbuf_string(&t, history_series[kind].owner);
	size_t before = t.size;
	strbuf_string(&t, "; near ones: ");
	if (kind == HISTORY_BANK || near_keys(&t, key.p, key.n, is_kept) == 0) {
		t.size = before;
		strbuf_string(&t, "; it has ");
		add_all(&t, &history_series[kind]);
		if (kind == HISTORY_PACK)
			strbuf_string(&t, ", cell_voltage_1 to cell_voltage_32");
	}
	text[t.size] = '\0';
	die(EXIT_USAGE, "--keys %.*s: %s", (int)key.n, key.p, text);
}

void query_values_keys(struct query_values *v, enum history_kind kind, const char *keys)
{
	struct slice rest = slice_of(keys);
	for (struct slice key; (key = slice_next(&rest, ",")).n > 0;) {
		int cell, column = history_column_find(&history_series[kind], key.p, key.n);
		if (column < 0 && kind == HISTORY_PACK && is_cell(key.p, key.n, &cell))
			column = -cell;
		else if (column < 0)
			wrong_key(kind, key);
		if (v->keys == QUERY_KEYS_MAX)
			die(EXIT_USAGE, "--keys %s: more than %d keys", keys, QUERY_KEYS_MAX);
		v->key[v->keys++].column = column;
	}
	if (v->keys == 0)
		die(EXIT_USAGE, "--keys %s: no key", keys);
}

/* ---- rows ---- */

/* What a pack has in the step that is being read. */
struct step_values {
	bool any;
	struct history_sum sum;
	uint32_t cells;
	int64_t cell_mv[HISTORY_CELLS];
};

struct reader {
	const struct query_values *v;
	struct query_file *f;
	struct query_output *o;
	const struct history_series *series;
	bool hours;              /* rows are hours, and count as many minutes as they have */
	int64_t to_s;            /* the end of the last step */
	int64_t begin_s, end_s;  /* of the step */
	struct step_values *now; /* of each owner */
};

static void begin_output(struct reader *r)
{
	query_output_column(r->o, "time", 25, false);
	query_output_column(r->o, r->series->owner, query_file_width(r->f), false);
	for (unsigned i = 0; i < r->v->keys; i++) {
		int column = r->v->key[i].column;
		char name[32];
		snprintf(name, sizeof name, "%s%d", cell_key, -column);
		query_output_column(r->o, column < 0 ? name : r->series->column[column].name, 10, true);
	}
	query_output_header(r->o);
}

static void print_value(struct reader *r, const struct step_values *s, const struct history_row *row,
			int column)
{
	if (column < 0) {
		unsigned cell = (unsigned)-column - 1;
		if (s->cells >> cell & 1)
			query_output_number(r->o, s->cell_mv[cell], 3);
		else
			query_output_null(r->o);
	} else if (row->has >> column & 1) {
		query_output_number(r->o, row->value[column], r->series->column[column].places);
	} else {
		query_output_null(r->o);
	}
}

static void print_step(struct reader *r)
{
	char time[QUERY_TIME_MAX] = "";
	for (size_t i = 0; i < r->f->owners; i++) {
		struct step_values *s = &r->now[i];
		if (!s->any)
			continue;
		struct history_row row = history_sum_result(&s->sum, r->series);
		if (!time[0])
			query_time_text(time, r->begin_s);
		query_output_time(r->o, r->begin_s, time);
		const struct query_owner *w = &r->f->owner[i];
		query_output_owner(r->o, w->name, w->own, w->channel);
		for (unsigned k = 0; k < r->v->keys; k++)
			print_value(r, s, &row, r->v->key[k].column);
		s->any = false;
	}
}

static void find_step(struct reader *r, int64_t time_s)
{
	if (r->v->step == STEP_DAY) {
		r->begin_s = query_day(time_s, 0);
		r->end_s = query_day(time_s, 1);
	} else {
		r->begin_s = history_begin(time_s, steps[r->v->step].length_s);
		r->end_s = r->begin_s + steps[r->v->step].length_s;
	}
}

/* The values of an owner at that time; NULL: they are not wanted. */
static struct step_values *values_at(struct reader *r, int64_t time_s, int64_t id)
{
	const struct query_owner *owner = query_file_owner(r->f, id);
	if (!owner)
		return NULL;
	if (time_s >= r->end_s || time_s < r->begin_s) {
		print_step(r);
		find_step(r, time_s);
	}
	struct step_values *s = &r->now[owner - r->f->owner];
	if (!s->any) {
		history_sum_begin(&s->sum, r->begin_s);
		s->any = true;
		s->cells = 0;
	}
	return s;
}

static void take_row(struct reader *r, sqlite3_stmt *q)
{
	struct history_row row = {.has = 0};
	struct step_values *s = values_at(r, sqlite3_column_int64(q, 0), sqlite3_column_int64(q, 1));
	if (!s)
		return;
	row.count = sqlite3_column_int64(q, 2);
	for (unsigned i = 0; i < r->series->columns; i++) {
		if (sqlite3_column_type(q, (int)i + 3) == SQLITE_NULL)
			continue;
		row.has |= UINT32_C(1) << i;
		row.value[i] = sqlite3_column_int64(q, (int)i + 3);
	}
	history_unstore(&row, r->series);
	history_sum_row(&s->sum, r->series, &row, r->hours ? row.count : 1, sqlite3_column_int64(q, 0));
}

static void take_cells(struct reader *r, sqlite3_stmt *q)
{
	struct step_values *s = values_at(r, sqlite3_column_int64(q, 0), sqlite3_column_int64(q, 1));
	if (!s)
		return;
	s->cells = 0;
	for (unsigned i = 0; i < HISTORY_CELLS; i++) {
		if (sqlite3_column_type(q, (int)i + 2) == SQLITE_NULL)
			continue;
		s->cells |= UINT32_C(1) << i;
		s->cell_mv[i] = sqlite3_column_int64(q, (int)i + 2);
	}
}

/* ---- reading ---- */

static sqlite3_stmt *prepare(struct reader *r, const char *table)
{
	char sql[128];
	snprintf(sql, sizeof sql, "SELECT * FROM %s WHERE time >= ?1 AND time < ?2 ORDER BY time", table);
	sqlite3_stmt *q = query_file_prepare(r->f, sql);
	sqlite3_bind_int64(q, 1, r->begin_s);
	sqlite3_bind_int64(q, 2, r->to_s);
	return q;
}

static bool wants(const struct reader *r, bool cells)
{
	for (unsigned i = 0; i < r->v->keys; i++)
		if ((r->v->key[i].column < 0) == cells)
			return true;
	return false;
}

static bool step(struct reader *r, sqlite3_stmt *q)
{
	return q && query_file_step(r->f, q);
}

/* Both are in the order of time. */
static void read_all(struct reader *r, sqlite3_stmt *rows, sqlite3_stmt *cells)
{
	bool row = step(r, rows), cell = step(r, cells);
	while (row || cell) {
		if (row && (!cell || sqlite3_column_int64(rows, 0) <= sqlite3_column_int64(cells, 0))) {
			take_row(r, rows);
			row = step(r, rows);
		} else {
			take_cells(r, cells);
			cell = step(r, cells);
		}
	}
	print_step(r);
}

/* Local days begin at full hours, but not where the clocks differ from UTC by a part of an hour. */
static bool by_hours(const struct query_values *v)
{
	return v->step == STEP_HOUR || (v->step == STEP_DAY && query_offset(v->from_s) % HOUR_S == 0);
}

void query_values_print(struct query_values *v, struct query_file *f, struct query_output *o)
{
	struct reader r = {.v = v, .f = f, .o = o, .series = &history_series[f->kind], .hours = by_hours(v)};
	r.now = calloc(f->owners + 1, sizeof *r.now);
	if (!r.now)
		die(EXIT_SYSTEM, "no memory");
	begin_output(&r);
	find_step(&r, v->to_s - 1);
	r.to_s = r.end_s;
	find_step(&r, v->from_s);
	sqlite3_stmt *rows = NULL, *cells = NULL;
	if (wants(&r, false))
		rows = prepare(&r, r.hours ? r.series->hour_table : r.series->minute_table);
	if (wants(&r, true))
		cells = prepare(&r, "cells");
	read_all(&r, rows, cells);
	sqlite3_finalize(rows);
	sqlite3_finalize(cells);
	free(r.now);
}
