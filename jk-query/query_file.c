/* SPDX-License-Identifier: MIT */
#include "query_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pack_name.h"
#include "process.h"
#include "slice.h"
#include "strbuf.h"

enum { BUSY_MS = 10000 };

_Noreturn static void fail(const struct query_file *f)
{
	die(EXIT_SYSTEM, "%s: %s", f->path, f->db ? sqlite3_errmsg(f->db) : "no memory");
}

sqlite3_stmt *query_file_prepare(struct query_file *f, const char *sql)
{
	sqlite3_stmt *q;
	if (sqlite3_prepare_v2(f->db, sql, -1, &q, NULL) != SQLITE_OK)
		fail(f);
	return q;
}

bool query_file_step(struct query_file *f, sqlite3_stmt *q)
{
	int result = sqlite3_step(q);
	if (result != SQLITE_ROW && result != SQLITE_DONE)
		fail(f);
	return result == SQLITE_ROW;
}

static int64_t number(struct query_file *f, const char *sql)
{
	sqlite3_stmt *q = query_file_prepare(f, sql);
	int64_t value = query_file_step(f, q) ? sqlite3_column_int64(q, 0) : 0;
	sqlite3_finalize(q);
	return value;
}

/*
 * Reading beside a writer needs the files -wal and -shm.  Where they are missing and cannot be made, nobody
 * writes: then the file is read as it is.
 */
static bool open_as_it_is(struct query_file *f)
{
	static const char hex[] = "0123456789ABCDEF";
	char uri[3 * 4096 + 32];
	struct strbuf t = {.data = uri, .capacity = sizeof uri - 1};
	strbuf_string(&t, "file:");
	for (const char *p = f->path; *p; p++) {
		unsigned char c = (unsigned char)*p;
		if (c == '%' || c == '?' || c == '#') {
			strbuf_char(&t, '%');
			strbuf_char(&t, hex[c >> 4]);
			strbuf_char(&t, hex[c & 15]);
		} else {
			strbuf_char(&t, *p);
		}
	}
	strbuf_string(&t, "?immutable=1");
	uri[t.size] = '\0';
	sqlite3_close(f->db);
	return !t.overflow &&
	       sqlite3_open_v2(uri, &f->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) == SQLITE_OK;
}

static bool readable(struct query_file *f)
{
	return sqlite3_exec(f->db, "SELECT 1 FROM sqlite_master LIMIT 1", NULL, NULL, NULL) == SQLITE_OK;
}

static bool lacks_files(struct query_file *f)
{
	int code = sqlite3_errcode(f->db);
	return code == SQLITE_CANTOPEN || code == SQLITE_READONLY;
}

