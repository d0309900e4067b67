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
		s->address[item->address].heard = true;
		break;
	case DEFRAME_MODBUS: /* a request to an address says nothing about who is there */
		if (item->modbus.kind != MODBUS_REQUEST)
			s->address[item->address].heard = true;
		break;
	case DEFRAME_ORPHAN:
		s->orphans++;
		break;
	case DEFRAME_JUNK:
		s->junk_bytes += item->size;
		break;
	}
}

static void add(struct text *t, const char *name, uint64_t value)
{
	text_char(t, ' ');
	text_string(t, name);
	text_char(t, '=');
	text_unsigned(t, value);
}

void stats_link_words(struct text *t, const struct stats *s, int64_t now_us)
{
	text_char(t, '-');
	add(t, "up", (uint64_t)(now_us - s->start_us) / 1000000);
	add(t, "bytes", s->bytes);
	add(t, "junk", s->junk_bytes);
	add(t, "orphan", s->orphans);
	add(t, "reopened", s->reopened);
}

void stats_address_words(struct text *t, const struct stats *s, uint8_t address)
{
	text_hex(t, &address, 1);
	add(t, "asked", 0); /* this version only listens */
	add(t, "answered", s->address[address].answered);
	add(t, "timeouts", 0);
	add(t, "mean_ms", 0);
	add(t, "p99_ms", 0);
}
