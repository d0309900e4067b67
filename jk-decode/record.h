/* SPDX-License-Identifier: MIT */
#ifndef RECORD_H
#define RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "can_layout.h"
#include "columns.h"
#include "envelope.h"
#include "frame_line.h"
#include "strbuf.h"

/*
 * Makes a record, jk-record(5), from a line of the frame stream.  Stateless: a record depends on its line
 * alone.
 */

enum record_type {
	RECORD_LIVE,
	RECORD_SETTINGS,
	RECORD_ABOUT,
	RECORD_ACK,
	RECORD_READ,
	RECORD_EXCEPTION,
	RECORD_CAN,
	RECORD_INVERTER, /* only when it is the type asked for: other devices use its identifiers, too */
	RECORD_EVENT,
	RECORD_REJECTED,
	RECORD_TYPES,
};

extern const char *const record_type_names[RECORD_TYPES];

struct record_form {
	struct envelope_form envelope;
	bool lenient;   /* inconsistent frames are accepted */
	bool all;       /* records have all keys */
	uint32_t types; /* bit n: records of type n are written */
	struct columns columns[FRAME_TYPES];
	struct can_layouts can; /* of JK's own frames, or of those for an inverter */
	struct can_index own;   /* JK's own frames in any case: they are not foreign */
	bool can_envelope;      /* the only keys chosen are those of the envelope */
};

/* What record_form_begin returns for a key that no record has. */
extern const char record_no_such_key[];

/*
 * Completes a form whose switches are set.  It selects all types, or `type`; and their default keys, all
 * keys, or those of a list separated by commas.  A list deselects the types that have none of its keys.  type
 * and keys may be NULL.  Returns NULL, or what is wrong, with the text at fault in *wrong and *size.
 */
const char *record_form_begin(struct record_form *form, const char *type, const char *keys,
			      const char **wrong, size_t *size);

/* Writes the header line of a format that has one. */
void record_header(struct strbuf *t, const struct record_form *form);

/* The result of a line. */
enum record_result {
	RECORD_DONE, /* t->size is 0 if the line has no record, or none of the selected types */
	RECORD_BAD,  /* not a line of the frame stream: *wrong is the reason */
	/* CAN frames that are skipped and counted, skipped.c */
	RECORD_REMOTE,
	RECORD_FD,
	RECORD_ERROR_FRAME,
	RECORD_FOREIGN, /* an id that is not decoded */
	RECORD_RESULTS,
};

/* Expects *t empty, with room for RECORD_MAX bytes. */
enum record_result record_of_line(struct strbuf *t, const struct record_form *form, const char *p, size_t n,
				  const char **wrong);

#endif
