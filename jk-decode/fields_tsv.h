/* SPDX-License-Identifier: MIT */
#ifndef FIELDS_TSV_H
#define FIELDS_TSV_H

#include "fields.h"
#include "record_keys.h"
#include "strbuf.h"

/*
 * The tables as tab-separated values with a header: a line for each row, in the spelling of the sheets.  The
 * last column is `default` for a key of default records, `all` for one that needs -k or --all, and `never`
 * for one that no record has.
 */
void fields_tsv_header(struct strbuf *t);
void fields_tsv_row(struct strbuf *t, enum frame_type type, const struct field *field);

/* A line for a computed key, which has no offset; nothing for the key of a row. */
void fields_tsv_computed(struct strbuf *t, enum frame_type type, const struct record_key *key);

#endif
