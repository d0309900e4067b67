/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400 };

static sqlite3_stmt *once(struct store *s, const char *sql)
{
	sqlite3_stmt *q = NULL;
	return sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) == SQLITE_OK ? q : NULL;
}

/* ---- ids ---- */

static void bind_names(sqlite3_stmt *q, const struct owner *w)
{
	if (w->name[0])
		sqlite3_bind_text(q, 1, w->name, -1, SQLITE_STATIC);
	if (w->kind == HISTORY_BANK)
		return;
	sqlite3_bind_text(q, 2, w->channel, -1, SQLITE_STATIC);
	if (w->bms >= 0)
		sqlite3_bind_int(q, 3, w->bms);
}

/* Looks for the id of its row.  False: the file failed. */
static bool find_id(struct store *s, struct owner *w)
{
	static const char *const find[] = {
		[HISTORY_PACK] = "SELECT id FROM pack WHERE name = ?1 OR"
				 " (?1 IS NULL AND name IS NULL AND channel = ?2 AND address IS ?3)",
		[HISTORY_BANK] = "SELECT id FROM bank WHERE name = ?1",
	};
	sqlite3_stmt *q = w->id == 0 ? once(s, find[w->kind]) : NULL;
	if (!q)
		return w->id > 0;
	bind_names(q, w);
	if (sqlite3_step(q) == SQLITE_ROW)
		w->id = sqlite3_column_int64(q, 0);
	return sqlite3_finalize(q) == SQLITE_OK;
}

static bool make_id(struct store *s, struct owner *w)
{
	static const char *const make[] = {
		[HISTORY_PACK] = "INSERT INTO pack (name, channel, address) VALUES (?1, ?2, ?3)",
		[HISTORY_BANK] = "INSERT INTO bank (name) VALUES (?1)",
	};
	sqlite3_stmt *q = once(s, make[w->kind]);
	if (!q)
		return false;
	bind_names(q, w);
	bool done = sqlite3_step(q) == SQLITE_DONE;
	done = sqlite3_finalize(q) == SQLITE_OK && done;
	w->id = done ? sqlite3_last_insert_rowid(s->db) : 0;
	w->id_is_new = done;
	return done;
}

/* ---- reading ---- */

/* Columns of a table of minutes: time, owner, records, and those of the series. */
static void read_row(sqlite3_stmt *q, const struct history_series *series, struct history_row *row)
{
	row->time_s = sqlite3_column_int64(q, 0);
	row->count = sqlite3_column_int64(q, 2);
	row->has = 0;
	for (unsigned i = 0; i < series->columns; i++) {
		int at = 3 + (int)i;
		if (sqlite3_column_type(q, at) == SQLITE_NULL)
			continue;
		row->has |= UINT32_C(1) << i;
		row->value[i] = sqlite3_column_int64(q, at);
	}
	history_unstore(row, series);
}

static bool find_row(struct store *s, const struct owner *w, int64_t time_s, struct history_row *row)
{
	sqlite3_stmt *q = s->series[w->kind].find;
	sqlite3_bind_int64(q, 1, time_s);
	sqlite3_bind_int64(q, 2, w->id);
	bool found = sqlite3_step(q) == SQLITE_ROW;
	if (found)
		read_row(q, &history_series[w->kind], row);
	sqlite3_reset(q);
	return found;
}

static void bind_heard(sqlite3_stmt *q, const struct owner *w, int64_t time_s)
{
	sqlite3_bind_int64(q, 1, time_s);
	sqlite3_bind_int64(q, 2, w->kind == HISTORY_PACK ? w->id : 0);
	sqlite3_bind_int64(q, 3, w->kind == HISTORY_BANK ? w->id : 0);
}

/* False: it is not known. */
static bool find_heard(struct store *s, const struct owner *w, int64_t time_s, struct slot_base *base)
{
	bind_heard(s->heard, w, time_s);
	bool found = sqlite3_step(s->heard) == SQLITE_ROW;
	if (found)
		base->seconds = (uint64_t)sqlite3_column_int64(s->heard, 0);
	for (int i = 0; i < HISTORY_MEANS_MAX && found; i++)
		base->sums[i] = sqlite3_column_int64(s->heard, i + 1);
	sqlite3_reset(s->heard);
	return found;
}

