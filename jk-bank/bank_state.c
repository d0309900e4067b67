/* SPDX-License-Identifier: MIT */
#include "bank_state.h"

#include <string.h>

#include "bank_score.h"
#include "cell_stats.h"
#include "log.h"
#include "number.h"
#include "state_file.h"
#include "state_text.h"

static const char head[] = "jk-bank state 1\n";
enum { NUMBERS_MAX = 64 };

/* ---- rows: the numbers behind a word ---- */

/* What a line is about: a bank, a pack or a link. */
struct about {
	struct pack *pack;
	struct bank *bank;
	struct bank_link *link;
};
enum { OF_PACK = 1, OF_BANK = 2, OF_LINK = 4 };

static unsigned kind_of(const struct about *a)
{
	return a->pack ? OF_PACK : a->bank ? OF_BANK : a->link ? OF_LINK : 0;
}

static struct ledger *ledger_of(const struct about *a)
{
	return a->pack ? &a->pack->ledger : &a->bank->ledger;
}

/* Copies numbers out of what is kept, or into it. */
static void both(bool in, int64_t *kept, int64_t *number)
{
	if (in)
		*kept = *number;
	else
		*number = *kept;
}

static void amounts(bool in, struct ledger_amount kept[LEDGER_SUMS], int64_t *number)
{
	for (int i = 0; i < LEDGER_SUMS; i++) {
		both(in, &kept[i].whole, &number[2 * i]);
		both(in, &kept[i].rest, &number[2 * i + 1]);
	}
}

static bool total(bool in, const struct about *a, unsigned i, int64_t *number)
{
	(void)i;
	amounts(in, ledger_of(a)->total, number);
	return true;
}

static bool today(bool in, const struct about *a, unsigned i, int64_t *number)
{
	(void)i;
	amounts(in, ledger_of(a)->today, number);
	return true;
}

static bool yesterday(bool in, const struct about *a, unsigned i, int64_t *number)
{
	(void)i;
	amounts(in, ledger_of(a)->yesterday, number);
	return true;
}

static bool day(bool in, const struct about *a, unsigned i, int64_t *number)
{
	(void)i;
	both(in, &ledger_of(a)->day, &number[0]);
	both(in, &ledger_of(a)->gap_us, &number[1]);
	return true;
}

static bool point(bool in, const struct about *a, unsigned i, int64_t *number)
{
	struct pack *p = a->pack;
	(void)i;
	both(in, &p->point_us, &number[0]);
	both(in, &p->point_uw, &number[1]);
	both(in, &p->point_ma, &number[2]);
	both(in, &p->seen_us, &number[3]);
	both(in, &p->full_mah, &number[4]);
	both(in, &p->usual_us, &number[5]);
	if (in)
		p->has_point = p->resumed = true;
	return p->has_point;
}

/* ---- cells ---- */

static struct pack_cells *cells_of(bool in, struct pack *p)
{
	if (in)
		cell_stats_make(&p->cells, 1);
	return p->cells;
}

static void unsigned_both(bool in, uint32_t *kept, int64_t *number)
{
	if (in)
		*kept = (uint32_t)*number;
	else
		*number = *kept;
}

static void int_both(bool in, int *kept, int64_t *number, int most)
{
	if (!in)
		*number = *kept;
	else if (*number >= -1 && *number < most)
		*kept = (int)*number;
}

static bool cells(bool in, const struct about *a, unsigned i, int64_t *number)
{
	struct pack_cells *c = cells_of(in, a->pack);
	(void)i;
	if (!c)
		return false;
	both(in, &c->balancing_day_ms, &number[0]);
	int_both(in, &c->next_day, &number[1], CELL_DAYS);
	int_both(in, &c->side, &number[2], 2);
	both(in, &c->moved_mams, &number[3]);
	both(in, &c->measured_mah, &number[4]);
	both(in, &c->measured_us, &number[5]);
	return c->next_day >= 0;
}

static struct cell_period *period_of(struct pack_cells *c, unsigned i)
{
	return i == 0 ? &c->hour : &c->day;
}

