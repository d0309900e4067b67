/* SPDX-License-Identifier: MIT */
#ifndef OUTPUT_CONVERT_H
#define OUTPUT_CONVERT_H

#include "output_format.h"
#include "record_writer.h"

/* Records in json become those of a format that takes them as a whole. */

/* The one in which the values are written first: itself, or json. */
const struct output_format *output_convert_from(const struct output_format *format);

/* A record, with its newline or without.  Returns NULL, or what is wrong with it; then nothing was added. */
const char *output_convert(struct strbuf *to, const struct output_format *format, const char *p, size_t n);

/* What comes at the end of all records. */
void output_convert_end(struct record_writer *writer, const struct output_format *format);

#endif
