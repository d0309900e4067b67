/* SPDX-License-Identifier: MIT */
#include "schema.h"

#include "history.h"

/*
 * jk-history(5) describes the schema.  Minutes and hours are kept as integers in NAME_data, and read as NAME,
 * in the units of records.
 */

static const char tables[] =
	"CREATE TABLE about (name TEXT PRIMARY KEY, value) WITHOUT ROWID;\n"
	"CREATE TABLE pack (id INTEGER PRIMARY KEY, name TEXT UNIQUE, label TEXT, channel TEXT NOT NULL,"
	" address INTEGER, model TEXT, firmware TEXT, cells INTEGER, first_seen INTEGER, last_seen "
	"INTEGER);\n"
	"CREATE UNIQUE INDEX pack_place ON pack (channel, ifnull(address, -1)) WHERE name IS NULL;\n"
	"CREATE TABLE bank (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, first_seen INTEGER,"
	" last_seen INTEGER);\n"
	"CREATE TABLE alarm (pack INTEGER NOT NULL, raised REAL NOT NULL, key TEXT NOT NULL, cleared REAL,"
	" severity TEXT, text TEXT, PRIMARY KEY (raised, pack, key)) WITHOUT ROWID;\n"
	"CREATE TABLE energy_day (day TEXT NOT NULL, pack INTEGER NOT NULL, bank INTEGER NOT NULL,"
	" charged_wh REAL, discharged_wh REAL, charged_ah REAL, discharged_ah REAL,"
	" PRIMARY KEY (day, pack, bank)) WITHOUT ROWID;\n"
	"CREATE TABLE balance_day (day TEXT NOT NULL, pack INTEGER NOT NULL, rest_minutes REAL,"
	" charging_minutes REAL, discharging_minutes REAL, near_full_minutes REAL, balancing_minutes REAL,"
	" resistance_milliohm REAL, resistance_error REAL, measured_capacity REAL, weakest_cell INTEGER,"
	" weakest_cell_deviation REAL, weakest_cell_drift REAL, cells TEXT,"
	" PRIMARY KEY (day, pack)) WITHOUT ROWID;\n"
	"CREATE TABLE score_day (day TEXT NOT NULL, pack INTEGER NOT NULL, worst INTEGER, worst_at REAL,"
	" reason TEXT, incidents INTEGER, PRIMARY KEY (day, pack)) WITHOUT ROWID;\n"
	"CREATE TABLE setting (pack INTEGER NOT NULL, key TEXT NOT NULL, time REAL NOT NULL, old TEXT,"
	" new TEXT NOT NULL, command TEXT, PRIMARY KEY (pack, key, time)) WITHOUT ROWID;\n"
	/*
	 * Of the last days, so that late records count once: in which seconds of the minute something was
	 * heard, bit n being second n, and the sums of which the means are made.
	 */
	"CREATE TABLE heard (time INTEGER NOT NULL, pack INTEGER NOT NULL, bank INTEGER NOT NULL,"
	" seconds INTEGER NOT NULL, sum_1 INTEGER, sum_2 INTEGER, sum_3 INTEGER, sum_4 INTEGER,"
	" PRIMARY KEY (time, pack, bank)) WITHOUT ROWID;\n";

static void add_table(struct strbuf *t, const char *name, const char *count, const struct history_series *s)
{
	strbuf_string(t, "CREATE TABLE ");
	strbuf_string(t, name);
	strbuf_string(t, " (time INTEGER NOT NULL, ");
	strbuf_string(t, s->owner);
	strbuf_string(t, " INTEGER NOT NULL, ");
	strbuf_string(t, count);
	strbuf_string(t, " INTEGER NOT NULL");
	for (unsigned i = 0; i < s->columns; i++) {
		strbuf_string(t, ", ");
		strbuf_string(t, s->column[i].name);
		strbuf_string(t, " INTEGER");
	}
	strbuf_string(t, ", PRIMARY KEY (time, ");
	strbuf_string(t, s->owner);
	strbuf_string(t, ")) WITHOUT ROWID;\n");
}

static void add_value(struct strbuf *t, const struct history_series *s, unsigned column)
{
	static const char *const divisors[] = {"", " / 10.0", " / 100.0", " / 1000.0"};
	const struct history_column *c = &s->column[column];
	strbuf_string(t, ", ");
	if (c->from != column) {
		strbuf_string(t, "(ifnull(");
		strbuf_string(t, s->column[c->from].name);
		strbuf_string(t, ", 0) + ");
	}
	strbuf_string(t, c->name);
	strbuf_string(t, c->from != column ? ")" : "");
	strbuf_string(t, divisors[c->places]);
	strbuf_string(t, " AS ");
	strbuf_string(t, c->name);
}

static void add_view(struct strbuf *t, const char *name, const char *table, const char *count,
		     const struct history_series *s)
{
	strbuf_string(t, "CREATE VIEW ");
	strbuf_string(t, name);
	strbuf_string(t, " AS SELECT time, ");
	strbuf_string(t, s->owner);
	strbuf_string(t, ", ");
	strbuf_string(t, count);
	for (unsigned i = 0; i < s->columns; i++)
		add_value(t, s, i);
	strbuf_string(t, " FROM ");
	strbuf_string(t, table);
	strbuf_string(t, ";\n");
}

static void add_series(struct strbuf *t, const struct history_series *s)
{
	add_table(t, s->minute_table, "records", s);
	add_view(t, s->minute, s->minute_table, "records", s);
	add_table(t, s->hour_table, "minutes", s);
	add_view(t, s->hour, s->hour_table, "minutes", s);
}

static void add_cells(struct strbuf *t)
{
	strbuf_string(t, "CREATE TABLE cells (time INTEGER NOT NULL, pack INTEGER NOT NULL");
	for (unsigned i = 1; i <= HISTORY_CELLS; i++) {
		strbuf_string(t, ", cell_");
		strbuf_unsigned(t, i);
		strbuf_string(t, " INTEGER");
	}
	strbuf_string(t, ", PRIMARY KEY (time, pack)) WITHOUT ROWID;\n");
}

static void first_version(struct strbuf *t)
{
	strbuf_string(t, tables);
	for (int kind = 0; kind < HISTORY_KINDS; kind++)
		add_series(t, &history_series[kind]);
	add_cells(t);
	strbuf_string(t, "PRAGMA application_id = ");
	strbuf_unsigned(t, HISTORY_APPLICATION);
	strbuf_string(t, ";\n");
}

/* What makes version n + 1 of version n. */
static void (*const steps[HISTORY_VERSION])(struct strbuf *t) = {first_version};

void schema_migrate(struct strbuf *t, int from)
{
	for (int version = from; version < HISTORY_VERSION; version++)
		steps[version](t);
	strbuf_string(t, "PRAGMA user_version = ");
	strbuf_unsigned(t, HISTORY_VERSION);
	strbuf_string(t, ";\n");
	strbuf_char(t, '\0');
}
