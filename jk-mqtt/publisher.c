/* SPDX-License-Identifier: MIT */
#include "publisher.h"

#include <stdlib.h>
#include <string.h>

#include "frame_line.h"
#include "payload.h"

/*
 * A record is at most half as long with its escapes; the alarms of a pack, and what jk/bridge lists of all
 * packs, can be longer.  Of a buffer that is never written the system keeps no page.
 */
enum { PAYLOAD_MAX = 1 << 20 };

static struct link *add_link(struct links *links, const char *channel)
{
	enum { FIRST = 16 };
	if (links->count == links->room) {
		size_t room = links->room > 0 ? 2 * links->room : FIRST;
		struct link **list = realloc(links->list, room * sizeof(struct link *));
		if (!list)
			return NULL;
		links->list = list;
		links->room = room;
	}
	struct link *link = calloc(1, sizeof *link);
	if (!link)
		return NULL;
	link->pace = PACE_NEW;
	link->state = json_object_new_object();
	memcpy(link->channel, channel, strlen(channel) + 1);
	if (!link->state ||
	    !name_index_add(&links->channels, &link->by_channel, link, link->channel, strlen(channel))) {
		json_object_put(link->state);
		free(link);
		return NULL;
	}
	return links->list[links->count++] = link;
}

struct link *publisher_link_known(const struct publisher *p, const char *channel)
{
	return name_index_find(&p->links.channels, channel, strlen(channel));
}

struct link *publisher_link(struct publisher *p, const char *channel)
{
	struct links *links = &p->links;
	struct link *link = publisher_link_known(p, channel);
	if (link || links->count == CHANNELS_MAX || !frame_line_channel_valid(channel))
		return link;
	return add_link(links, channel);
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
	p->bridge_due = true;
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
