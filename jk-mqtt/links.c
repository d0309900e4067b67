/* SPDX-License-Identifier: MIT */
#include "links.h"

#include <string.h>

#include "frame_line.h"

struct link *links_get(struct links *links, const char *channel)
{
	for (size_t i = 0; i < links->count; i++)
		if (strcmp(links->list[i].channel, channel) == 0)
			return &links->list[i];
	if (links->count == MQTT_CHANNELS_MAX || !frame_line_channel_valid(channel))
		return NULL;
	struct link *link = &links->list[links->count++];
	*link = (struct link){.state = json_object_new_object(), .pace = PACE_NEW};
	memcpy(link->channel, channel, strlen(channel) + 1);
	return link;
}
