/* SPDX-License-Identifier: MIT */
#include "column.h"

#include "strbuf.h"

char *put_text(char *p, const struct source *source, const char *s, size_t n)
{
	struct strbuf t = {.data = p, .capacity = OUTPUT_TEXT_MAX(n)};
	source->format->latin1(&t, s, n);
	return p + t.size;
}
