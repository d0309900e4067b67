/* SPDX-License-Identifier: MIT */
#ifndef VALUE_H
#define VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fields.h"
#include "strbuf.h"

/*
 * Parses the n bytes of a value: a number; on, off, true, false, 1 or 0; or the text of an enumeration with _
 * for its blanks, or its number.  True: *raw is the value in the units of the wire, within the bounds and on
 * a step of the setting.  False: what is wrong is added to why.
 */
bool value_parse(const struct field *f, const char *p, size_t n, int64_t *raw, struct strbuf *why);

/* Appends a value as text: "3.650 V", "on", "4 (Cell over-voltage)". */
void value_print(struct strbuf *t, const struct field *f, int64_t raw);

/* Appends a value as a command has it, in one word: "3.650", "on", "4". */
void value_word(struct strbuf *t, const struct field *f, int64_t raw);

/* Appends a bound or a step of the table: "1.2", "0.000001". */
void value_decimal(struct strbuf *t, struct decimal d);

#endif
