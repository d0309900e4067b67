/* SPDX-License-Identifier: MIT */
#ifndef CHOICE_H
#define CHOICE_H

#include <stdbool.h>

#include "output_record.h"

/* Which records, and which of their members: of options -t and -k. */

struct choice {
	const char *types, *keys; /* separated by commas; NULL: all */
};

bool choice_has_type(const struct choice *c, struct slice type);

/* A key, or that of an element of a list, which the name of the list chooses as well. */
bool choice_has_key(const struct choice *c, struct slice key);
bool choice_has_value(const struct choice *c, const struct output_value *value);

/* Removes the values that are not chosen. */
void choice_of_values(const struct choice *c, struct output_record *r);

/* Copies a record that was read without the members that are not chosen: those of its begin are. */
void choice_of_line(const struct choice *c, struct strbuf *to, const char *p, size_t n);

#endif
