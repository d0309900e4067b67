/* SPDX-License-Identifier: MIT */
#include "stats.h"

void stats_begin(struct stats *s, int64_t now_us)
{
	*s = (struct stats){.start_us = now_us, .next_us = now_us + STATS_FIRST_US};
}

void stats_count(struct stats *s, const struct deframe_item *item)
{
	switch (item->kind) {
	case DEFRAME_FRAME:
		s->frames++;
		s->address[item->address].answered++;
		s->address[item->address].present = true;
		break;
	case DEFRAME_MODBUS: /* a request to an address does not show that it is present */
		if (item->modbus.kind == MODBUS_REQUEST)
			s->requests++;
		else
			s->address[item->address].present = true;
		break;
	case DEFRAME_ORPHAN:
		s->orphans++;
		break;
	case DEFRAME_JUNK:
		s->junk_bytes += item->size;
		break;
	}
}

void stats_asked(struct stats *s, uint8_t address)
{
	s->address[address].asked++;
}

void stats_timeout(struct stats *s, uint8_t address)
{
	s->address[address].timeouts++;
}

void stats_answer(struct stats *s, uint8_t address, int64_t took_us)
{
	struct stats_address *a = &s->address[address];
	if (took_us < 0)
		return;
	int64_t ms = (took_us + 500) / 1000;
	a->timed++;
	a->sum_us += (uint64_t)took_us;
	a->ms[ms < STATS_MS_MAX ? ms : STATS_MS_MAX]++;
}

/* The time within which 99 of 100 answers came. */
static uint64_t percentile_99_ms(const struct stats_address *a)
{
	uint64_t beyond = a->timed / 100, seen = 0;
	unsigned ms = STATS_MS_MAX;
	while (ms > 0 && (seen += a->ms[ms]) <= beyond)
		ms--;
	return ms;
}

static void add(struct strbuf *t, const char *name, uint64_t value)
{
	strbuf_char(t, ' ');
	strbuf_string(t, name);
	strbuf_char(t, '=');
	strbuf_unsigned(t, value);
}

void stats_link_words(struct strbuf *t, const struct stats *s, int64_t now_us)
{
	strbuf_char(t, '-');
	add(t, "up", (uint64_t)(now_us - s->start_us) / 1000000);
	add(t, "bytes", s->bytes);
	add(t, "junk", s->junk_bytes);
	add(t, "orphan", s->orphans);
	add(t, "reopened", s->reopened);
}

void stats_address_words(struct strbuf *t, const struct stats *s, uint8_t address)
{
	const struct stats_address *a = &s->address[address];
	strbuf_hex(t, &address, 1);
	add(t, "asked", a->asked);
	add(t, "answered", a->answered);
	add(t, "timeouts", a->timeouts);
	add(t, "mean_ms", a->timed > 0 ? (a->sum_us / a->timed + 500) / 1000 : 0);
	add(t, "p99_ms", percentile_99_ms(a));
}
