/* SPDX-License-Identifier: MIT */
#ifndef FIELDS_TSV_H
#define FIELDS_TSV_H

#include "fields.h"
#include "text.h"

/* The tables as tab-separated values, with a header: a row of fields_tsv for each row, in the spelling of the sheets. */
void fields_tsv_header(struct text *t);
void fields_tsv_row(struct text *t, const char *frame, const struct field *field);

#endif