static bool period(bool in, const struct about *a, unsigned i, int64_t *number)
{
	if (in && !cell_stats_make(&a->pack->cells, (uint32_t)number[2]))
		return false;
	struct pack_cells *c = a->pack->cells;
	struct cell_period *p = c ? period_of(c, i) : NULL;
	if (!c)
		return false;
	both(in, &p->since_us, &number[0]);
	both(in, &p->index, &number[1]);
	unsigned_both(in, &p->cells, &number[2]);
	both(in, &p->balancing_ms, &number[3]);
	both(in, &p->steps, &number[4]);
	both(in, &p->di_di, &number[5]);
	both(in, &p->dv_di, &number[6]);
	both(in, &p->dv_dv, &number[7]);
	for (int k = 0; k < CELL_STATES; k++)
		both(in, &p->state_ms[k], &number[8 + k]);
	return true;
}

/* i: the cell, and BANK_CELLS more for that of the day. */
static bool cell(bool in, const struct about *a, unsigned i, int64_t *number)
{
	struct pack_cells *c = cells_of(in, a->pack);
	struct cell_period *p = c ? period_of(c, i / BANK_CELLS) : NULL;
	if (!c || !(p->cells >> i % BANK_CELLS & 1))
		return false;
	struct cell_sums *sums = &p->cell[i % BANK_CELLS];
	both(in, &sums->highest_ms, &number[0]);
	both(in, &sums->lowest_ms, &number[1]);
	both(in, &sums->balancing_ms, &number[2]);
	both(in, &sums->dv_di, &number[3]);
	both(in, &sums->dv_dv, &number[4]);
	for (int k = 0; k < CELL_STATES; k++)
		both(in, &sums->deviation[k], &number[5 + k]);
	return true;
}

static bool drift(bool in, const struct about *a, unsigned i, int64_t *number)
{
	struct pack_cells *c = cells_of(in, a->pack);
	if (!c || (!in && c->days[i].day == 0))
		return false;
	both(in, &c->days[i].day, &number[0]);
	for (int k = 0; k < BANK_CELLS; k++)
		if (in)
			c->days[i].rest[k] = (int16_t)number[1 + k];
		else
			number[1 + k] = c->days[i].rest[k];
	return true;
}

static bool score(bool in, const struct about *a, unsigned i, int64_t *number)
{
	struct score **at = a->link ? &a->link->score : &a->pack->score;
	struct score *s = in ? score_of(at) : *at;
	(void)i;
	if (!s)
		return false;
	both(in, &s->incidents, &number[0]);
	both(in, &s->worst, &number[1]);
	both(in, &s->worst_us, &number[2]);
	both(in, &s->day, &number[3]);
	int_both(in, &s->health, &number[4], 4);
	return s->health >= 0;
}

static bool settings(bool in, const struct about *a, unsigned i, int64_t *number)
{
	(void)i;
	if (!in && a->bank->settings_day == 0)
		return false;
	both(in, &a->bank->settings_day, &number[0]);
	return true;
}

/*
 * copy returns false where there is nothing to write.  A line of a row that may be there several times begins
 * with its index.
 */
static const struct row {
	const char *word;
	unsigned of;
	unsigned times, numbers;
	bool (*copy)(bool in, const struct about *a, unsigned i, int64_t *number);
} rows[] = {
	{"total", OF_PACK | OF_BANK, 1, 2 * LEDGER_SUMS, total},
	{"today", OF_PACK | OF_BANK, 1, 2 * LEDGER_SUMS, today},
	{"yesterday", OF_PACK | OF_BANK, 1, 2 * LEDGER_SUMS, yesterday},
	{"day", OF_PACK | OF_BANK, 1, 2, day},
	{"point", OF_PACK, 1, 6, point},
	{"cells", OF_PACK, 1, 6, cells},
	{"period", OF_PACK, 2, 8 + CELL_STATES, period},
	{"cell", OF_PACK, 2 * BANK_CELLS, 5 + CELL_STATES, cell},
	{"drift", OF_PACK, CELL_DAYS, 1 + BANK_CELLS, drift},
	{"score", OF_PACK | OF_LINK, 1, 5, score},
	{"settings", OF_BANK, 1, 1, settings},
};
enum { ROWS = sizeof rows / sizeof *rows };