bool store_base(struct store *s, struct owner *w, int64_t time_s, struct slot_base *base)
{
	return s->db && find_id(s, w) && w->id > 0 && find_heard(s, w, time_s, base) &&
	       find_row(s, w, time_s, &base->row);
}

bool store_cells(struct store *s, struct owner *w, int64_t time_s)
{
	sqlite3_stmt *q = s->cells_before;
	if (!s->db || !find_id(s, w) || w->id == 0)
		return false;
	sqlite3_bind_int64(q, 1, w->id);
	sqlite3_bind_int64(q, 2, time_s);
	sqlite3_bind_int64(q, 3, time_s - DAY_S);
	bool found = sqlite3_step(q) == SQLITE_ROW;
	if (found) {
		w->cells_time_s = sqlite3_column_int64(q, 0);
		w->cells_had = 0;
		for (int i = 0; i < HISTORY_CELLS; i++) {
			if (sqlite3_column_type(q, i + 2) == SQLITE_NULL)
				continue;
			w->cells_had |= UINT32_C(1) << i;
			w->cells_row_mv[i] = sqlite3_column_int(q, i + 2);
		}
	}
	sqlite3_reset(q);
	return found;
}

/* ---- writing ---- */

/* Runs it to its end.  What failed is known by sqlite3_errcode. */
static bool run(sqlite3_stmt *q)
{
	bool done = sqlite3_step(q) == SQLITE_DONE;
	return sqlite3_reset(q) == SQLITE_OK && done;
}

static bool add_hour(struct store *s, enum history_kind kind, int64_t time_s);

static void bind_row(sqlite3_stmt *q, const struct owner *w, const struct history_row *row)
{
	const struct history_series *series = &history_series[w->kind];
	sqlite3_bind_int64(q, 1, row->time_s);
	sqlite3_bind_int64(q, 2, w->id);
	sqlite3_bind_int64(q, 3, row->count);
	for (unsigned i = 0; i < series->columns; i++)
		if (row->has >> i & 1)
			sqlite3_bind_int64(q, (int)i + 4, history_stored(row, series, i));
		else
			sqlite3_bind_null(q, (int)i + 4);
}

/* Both together: what they have heard are different seconds. */
static void join(const struct owner *w, struct op_row *op, const struct slot_base *other)
{
	const struct history_series *series = &history_series[w->kind];
	struct history_sum sum;
	bool after = op->seconds > other->seconds;
	history_sum_begin(&sum, op->row.time_s);
	history_sum_exact(&sum, series, &other->row, other->sums, !after);
	history_sum_exact(&sum, series, &op->row, op->sums, after);
	sum.row.count = op->row.count + other->row.count;
	history_sum_means(&sum, series, op->sums);
	op->row = history_sum_result(&sum, series);
	op->seconds |= other->seconds;
}

/*
 * The file has this minute, and this run did not know: another one has written it, or when it was heard is
 * not known any more.  Records that may be in both must not count twice, so the fuller one stays.  False: it
 * is that of the file.
 */
static bool settle(struct store *s, const struct owner *w, struct op_row *op)
{
	struct slot_base old;
	if (!find_row(s, w, op->row.time_s, &old.row))
		return true;
	if (!find_heard(s, w, op->row.time_s, &old) || old.seconds & op->seconds)
		return op->row.count >= old.row.count;
	join(w, op, &old);
	return true;
}

static bool put_heard(struct store *s, const struct owner *w, const struct op_row *op)
{
	bind_heard(s->put_heard, w, op->row.time_s);
	sqlite3_bind_int64(s->put_heard, 4, (int64_t)op->seconds);
	for (int i = 0; i < HISTORY_MEANS_MAX; i++)
		sqlite3_bind_int64(s->put_heard, i + 5, op->sums[i]);
	return run(s->put_heard);
}

static bool write_row(struct store *s, const struct owner *w, struct op_row *op)
{
	bool known = op->again || op->based; /* what the file has is in it */
	if (!known) {
		bind_row(s->series[w->kind].insert, w, &op->row);
		if (!run(s->series[w->kind].insert))
			return false;
		known = sqlite3_changes(s->db) == 0;
		if (known && !settle(s, w, op))
			return true;
	}
	if (known) {
		bind_row(s->series[w->kind].replace, w, &op->row);
		if (!run(s->series[w->kind].replace))
			return false;
	}
	return put_heard(s, w, op) && add_hour(s, w->kind, op->row.time_s);
}

