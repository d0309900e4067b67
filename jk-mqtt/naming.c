/* SPDX-License-Identifier: MIT */
#include "naming.h"

#include <string.h>

static struct layout_names with_prefixes(const struct options *o, struct layout_names names)
{
	names.prefix = o->prefix;
	names.discovery = o->discovery_prefix;
	return names;
}

static const char *expand(char *buffer, size_t size, const char *text, const struct layout_names *names)
{
	struct strbuf t = {.data = buffer, .capacity = size - 1};
	layout_put(&t, text, names);
	buffer[t.size] = '\0';
	return buffer;
}

const char *naming_topic(char buffer[TOPIC_MAX], const struct options *o, enum layout_topic topic,
			 struct layout_names names)
{
	names = with_prefixes(o, names);
	return expand(buffer, TOPIC_MAX, o->layout->row[topic].topic, &names);
}

const char *naming_filter(char buffer[TOPIC_MAX], const struct options *o, enum layout_topic topic,
			  struct layout_names names)
{
	char text[TOPIC_MAX];
	struct strbuf t = {.data = buffer, .capacity = TOPIC_MAX - 1};
	naming_topic(text, o, topic, names);
	for (const char *level = text;; level++) {
		size_t n = strcspn(level, "/");
		if (memchr(level, '$', n))
			strbuf_char(&t, '+');
		else
			strbuf_add(&t, level, n);
		level += n;
		if (*level == '\0')
			break;
		strbuf_char(&t, '/');
	}
	buffer[t.size] = '\0';
	return buffer;
}

static bool begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_inside(const char *topic, const char *prefix)
{
	return begins(topic, prefix) && topic[strlen(prefix)] == '/';
}

/* One prefix may be inside the other: a topic inside both is that of the longer one. */
static bool is_of_prefix(const struct options *o, const char *text, const char *topic)
{
	bool discovery = is_inside(topic, o->discovery_prefix), own = is_inside(topic, o->prefix);
	bool own_is_longer = strlen(o->prefix) > strlen(o->discovery_prefix);
	if (begins(text, "$prefix/"))
		return own && (!discovery || own_is_longer);
	if (begins(text, "$discovery/"))
		return discovery && (!own || !own_is_longer);
	return true;
}

bool naming_read(const struct options *o, const char *topic, struct naming_read *read)
{
	struct layout_names names = with_prefixes(o, LAYOUT_NO_NAMES);
	for (enum layout_topic i = 0; i < LAYOUT_TOPICS; i++) {
		const struct layout_row *row = &o->layout->row[i];
		*read = (struct naming_read){.topic = i};
		if (row->taken && is_of_prefix(o, row->topic, topic) &&
		    layout_match(row->topic, &names, topic, read->name))
			return true;
	}
	return false;
}

bool naming_is_taken(const struct options *o, const char *key)
{
	char value[TOPIC_MAX];
	expand(value, sizeof value, o->layout->row[LAYOUT_VALUE].topic, &LAYOUT_NAMES(.key = key));
	size_t n = strlen(value);
	for (enum layout_topic i = 0; i < LAYOUT_TOPICS; i++) {
		const char *other = o->layout->row[i].topic;
		if (i != LAYOUT_VALUE && other && begins(other, value) &&
		    (other[n] == '/' || other[n] == '\0'))
			return true;
	}
	return false;
}

static char *expand_id(char id[ID_MAX], const struct options *o, enum layout_id which,
		       struct layout_names names)
{
	names = with_prefixes(o, names);
	expand(id, ID_MAX, o->layout->id[which], &names);
	for (char *p = id; *p; p++)
		if (*p == '/')
			*p = '_';
	return id;
}

const char *naming_device_id(char id[ID_MAX], const struct options *o, const char *device)
{
	return expand_id(id, o, LAYOUT_ID_DEVICE, LAYOUT_NAMES(.device = device));
}

const char *naming_unique_id(char id[ID_MAX], const struct options *o, const char *device, const char *key)
{
	return expand_id(id, o, LAYOUT_ID_UNIQUE, LAYOUT_NAMES(.device = device, .key = key));
}

/* For use in templates of Home Assistant: lower-case letters, digits and _. */
const char *naming_entity_id(char id[ID_MAX], const struct options *o, const char *device, const char *key,
			     const char *platform)
{
	expand_id(id, o, LAYOUT_ID_ENTITY, LAYOUT_NAMES(.device = device, .key = key, .platform = platform));
	for (char *p = id; *p; p++)
		*p = *p == '-' ? '_' : *p >= 'A' && *p <= 'Z' ? (char)(*p + 'a' - 'A') : *p;
	return id;
}
