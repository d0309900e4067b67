/* SPDX-License-Identifier: MIT */
#include "publisher.h"

#include <string.h>

#include "frame_line.h"
#include "payload.h"

enum { PAYLOAD_MAX = 32768 }; /* twice the longest record: escaping at most doubles a member */

struct link *publisher_link(struct publisher *p, const char *channel)
{
	struct links *links = &p->links;
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

struct strbuf publisher_payload(void)
{
	static char buffer[PAYLOAD_MAX];
	return (struct strbuf){.data = buffer, .capacity = sizeof buffer};
}

void publisher_send(struct publisher *p, enum layout_topic topic, struct layout_names names,
		    const char *payload, size_t size)
{
	char buffer[TOPIC_MAX];
	naming_topic(buffer, p->options, topic, names);
	if (p->options->layout->row[topic].retained)
		outbox_state(p->outbox, buffer, payload, size, OUTBOX_ALWAYS);
	else
		outbox_message(p->outbox, buffer, payload, size);
}

void publisher_text(struct publisher *p, enum layout_topic topic, struct layout_names names, const char *text)
{
	publisher_send(p, topic, names, text, strlen(text));
}

void publisher_json(struct publisher *p, enum layout_topic topic, struct layout_names names,
		    struct json_object *object)
{
	publisher_text(p, topic, names, payload_json(object));
}

void publisher_totals(struct publisher *p, struct totals *of, struct totals now)
{
	if (of->count == now.count && of->worst == now.worst)
		return;
	*of = now;
	p->bridge_us = INT64_MIN;
}

void publisher_bad_record(struct publisher *p, unsigned long line, const char *why)
{
	p->bad_records++;
	if (!log_allowed(&p->bad))
		return;
	if (line > 0)
		log_line("stdin:%lu: no record: %s", line, why);
	else
		log_line("stdin: no record: %s", why);
}

void publisher_left_out(struct publisher *p, unsigned long line, const char *key)
{
	if (log_allowed(&p->bad))
		log_line("stdin:%lu: %s: a number that is too large: null", line, key);
}
