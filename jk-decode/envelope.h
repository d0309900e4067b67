/* SPDX-License-Identifier: MIT */
#ifndef ENVELOPE_H
#define ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "frame_line.h"
#include "output_format.h"
#include "pack_map.h"
#include "strbuf.h"

/* The members at the beginning of every record. */

enum { ENVELOPE_NO_BMS = -1 };

/* How records are written. */
struct envelope_form {
	const struct output_format *format;
	const struct pack_map *packs; /* NULL: no map */

	/*
	 * What stands before each value, quotes included.  Made by envelope_begin, since it is the same in
	 * all records.
	 */
	struct envelope_part {
		char text[32];
		uint8_t size;
	} time, channel, bms, type;
};

/* Completes a form whose format is set. */
void envelope_begin(struct envelope_form *form);

/*
 * {"time":1763856000.161234,"channel":"ttyUSB0","bms":1,"type":"live"
 * "pack", "label" and "area" follow "bms" if the map has them.  A format with a header has no type, the pack
 * and the label whenever there is a map, and the area whenever one of its lines has one.
 */
void envelope(struct strbuf *t, const struct envelope_form *form, const struct frame_line *line, int bms,
	      const char *type);

/* The keys of these members, for a format with a header. */
void envelope_header(struct strbuf *t, const struct envelope_form *form);

/* Is a key of n bytes one of these?  They are in every record, but -k may name them. */
bool envelope_knows(const struct pack_map *packs, const char *key, size_t n);

#endif
