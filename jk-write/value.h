/* SPDX-License-Identifier: MIT */
#ifndef VALUE_H
#define VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fields.h"
#include "strbuf.h"

/*
 * The n bytes of a value as people write it: a number, on/off/true/false/1/0, or the text of an enumeration with _ for its
 * blanks, or its number.  True and *raw in the wire's units if it is one, within the setting's bounds and on one of its
 * steps; else what is wrong is added to why.
 */
bool value_parse(const struct field *f, const char *p, size_t n, int64_t *raw, struct strbuf *why);

/* The same value as people read it: "3.650 V", "on", "4 (Cell over-voltage)". */
void value_print(struct strbuf *t, const struct field *f, int64_t raw);

/* A bound or a step, "1.2" or "0.000001", as the table has it. */
void value_decimal(struct strbuf *t, struct decimal d);

#endif