static bool have_id(struct store *s, struct owner *w)
{
	return w->id > 0 || (find_id(s, w) && (w->id > 0 || make_id(s, w)));
}

static bool bind_parameter(struct store *s, struct owners *owners, sqlite3_stmt *q, int at,
			   const struct parameter *p)
{
	switch (p->kind) {
	case PARAMETER_INTEGER:
		return sqlite3_bind_int64(q, at, p->integer) == SQLITE_OK;
	case PARAMETER_REAL:
		return sqlite3_bind_double(q, at, p->real) == SQLITE_OK;
	case PARAMETER_TEXT:
		return sqlite3_bind_text(q, at, p->text.p, (int)p->text.n, SQLITE_STATIC) == SQLITE_OK;
	case PARAMETER_OWNER:
		return have_id(s, owners->owner[p->integer]) &&
		       sqlite3_bind_int64(q, at, owners->owner[p->integer]->id) == SQLITE_OK;
	default:
		return sqlite3_bind_null(q, at) == SQLITE_OK;
	}
}

static bool write_statement(struct store *s, struct owners *owners, const struct op_statement *op)
{
	sqlite3_stmt *q = s->statement[op->statement];
	for (unsigned i = 0; i < op->count; i++)
		if (!bind_parameter(s, owners, q, (int)i + 1, &op->parameter[i]))
			return false;
	return run(q);
}

static bool write_ops(struct store *s, struct owners *owners, const struct ops *ops)
{
	struct op_row row;
	static struct op_statement statement;
	enum op_kind kind;
	for (size_t at = 0; ops_next(ops, &at, &kind, &row, &statement);) {
		if (kind == OP_STATEMENT && !write_statement(s, owners, &statement))
			return false;
		if (kind != OP_ROW)
			continue;
		struct owner *w = owners->owner[row.owner];
		if (!have_id(s, w) || !write_row(s, w, &row))
			return false;
	}
	return true;
}

/* ---- hours ---- */

/* A sum for each owner that the file has, of which the highest id is known. */
static bool begin_sums(struct store *s, enum history_kind kind)
{
	char sql[64];
	snprintf(sql, sizeof sql, "SELECT ifnull(max(id), 0) + 1 FROM %s", history_series[kind].owner);
	sqlite3_stmt *q = once(s, sql);
	size_t need = q && sqlite3_step(q) == SQLITE_ROW ? (size_t)sqlite3_column_int64(q, 0) : 0;
	sqlite3_finalize(q);
	if (need == 0 || need > 16 * (size_t)OWNERS_MAX)
		return false;
	if (need > s->sums) {
		struct history_sum *more = realloc(s->sum, need * sizeof *more);
		if (!more)
			return false;
		s->sum = more, s->sums = need;
	}
	s->sums_used = need;
	for (size_t i = 0; i < need; i++)
		history_sum_begin(&s->sum[i], 0);
	return true;
}

static bool put_hour(struct store *s, enum history_kind kind, int64_t time_s, size_t id)
{
	struct owner owner = {.kind = kind, .id = (int64_t)id};
	struct history_row row = history_sum_result(&s->sum[id], &history_series[kind]);
	row.time_s = time_s;
	bind_row(s->series[kind].hour, &owner, &row);
	return run(s->series[kind].hour);
}

/* Makes the hour of its minutes, for all owners. */
static bool make_hour(struct store *s, enum history_kind kind, int64_t time_s)
{
	sqlite3_stmt *q = s->series[kind].scan;
	int result;
	if (!begin_sums(s, kind))
		return false;
	sqlite3_bind_int64(q, 1, time_s);
	sqlite3_bind_int64(q, 2, time_s + HOUR_S);
	while ((result = sqlite3_step(q)) == SQLITE_ROW) {
		struct history_row row;
		size_t id = (size_t)sqlite3_column_int64(q, 1);
		if (id >= s->sums_used)
			continue;
		read_row(q, &history_series[kind], &row);
		history_sum_row(&s->sum[id], &history_series[kind], &row, 1, row.time_s);
		s->sum[id].row.count++;
	}
	if (sqlite3_reset(q) != SQLITE_OK || result != SQLITE_DONE)
		return false;
	for (size_t id = 0; id < s->sums_used; id++)
		if (s->sum[id].row.count > 0 && !put_hour(s, kind, time_s, id))
			return false;
	return true;
}

