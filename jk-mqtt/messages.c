/* SPDX-License-Identifier: MIT */
#include "messages.h"

#include <string.h>

#include "addon_commands.h"
#include "addon_watch.h"
#include "availability.h"
#include "commands.h"
#include "discovery_retained.h"
#include "lifecycle.h"

static bool is(const char *payload, size_t size, const char *text)
{
	return size == strlen(text) && memcmp(payload, text, size) == 0;
}

void messages_subscribed(struct publisher *p, const char *filter, int64_t now_us)
{
	discovery_retained_answered(p, filter, now_us);
}

static void take_command(struct publisher *p, const struct naming_read *read, const char *payload,
			 size_t size, bool retained, int64_t real_us, int64_t now_us)
{
	struct slice device = read->name[LAYOUT_NAME_DEVICE], key = read->name[LAYOUT_NAME_KEY];
	if (p->options->layout->addon)
		addon_commands_message(p, device, key, payload, size, retained, real_us, now_us);
	else
		commands_message(p, device, key, payload, size, retained, NULL, real_us, now_us);
}

void messages_take(struct publisher *p, const char *topic, const char *payload, size_t size, bool retained,
		   int64_t real_us, int64_t now_us)
{
	struct naming_read read;
	if (p->options->layout->addon && addon_watch_take(p, topic, payload, size, retained, now_us))
		return;
	if (!naming_read(p->options, topic, &read))
		return;
	bool online = is(payload, size, "online");
	switch (read.topic) {
	case LAYOUT_BIRTH:
		if (online)
			lifecycle_birth(p, now_us);
		break;
	case LAYOUT_STATUS: /* the will of an old connection, or another client */
		if (!online)
			outbox_again(p->outbox, topic);
		break;
	case LAYOUT_AVAILABILITY:
		if (size == 0)
			availability_forgotten(p, read.name[LAYOUT_NAME_DEVICE]);
		availability_message(p, read.name[LAYOUT_NAME_DEVICE], online, retained, now_us);
		break;
	case LAYOUT_LIVE: /* of an earlier run */
		availability_state(p, read.name[LAYOUT_NAME_DEVICE], payload, size, now_us);
		break;
	case LAYOUT_SET:
		take_command(p, &read, payload, size, retained, real_us, now_us);
		break;
	case LAYOUT_DEVICE_CONFIG:
	case LAYOUT_COMPONENT_CONFIG:
		discovery_retained_message(p, topic, &read, payload, size, retained, now_us);
		break;
	default: /* nothing else is taken */
		break;
	}
}
