/* SPDX-License-Identifier: MIT */
#include "intake.h"

#include <string.h>

#include "kept_days.h"
#include "log.h"
#include "minutes.h"
#include "moved_cells.h"
#include "number.h"

enum { MINUTE_S = 60 };

/* ---- alarms ---- */

static void take_alarm(struct intake *i, struct owner *w, const struct entry *e)
{
	struct op_statement op;
	double since;
	if (!e->text[KEY_ALARM_KEY].p || !entry_real(e->text[KEY_SINCE], &since))
		return;
	op_begin(&op, STATEMENT_ALARM);
	op_owner(&op, w->number);
	op_real(&op, since);
	op_text(&op, e->text[KEY_ALARM_KEY]);
	if (e->active)
		op_null(&op);
	else
		op_real(&op, (double)e->time_us / 1e6);
	op_text(&op, e->text[KEY_SEVERITY]);
	op_text(&op, e->text[KEY_TEXT_OF]);
	ops_statement(&i->book.ops, &op);
}

/* ---- settings ---- */

static void write_setting(struct intake *i, struct owner *w, const struct entry *e, unsigned n)
{
	static const enum statement statements[] = {STATEMENT_SETTING, STATEMENT_SETTING_NEXT,
						    STATEMENT_SETTING_SAME};
	struct op_statement op;
	for (size_t k = 0; k < sizeof statements / sizeof *statements; k++) {
		op_begin(&op, statements[k]);
		op_owner(&op, w->number);
		op_text(&op, slice_of(entry_setting_key(e->setting[n].key)));
		op_real(&op, (double)e->time_us / 1e6);
		if (statements[k] != STATEMENT_SETTING_SAME)
			op_text(&op, e->setting[n].value);
		ops_statement(&i->book.ops, &op);
	}
}

/* Only what this run has not seen, or not like that, is compared with the file. */
static void take_settings(struct intake *i, struct owner *w, const struct entry *e)
{
	if (e->time_us < w->settings_us)
		memset(w->setting, 0, sizeof w->setting);
	w->settings_us = e->time_us;
	for (unsigned n = 0; n < e->settings; n++) {
		uint64_t *known = &w->setting[e->setting[n].key], hash = slice_hash(e->setting[n].value) | 1;
		if (*known == hash)
			continue;
		*known = hash;
		write_setting(i, w, e, n);
	}
}

/*
 * An event of jk-write, "ID BMS KEY VALUE confirmed": the change that it made was seen a moment before, when
 * it was read back.
 */
static void take_command(struct intake *i, struct owner *w, const struct entry *e)
{
	enum { BEFORE_US = 30000000, AFTER_US = 1000000 };
	struct slice rest = e->text[KEY_WORDS], word[5];
	for (size_t n = 0; n < sizeof word / sizeof *word; n++)
		word[n] = slice_word(&rest);
	if (!slice_is(word[4], "confirmed"))
		return;
	struct op_statement op;
	op_begin(&op, STATEMENT_COMMAND);
	op_owner(&op, w->number);
	op_text(&op, word[2]);
	op_text(&op, word[0]);
	op_real(&op, (double)(e->time_us - BEFORE_US) / 1e6);
	op_real(&op, (double)(e->time_us + AFTER_US) / 1e6);
	ops_statement(&i->book.ops, &op);
}

/* ---- packs ---- */

static void keep_text(struct owner *w, char to[OWNER_TEXT_MAX + 1], struct slice text)
{
	char fresh[OWNER_TEXT_MAX + 1];
	if (!text.p)
		return;
	slice_copy(fresh, sizeof fresh, text);
	if (strcmp(fresh, to) == 0)
		return;
	memcpy(to, fresh, sizeof fresh);
	w->details = true;
}

static void take_cell_count(struct owner *w, const struct entry *e)
{
	int cells = __builtin_popcount(e->cells);
	if (e->type != ENTRY_LIVE || cells == 0 || cells == w->cells || e->conflict)
		return;
	w->cells = cells;
	w->details = true;
}