/* ---- writing ---- */

static void write_text(struct strbuf *t, const char *p, size_t n)
{
	strbuf_string(t, " \"");
	strbuf_json(t, p, n);
	strbuf_char(t, '"');
}

static void write_row(struct strbuf *t, const struct row *row, const struct about *a, unsigned index)
{
	int64_t number[NUMBERS_MAX];
	if (!row->copy(false, a, index, number))
		return;
	strbuf_string(t, row->word);
	if (row->times > 1) {
		strbuf_char(t, ' ');
		strbuf_unsigned(t, index);
	}
	for (unsigned k = 0; k < row->numbers; k++) {
		strbuf_char(t, ' ');
		strbuf_decimal(t, number[k], 0);
	}
	strbuf_char(t, '\n');
}

static void write_rows(struct strbuf *t, const struct about *a)
{
	for (size_t i = 0; i < ROWS; i++)
		for (unsigned k = 0; k < rows[i].times && (rows[i].of & kind_of(a)); k++)
			write_row(t, &rows[i], a, k);
}

static void write_pack(struct strbuf *t, struct pack *pack)
{
	strbuf_string(t, "pack");
	write_text(t, pack->channel, pack->channel_size);
	strbuf_char(t, ' ');
	strbuf_unsigned(t, (unsigned)pack->bms);
	write_text(t, pack->name, strlen(pack->name));
	strbuf_char(t, '\n');
	write_rows(t, &(struct about){.pack = pack});
}

static void write_link(struct strbuf *t, struct bank_link *link)
{
	strbuf_string(t, "link");
	write_text(t, link->channel, link->channel_size);
	strbuf_char(t, '\n');
	write_rows(t, &(struct about){.link = link});
}

void bank_state_write(struct strbuf *t, struct bank_model *m)
{
	strbuf_string(t, head);
	strbuf_string(t, "time ");
	strbuf_decimal(t, m->time_us, 6);
	strbuf_char(t, '\n');
	for (size_t i = 0; i < m->packs; i++)
		if (m->pack[i]->has_point)
			write_pack(t, m->pack[i]);
	for (size_t i = 0; i < m->links; i++)
		if (m->link[i]->score)
			write_link(t, m->link[i]);
	for (unsigned i = 0; i < m->banks; i++) {
		strbuf_string(t, "bank");
		write_text(t, m->bank[i].name, strlen(m->bank[i].name));
		strbuf_char(t, '\n');
		write_rows(t, &(struct about){.bank = &m->bank[i]});
	}
	state_text_sum(t);
}

/* ---- reading ---- */

struct state_reader {
	struct bank_model *model;
	struct members *members;
	struct about about;
	bool dropped; /* the lines of a bank that is not in the model */
};

/* A text in quotes, which has blanks only where it is the last of a line. */
static bool read_text(struct state_reader *r, struct slice word, struct slice *text)
{
	return members_text(r->members, word.p, word.n, &text->p, &text->n);
}

static bool read_pack(struct state_reader *r, struct slice rest)
{
	struct slice channel_word = slice_word(&rest), address = slice_word(&rest), text;
	char channel[RECORD_CHANNEL_MAX];
	int64_t bms;
	if (!read_text(r, channel_word, &text) || text.n > sizeof channel ||
	    !number_parse(address.p, address.n, 0, BANK_ADDRESSES - 1, &bms))
		return false;
	size_t size = text.n;
	memcpy(channel, text.p, size);
	if (!read_text(r, slice_word(&rest), &text))
		return false;
	r->about = (struct about){.pack = bank_model_pack(r->model, text, channel, size, (int)bms)};
	r->dropped = false;
	return r->about.pack != NULL;
}

