/* SPDX-License-Identifier: MIT */
#include "record_filter.h"

#include <errno.h>
#include <string.h>

#include "process.h"

void record_filter_begin(struct record_filter *f, const struct record_filter_kind *kind)
{
	f->kind = kind;
	f->complaints = (struct log_limit){0};
	f->newline_due = f->is_whole = false;
	f->exit_status = EXIT_DONE;
	record_writer_begin(&f->writer);
}

struct strbuf record_filter_record(void *filter)
{
	struct record_filter *f = filter;
	struct strbuf t = record_writer_record(&f->writer);
	if (!f->newline_due)
		return t;
	f->newline_due = false;
	strbuf_char(&t, '\n');
	record_writer_commit(&f->writer, &t);
	return record_writer_record(&f->writer);
}

bool record_filter_commit(void *filter, const struct strbuf *record)
{
	struct record_filter *f = filter;
	return f->is_whole = record_writer_commit(&f->writer, record);
}

void record_filter_complain(void *filter, const char *what)
{
	struct record_filter *f = filter;
	if (log_allowed(&f->complaints))
		log_line("%s:%lu: %s", f->reader.name, f->reader.number, what);
}

/* A last line that is not a record and has no newline goes out unchanged, unless another line follows. */
static void remove_newline(struct record_filter *f)
{
	f->writer.size--;
	f->newline_due = true;
}

static void take_lines(struct record_filter *f)
{
	const char *line;
	size_t n;
	enum line_reader_result result;
	while ((result = line_reader_next(&f->reader, &line, &n)) != LINE_READER_WAIT) {
		if (result == LINE_READER_TOO_LONG)
			record_filter_complain(f, f->kind->too_long);
		else if (!f->kind->line(line, n) && f->reader.unfinished && f->is_whole)
			remove_newline(f);
	}
}

/* Writes what there is, and waits for more lines.  False: there are none. */
static bool more_lines(struct record_filter *f)
{
	if (f->kind->flush)
		f->kind->flush();
	else
		record_writer_flush(&f->writer);
	enum line_reader_fill filled =
		f->kind->fill ? f->kind->fill(&f->reader) : line_reader_fill(&f->reader);
	if (filled == LINE_READER_FAILED) {
		log_line("%s: %s", f->reader.name, strerror(errno));
		f->exit_status = EXIT_SYSTEM;
	}
	return filled == LINE_READER_MORE;
}

static void take_file(void *filter, int fd, const char *name)
{
	struct record_filter *f = filter;
	line_reader_begin(&f->reader, fd, name, f->kind->line_max);
	f->reader.find_cut = f->kind->find_cut;
	do
		take_lines(f);
	while (!f->reader.unfinished && more_lines(f));
	if (f->reader.unfinished)
		log_line("%s:%lu: the last line has no newline", name, f->reader.number);
}

int record_filter_run(struct record_filter *f, int count, char *const paths[])
{
	if (!line_reader_paths(count, paths, take_file, f))
		f->exit_status = EXIT_SYSTEM;
	return f->exit_status;
}

void record_filter_end(struct record_filter *f)
{
	record_writer_flush(&f->writer);
	log_left_out(&f->complaints, f->kind->left_out);
	cut_line_end();
}
