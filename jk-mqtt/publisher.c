/* SPDX-License-Identifier: MIT */
#include "publisher.h"

#include <string.h>

#include "frame_line.h"
#include "payload.h"

/*
 * A record is at most half as long with its escapes; the alarms of a pack, and what jk/bridge lists of all
 * packs, can be longer.  Of a buffer that is never written the system keeps no page.
 */
enum { PAYLOAD_MAX = 1 << 20 };

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

bool publisher_too_long(struct publisher *p, const char *topic, size_t max)
{
	p->too_long++;
	if (log_allowed(&p->not_sent))
		log_line("%s: not published: longer than %zu bytes", topic, max);
	return false;
}

/* The outbox counts what it has no room for. */
static bool put(struct publisher *p, enum layout_topic topic, const char *name, const char *data, size_t size)
{
	if (p->options->layout->row[topic].retained)
		return outbox_state(p->outbox, name, data, size, OUTBOX_ALWAYS) != OUTBOX_FAILED;
	return topic == LAYOUT_RESULT ? outbox_result(p->outbox, name, data, size)
				      : outbox_message(p->outbox, name, data, size);
}

static bool publish(struct publisher *p, enum layout_topic topic, struct layout_names names, const char *data,
		    size_t size)
{
	char name[TOPIC_MAX];
	naming_topic(name, p->options, topic, names);
	bool taken = put(p, topic, name, data, size);
	if (!taken && log_allowed(&p->not_sent))
		log_line("%s: not published: no room for it", name);
	return taken;
}

bool publisher_send(struct publisher *p, enum layout_topic topic, struct layout_names names,
		    const struct strbuf *payload)
{
	char name[TOPIC_MAX];
	if (payload->overflow)
		return publisher_too_long(p, naming_topic(name, p->options, topic, names), payload->capacity);
	return publish(p, topic, names, payload->data, payload->size);
}

bool publisher_text(struct publisher *p, enum layout_topic topic, struct layout_names names, const char *text)
{
	return publish(p, topic, names, text, strlen(text));
}

bool publisher_json(struct publisher *p, enum layout_topic topic, struct layout_names names,
		    struct json_object *object)
{
	struct strbuf t = publisher_payload();
	payload_value(&t, object);
	return publisher_send(p, topic, names, &t);
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