static bool read_link(struct state_reader *r, struct slice rest)
{
	struct slice channel;
	if (!read_text(r, slice_word(&rest), &channel) || channel.n > RECORD_CHANNEL_MAX)
		return false;
	r->about = (struct about){.link = bank_model_link(r->model, channel.p, channel.n)};
	r->dropped = false;
	return r->about.link != NULL;
}

static bool read_bank(struct state_reader *r, struct slice rest)
{
	struct slice name;
	if (!read_text(r, slice_word(&rest), &name))
		return false;
	r->about = (struct about){.bank = NULL};
	for (unsigned i = 0; i < r->model->banks; i++)
		if (slice_is(name, r->model->bank[i].name))
			r->about.bank = &r->model->bank[i];
	r->dropped = !r->about.bank;
	return true;
}

static bool read_numbers(struct state_reader *r, const struct row *row, struct slice rest)
{
	int64_t number[NUMBERS_MAX], index = 0;
	struct slice first = row->times > 1 ? slice_word(&rest) : (struct slice){NULL, 0};
	if (row->times > 1 && !number_parse(first.p, first.n, 0, row->times - 1, &index))
		return false;
	for (unsigned i = 0; i < row->numbers; i++) {
		struct slice word = slice_word(&rest);
		if (!number_parse(word.p, word.n, INT64_MIN / 4, INT64_MAX / 4, &number[i]))
			return false;
	}
	if (r->dropped)
		return true;
	if (!(row->of & kind_of(&r->about)) || slice_word(&rest).n > 0)
		return false;
	return row->copy(true, &r->about, (unsigned)index, number);
}

static bool read_line(void *reader, struct slice line)
{
	struct state_reader *r = reader;
	struct slice word = slice_word(&line);
	if (slice_is(word, "time"))
		return number_decimal(line.p + 1, line.n - 1, 6, 0, INT64_MAX / 4, &r->model->time_us);
	if (slice_is(word, "pack"))
		return read_pack(r, line);
	if (slice_is(word, "link"))
		return read_link(r, line);
	if (slice_is(word, "bank"))
		return read_bank(r, line);
	for (size_t i = 0; i < ROWS; i++)
		if (slice_is(word, rows[i].word))
			return read_numbers(r, &rows[i], line);
	return false;
}

const char *bank_state_read(struct bank_model *m, struct members *members, const char *p, size_t n)
{
	struct state_reader r = {.model = m, .members = members};
	const char *wrong = state_text_read(head, p, n, read_line, &r);
	if (wrong)
		bank_model_forget(m);
	return wrong;
}

/* ---- the file ---- */

static struct state_text file = {
	.least = BANK_STATE_LEAST,
	.most = BANK_STATE_MAX,
	.failure = ": what is counted now is lost with a restart",
};

/*
 * A state from the future is that of a clock that has been set back since.  Its records are not held to have
 * been counted already.
 */
static void look_at_time(struct bank_model *m, const char *path, int64_t real_us)
{
	enum { CLOSE_US = 2000000 };
	if (m->time_us <= real_us + CLOSE_US)
		return;
	log_line("-s %s: it is from %lld s in the future: the clock was set back", path,
		 (long long)((m->time_us - real_us) / 1000000));
	for (size_t i = 0; i < m->packs; i++)
		m->pack[i]->has_point = m->pack[i]->resumed = false;
}

void bank_state_load(struct bank_model *m, struct members *members, const char *path, const char *spare,
		     int64_t real_us)
{
	struct slice text;
	file.spare = spare;
	if (!state_text_load(&file, path, &text))
		return;
	const char *wrong = bank_state_read(m, members, text.p, text.n);
	if (wrong)
		state_text_damaged(&file, path, wrong);
	else
		look_at_time(m, path, real_us);
}

static void write_model(struct strbuf *t, void *model)
{
	bank_state_write(t, model);
}

void bank_state_save(struct bank_model *m, const char *path, bool sync)
{
	size_t size;
	m->dirty = !state_text_save(&file, path, sync, write_model, m, &size);
}