void query_file_open(struct query_file *f, const char *path)
{
	f->path = path;
	if (access(path, R_OK) != 0)
		die(errno == ENOENT ? EXIT_USAGE : EXIT_SYSTEM, "%s: %s", path, strerror(errno));
	if (sqlite3_open_v2(path, &f->db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
		fail(f);
	sqlite3_busy_timeout(f->db, BUSY_MS);
	bool read = readable(f) || (lacks_files(f) && open_as_it_is(f) && readable(f));
	if (!read && sqlite3_errcode(f->db) == SQLITE_NOTADB)
		die(EXIT_USAGE, "%s: not a file of jk-history", path);
	if (!read)
		fail(f);
	if (number(f, "PRAGMA application_id") != HISTORY_APPLICATION)
		die(EXIT_USAGE, "%s: not a file of jk-history", path);
	if (number(f, "PRAGMA user_version") > HISTORY_VERSION)
		die(EXIT_USAGE, "%s: of a newer version of jk-history", path);
}

/* ---- owners ---- */

static void copy(char *to, size_t room, sqlite3_stmt *q, int column)
{
	const char *text = (const char *)sqlite3_column_text(q, column);
	slice_copy(to, room, slice_of(text ? text : ""));
}

static void name_place(struct query_owner *w, const char *place)
{
	if (w->address < 0)
		slice_copy(w->name, sizeof w->name, slice_of(place));
	else if (place[0])
		snprintf(w->name, sizeof w->name, "%s:%d", place, w->address);
	else
		pack_name_default(w->address, w->name);
}

/* bms_1 of several channels are several packs. */
static void make_names_unique(struct query_file *f)
{
	for (size_t i = 0; i < f->owners; i++) {
		struct query_owner *a = &f->owner[i];
		bool shared = false;
		for (size_t k = i + 1; k < f->owners; k++) {
			struct query_owner *b = &f->owner[k];
			if (strcmp(a->name, b->name) != 0 || a->address < 0 || b->address < 0)
				continue;
			name_place(b, b->channel);
			shared = true;
		}
		if (shared)
			name_place(a, a->channel);
	}
}

void query_file_owners(struct query_file *f, enum history_kind kind)
{
	static const char *const sql[] = {
		[HISTORY_PACK] = "SELECT id, name, label, channel, address FROM pack ORDER BY id",
		[HISTORY_BANK] = "SELECT id, name, NULL, NULL, NULL FROM bank ORDER BY id",
	};
	static const char *const counts[] = {
		[HISTORY_PACK] = "SELECT count(*) FROM pack",
		[HISTORY_BANK] = "SELECT count(*) FROM bank",
	};
	size_t room = (size_t)number(f, counts[kind]);
	free(f->owner);
	f->kind = kind;
	f->owners = 0;
	f->owner = calloc(room + 1, sizeof *f->owner);
	if (!f->owner)
		die(EXIT_SYSTEM, "no memory");
	sqlite3_stmt *q = query_file_prepare(f, sql[kind]);
	while (f->owners < room && query_file_step(f, q)) {
		struct query_owner *w = &f->owner[f->owners++];
		w->id = sqlite3_column_int64(q, 0);
		w->address = sqlite3_column_type(q, 4) == SQLITE_NULL ? -1 : sqlite3_column_int(q, 4);
		copy(w->name, sizeof w->name, q, 1);
		copy(w->label, sizeof w->label, q, 2);
		copy(w->channel, sizeof w->channel, q, 3);
		if (!w->name[0])
			name_place(w, w->address < 0 ? w->channel : "");
		slice_copy(w->own, sizeof w->own, slice_of(w->name));
	}
	sqlite3_finalize(q);
	make_names_unique(f);
}

static bool has_name(const struct query_owner *w, struct slice name)
{
	char place[QUERY_NAME_MAX];
	snprintf(place, sizeof place, "%s:%d", w->channel, w->address);
	return slice_is(name, w->name) || (w->label[0] && slice_is(name, w->label)) ||
	       (w->address >= 0 && slice_is(name, place));
}

static void choose(struct query_file *f, struct slice name)
{
	bool found = false;
	for (size_t i = 0; i < f->owners; i++)
		if (has_name(&f->owner[i], name))
			found = f->owner[i].wanted = true;
	if (found)
		return;
	char all[1024];
	struct strbuf t = {.data = all, .capacity = sizeof all - 1};
	for (size_t i = 0; i < f->owners; i++) {
		strbuf_string(&t, i > 0 ? ", " : "");
		strbuf_string(&t, f->owner[i].name);
	}
	all[t.size] = '\0';
	die(EXIT_USAGE, "%s %.*s: there is none; there are: %s",
	    f->kind == HISTORY_BANK ? "--bank" : "--pack", (int)name.n, name.p, all);
}

void query_file_choose(struct query_file *f, const char *names)
{
	for (size_t i = 0; i < f->owners; i++)
		f->owner[i].wanted = !names;
	struct slice rest = names ? slice_of(names) : (struct slice){NULL, 0};
	for (struct slice name; (name = slice_next(&rest, ",")).n > 0;)
		choose(f, name);
}

const struct query_owner *query_file_owner(const struct query_file *f, int64_t id)
{
	size_t i = (size_t)id - 1; /* where it is, unless one was removed */
	if (i >= f->owners || f->owner[i].id != id)
		for (i = 0; i < f->owners && f->owner[i].id != id; i++)
			;
	return i < f->owners && f->owner[i].wanted ? &f->owner[i] : NULL;
}

unsigned query_file_width(const struct query_file *f)
{
	size_t most = 4;
	for (size_t i = 0; i < f->owners; i++)
		if (f->owner[i].wanted && strlen(f->owner[i].name) > most)
			most = strlen(f->owner[i].name);
	return (unsigned)most;
}
