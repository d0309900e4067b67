/* SPDX-License-Identifier: MIT */
#include "output_format.h"

/* csv, RFC 4180: texts are in quotes if they need them, and a missing value is an empty field. */

static void add_key(struct strbuf *t, const char *key, bool first)
{
	(void)key;
	if (!first)
		strbuf_char(t, ',');
}

static void add_header_key(struct strbuf *t, const char *key, bool first)
{
	add_key(t, key, first);
	strbuf_string(t, key);
}

static void begin_or_end_text(struct strbuf *t, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == ',' || p[i] == '"' || p[i] == ' ') {
			strbuf_char(t, '"');
			return;
		}
	}
}

/* Control characters become blanks, so that a record stays one line. */
static void add_byte(struct strbuf *t, unsigned char c)
{
	if (c == '"')
		strbuf_char(t, '"');
	strbuf_char(t, c < 0x20 || c == 0x7F ? ' ' : (char)c);
}

static void escape(struct strbuf *t, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add_byte(t, (unsigned char)p[i]);
}

/* Most texts are a word. */
static bool is_plain(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] <= ' ' || (unsigned char)p[i] >= 0x7F || p[i] == ',' || p[i] == '"')
			return false;
	return true;
}

static void add_text(struct strbuf *t, const char *p, size_t n)
{
	begin_or_end_text(t, p, n);
	escape(t, p, n);
	begin_or_end_text(t, p, n);
}

static void add_latin1(struct strbuf *t, const char *p, size_t n)
{
	if (is_plain(p, n)) {
		strbuf_add(t, p, n);
		return;
	}
	begin_or_end_text(t, p, n);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];
		if (c < 0x80) {
			add_byte(t, c);
		} else if (c < 0xA0) {
			strbuf_char(t, ' ');
		} else {
			strbuf_char(t, (char)(0xC0 | c >> 6));
			strbuf_char(t, (char)(0x80 | (c & 0x3F)));
		}
	}
	begin_or_end_text(t, p, n);
}

const struct output_format format_csv = {
	.name = "csv",
	.begin = "",
	.end = "\n",
	.quote = "",
	.has_header = true,
	.key = add_key,
	.header_key = add_header_key,
	.text = add_text,
	.latin1 = add_latin1,
	.escape = escape,
};
