/* SPDX-License-Identifier: MIT */
#include "bank_state.h"

#include <string.h>

#include "bank_state_rows.h"
#include "log.h"
#include "number.h"
#include "state_file.h"
#include "state_text.h"

static const char head[] = "jk-bank state 1\n";

/* ---- writing ---- */

static void write_text(struct strbuf *t, const char *p, size_t n)
{
	strbuf_string(t, " \"");
	strbuf_json(t, p, n);
	strbuf_char(t, '"');
}

static void write_row(struct strbuf *t, const struct state_row *row, const struct state_about *a,
		      unsigned index)
{
	int64_t number[STATE_NUMBERS_MAX];
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

static void write_rows(struct strbuf *t, const struct state_about *a)
{
	for (size_t i = 0; i < state_row_count; i++)
		for (unsigned k = 0; k < state_rows[i].times && (state_rows[i].of & state_about_kind(a)); k++)
			write_row(t, &state_rows[i], a, k);
}

static void write_pack(struct strbuf *t, struct pack *pack)
{
	strbuf_string(t, "pack");
	write_text(t, pack->channel, pack->channel_size);
	strbuf_char(t, ' ');
	strbuf_unsigned(t, (unsigned)pack->bms);
	write_text(t, pack->name, strlen(pack->name));
	strbuf_char(t, '\n');
	write_rows(t, &(struct state_about){.pack = pack});
}

static void write_link(struct strbuf *t, struct bank_link *link)
{
	strbuf_string(t, "link");
	write_text(t, link->channel, link->channel_size);
	strbuf_char(t, '\n');
	write_rows(t, &(struct state_about){.link = link});
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
		write_rows(t, &(struct state_about){.bank = &m->bank[i]});
	}
	state_text_sum(t);
}

/* ---- reading ---- */

struct state_reader {
	struct bank_model *model;
	struct members *members;
	struct state_about about;
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
	r->about = (struct state_about){.pack = bank_model_pack(r->model, text, channel, size, (int)bms)};
	r->dropped = false;
	return r->about.pack != NULL;
}

static bool read_link(struct state_reader *r, struct slice rest)
{
	struct slice channel;
	if (!read_text(r, slice_word(&rest), &channel) || channel.n > RECORD_CHANNEL_MAX)
		return false;
	r->about = (struct state_about){.link = bank_model_link(r->model, channel.p, channel.n)};
	r->dropped = false;
	return r->about.link != NULL;
}

static bool read_bank(struct state_reader *r, struct slice rest)
{
	struct slice name;
	if (!read_text(r, slice_word(&rest), &name))
		return false;
	r->about = (struct state_about){.bank = NULL};
	for (unsigned i = 0; i < r->model->banks; i++)
		if (slice_is(name, r->model->bank[i].name))
			r->about.bank = &r->model->bank[i];
	r->dropped = !r->about.bank;
	return true;
}

static bool read_numbers(struct state_reader *r, const struct state_row *row, struct slice rest)
{
	int64_t number[STATE_NUMBERS_MAX], index = 0;
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
	if (!(row->of & state_about_kind(&r->about)) || slice_word(&rest).n > 0)
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
	for (size_t i = 0; i < state_row_count; i++)
		if (slice_is(word, state_rows[i].word))
			return read_numbers(r, &state_rows[i], line);
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
