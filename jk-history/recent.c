/* SPDX-License-Identifier: MIT */
#include "recent.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "clock.h"
#include "pack_name.h"
#include "state_file.h"
#include "strbuf.h"

enum {
	MINUTE_S = 60,
	STEP_S = 600,
	HOUR_S = 3600,
	DAY_S = 86400,
	AT_MOST_US = 1000000, /* a recording has many minutes in a second */
	/* 180 minutes, 145 steps and 169 hours of 9 numbers of 24 digits at most */
	RECENT_MAX = 128 * 1024,
	PATH_SIZE = 1024,
	SQL_MAX = 1024,
};

/* The columns of the history that are drawn, with their decimals. */
struct column {
	const char *name;
	int places;
};
static const struct column columns[HISTORY_KINDS][9] = {
	[HISTORY_PACK] = {{"power", 0},
			  {"state_of_charge", 0},
			  {"total_voltage", 3},
			  {"current", 2},
			  {"max_cell_voltage", 3},
			  {"min_cell_voltage", 3},
			  {"mosfet_temperature", 1},
			  {"temperature_sensor_1", 1}},
	[HISTORY_BANK] = {{"power", 0}, {"state_of_charge", 1}, {"total_voltage", 3}, {"current", 2}},
};

/* The parts of a file: rows of a table, or means of them over a step, since the time before now. */
static const struct part {
	const char *name;
	bool hours;
	int step_s, since_s;
} parts[] = {
	{"minutes", false, MINUTE_S, 3 * HOUR_S},
	{"steps", false, STEP_S, DAY_S},
	{"hours", true, HOUR_S, 7 * DAY_S},
};
enum { PARTS = sizeof parts / sizeof *parts };

/* Rows in the order of owners, and how far they were read. */
struct cursor {
	sqlite3_stmt *q;
	bool row;
};

static bool step(struct cursor *c)
{
	c->row = c->q && sqlite3_step(c->q) == SQLITE_ROW;
	return c->row;
}

/* SELECT owner, json_array(time, round(avg(power), 0), ...) FROM minute ... */
static struct cursor select_part(struct store *s, enum history_kind kind, const struct part *p, int64_t now_s)
{
	char sql[SQL_MAX];
	const struct history_series *series = &history_series[kind];
	int n = snprintf(sql, sizeof sql, "SELECT %s, json_array(time - time %% %d", series->owner,
			 p->step_s);
	for (const struct column *c = columns[kind]; c->name; c++)
		n += snprintf(sql + n, sizeof sql - (size_t)n, ", round(avg(%s), %d)", c->name, c->places);
	snprintf(sql + n, sizeof sql - (size_t)n,
		 ") FROM %s WHERE time >= %lld GROUP BY %s, time / %d ORDER BY 1, time",
		 p->hours ? series->hour : series->minute, (long long)(now_s - p->since_s), series->owner,
		 p->step_s);
	struct cursor c = {.q = NULL};
	sqlite3_prepare_v2(s->db, sql, -1, &c.q, NULL);
	step(&c);
	return c;
}

static struct cursor select_days(struct store *s, enum history_kind kind)
{
	char sql[SQL_MAX];
	const char *owner = history_series[kind].owner;
	snprintf(sql, sizeof sql,
		 "SELECT %s, json_array(day, round(charged_wh, 0), round(discharged_wh, 0)) FROM energy_day"
		 " WHERE %s > 0 AND day > (SELECT date(max(day), '-8 days') FROM energy_day) ORDER BY 1, day",
		 owner, owner);
	struct cursor c = {.q = NULL};
	sqlite3_prepare_v2(s->db, sql, -1, &c.q, NULL);
	step(&c);
	return c;
}

/* The rows of one owner: owners come in the order of their ids. */
static void add_rows(struct strbuf *t, const char *name, struct cursor *c, int64_t id)
{
	strbuf_string(t, ",\"");
	strbuf_string(t, name);
	strbuf_string(t, "\":[");
	while (c->row && sqlite3_column_int64(c->q, 0) < id)
		step(c);
	for (size_t count = 0; c->row && sqlite3_column_int64(c->q, 0) == id; step(c)) {
		const char *row = (const char *)sqlite3_column_text(c->q, 1);
		if (row) {
			strbuf_string(t, count++ > 0 ? ",\n" : "\n");
			strbuf_string(t, row);
		}
	}
	strbuf_char(t, ']');
}

