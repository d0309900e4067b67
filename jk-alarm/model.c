/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <string.h>

void model_begin(struct model *m, const struct rules *rules)
{
	*m = (struct model){.rules = rules};
}

struct link *model_link(struct model *m, const char *channel, size_t size)
{
	for (size_t i = 0; i < m->links; i++)
		if (m->link[i].channel_size == size && memcmp(m->link[i].channel, channel, size) == 0)
			return &m->link[i];
	if (m->links == ALARM_CHANNELS_MAX)
		return NULL;
	struct link *link = &m->link[m->links++];
	memcpy(link->channel, channel, size);
	link->channel_size = size;
	link->self.link = link;
	link->self.bms = -1;
	return link;
}

struct target *model_pack(struct model *m, struct link *link, int bms)
{
	if (bms < 0 || bms >= ADDRESSES)
		return NULL;
	if (!link->pack[bms] && m->packs < ALARM_PACKS_MAX) {
		struct target *pack = &m->pack[m->packs++];
		pack->link = link;
		pack->bms = bms;
		link->pack[bms] = pack;
	}
	return link->pack[bms];
}

void target_name(struct target *target, struct slice pack, struct slice label)
{
	if (pack.p)
		slice_copy(target->pack, sizeof target->pack, pack);
	if (label.p)
		slice_copy(target->label, sizeof target->label, label);
}
