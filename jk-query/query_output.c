/* SPDX-License-Identifier: MIT */
#include "query_output.h"

#include <stdio.h>
#include <string.h>

#include "log.h"
#include "process.h"

bool query_output_begin(struct query_output *o, const char *name)
{
	record_writer_begin(&o->writer);
	o->columns = o->at = 0;
	o->format = output_format_find(name);
	o->influx = strcmp(name, "influx") == 0;
	return o->format || o->influx || strcmp(name, "table") == 0;
}

void query_output_names(struct strbuf *t)
{
	strbuf_string(t, "table, influx, ");
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

/* ---- lines for InfluxDB: jk,pack=north,channel=shed power=-77.030 NANOSECONDS ---- */

static void add_tag(struct query_output *o, const char *key, const char *value)
{
	if (!value[0])
		return;
	strbuf_char(&o->record, ',');
	strbuf_string(&o->record, key);
	strbuf_char(&o->record, '=');
	for (const char *p = value; *p; p++) {
		if (strchr(" ,=\\", *p))
			strbuf_char(&o->record, '\\');
		strbuf_char(&o->record, (unsigned char)*p < ' ' ? '?' : *p);
	}
}

static void add_field(struct query_output *o, const char *digits)
{
	strbuf_char(&o->record, o->fields++ == 0 ? ' ' : ',');
	strbuf_string(&o->record, o->column[o->at].name);
	strbuf_char(&o->record, '=');
	strbuf_string(&o->record, digits);
}

static void end_line(struct query_output *o)
{
	if (++o->at < o->columns)
		return;
	o->at = 0;
	strbuf_char(&o->record, ' ');
	strbuf_unsigned(&o->record, (uint64_t)o->time_s);
	strbuf_string(&o->record, "000000000\n");
	if (o->fields > 0)
		commit(o);
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
	if (o->influx || (o->format && !o->format->has_header))
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
	if (!o->influx) {
		query_output_text(o, text, strlen(text));
		return;
	}
	o->time_s = time_s;
	o->fields = 0;
	o->record = record_writer_record(&o->writer);
	strbuf_string(&o->record, "jk");
	o->at = 1;
}

void query_output_owner(struct query_output *o, const char *name, const char *channel)
{
	if (!o->influx) {
		query_output_text(o, name, strlen(name));
		return;
	}
	add_tag(o, o->column[o->at].name, name);
	add_tag(o, "channel", channel);
	end_line(o);
}

void query_output_number(struct query_output *o, int64_t value, unsigned places)
{
	char digits[32];
	struct strbuf t = {.data = digits, .capacity = sizeof digits - 1};
	strbuf_decimal(&t, value, places);
	digits[t.size] = '\0';
	if (o->influx) {
		add_field(o, digits);
		end_line(o);
		return;
	}
	begin_value(o);
	if (o->format)
		strbuf_string(&o->record, digits);
	else
		add_padded(o, digits, strlen(digits));
	end_value(o);
}

void query_output_null(struct query_output *o)
{
	if (o->influx) {
		end_line(o);
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
	record_writer_flush(&o->writer);
}
