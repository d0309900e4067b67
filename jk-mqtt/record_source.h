/* SPDX-License-Identifier: MIT */
#ifndef RECORD_SOURCE_H
#define RECORD_SOURCE_H

#include "publisher.h"

/* Which source a record comes from, and of which device. */

/* Does the capture of its channel only listen? */
bool record_source_listens(struct publisher *p, const struct source *from);

/* NULL: it is the record of a link, or there is no room. */
struct source *record_source_any(struct publisher *p, const char *channel, int bms,
				 enum pack_source_kind kind, const char *pack);

/* The same, and NULL if its device is not published. */
struct source *record_source(struct publisher *p, const struct json_record *r);

/* The device of what the BMS tells an inverter there; NULL if it is not published. */
struct source *record_source_bank(struct publisher *p, const struct json_record *r);
struct source *record_source_link(struct publisher *p, const struct json_record *r);
struct source *record_source_inverter(struct publisher *p, const struct json_record *r);

/* The same for the record of a frame, which is noted in its device. */
struct source *record_source_heard(struct publisher *p, const struct json_record *r);

#endif
