/* SPDX-License-Identifier: MIT */
#include "record_writer.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "process.h"

void record_writer_begin(struct record_writer *w)
{
	w->fd = process_stdout();
	w->size = 0;
}

struct strbuf record_writer_record(struct record_writer *w)
{
	if (w->size >= RECORD_WRITER_FULL)
		record_writer_flush(w);
	return (struct strbuf){.data = w->data + w->size, .capacity = RECORD_MAX};
}

bool record_writer_commit(struct record_writer *w, const struct strbuf *record)
{
	if (!record->overflow)
		w->size += record->size;
	return !record->overflow;
}

void record_writer_flush(struct record_writer *w)
{
	size_t done = 0;
	while (done < w->size) {
		ssize_t n = write(w->fd, w->data + done, w->size - done);
		if (n >= 0) {
			done += (size_t)n;
		} else if (errno == EAGAIN) {
			if (process_wait_stdout(w->fd) < 0)
				die(EXIT_SYSTEM, "told to stop while stdout was full: %zu bytes are lost",
				    w->size - done);
		} else if (errno != EINTR) {
			process_stdout_failed(errno);
		}
	}
	w->size = 0;
}
