/* SPDX-License-Identifier: MIT */
#include "output_convert.h"

#include "output_record.h"

const struct output_format *output_convert_from(const struct output_format *format)
{
	return format->record ? &format_json : format;
}

const char *output_convert(struct strbuf *to, const struct output_format *format, const char *p, size_t n)
{
	static struct output_record record;
	const char *wrong = output_record_read(&record, p, n);
	if (!wrong)
		format->record(to, &record);
	return wrong;
}

void output_convert_end(struct record_writer *writer, const struct output_format *format)
{
	if (!format->last)
		return;
	for (;;) {
		struct strbuf t = record_writer_record(writer);
		if (!format->last(&t))
			return;
		record_writer_commit(writer, &t);
	}
}
