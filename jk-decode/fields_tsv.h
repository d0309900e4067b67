/* SPDX-License-Identifier: MIT */
#ifndef FIELDS_TSV_H
#define FIELDS_TSV_H

#include "can_frames.h"
#include "fields.h"
#include "record_keys.h"
#include "strbuf.h"

/*
 * The tables as tab-separated values with a header: a line for each row, in the spelling of the sheets.  The
 * column `record` is `default` for a key of default records, `all` for one that needs -k or --all, and
 * `never` for one that no record has.  `add` is what is added to a CAN value behind its scale, and `remark`
 * is `unconfirmed` if the sources disagree on a row.
 */
void fields_tsv_header(struct strbuf *t);
void fields_tsv_row(struct strbuf *t, enum frame_type type, const struct field *field);

/* A line for a computed key, which has no offset; nothing for the key of a row. */
void fields_tsv_computed(struct strbuf *t, enum frame_type type, const struct record_key *key);

/* The same of CAN frames: a row, a bit of can_error_bits, and a key that is no row. */
void fields_tsv_can_row(struct strbuf *t, const struct can_frame *frame, const struct can_row *row);
void fields_tsv_can_bit(struct strbuf *t, const struct can_frame *frame, const struct can_row *row,
			unsigned bit);
void fields_tsv_can_computed(struct strbuf *t, const struct can_frame *frame, const struct record_key *key);

#endif
