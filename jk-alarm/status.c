/* SPDX-License-Identifier: MIT */
#include "status.h"

#include <string.h>

#include "status_file.h"

enum { LINE_MAX_BYTES = 512 };
_Static_assert((int)LINE_MAX_BYTES >
		       64 + (int)RECORD_CHANNEL_MAX + PACK_NAME_MAX + PACK_LABEL_MAX + REASON_MAX,
	       "a line has room");

size_t status_size(const struct model *m)
{
	return (m->links + m->sources) * LINE_MAX_BYTES;
}

static void add(struct strbuf *t, const char *text)
{
	status_file_field(t, text, strlen(text));
}

/* An expected link of which no record has come is unknown. */
static const char *state_of(const struct link *link)
{
	if (link->down)
		return "closed";
	if (link->mode_known)
		return link->polling ? "polling" : "listening";
	return link->self.seen ? "open" : "unknown";
}

static void put_link(struct strbuf *t, const struct link *link)
{
	add(t, "link");
	status_file_field(t, link->channel, link->channel_size);
	add(t, state_of(link));
	status_file_time(t, link->frame_time_us);
	add(t, link->down ? link->closed_words : link->self.health.reason);
	strbuf_char(t, '\n');
}

static void put_source(struct strbuf *t, const struct source *s)
{
	add(t, "pack");
	status_file_field(t, s->link->channel, s->link->channel_size);
	strbuf_char(t, '\t');
	strbuf_unsigned(t, (unsigned)s->bms);
	add(t, s->pack->pack);
	status_file_time(t, s->seen_time_us);
	add(t, s->pack->label);
	strbuf_char(t, '\n');
}

void status_put(const struct model *m, struct strbuf *t)
{
	for (size_t i = 0; i < m->links; i++)
		put_link(t, m->link[i]);
	for (size_t i = 0; i < m->sources; i++)
		if (m->source[i]->seen_time_us || m->source[i]->pack->expected)
			put_source(t, m->source[i]);
}

static uint64_t mix(uint64_t hash, const char *text)
{
	return (hash << 1 | hash >> 63) ^ slice_hash(slice_of(text));
}

uint64_t status_hash(const struct model *m)
{
	uint64_t hash = m->links;
	for (size_t i = 0; i < m->links; i++) {
		const struct link *link = m->link[i];
		hash = mix(hash, state_of(link));
		hash = mix(hash, link->down ? link->closed_words : link->self.health.reason);
		hash = mix(hash, link->frame_time_us ? "heard" : "");
	}
	for (size_t i = 0; i < m->sources; i++) {
		const struct source *s = m->source[i];
		hash = mix(hash, s->seen_time_us ? "heard" : s->pack->expected ? "expected" : "");
		hash = mix(mix(hash, s->pack->pack), s->pack->label);
	}
	return hash;
}
