/* SPDX-License-Identifier: MIT */
#include "store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "schema.h"

enum { BUSY_MS = 200, BAD_MAX = 9 };

/* ---- messages ---- */

__attribute__((format(printf, 2, 3))) static void complain(struct store *s, const char *format, ...)
{
	char text[sizeof s->complaint];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	if (strcmp(text, s->complaint) == 0)
		return;
	memcpy(s->complaint, text, sizeof text);
	log_line("%s: %s", s->path, text);
}

static bool is_damage(int code)
{
	return (code & 0xFF) == SQLITE_CORRUPT || (code & 0xFF) == SQLITE_NOTADB;
}

void store_failed(struct store *s)
{
	int code = sqlite3_extended_errcode(s->db);
	if ((code & 0xFF) == SQLITE_BUSY || (code & 0xFF) == SQLITE_LOCKED)
		complain(s, "locked by another program: what comes meanwhile is kept in memory");
	else if (is_damage(code))
		complain(s, "damaged: %s", sqlite3_errmsg(s->db));
	else
		complain(s, "cannot write: %s: what comes meanwhile is kept in memory",
			 sqlite3_errmsg(s->db));
	s->damaged |= is_damage(code);
}

void store_works(struct store *s)
{
	if (s->complaint[0])
		log_line("%s: written again", s->path);
	s->complaint[0] = '\0';
}

/* ---- files beside it ---- */

static const char *const endings[] = {"", "-wal", "-shm"};

/* As PATH.bad, or if that is there as PATH.bad.1 to PATH.bad.9, of which the last is replaced. */
static void keep_aside(const char *path)
{
	char from[PATH_MAX], to[PATH_MAX], bad[32] = ".bad";
	struct stat st;
	for (int i = 1; i <= BAD_MAX; i++) {
		snprintf(to, sizeof to, "%s%s", path, bad);
		if (lstat(to, &st) < 0)
			break;
		snprintf(bad, sizeof bad, ".bad.%d", i);
	}
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		snprintf(from, sizeof from, "%s%s", path, endings[i]);
		snprintf(to, sizeof to, "%s%s%s", path, bad, endings[i]);
		if (rename(from, to) == 0 && i == 0)
			log_line("%s: kept as %s: starting afresh", path, to);
		else if (i == 0 && errno != ENOENT)
			log_line("%s: cannot keep it as %s: %s", path, to, strerror(errno));
	}
}

/* A file whose begin is damaged is ours if it still has our tables in it. */
static bool has_our_tables(const char *path)
{
	static const char name[] = "bank_minute_data";
	enum { LOOK_MAX = 1 << 20 };
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	char *data = fd >= 0 ? malloc(LOOK_MAX) : NULL;
	ssize_t n = data ? pread(fd, data, LOOK_MAX, 0) : -1;
	bool zeros = n > 0;
	for (ssize_t i = 0; i < n && zeros; i++)
		zeros = data[i] == 0; /* so a power cut may leave it */
	bool found = zeros || (n > 0 && memmem(data, (size_t)n, name, sizeof name - 1));
	free(data);
	if (fd >= 0)
		close(fd);
	return found;
}

bool store_moved(struct store *s)
{
	int moved = 0;
	return sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved;
}

/* ---- opening ---- */

static bool query_number(sqlite3 *db, const char *sql, int64_t *number)
{
	sqlite3_stmt *q = NULL;
	bool found = sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW;
	if (found)
		*number = sqlite3_column_int64(q, 0);
	return sqlite3_finalize(q) == SQLITE_OK && found;
}

