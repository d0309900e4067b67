/* SPDX-License-Identifier: MIT */
#include "output_format.h"

/* JSON, one object per line: jk-record(5). */

static void add_key(struct strbuf *t, const char *key, bool first)
{
	if (!first)
		strbuf_char(t, ',');
	strbuf_char(t, '"');
	strbuf_string(t, key);
	strbuf_add(t, "\":", 2);
}

static void add_text(struct strbuf *t, const char *p, size_t n)
{
	strbuf_char(t, '"');
	strbuf_json(t, p, n);
	strbuf_char(t, '"');
}

static void add_latin1(struct strbuf *t, const char *p, size_t n)
{
	strbuf_char(t, '"');
	strbuf_json_latin1(t, p, n);
	strbuf_char(t, '"');
}

const struct output_format format_json = {
	.name = "json",
	.begin = "{",
	.end = "}\n",
	.null = {'n', 'u', 'l', 'l'},
	.null_size = 4,
	.quote = "\"",
	.has_lists = true,
	.key = add_key,
	.text = add_text,
	.latin1 = add_latin1,
	.escape = strbuf_json,
};
