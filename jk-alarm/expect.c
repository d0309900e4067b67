/* SPDX-License-Identifier: MIT */
#include "expect.h"

#include <string.h>

#include "packs.h"

static struct slice named(const char *text)
{
	return text[0] ? (struct slice){text, strlen(text)} : (struct slice){0};
}

/* Over what it will be heard is unknown: model.h makes it CAN with the first frame. */
static void expect(struct model *m, struct link *link, const struct pack_source *line)
{
	struct source *source = link ? link_source(link, line->bms) : NULL;
	if (link && !source)
		source = pack_source(m, link, line->bms, PACK_SOURCE_RS485, named(line->name));
	if (!source || !pack_name(m, source, named(line->name), named(line->label)))
		return; /* beyond a limit of caps.h, as its records would be */
	source->pack->expected = true;
	model_hurry(m, &source->pack->deadline);
}

void expect_begin(struct model *m, const struct pack_map *map)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct pack_source *line = map->sources[i];
		if (line->channel[0])
			expect(m, model_link(m, line->channel, strlen(line->channel)), line);
	}
}

void expect_anywhere(struct model *m, const struct pack_map *map, struct link *link)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct pack_source *line = map->sources[i];
		if (!line->channel[0] && !model_named(m, named(line->name)))
			expect(m, link, line);
	}
}