/* Only a file that was not closed, as after a power cut, is checked: that takes a second for 200 MB. */
static bool is_whole(struct store *s)
{
	int64_t closed = 0;
	sqlite3_stmt *q = NULL;
	if (!query_number(s->db, "SELECT count(*) FROM about WHERE name = 'closed' AND value = 1", &closed))
		return false;
	if (closed)
		return true;
	bool whole = sqlite3_prepare_v2(s->db, "PRAGMA quick_check(1)", -1, &q, NULL) == SQLITE_OK &&
		     sqlite3_step(q) == SQLITE_ROW &&
		     strcmp((const char *)sqlite3_column_text(q, 0), "ok") == 0;
	int code = sqlite3_finalize(q);
	if (!whole && (code == SQLITE_OK || is_damage(code)))
		s->damaged = true;
	return whole;
}

static bool mark(struct store *s, bool closed)
{
	return sqlite3_exec(s->db,
			    closed ? "INSERT OR REPLACE INTO about VALUES ('closed', 1)"
				   : "INSERT OR REPLACE INTO about VALUES ('closed', 0)",
			    NULL, NULL, NULL) == SQLITE_OK;
}

static bool migrate(struct store *s, int version)
{
	char *sql = malloc(SCHEMA_MAX);
	if (!sql)
		return false;
	struct strbuf t = {.data = sql, .capacity = SCHEMA_MAX};
	schema_migrate(&t, version);
	bool done = !t.overflow && sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK &&
		    sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK &&
		    sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
	free(sql);
	return done;
}

/* Is it ours, or empty?  Brings it to this version. */
static bool identify(struct store *s)
{
	int64_t application = 0, version = 0, tables = 0;
	if (!query_number(s->db, "PRAGMA application_id", &application) ||
	    !query_number(s->db, "PRAGMA user_version", &version) ||
	    !query_number(s->db, "SELECT count(*) FROM sqlite_master", &tables))
		return false;
	s->foreign = tables > 0 && application != HISTORY_APPLICATION;
	if (s->foreign)
		complain(s, "a database of another program: left alone, nothing is kept");
	else if ((s->foreign = version > HISTORY_VERSION))
		complain(s, "of a newer version of jk-history: left alone, nothing is kept");
	if (s->foreign)
		return false;
	return version == HISTORY_VERSION || migrate(s, tables > 0 ? (int)version : 0);
}

/* ---- statements ---- */

static bool prepare(struct store *s, sqlite3_stmt **q, const char *sql)
{
	return sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, q, NULL) == SQLITE_OK;
}

static void add_insert(struct strbuf *t, const char *verb, const char *table,
		       const struct history_series *series)
{
	strbuf_string(t, verb);
	strbuf_string(t, table);
	strbuf_string(t, " VALUES (?, ?, ?");
	for (unsigned i = 0; i < series->columns; i++)
		strbuf_string(t, ", ?");
	strbuf_string(t, ")");
}

static void add_select(struct strbuf *t, const struct history_series *series, const char *where)
{
	strbuf_string(t, "SELECT * FROM ");
	strbuf_string(t, series->minute_table);
	strbuf_string(t, where);
}

/* An hour of which minutes were removed stays as it is. */
static void add_update(struct strbuf *t, const struct history_series *series)
{
	strbuf_string(t, " ON CONFLICT DO UPDATE SET minutes = excluded.minutes");
	for (unsigned i = 0; i < series->columns; i++) {
		strbuf_string(t, ", ");
		strbuf_string(t, series->column[i].name);
		strbuf_string(t, " = excluded.");
		strbuf_string(t, series->column[i].name);
	}
	strbuf_string(t, " WHERE excluded.minutes >= minutes");
}

static bool prepare_text(struct store *s, sqlite3_stmt **q, struct strbuf *t)
{
	strbuf_char(t, '\0');
	bool done = !t->overflow && prepare(s, q, t->data);
	t->size = 0;
	return done;
}