static void add_keys(struct strbuf *t, enum history_kind kind, int64_t now_s)
{
	strbuf_string(t, "{\"time\":");
	strbuf_decimal(t, now_s, 0);
	strbuf_string(t, ",\"keys\":[");
	for (const struct column *c = columns[kind]; c->name; c++) {
		strbuf_string(t, c == columns[kind] ? "\"" : ",\"");
		strbuf_string(t, c->name);
		strbuf_char(t, '"');
	}
	strbuf_char(t, ']');
}

/* ---- files ---- */

/* Whoever serves the files is another user, and the mask of a service gives others nothing. */
static bool make_dir(const char *path)
{
	if (mkdir(path, 0755) != 0)
		return errno == EEXIST;
	return chmod(path, 0755) == 0;
}

static void complain(struct recent *r, const char *path, const char *what)
{
	int error = errno;
	if (log_allowed(&r->failed))
		log_line("%s: %s: %s", path, what, state_file_reason(error));
}

static void put_file(struct recent *r, const char *name, const struct strbuf *t)
{
	char path[PATH_SIZE];
	static const char file[] = "/recent.json";
	int n = snprintf(path, sizeof path, "%s/%s", r->dir, name);
	if (n < 0 || (size_t)n + sizeof file > sizeof path)
		return;
	if (!make_dir(r->dir) || !make_dir(path)) {
		complain(r, path, "cannot make the folder");
		return;
	}
	memcpy(path + n, file, sizeof file);
	const char *wrong = state_file_put(path, t->data, t->size);
	if (wrong)
		complain(r, path, wrong);
	else
		chmod(path, 0644); /* a web server is another user */
}

/* ---- owners ---- */

/*
 * Those that were heard in the week, by the name of their topics: id and name.  A link has no address.  Two
 * buses may have packs without a name and with one address: jk-mqtt publishes the first.
 */
static struct cursor select_owners(struct store *s, enum history_kind kind, int64_t now_s)
{
	char sql[SQL_MAX];
	snprintf(sql, sizeof sql,
		 "SELECT min(id), %s AS named FROM %s WHERE named IS NOT NULL AND last_seen >= %lld"
		 " GROUP BY named ORDER BY 1",
		 kind == HISTORY_BANK ? "'" PACK_BANK_PREFIX "' || name" : "ifnull(name, 'bms_' || address)",
		 history_series[kind].owner, (long long)(now_s - 7 * DAY_S));
	struct cursor c = {.q = NULL};
	sqlite3_prepare_v2(s->db, sql, -1, &c.q, NULL);
	step(&c);
	return c;
}

static void write_owner(struct recent *r, enum history_kind kind, const char *name, int64_t id,
			struct cursor rows[PARTS + 1], int64_t now_s)
{
	static char buffer[RECENT_MAX];
	struct strbuf t = {.data = buffer, .capacity = sizeof buffer};
	add_keys(&t, kind, now_s);
	for (int i = 0; i < PARTS; i++)
		add_rows(&t, parts[i].name, &rows[i], id);
	add_rows(&t, "days", &rows[PARTS], id);
	strbuf_string(&t, "}\n");
	/* The name is a folder: a record of somebody else may have any. */
	if (!pack_name_bad_character(slice_of(name)) && !t.overflow)
		put_file(r, name, &t);
}

static void write_kind(struct recent *r, struct store *s, enum history_kind kind, int64_t now_s)
{
	struct cursor owner = select_owners(s, kind, now_s), rows[PARTS + 1];
	for (int i = 0; i < PARTS; i++)
		rows[i] = select_part(s, kind, &parts[i], now_s);
	rows[PARTS] = select_days(s, kind);
	for (; owner.row; step(&owner))
		write_owner(r, kind, (const char *)sqlite3_column_text(owner.q, 1),
			    sqlite3_column_int64(owner.q, 0), rows, now_s);
	for (int i = 0; i <= PARTS; i++)
		sqlite3_finalize(rows[i].q);
	sqlite3_finalize(owner.q);
}

void recent_write(struct recent *r, struct store *s, int64_t now_s, bool last)
{
	int64_t minute_s = history_begin(now_s, MINUTE_S), us = clock_monotonic_us();
	if (!r->dir || !s->db || now_s == 0)
		return;
	if (!last && (minute_s == r->minute_s || (r->tried_us && us - r->tried_us < AT_MOST_US)))
		return;
	r->minute_s = minute_s;
	r->tried_us = us;
	for (enum history_kind kind = 0; kind < HISTORY_KINDS; kind++)
		write_kind(r, s, kind, now_s);
}
