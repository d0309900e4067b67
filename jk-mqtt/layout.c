/* SPDX-License-Identifier: MIT */
#include "layout.h"

#include <string.h>

#include "layout_jk.h"

const struct layout *layout_of(const struct options *o)
{
	(void)o; /* there is one so far */
	return &layout_jk;
}

void layout_expand(struct strbuf *t, const char *text, layout_put *put, void *context)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	while (*text) {
		size_t n = *text == '$' ? strspn(text + 1, letters) : 0;
		if (n > 0 && put(context, t, text + 1, n)) {
			text += 1 + n;
			continue;
		}
		strbuf_char(t, *text++);
	}
}

struct topic_names {
	const struct options *options;
	struct layout_names names;
};

static bool put_name(void *context, struct strbuf *t, const char *name, size_t n)
{
	const struct topic_names *c = context;
	const struct {
		const char *name, *value;
	} values[] = {
		{"prefix", c->options->prefix},  {"discovery", c->options->discovery_prefix},
		{"device", c->names.device},     {"channel", c->names.channel},
		{"key", c->names.key},           {"id", c->names.id},
		{"platform", c->names.platform},
	};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		if (strlen(values[i].name) != n || memcmp(values[i].name, name, n) != 0 || !values[i].value)
			continue;
		strbuf_string(t, values[i].value);
		return true;
	}
	return false;
}

const char *layout_topic(char buffer[TOPIC_MAX], const struct options *o, enum layout_topic topic,
			 struct layout_names names)
{
	struct strbuf t = {.data = buffer, .capacity = TOPIC_MAX - 1};
	struct topic_names context = {.options = o, .names = names};
	layout_expand(&t, layout_of(o)->row[topic].topic, put_name, &context);
	buffer[t.size] = '\0';
	return buffer;
}