static bool prepare_series(struct store *s, enum history_kind kind)
{
	const struct history_series *series = &history_series[kind];
	char sql[2048];
	struct strbuf t = {.data = sql, .capacity = sizeof sql};
	add_insert(&t, "INSERT INTO ", series->minute_table, series);
	strbuf_string(&t, " ON CONFLICT DO NOTHING");
	bool done = prepare_text(s, &s->series[kind].insert, &t);
	add_insert(&t, "INSERT OR REPLACE INTO ", series->minute_table, series);
	done = prepare_text(s, &s->series[kind].replace, &t) && done;
	add_select(&t, series, " WHERE time = ?1 AND ");
	strbuf_string(&t, series->owner);
	strbuf_string(&t, " = ?2");
	done = prepare_text(s, &s->series[kind].find, &t) && done;
	add_select(&t, series, " WHERE time >= ?1 AND time < ?2 ORDER BY time");
	done = prepare_text(s, &s->series[kind].scan, &t) && done;
	add_insert(&t, "INSERT INTO ", series->hour_table, series);
	add_update(&t, series);
	return prepare_text(s, &s->series[kind].hour, &t) && done;
}

static bool prepare_all(struct store *s)
{
	bool done =
		prepare(s, &s->heard,
			"SELECT seconds, sum_1, sum_2, sum_3, sum_4 FROM heard"
			" WHERE time = ? AND pack = ? AND bank = ?") &&
		prepare(s, &s->put_heard, "INSERT OR REPLACE INTO heard VALUES (?, ?, ?, ?, ?, ?, ?, ?)") &&
		prepare(s, &s->cells_before,
			"SELECT * FROM cells"
			" WHERE pack = ? AND time < ? AND time > ? ORDER BY time DESC LIMIT 1");
	for (int i = 0; i < STATEMENTS && done; i++)
		done = prepare(s, &s->statement[i], statement_texts[i]);
	for (int kind = 0; kind < HISTORY_KINDS && done; kind++)
		done = prepare_series(s, (enum history_kind)kind);
	return done;
}

static void finalize_all(struct store *s)
{
	sqlite3_stmt *q;
	while ((q = sqlite3_next_stmt(s->db, NULL)))
		sqlite3_finalize(q);
}

/* ---- the whole ---- */

static void close_file(struct store *s)
{
	if (!s->db)
		return;
	finalize_all(s);
	sqlite3_close(s->db);
	s->db = NULL;
}

/* A transaction is on the disk when it is over: a power cut takes none of these back. */
static bool set_up(struct store *s)
{
	sqlite3_busy_timeout(s->db, BUSY_MS);
	return sqlite3_exec(s->db,
			    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -1024;"
			    "PRAGMA journal_size_limit = 8388608;",
			    NULL, NULL, NULL) == SQLITE_OK;
}

static bool open_file(struct store *s)
{
	s->damaged = s->foreign = false;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	if (sqlite3_open_v2(s->path, &s->db, flags, NULL) != SQLITE_OK) {
		complain(s, "cannot open: %s: nothing is kept", s->db ? sqlite3_errmsg(s->db) : "no memory");
		return false;
	}
	sqlite3_extended_result_codes(s->db, 1);
	if (identify(s) && set_up(s) && is_whole(s) && prepare_all(s) && mark(s, false))
		return true;
	s->damaged |= is_damage(sqlite3_extended_errcode(s->db));
	if (!s->foreign && !s->damaged)
		store_failed(s);
	return false;
}

bool store_open(struct store *s)
{
	if (open_file(s))
		return true;
	bool aside = s->damaged && has_our_tables(s->path);
	if (s->damaged)
		complain(s, aside ? "damaged" : "no database: left alone, nothing is kept");
	close_file(s);
	if (!aside)
		return false;
	keep_aside(s->path);
	if (open_file(s))
		return true;
	close_file(s);
	return false;
}

void store_leave(struct store *s)
{
	bool damaged = s->damaged;
	close_file(s);
	if (damaged)
		keep_aside(s->path);
	s->damaged = false;
	s->hours = 0;
}

void store_close(struct store *s)
{
	if (s->db && !s->damaged)
		mark(s, true);
	close_file(s);
	free(s->sum);
	s->sum = NULL;
	s->sums = 0;
}
