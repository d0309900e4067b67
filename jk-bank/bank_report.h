/* SPDX-License-Identifier: MIT */
#ifndef BANK_REPORT_H
#define BANK_REPORT_H

#include "bank_model.h"
#include "bank_sink.h"
#include "strbuf.h"

/* ---- parts of a record ---- */

/* The beginning of a record of a pack or of a bank, up to its type. */
struct strbuf report_begin_pack(const struct bank_sink *sink, const struct pack *pack, int64_t time_us,
				const char *type);
struct strbuf report_begin_bank(const struct bank_sink *sink, const struct bank *bank, int64_t time_us,
				const char *type);
struct strbuf report_begin_link(const struct bank_sink *sink, const struct bank_link *link, int64_t time_us,
				const char *type);
void report_end(const struct bank_sink *sink, struct strbuf *t);

void report_key(struct strbuf *t, const char *key);
void report_number(struct strbuf *t, const char *key, int64_t value, unsigned places);
void report_null(struct strbuf *t, const char *key);
void report_text(struct strbuf *t, const char *key, const char *text);
void report_bool(struct strbuf *t, const char *key, bool value);

/* value / by, rounded half away from zero; by is positive. */
int64_t report_divide(int64_t value, int64_t by);

/* ---- records ---- */

void bank_report_live(const struct bank_sink *sink, const struct bank_model *m, unsigned bank,
		      int64_t time_us);
void bank_report_energy(const struct bank_sink *sink, const struct bank_model *m, int64_t time_us);

#endif
