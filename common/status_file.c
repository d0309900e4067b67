/* SPDX-License-Identifier: MIT */
#include "status_file.h"

#include <errno.h>
#include <string.h>

#include "log.h"
#include "state_file.h"

void status_file_write(struct status_file *f, const char *p, size_t n)
{
	if (!f->path)
		return;
	const char *what = state_file_put(f->path, p, n);
	if (what && !f->failed)
		log_line("--status %s: %s: %s; going on without it", f->path, what, state_file_reason(errno));
	if (!what && f->failed)
		log_line("--status %s: written again", f->path);
	f->failed = what != NULL;
}

static void separate(struct strbuf *t)
{
	if (t->size > 0 && t->data[t->size - 1] != '\n')
		strbuf_char(t, '\t');
}

void status_file_field(struct strbuf *t, const char *p, size_t n)
{
	separate(t);
	size_t from = t->size;
	if (n == 0)
		strbuf_char(t, '-');
	strbuf_add(t, p, n);
	if (!t->overflow)
		t->size = from + log_plain(t->data + from, t->size - from);
}

void status_file_time(struct strbuf *t, int64_t time_us)
{
	separate(t);
	if (time_us == 0)
		strbuf_char(t, '-');
	else
		strbuf_decimal(t, time_us, 6);
}
