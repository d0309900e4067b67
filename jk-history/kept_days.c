/* SPDX-License-Identifier: MIT */
#include "kept_days.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* The local day of a time, so many days later. */
static void day_of(char day[OWNER_DAY_MAX + 1], int64_t time_s, int later)
{
	time_t t = (time_t)time_s;
	struct tm tm;
	if (!localtime_r(&t, &tm))
		gmtime_r(&t, &tm);
	if (later != 0) {
		tm.tm_mday += later, tm.tm_hour = 12, tm.tm_isdst = -1;
		t = mktime(&tm);
	}
	char text[64];
	snprintf(text, sizeof text, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
	memcpy(day, text, OWNER_DAY_MAX);
	day[OWNER_DAY_MAX] = '\0';
}

static void real_or_null(struct op_statement *op, struct slice digits)
{
	double value;
	if (entry_real(digits, &value))
		op_real(op, value);
	else
		op_null(op);
}

/* ---- energy ---- */

static void write_energy(struct book *b, const struct owner *w, const char *day, const double value[4])
{
	struct op_statement op;
	op_begin(&op, STATEMENT_ENERGY);
	op_text(&op, slice_of(day));
	if (w->kind == HISTORY_BANK)
		op_integer(&op, 0);
	op_owner(&op, w->number);
	if (w->kind == HISTORY_PACK)
		op_integer(&op, 0);
	for (int n = 0; n < 4; n++)
		op_real(&op, value[n]);
	ops_statement(&b->ops, &op);
}

static void flush_energy(struct book *b, struct owner *w)
{
	if (w->energy.dirty)
		write_energy(b, w, w->energy.day, w->energy.value);
	w->energy.dirty = false;
}

/* The day before is over with the first record of this one. */
static void write_day_before(struct book *b, struct owner *w, const struct entry *e)
{
	double value[4];
	bool any = false;
	char day[OWNER_DAY_MAX + 1];
	if (strcmp(w->energy_before, w->energy.day) == 0)
		return;
	memcpy(w->energy_before, w->energy.day, sizeof w->energy_before);
	for (int n = 0; n < 4; n++) {
		if (!entry_real(e->text[KEY_CHARGED_WH_BEFORE + n], &value[n]))
			return;
		any |= value[n] > 0;
	}
	day_of(day, e->time_us / 1000000, -1);
	if (any)
		write_energy(b, w, day, value);
}

void kept_days_energy(struct book *b, struct owner *w, const struct entry *e)
{
	char day[OWNER_DAY_MAX + 1];
	double value[4];
	for (int n = 0; n < 4; n++)
		if (!entry_real(e->text[KEY_CHARGED_WH + n], &value[n]))
			return;
	day_of(day, e->time_us / 1000000, 0);
	if (strcmp(day, w->energy.day) != 0)
		flush_energy(b, w);
	memcpy(w->energy.day, day, sizeof day);
	memcpy(w->energy.value, value, sizeof value);
	w->energy.dirty = true;
	write_day_before(b, w, e);
}

/* ---- balance ---- */

void kept_days_balance(struct book *b, struct owner *w, const struct entry *e)
{
	struct op_statement op;
	char day[OWNER_DAY_MAX + 1];
	double since;
	if (!slice_is(e->text[KEY_PERIOD], "day") || !entry_real(e->text[KEY_SINCE], &since))
		return;
	day_of(day, (int64_t)since, 0);
	op_begin(&op, STATEMENT_BALANCE);
	op_text(&op, slice_of(day));
	op_owner(&op, w->number);
	for (int n = KEY_REST; n <= KEY_WEAKEST_DRIFT; n++)
		real_or_null(&op, e->text[n]);
	op_text(&op, e->cell_list);
	ops_statement(&b->ops, &op);
}

/* ---- score ---- */

static void flush_score(struct book *b, struct owner *w)
{
	struct op_statement op;
	if (!w->score.dirty)
		return;
	op_begin(&op, STATEMENT_SCORE);
	op_text(&op, slice_of(w->score.day));
	op_owner(&op, w->number);
	op_integer(&op, w->score.worst);
	op_real(&op, w->score.at);
	op_text(&op, slice_of(w->score.reason));
	op_integer(&op, w->score.incidents);
	ops_statement(&b->ops, &op);
	w->score.dirty = false;
}

void kept_days_score(struct book *b, struct owner *w, const struct entry *e)
{
	struct day_score *s = &w->score;
	char day[OWNER_DAY_MAX + 1];
	double worst, at, incidents;
	if (!entry_real(e->text[KEY_WORST], &worst) || !entry_real(e->text[KEY_WORST_AT], &at) ||
	    !entry_real(e->text[KEY_INCIDENTS], &incidents))
		return;
	day_of(day, e->time_us / 1000000, 0);
	bool other = strcmp(day, s->day) != 0;
	if (other)
		flush_score(b, w);
	/* The reason is that of now: it is kept of the record that brought the worst. */
	if (other || (int64_t)worst < s->worst)
		slice_copy(s->reason, sizeof s->reason, e->text[KEY_REASON]);
	s->dirty |= other || (int64_t)worst != s->worst || (int64_t)incidents != s->incidents;
	memcpy(s->day, day, sizeof day);
	s->worst = (int64_t)worst, s->at = at, s->incidents = (int64_t)incidents;
}

void kept_days_flush(struct book *b)
{
	for (size_t n = 0; n < b->owners.count; n++) {
		flush_energy(b, b->owners.owner[n]);
		flush_score(b, b->owners.owner[n]);
	}
}
