/* SPDX-License-Identifier: MIT */
#ifndef REPORT_H
#define REPORT_H

#include "model.h"
#include "record_view.h"
#include "strbuf.h"

/* The records that jk-alarm(1) makes, and the annotation of the others. */

/* Where lines go, and what is wrong with the line that is being read. */
struct sink {
	struct strbuf (*begin)(void *context);                 /* room for a line */
	bool (*end)(void *context, const struct strbuf *line); /* it is whole; false: it did not fit */
	void (*complain)(void *context, const char *what);
	void *context;
	/* An expected pack has not been heard; NULL: nobody wants to know. */
	void (*missing)(void *context, const struct target *pack);
};

void sink_complain(const struct sink *sink, const char *what);

/* Passes on a line of n bytes, with the pack's alarms added to a live or can record.  pack: NULL if none. */
void report_line(const struct sink *sink, const struct model *m, const struct target *pack,
		 const struct record_view *record, const char *p, size_t n);

/* An alarm record for each slot that has changed since the last call. */
void report_changes(const struct sink *sink, const struct model *m, struct target *target, int64_t time_us);
void report_health(const struct sink *sink, const struct target *target, int64_t time_us);
/* link: that of the record which caused it; NULL: none did.  Returns how many BMS and links have alarms. */
unsigned report_summary(const struct sink *sink, const struct model *m, const struct link *link,
			int64_t time_us);

#endif