static bool make_hours(struct store *s)
{
	for (unsigned i = 0; i < s->hours; i++)
		if (!make_hour(s, s->hour[i].kind, s->hour[i].time_s))
			return false;
	s->hours = 0;
	return true;
}

static bool add_hour(struct store *s, enum history_kind kind, int64_t time_s)
{
	int64_t hour_s = history_begin(time_s, HOUR_S);
	for (unsigned i = s->hours; i-- > 0;)
		if (s->hour[i].kind == kind && s->hour[i].time_s == hour_s)
			return true;
	if (s->hours == STORE_HOURS && !make_hours(s))
		return false;
	s->hour[s->hours].kind = kind;
	s->hour[s->hours++].time_s = hour_s;
	return true;
}

/* ---- what is old ---- */

static bool remove_old(struct store *s, const char *table, int64_t before_s, int64_t step_s)
{
	char sql[256];
	snprintf(sql, sizeof sql, "DELETE FROM %s WHERE time < min(?1, (SELECT min(time) FROM %s) + ?2)",
		 table, table);
	sqlite3_stmt *q = once(s, sql);
	if (!q)
		return false;
	sqlite3_bind_int64(q, 1, before_s);
	sqlite3_bind_int64(q, 2, step_s);
	bool done = sqlite3_step(q) == SQLITE_DONE;
	return sqlite3_finalize(q) == SQLITE_OK && done;
}

/*
 * Every hour of record time, and two days at a time: a clock that is wrong for a while costs no history.  The
 * age is that by the record or by the clock of the system, whichever is less.
 */
static bool clean(struct store *s, int64_t now_s)
{
	enum { STEP_S = 2 * DAY_S, HEARD_S = 2 * DAY_S };
	static const char *const rest[] = {"hour_data", "bank_hour_data", "cells"};
	int64_t real_s = clock_real_us() / 1000000, then_s = now_s < real_s ? now_s : real_s;
	int64_t passed_s = now_s - s->cleaned_s;
	if (passed_s >= 0 && passed_s < HOUR_S)
		return true;
	bool done = remove_old(s, "heard", now_s - HEARD_S, DAY_S * INT64_C(100000));
	for (int kind = 0; kind < HISTORY_KINDS && s->keep_minutes_s > 0; kind++)
		done = done &&
		       remove_old(s, history_series[kind].minute_table, then_s - s->keep_minutes_s, STEP_S);
	for (size_t i = 0; i < sizeof rest / sizeof *rest && s->keep_rest_s > 0; i++)
		done = done && remove_old(s, rest[i], then_s - s->keep_rest_s, STEP_S);
	if (done)
		s->cleaned_s = now_s;
	return done;
}

/* ---- transactions ---- */

static void take_back(struct store *s, struct owners *owners, int64_t cleaned_s)
{
	if (!sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	for (size_t i = 0; i < owners->count; i++)
		if (owners->owner[i]->id_is_new)
			owners->owner[i]->id = 0, owners->owner[i]->id_is_new = false;
	s->hours = 0;
	s->cleaned_s = cleaned_s;
}

static bool try_write(struct store *s, struct owners *owners, const struct ops *ops, int64_t now_s)
{
	int64_t cleaned_s = s->cleaned_s;
	if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK &&
	    write_ops(s, owners, ops) && make_hours(s) && clean(s, now_s) &&
	    sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
		return true;
	store_failed(s);
	take_back(s, owners, cleaned_s);
	return false;
}

bool store_write(struct store *s, struct owners *owners, struct ops *ops, int64_t now_s)
{
	if (s->db && (s->damaged || store_moved(s))) {
		store_leave(s);
		owners_forget_ids(owners);
	}
	if (!s->db && !store_open(s))
		return false;
	if (!try_write(s, owners, ops, now_s))
		return false;
	for (size_t i = 0; i < owners->count; i++)
		owners->owner[i]->id_is_new = false;
	store_works(s);
	ops->size = 0;
	return true;
}
