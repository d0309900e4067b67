/* SPDX-License-Identifier: MIT */
#include "output_format.h"

#include <string.h>

const struct output_format *const output_formats[] = {
	&format_json, &format_csv, &format_influx, &format_prometheus, NULL,
};

const struct output_format *output_format_find(const char *name)
{
	for (const struct output_format *const *f = output_formats; *f; f++)
		if (strcmp((*f)->name, name) == 0)
			return *f;
	return NULL;
}

void output_format_names(struct strbuf *t)
{
	for (const struct output_format *const *f = output_formats; *f; f++) {
		if (f != output_formats)
			strbuf_string(t, f[1] ? ", " : " or ");
		strbuf_string(t, (*f)->name);
	}
}

void output_null(struct strbuf *t, const struct output_format *format)
{
	strbuf_add(t, format->null, format->null_size);
}

void output_plain(struct strbuf *t, const struct output_format *format, const char *p, size_t n)
{
	strbuf_string(t, format->quote);
	strbuf_add(t, p, n);
	strbuf_string(t, format->quote);
}
