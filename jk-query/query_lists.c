/* SPDX-License-Identifier: MIT */
#include "query_lists.h"

#include <math.h>
#include <string.h>

#include "query_time.h"
#include "slice.h"

enum column_kind {
	COLUMN_END,
	COLUMN_TEXT,
	COLUMN_NUMBER,
	COLUMN_PLACES, /* a number with three decimals */
	COLUMN_TIME,
	COLUMN_PACK,  /* of the id */
	COLUMN_OWNER, /* two columns: the id of a pack, or 0 and the name of a bank */
	COLUMN_KEY,   /* that --keys chooses */
};

struct query_list {
	const char *name;
	const char *sql; /* ?1 and ?2: from and to; ?3: --keys is given */
	bool days;       /* from and to are local days, as text */
	struct query_list_column {
		const char *name;
		enum column_kind kind;
		unsigned width;
	} column[12];
};

static const struct query_list lists[] = {
	{"alarms",
	 "SELECT raised, cleared, pack, severity, key, text FROM alarm"
	 " WHERE raised < ?2 AND ifnull(cleared, 1e300) >= ?1 ORDER BY raised",
	 false,
	 {{"raised", COLUMN_TIME, 25},
	  {"cleared", COLUMN_TIME, 25},
	  {"pack", COLUMN_PACK, 0},
	  {"severity", COLUMN_TEXT, 8},
	  {"key", COLUMN_KEY, 24},
	  {"text", COLUMN_TEXT, 0}}},
	/* What was there when a pack was first heard is no change. */
	{"settings",
	 "SELECT time, pack, key, old, new, command FROM setting"
	 " WHERE time >= ?1 AND time < ?2 AND (old IS NOT NULL OR ?3) ORDER BY time",
	 false,
	 {{"time", COLUMN_TIME, 25},
	  {"pack", COLUMN_PACK, 0},
	  {"key", COLUMN_KEY, 36},
	  {"old", COLUMN_TEXT, 10},
	  {"new", COLUMN_TEXT, 10},
	  {"command", COLUMN_TEXT, 0}}},
	{"energy",
	 "SELECT day, pack, (SELECT name FROM bank WHERE id = bank), charged_wh, discharged_wh, charged_ah,"
	 " discharged_ah FROM energy_day WHERE day >= ?1 AND day <= ?2 ORDER BY day, bank DESC, pack",
	 true,
	 {{"day", COLUMN_TEXT, 10},
	  {"name", COLUMN_OWNER, 0},
	  {"charged_wh", COLUMN_PLACES, 13},
	  {"discharged_wh", COLUMN_PLACES, 13},
	  {"charged_ah", COLUMN_PLACES, 13},
	  {"discharged_ah", COLUMN_PLACES, 13}}},
	{"packs",
	 "SELECT id, label, channel, address, model, firmware, cells, first_seen, last_seen FROM pack"
	 " WHERE address IS NOT NULL ORDER BY id",
	 false,
	 {{"pack", COLUMN_PACK, 0},
	  {"label", COLUMN_TEXT, 12},
	  {"channel", COLUMN_TEXT, 10},
	  {"address", COLUMN_NUMBER, 0},
	  {"model", COLUMN_TEXT, 14},
	  {"firmware", COLUMN_TEXT, 0},
	  {"cells", COLUMN_NUMBER, 0},
	  {"first_seen", COLUMN_TIME, 25},
	  {"last_seen", COLUMN_TIME, 25}}},
	{"banks",
	 "SELECT name, first_seen, last_seen FROM bank ORDER BY id",
	 false,
	 {{"bank", COLUMN_TEXT, 12}, {"first_seen", COLUMN_TIME, 25}, {"last_seen", COLUMN_TIME, 25}}},
};
enum { LISTS = sizeof lists / sizeof *lists };

const struct query_list *query_list_find(const char *name)
{
	for (int i = 0; i < LISTS; i++)
		if (strcmp(lists[i].name, name) == 0)
			return &lists[i];
	return NULL;
}

void query_list_names(struct strbuf *t)
{
	for (int i = 0; i < LISTS; i++) {
		strbuf_string(t, i == 0 ? "" : i + 1 < LISTS ? ", " : " or ");
		strbuf_string(t, lists[i].name);
	}
}

struct printing {
	struct query_file *f;
	struct query_output *o;
	const struct query_list_choice *choice;
	sqlite3_stmt *q;
};

static struct slice text_at(sqlite3_stmt *q, int at)
{
	const char *text = (const char *)sqlite3_column_text(q, at);
	return text ? slice_of(text) : (struct slice){NULL, 0};
}

