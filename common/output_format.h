/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_FORMAT_H
#define OUTPUT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "strbuf.h"

enum { OUTPUT_NULL_MAX = 4 };

struct output_record;

/*
 * The formats in which records can be written.  A new one is a file beside format_json.c and a row in
 * output_format.c.  Numbers are the same in all formats.
 */
struct output_format {
	const char *name;  /* of option -o */
	const char *begin; /* of a record */
	const char *end;   /* of a record, with its newline */
	const char *quote; /* on both sides of a text that needs no escaping: one byte or none */
	char null[OUTPUT_NULL_MAX];
	uint8_t null_size;
	bool has_header; /* a line of keys comes first: all records have one type and the same keys */
	bool has_lists;  /* cells are arrays; else each cell has a key of its own */

	/* What comes before a value; first: of the record. */
	void (*key)(struct strbuf *t, const char *key, bool first);

	/* The key in the header. */
	void (*header_key)(struct strbuf *t, const char *key, bool first);

	/* A text as value: UTF-8, or Latin-1 as frames have it.  At most OUTPUT_TEXT_MAX(n) bytes. */
	void (*text)(struct strbuf *t, const char *p, size_t n);
	void (*latin1)(struct strbuf *t, const char *p, size_t n);

	/* A part of a text; the caller writes `quote` before and after the whole text. */
	void (*escape)(struct strbuf *t, const char *p, size_t n);

	/*
	 * A format that takes records as a whole, common/output_record.h, and has none of the above but its
	 * name: it adds what is written of a record at once.  And what is written of all of them at the end,
	 * in pieces of less than RECORD_MAX bytes: false when there is no more.  Or NULL.
	 */
	void (*record)(struct strbuf *t, const struct output_record *record);
	bool (*last)(struct strbuf *t);
};

#define OUTPUT_TEXT_MAX(n) (2 + 6 * (n)) /* one byte can become \u00XX */

extern const struct output_format format_json, format_csv, format_influx, format_prometheus;

/* The first is the default. */
extern const struct output_format *const output_formats[];

/* The format of a name; NULL if there is none. */
const struct output_format *output_format_find(const char *name);

/* All names, for a message: "json or csv". */
void output_format_names(struct strbuf *t);

void output_null(struct strbuf *t, const struct output_format *format);

/* A text that needs no escaping, as value. */
void output_plain(struct strbuf *t, const struct output_format *format, const char *p, size_t n);

#endif
