/* SPDX-License-Identifier: MIT */
#ifndef ENVELOPE_H
#define ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "frame_line.h"
#include "pack_map.h"
#include "strbuf.h"

/* The members at the beginning of every record. */

enum { ENVELOPE_NO_BMS = -1 };

/*
 * {"time":1763856000.161234,"channel":"ttyUSB0","bms":1,"type":"live"
 * "pack" and "label" follow "bms" if the map has them.  packs is NULL if there is no map.
 */
void envelope(struct strbuf *t, const struct pack_map *packs, const struct frame_line *line, int bms,
	      const char *type);

/*
 * The same as csv, without the type, which is the same in all lines, and its header.  The columns pack and label are there if
 * there is a map, and empty for a BMS that it does not name.
 */
void envelope_csv(struct strbuf *t, const struct pack_map *packs, const struct frame_line *line);
void envelope_csv_header(struct strbuf *t, const struct pack_map *packs);

/* Is a key of n bytes one of these?  They are in every record, but -k may name them. */
bool envelope_knows(const struct pack_map *packs, const char *key, size_t n);

#endif
