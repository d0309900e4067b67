/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "column_values.h"
#include "fields.h"
#include "output_format.h"
#include "record.h"
#include "record_writer.h"
#include "unit.h"

static char output[RECORD_MAX + 1];

static struct strbuf begin(void)
{
	return (struct strbuf){.data = output, .capacity = RECORD_MAX};
}

static void check(const struct strbuf *t, const char *expected)
{
	ck_assert(!t->overflow);
	output[t->size] = '\0';
	ck_assert_str_eq(output, expected);
}

START_TEST(names)
{
	ck_assert_ptr_eq(output_format_find("json"), &format_json);
	ck_assert_ptr_eq(output_format_find("csv"), &format_csv);
	ck_assert_ptr_eq(output_formats[0], &format_json);
	ck_assert_ptr_null(output_format_find(""));
	ck_assert_ptr_null(output_format_find("cs"));
	ck_assert_ptr_null(output_format_find("csvx"));
	struct strbuf t = begin();
	output_format_names(&t);
	check(&t, "json, csv, influx or prometheus");
}
END_TEST

START_TEST(texts)
{
	static const struct {
		const char *text, *json, *json_latin1, *csv, *csv_latin1;
	} rows[] = {
		{"", "\"\"", "\"\"", "", ""},
		{"a_b", "\"a_b\"", "\"a_b\"", "a_b", "a_b"},
		{"a b", "\"a b\"", "\"a b\"", "\"a b\"", "\"a b\""},
		{"a,\"", "\"a,\\\"\"", "\"a,\\\"\"", "\"a,\"\"\"", "\"a,\"\"\""},
		{"\n\\\x7F", "\"\\n\\\\\\u007F\"", "\"\\n\\\\\\u007F\"", " \\ ", " \\ "},
		{",", "\",\"", "\",\"", "\",\"", "\",\""},
		{"\"", "\"\\\"\"", "\"\\\"\"", "\"\"\"\"", "\"\"\"\""},
		{" ", "\" \"", "\" \"", "\" \"", "\" \""},
		{"~!", "\"~!\"", "\"~!\"", "~!", "~!"},
		{"\x7F", "\"\\u007F\"", "\"\\u007F\"", " ", " "},
		{"\xC3\xBC", "\"\xC3\xBC\"", "\"\xC3\x83\xC2\xBC\"", "\xC3\xBC", "\xC3\x83\xC2\xBC"},
		{"\x85\xFC", "\"\\u0085\xC3\xBC\"", "\"\\u0085\xC3\xBC\"", "\x85\xFC", " \xC3\xBC"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t n = strlen(rows[i].text);
		struct strbuf t = begin();
		format_json.text(&t, rows[i].text, n);
		check(&t, rows[i].json);
		t = begin();
		format_json.latin1(&t, rows[i].text, n);
		check(&t, rows[i].json_latin1);
		ck_assert_uint_le(t.size, OUTPUT_TEXT_MAX(n));
		t = begin();
		format_csv.text(&t, rows[i].text, n);
		check(&t, rows[i].csv);
		t = begin();
		format_csv.latin1(&t, rows[i].text, n);
		check(&t, rows[i].csv_latin1);
		ck_assert_uint_le(t.size, OUTPUT_TEXT_MAX(n));
	}
}
END_TEST

/* ---- a format that no program has: key=value, all types ---- */

static void words_key(struct strbuf *t, const char *key, bool first)
{
	strbuf_string(t, first ? "" : " ");
	strbuf_string(t, key);
	strbuf_char(t, '=');
}

static void words_text(struct strbuf *t, const char *p, size_t n)
{
	strbuf_char(t, '<');
	strbuf_add(t, p, n);
	strbuf_char(t, '>');
}

static const struct output_format words = {
	.name = "words",
	.begin = "[",
	.end = "]\n",
	.null = {'-'},
	.null_size = 1,
	.quote = "'",
	.key = words_key,
	.text = words_text,
	.latin1 = words_text,
	.escape = strbuf_add,
};

static const char *decode(struct record_form *form, const char *line)
{
	const char *wrong;
	struct strbuf t = begin();
	ck_assert_int_eq(record_of_line(&t, form, line, strlen(line), &wrong), RECORD_DONE);
	output[t.size] = '\0';
	return output;
}

START_TEST(another_format_is_one_table)
{
	static struct record_form form;
	static struct pack_map packs;
	const char *wrong;
	size_t n;
	ck_assert_ptr_null(pack_map_line(&packs, "1 north \"Nord\"", 14, &n));
	form.envelope.format = &words;
	form.envelope.packs = &packs;
	ck_assert_ptr_null(record_form_begin(&form, NULL, NULL, &wrong, &n));
	ck_assert_str_eq(decode(&form, "(1.000001) x 01#55AAEB90 R"),
			 "[time=1.000001 channel='x' bms=1 pack='north' label=<Nord> type='rejected' "
			 "frame='unknown' reason='length' errors_bitmask=-]\n");
	ck_assert_str_eq(decode(&form, "(1.000001) x 02#02900301DCC0 R"),
			 "[time=1.000001 channel='x' bms=2 type='rejected' frame='unknown' reason='crc' "
			 "errors_bitmask=-]\n");
	ck_assert_str_eq(decode(&form, "(1.000001) x !open a b"),
			 "[time=1.000001 channel='x' bms=- type='event' event=<open> words='a b']\n");
}
END_TEST

/* The room that is looked for before a text of an enumeration is written fits the longest of its texts. */
START_TEST(room_for_texts)
{
	size_t enumerations = 0;
	for (int type = 1; type < FRAME_TYPES; type++) {
		for (size_t i = 0; i < field_tables[type]->count; i++) {
			const struct field *field = &field_tables[type]->rows[i];
			if (field->texts == ENUM_NONE)
				continue;
			struct record_key key = {.field = field};
			struct column column = {.key = &key};
			column_of_text(&column);
			size_t longest = strlen("Unknown");
			for (size_t k = 0; k < enum_texts[field->texts].count; k++) {
				const char *text = enum_texts[field->texts].texts[k];
				if (text && strlen(text) > longest)
					longest = strlen(text);
			}
			ck_assert_uint_eq(column.max, 2 + 6 * longest);
			enumerations++;
		}
	}
	ck_assert_uint_ge(enumerations, 5);
}
END_TEST

UNIT_RUN("output_format", names, texts, another_format_is_one_table, room_for_texts)
