/* SPDX-License-Identifier: MIT */
#ifndef FIELDS_TSV_H
#define FIELDS_TSV_H

#include "fields.h"
#include "record_keys.h"
#include "strbuf.h"

/*
 * The tables as tab-separated values, with a header: a line for each row, in the spelling of the sheets.  The last column tells
 * whether the key comes out in a default record, in all of them (-k, --all) or never.
 */
void fields_tsv_header(struct strbuf *t);
void fields_tsv_row(struct strbuf *t, enum frame_type type, const struct field *field);

/* The same of a key that is computed, without a place in the frame; nothing for a key that is a row's. */
void fields_tsv_computed(struct strbuf *t, enum frame_type type, const struct record_key *key);

#endif
