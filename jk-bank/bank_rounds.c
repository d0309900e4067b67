/* SPDX-License-Identifier: MIT */
#include "bank_rounds.h"

#include "bank_totals.h"

enum {
	BANK_EVERY_US = 1000000,
	FIRST_ROUND_US = 10000000, /* after the start, when no pack has come twice: the others may come */
	CHECK_EVERY_US = 1000000,
};

void rounds_mark(struct bank_model *m, struct pack *pack)
{
	for (unsigned i = 0; i < m->banks; i++) {
		struct bank *b = &m->bank[i];
		uint32_t bit = UINT32_C(1) << i;
		if (!(pack->banks & bit))
			continue;
		if (pack->rounds & bit)
			b->round = true;
		else
			b->reported++;
		pack->rounds |= bit;
	}
}

void rounds_heard(struct bank_model *m, struct pack *pack, bool heard)
{
	for (unsigned i = 0; i < m->banks; i++) {
		struct bank *b = &m->bank[i];
		if (!(pack->banks >> i & 1))
			continue;
		b->heard += heard ? 1u : -1u;
		b->changed |= !heard;
		if (!heard && (pack->rounds >> i & 1)) {
			pack->rounds &= ~(UINT32_C(1) << i);
			b->reported--;
		}
	}
	pack->heard = heard;
}

/* The current of the last five minutes. */
static void flow(struct bank *b, int64_t now_us, const struct bank_totals *t)
{
	int64_t ms = (now_us - b->current_at_us) / 1000, at = now_us / BANK_WINDOW_US;
	for (int64_t i = b->window_at + 1; i <= at && i <= b->window_at + BANK_WINDOW; i++)
		b->window_mams[i % BANK_WINDOW] = b->window_ms[i % BANK_WINDOW] = 0;
	b->window_at = at;
	if (b->flowing && ms > 0 && ms < BANK_WINDOW * (BANK_WINDOW_US / 1000)) {
		b->window_mams[at % BANK_WINDOW] += b->current_ma * ms;
		b->window_ms[at % BANK_WINDOW] += ms;
	}
	b->flowing = t->heard > 0 && !t->current_ma.missing;
	b->current_ma = t->current_ma.value;
	b->current_at_us = now_us;
}

static void begin_round(struct bank_model *m, unsigned bank)
{
	struct bank *b = &m->bank[bank];
	for (size_t i = 0; i < m->packs; i++)
		m->pack[i]->rounds &= ~(UINT32_C(1) << bank);
	b->reported = 0;
	b->round = b->changed = false;
	b->emitted = true;
	b->emitted_at_us = m->now_us;
}

static bool is_due(const struct bank_model *m, const struct bank *b)
{
	if (!b->emitted)
		return b->round || (b->heard > 0 && m->now_us - b->begun_at_us >= FIRST_ROUND_US);
	if (m->now_us - b->emitted_at_us < BANK_EVERY_US)
		return false;
	return b->round || b->changed || (b->heard > 0 && b->reported >= b->heard);
}

void rounds_report(const struct bank_sink *sink, struct bank_model *m, int64_t time_us)
{
	for (unsigned i = 0; i < m->banks; i++) {
		if (!is_due(m, &m->bank[i]))
			continue;
		struct bank_totals totals = bank_totals(m, i);
		flow(&m->bank[i], m->now_us, &totals);
		bank_report_live(sink, m, i, time_us);
		begin_round(m, i);
	}
}

void rounds_check_silence(struct bank_model *m)
{
	if (m->now_us - m->checked_at_us < CHECK_EVERY_US)
		return;
	m->checked_at_us = m->now_us;
	for (size_t i = 0; i < m->packs; i++)
		if (m->pack[i]->heard && !pack_holder(m, m->pack[i]))
			rounds_heard(m, m->pack[i], false);
}
