/* SPDX-License-Identifier: MIT */
#include "query_output.h"

#include <stdio.h>
#include <string.h>

#include "log.h"
#include "output_convert.h"
#include "process.h"

bool query_output_begin(struct query_output *o, const char *name)
{
	record_writer_begin(&o->writer);
	o->columns = o->at = 0;
	o->format = output_format_find(name);
	return o->format || strcmp(name, "table") == 0;
}

void query_output_names(struct strbuf *t)
{
	strbuf_string(t, "table, ");
	output_format_names(t);
}

void query_output_column(struct query_output *o, const char *name, unsigned width, bool number)
{
	if (o->columns == OUTPUT_COLUMNS_MAX)
		die(EXIT_USAGE, "too many columns");
	snprintf(o->column[o->columns].name, sizeof o->column->name, "%s", name);
	unsigned least = (unsigned)strlen(name);
	o->column[o->columns].width = width > least ? width : least;
	o->column[o->columns++].number = number;
}

static void commit(struct query_output *o)
{
	if (!record_writer_commit(&o->writer, &o->record))
		log_line("a row that is too long is left out");
}

/* ---- the table ---- */

/* Characters, not bytes: an umlaut is one wide. */
static unsigned wide(const char *p, size_t n)
{
	unsigned count = 0;
	for (size_t i = 0; i < n; i++)
		count += ((unsigned char)p[i] & 0xC0) != 0x80;
	return count;
}

/* No blanks stand at the end of a line. */
static void add_padded(struct query_output *o, const char *p, size_t n)
{
	unsigned width = o->column[o->at].width, have = wide(p, n);
	bool last = o->at + 1 == o->columns, right = o->column[o->at].number;
	char plain[512];
	n = n < sizeof plain ? n : sizeof plain;
	memcpy(plain, p, n);
	n = log_plain(plain, n);
	if (o->at > 0)
		strbuf_string(&o->record, "  ");
	for (; right && have < width; have++)
		strbuf_char(&o->record, ' ');
	strbuf_add(&o->record, plain, n);
	for (; !last && have < width; have++)
		strbuf_char(&o->record, ' ');
}

/* ---- rows as a whole ---- */

static bool is_whole(const struct query_output *o)
{
	return o->format && o->format->record;
}

static void end_row(struct query_output *o)
{
	if (++o->at < o->columns)
		return;
	o->at = 0;
	o->record = record_writer_record(&o->writer);
	o->format->record(&o->record, &o->row);
	commit(o);
}

static void add_to_row(struct query_output *o, const struct strbuf *digits)
{
	char *to = o->column[o->at].digits;
	memcpy(to, digits->data, digits->size);
	output_record_add(&o->row, slice_of(o->column[o->at].name), OUTPUT_NUMBER,
			  (struct slice){to, digits->size});
	end_row(o);
}

/* ---- values ---- */

static void begin_value(struct query_output *o)
{
	if (o->at == 0) {
		o->record = record_writer_record(&o->writer);
		if (o->format)
			strbuf_string(&o->record, o->format->begin);
	}
	if (o->format)
		o->format->key(&o->record, o->column[o->at].name, o->at == 0);
}

static void end_value(struct query_output *o)
{
	if (++o->at < o->columns)
		return;
	strbuf_string(&o->record, o->format ? o->format->end : "\n");
	commit(o);
	o->at = 0;
}

void query_output_header(struct query_output *o)
{
	if (o->format && !o->format->has_header)
		return;
	o->record = record_writer_record(&o->writer);
	for (o->at = 0; o->at < o->columns; o->at++) {
		const char *name = o->column[o->at].name;
		if (o->format)
			o->format->header_key(&o->record, name, o->at == 0);
		else
			add_padded(o, name, strlen(name));
	}
	strbuf_string(&o->record, o->format ? o->format->end : "\n");
	o->at = 0;
	commit(o);
}

void query_output_text(struct query_output *o, const char *p, size_t n)
{
	begin_value(o);
	if (o->format)
		o->format->text(&o->record, p, n);
	else
		add_padded(o, p, n);
	end_value(o);
}

void query_output_time(struct query_output *o, int64_t time_s, const char *text)
{
	if (!is_whole(o)) {
		query_output_text(o, text, strlen(text));
		return;
	}
	output_record_begin(&o->row, time_s * 1000000000);
	o->at = 1;
}

void query_output_owner(struct query_output *o, const char *name, const char *own, const char *channel)
{
	if (!is_whole(o)) {
		query_output_text(o, name, strlen(name));
		return;
	}
	bool bank = strcmp(o->column[o->at].name, "bank") == 0;
	o->row.member[OUTPUT_TYPE] = slice_of(bank ? "bank" : "live");
	o->row.member[bank ? OUTPUT_BANK : OUTPUT_PACK] = slice_of(own);
	o->row.member[OUTPUT_CHANNEL] = slice_of(channel);
	end_row(o);
}

void query_output_number(struct query_output *o, int64_t value, unsigned places)
{
	char digits[sizeof o->column->digits];
	struct strbuf t = {.data = digits, .capacity = sizeof digits};
	strbuf_decimal(&t, value, places);
	if (is_whole(o)) {
		add_to_row(o, &t);
		return;
	}
	begin_value(o);
	if (o->format)
		strbuf_add(&o->record, digits, t.size);
	else
		add_padded(o, digits, t.size);
	end_value(o);
}

void query_output_null(struct query_output *o)
{
	if (is_whole(o)) {
		end_row(o);
		return;
	}
	begin_value(o);
	if (o->format)
		output_null(&o->record, o->format);
	else
		add_padded(o, "-", 1);
	end_value(o);
}

void query_output_end(struct query_output *o)
{
	if (o->format)
		output_convert_end(&o->writer, o->format);
	record_writer_flush(&o->writer);
}