static bool is_among(const char *list, struct slice name)
{
	struct slice rest = slice_of(list);
	for (struct slice one; (one = slice_next(&rest, ",")).n > 0;)
		if (slice_equal(one, name))
			return true;
	return false;
}

/* The name that a column shows; without text: it is not wanted. */
static struct slice name_at(const struct printing *p, int at, enum column_kind kind)
{
	int64_t id = sqlite3_column_int64(p->q, at);
	if (kind == COLUMN_OWNER && id == 0) {
		struct slice bank = text_at(p->q, at + 1);
		bool wanted = !p->choice->packs && (!p->choice->bank || is_among(p->choice->bank, bank));
		return wanted ? bank : (struct slice){NULL, 0};
	}
	if (kind == COLUMN_OWNER && p->choice->bank)
		return (struct slice){NULL, 0};
	const struct query_owner *owner = query_file_owner(p->f, id);
	return owner ? slice_of(owner->name) : (struct slice){NULL, 0};
}

static bool is_wanted(const struct printing *p, const struct query_list *list)
{
	int at = 0;
	for (const struct query_list_column *c = list->column; c->kind != COLUMN_END; c++) {
		if ((c->kind == COLUMN_PACK || c->kind == COLUMN_OWNER) && !name_at(p, at, c->kind).p)
			return false;
		if (c->kind == COLUMN_KEY && p->choice->keys && !is_among(p->choice->keys, text_at(p->q, at)))
			return false;
		at += c->kind == COLUMN_OWNER ? 2 : 1;
	}
	return true;
}

static void print_time(struct query_output *o, double seconds)
{
	char text[QUERY_TIME_MAX];
	query_time_text(text, (int64_t)floor(seconds));
	query_output_text(o, text, strlen(text));
}

static void print_column(const struct printing *p, int at, enum column_kind kind)
{
	struct slice text;
	if (kind == COLUMN_PACK || kind == COLUMN_OWNER) {
		text = name_at(p, at, kind);
		query_output_text(p->o, text.p, text.n);
	} else if (sqlite3_column_type(p->q, at) == SQLITE_NULL) {
		query_output_null(p->o);
	} else if (kind == COLUMN_TIME) {
		print_time(p->o, sqlite3_column_double(p->q, at));
	} else if (kind == COLUMN_NUMBER) {
		query_output_number(p->o, sqlite3_column_int64(p->q, at), 0);
	} else if (kind == COLUMN_PLACES) {
		query_output_number(p->o, llround(sqlite3_column_double(p->q, at) * 1000), 3);
	} else {
		text = text_at(p->q, at);
		query_output_text(p->o, text.p, text.n);
	}
}

static void print_row(const struct printing *p, const struct query_list *list)
{
	int at = 0;
	for (const struct query_list_column *c = list->column; c->kind != COLUMN_END; c++) {
		print_column(p, at, c->kind);
		at += c->kind == COLUMN_OWNER ? 2 : 1;
	}
}

static void begin_output(const struct printing *p, const struct query_list *list)
{
	for (const struct query_list_column *c = list->column; c->kind != COLUMN_END; c++) {
		bool number = c->kind == COLUMN_NUMBER || c->kind == COLUMN_PLACES;
		bool owner = c->kind == COLUMN_PACK || c->kind == COLUMN_OWNER;
		query_output_column(p->o, c->name, owner ? query_file_width(p->f) : c->width, number);
	}
	query_output_header(p->o);
}

/* The days of which some part is between them. */
static void bind_days(sqlite3_stmt *q, const struct query_list_choice *choice)
{
	char from[QUERY_TIME_MAX], to[QUERY_TIME_MAX];
	query_day_text(from, choice->from_s);
	query_day_text(to, choice->to_s > 0 ? choice->to_s - 1 : 0);
	sqlite3_bind_text(q, 1, from, -1, SQLITE_TRANSIENT);
	sqlite3_bind_text(q, 2, to, -1, SQLITE_TRANSIENT);
}

void query_list_print(const struct query_list *list, struct query_file *f, struct query_output *o,
		      const struct query_list_choice *choice)
{
	struct printing p = {.f = f, .o = o, .choice = choice, .q = query_file_prepare(f, list->sql)};
	if (list->days) {
		bind_days(p.q, choice);
	} else {
		sqlite3_bind_int64(p.q, 1, choice->from_s);
		sqlite3_bind_int64(p.q, 2, choice->to_s);
		sqlite3_bind_int(p.q, 3, choice->keys != NULL);
	}
	begin_output(&p, list);
	while (query_file_step(f, p.q))
		if (is_wanted(&p, list))
			print_row(&p, list);
	sqlite3_finalize(p.q);
}
