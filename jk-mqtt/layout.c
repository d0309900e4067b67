/* SPDX-License-Identifier: MIT */
#include "layout.h"

#include <string.h>

/* The letters behind a $; 0: there is no name here. */
static size_t name_size(const char *text)
{
	return *text == '$' ? strspn(text + 1, "abcdefghijklmnopqrstuvwxyz") : 0;
}

void layout_expand(struct strbuf *t, const char *text, layout_put_name *put, void *context)
{
	while (*text) {
		size_t n = name_size(text);
		if (n > 0 && put(context, t, text + 1, n)) {
			text += 1 + n;
			continue;
		}
		strbuf_char(t, *text++);
	}
}

static enum layout_name name_find(const char *p, size_t n)
{
	static const char *const names[] = {
		[LAYOUT_NAME_PREFIX] = "prefix",     [LAYOUT_NAME_DISCOVERY] = "discovery",
		[LAYOUT_NAME_DEVICE] = "device",     [LAYOUT_NAME_CHANNEL] = "channel",
		[LAYOUT_NAME_KEY] = "key",           [LAYOUT_NAME_ID] = "id",
		[LAYOUT_NAME_PLATFORM] = "platform",
	};
	enum layout_name name = 0;
	while (name < LAYOUT_NAME_COUNT && !slice_is((struct slice){p, n}, names[name]))
		name++;
	return name;
}

static const char *value_of(const struct layout_names *names, enum layout_name name)
{
	const char *const values[LAYOUT_NAME_COUNT] = {
		[LAYOUT_NAME_PREFIX] = names->prefix,     [LAYOUT_NAME_DISCOVERY] = names->discovery,
		[LAYOUT_NAME_DEVICE] = names->device,     [LAYOUT_NAME_CHANNEL] = names->channel,
		[LAYOUT_NAME_KEY] = names->key,           [LAYOUT_NAME_ID] = names->id,
		[LAYOUT_NAME_PLATFORM] = names->platform,
	};
	return name < LAYOUT_NAME_COUNT ? values[name] : NULL;
}

static bool put_value(void *context, struct strbuf *t, const char *name, size_t n)
{
	const char *value = value_of(context, name_find(name, n));
	if (value)
		strbuf_string(t, value);
	return value;
}

void layout_put(struct strbuf *t, const char *text, const struct layout_names *names)
{
	struct layout_names copy = *names;
	layout_expand(t, text, put_value, &copy);
}

bool layout_match(const char *text, const struct layout_names *names, const char *topic,
		  struct slice found[LAYOUT_NAME_COUNT])
{
	while (*text) {
		size_t n = name_size(text);
		enum layout_name name = n > 0 ? name_find(text + 1, n) : LAYOUT_NAME_COUNT;
		if (name == LAYOUT_NAME_COUNT) {
			if (*text++ != *topic++)
				return false;
			continue;
		}
		const char *value = value_of(names, name);
		size_t size = value ? strlen(value) : strcspn(topic, "/");
		if (value && strncmp(topic, value, size) != 0)
			return false;
		found[name] = (struct slice){topic, size};
		topic += size;
		text += 1 + n;
	}
	return *topic == '\0';
}