static struct slice text_or_null(const char *text)
{
	return text[0] ? slice_of(text) : (struct slice){NULL, 0};
}

static void write_owner(struct intake *i, struct owner *w)
{
	struct op_statement op;
	if (!w->seen && !w->details)
		return;
	op_begin(&op, w->kind == HISTORY_BANK ? STATEMENT_BANK : STATEMENT_PACK);
	op_owner(&op, w->number);
	if (w->kind == HISTORY_PACK) {
		op_text(&op, text_or_null(w->label));
		op_text(&op, text_or_null(w->model));
		op_text(&op, text_or_null(w->firmware));
		if (w->cells > 0)
			op_integer(&op, w->cells);
		else
			op_null(&op);
	}
	op_integer(&op, w->first_s);
	op_integer(&op, w->last_s);
	ops_statement(&i->book.ops, &op);
	w->seen = w->details = false;
}

/* ---- records ---- */

static void take(struct intake *i, struct owner *w, const struct entry *e)
{
	switch (e->type) {
	case ENTRY_LIVE:
	case ENTRY_CAN:
		take_cell_count(w, e);
		moved_cells_entry(&i->book, w, e);
		minutes_entry(&i->book, w, e);
		break;
	case ENTRY_BANK:
		minutes_entry(&i->book, w, e);
		break;
	case ENTRY_SETTINGS:
		take_settings(i, w, e);
		break;
	case ENTRY_ABOUT:
		keep_text(w, w->model, e->text[KEY_VENDOR]);
		keep_text(w, w->firmware, e->text[KEY_SOFTWARE]);
		take_settings(i, w, e);
		break;
	case ENTRY_EVENT:
		take_command(i, w, e);
		break;
	case ENTRY_ALARM:
		take_alarm(i, w, e);
		break;
	case ENTRY_ENERGY:
		kept_days_energy(&i->book, w, e);
		break;
	case ENTRY_BALANCE:
		kept_days_balance(&i->book, w, e);
		break;
	case ENTRY_SCORE:
		kept_days_score(&i->book, w, e);
		break;
	default:
		break;
	}
}

/* Values of nobody, such as those of a CAN frame without an address, have no row. */
static bool is_kept(const struct entry *e)
{
	if (e->type == ENTRY_OTHER)
		return false;
	if (e->type == ENTRY_EVENT)
		return e->bms >= 0 && slice_is(e->text[KEY_EVENT], "write");
	if (e->text[KEY_BANK].p)
		return e->type == ENTRY_BANK || e->type == ENTRY_ENERGY;
	return e->bms >= 0 || e->type == ENTRY_ALARM || e->type == ENTRY_SCORE;
}

static void look_at_minute(struct intake *i, int64_t minute_s)
{
	if (i->begun && minute_s == i->minute_s)
		return;
	if (i->begun)
		minutes_flush(&i->book);
	i->due = i->begun;
	i->minute_s = minute_s;
	i->begun = true;
}

void intake_entry(struct intake *i, const struct entry *e)
{
	if (!is_kept(e))
		return;
	i->book.now_s = e->time_us / 1000000;
	look_at_minute(i, history_begin(i->book.now_s, MINUTE_S));
	struct owner *w = owners_of(&i->book.owners, e);
	if (w)
		take(i, w, e);
	else if (!i->no_room)
		log_line("too many packs: others are not kept");
	i->no_room |= !w;
}

bool intake_waits(const struct intake *i)
{
	if (i->book.ops.size > 0)
		return true;
	for (size_t n = 0; n < i->book.owners.count; n++)
		if (i->book.owners.owner[n]->seen)
			return true;
	return false;
}

bool intake_write(struct intake *i)
{
	minutes_flush(&i->book);
	kept_days_flush(&i->book);
	for (size_t n = 0; n < i->book.owners.count; n++)
		write_owner(i, i->book.owners.owner[n]);
	i->due = false;
	return store_write(&i->book.store, &i->book.owners, &i->book.ops, i->book.now_s);
}
