/* SPDX-License-Identifier: MIT */
#include "writer.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "conduct.h"

void writer_begin(struct writer *w)
{
	w->fd = conduct_stdout();
	w->size = 0;
}

struct text writer_record(struct writer *w)
{
	if (w->size >= WRITER_FULL)
		writer_flush(w);
	return (struct text){.data = w->data + w->size, .capacity = WRITER_RECORD_MAX};
}

bool writer_commit(struct writer *w, const struct text *record)
{
	if (!record->overflow)
		w->size += record->size;
	return !record->overflow;
}

void writer_flush(struct writer *w)
{
	size_t done = 0;
	while (done < w->size) {
		ssize_t n = write(w->fd, w->data + done, w->size - done);
		if (n >= 0) {
			done += (size_t)n;
		} else if (errno == EAGAIN) {
			if (conduct_wait_stdout(w->fd) < 0)
				conduct_die(EXIT_SYSTEM,
					    "told to stop while stdout was full: %zu bytes are lost",
					    w->size - done);
		} else if (errno != EINTR) {
			conduct_die(EXIT_SYSTEM, "cannot write to stdout: %s", strerror(errno));
		}
	}
	w->size = 0;
}
