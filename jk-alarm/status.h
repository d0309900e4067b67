/* SPDX-License-Identifier: MIT */
#ifndef STATUS_H
#define STATUS_H

#include "model.h"
#include "strbuf.h"

/*
 * The lines of --status, of fields with tabs between them:
 *
 *	link	CHANNEL	STATE	TIME	WORDS
 *	pack	CHANNEL	ADDRESS	NAME	TIME	LABEL
 */

/* At most so many bytes. */
size_t status_size(const struct model *m);

/* Of all in it but the times: another one if anything else has changed. */
uint64_t status_hash(const struct model *m);

void status_put(const struct model *m, struct strbuf *t);

#endif
