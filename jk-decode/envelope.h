/* SPDX-License-Identifier: MIT */
#ifndef ENVELOPE_H
#define ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "frame_line.h"
#include "strbuf.h"

/* What every record begins with. */

enum { ENVELOPE_NO_BMS = -1 };

/* {"time":1763856000.161234,"channel":"ttyUSB0","bms":1,"type":"live" */
void envelope(struct strbuf *t, const struct frame_line *line, int bms, const char *type);

/* The same as csv, without the type, which is one for all lines, and its header. */
void envelope_csv(struct strbuf *t, const struct frame_line *line);
void envelope_csv_header(struct strbuf *t);

/* Is a key of n bytes one of these?  They need not be asked for, and may. */
bool envelope_knows(const char *key, size_t n);

#endif
