/* SPDX-License-Identifier: MIT */
#ifndef BANK_SINK_H
#define BANK_SINK_H

#include "bank_model.h"
#include "log.h"
#include "strbuf.h"

/* What a user has to know of the input. */
enum bank_trouble {
	TROUBLE_ROOM,
	TROUBLE_SET_BACK,
	TROUBLE_CAPACITY,
	TROUBLE_NAME,
	TROUBLE_ADDRESS,
	TROUBLE_ODD,
	TROUBLE_KINDS,
};

/* Where records go.  begin: an empty buffer; end: keeps it, false if it overflowed. */
struct bank_sink {
	struct strbuf (*begin)(void *context);
	bool (*end)(void *context, const struct strbuf *record);
	void (*complain)(void *context, const char *what);
	/* Keeps the state, before what it has is reported. */
	void (*save)(void *context);
	void *context;
	struct log_limit trouble[TROUBLE_KINDS]; /* all zeros at the start */
};

/* Complains of a pack, or with NULL of none; not too often of one kind. */
void bank_complain(struct bank_sink *sink, enum bank_trouble kind, const struct pack *pack, const char *what);

#endif
