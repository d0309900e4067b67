/* SPDX-License-Identifier: MIT */
#include "list.h"

#include <string.h>

#include "record_writer.h"
#include "setting.h"
#include "value.h"

enum { VALUES = 7, COLUMNS = 9 };

static const char *const heads[COLUMNS] = {"key",      "unit",   "min",    "max",    "step",
					   "firmware", "danger", "values", "meaning"};
static const size_t widths[COLUMNS] = {46, 7, 6, 7, 8, 8, 9, 0, 0}; /* of the columns on a terminal */

static struct record_writer writer;

static void add_cell(struct strbuf *t, bool columns, size_t column, const char *p, size_t n)
{
	strbuf_add(t, n > 0 || !columns ? p : "-", n > 0 || !columns ? n : 1);
	if (column == COLUMNS - 1) {
		strbuf_char(t, '\n');
		return;
	}
	if (!columns)
		strbuf_char(t, '\t');
	for (size_t i = n > 0 ? n : 1; columns && i <= widths[column]; i++)
		strbuf_char(t, ' ');
}

static void add_decimal(struct strbuf *t, bool columns, size_t column, struct decimal d)
{
	char buffer[32];
	struct strbuf cell = {.data = buffer, .capacity = sizeof buffer};
	value_decimal(&cell, d);
	add_cell(t, columns, column, buffer, cell.size);
}

static void add_string(struct strbuf *t, bool columns, size_t column, const char *s)
{
	add_cell(t, columns, column, s, strlen(s));
}

static void add_firmware(struct strbuf *t, bool columns, struct firmware f)
{
	char buffer[16];
	struct strbuf cell = {.data = buffer, .capacity = sizeof buffer};
	if (f.major > 0) {
		strbuf_unsigned(&cell, f.major);
		strbuf_char(&cell, '.');
		strbuf_unsigned(&cell, f.minor);
	}
	add_cell(t, columns, 5, buffer, cell.size);
}

/* "0=Off,1=Low_SOC": the texts of an enumeration, as a command may give them. */
static void add_values(struct strbuf *t, const struct field *f)
{
	const struct enum_texts *e = &enum_texts[f->texts];
	bool first = true;
	for (size_t i = 0; f->texts != ENUM_NONE && i < e->count; i++) {
		if (!e->texts[i])
			continue;
		if (!first)
			strbuf_char(t, ',');
		first = false;
		strbuf_unsigned(t, i);
		strbuf_char(t, '=');
		for (const char *p = e->texts[i]; *p; p++)
			strbuf_char(t, *p == ' ' ? '_' : *p);
	}
	strbuf_char(t, '\t');
}

static void add_row(struct strbuf *t, bool columns, const struct field *f)
{
	add_string(t, columns, 0, f->key);
	/* The unit is counted in characters, not in the bytes of UTF-8. */
	const char *unit = field_unit_name(f->unit);
	size_t extra = 0;
	for (const char *p = unit; *p; p++)
		extra += ((unsigned char)*p & 0xC0) == 0x80;
	add_string(t, columns, 1, unit);
	for (size_t i = 0; columns && i < extra; i++)
		strbuf_char(t, ' ');
	add_decimal(t, columns, 2, f->min);
	add_decimal(t, columns, 3, f->max);
	add_decimal(t, columns, 4, f->step);
	add_firmware(t, columns, f->firmware);
	add_string(t, columns, 6, f->dangerous ? "dangerous" : "");
	if (!columns)
		add_values(t, f);
	add_string(t, columns, 8, f->meaning);
}

void list_print(bool columns)
{
	record_writer_begin(&writer);
	struct strbuf head = record_writer_record(&writer);
	for (size_t i = 0; i < COLUMNS; i++)
		if (i != VALUES || !columns)
			add_string(&head, columns, i, heads[i]);
	record_writer_commit(&writer, &head);
	for (int type = 1; type < FRAME_TYPES; type++)
		for (size_t i = 0; i < field_tables[type]->count; i++) {
			const struct field *f = &field_tables[type]->rows[i];
			if (!setting_is(f))
				continue;
			struct strbuf row = record_writer_record(&writer);
			add_row(&row, columns, f);
			record_writer_commit(&writer, &row);
		}
	record_writer_flush(&writer);
}
