/* SPDX-License-Identifier: MIT */
#include "skipped.h"

#include "log.h"

static const struct {
	enum record_result result;
	const char *one, *more;
} kinds[] = {
	{RECORD_REMOTE, "remote", "remote"},
	{RECORD_FD, "FD", "FD"},
	{RECORD_ERROR_FRAME, "error", "error"},
	{RECORD_FOREIGN, "with a foreign id", "with foreign ids"},
};

static uint64_t counts[RECORD_RESULTS];

void skipped_count(enum record_result result)
{
	counts[result]++;
}

void skipped_report(void)
{
	char text[160];
	struct strbuf t = {.data = text, .capacity = sizeof text};
	uint64_t total = 0;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		uint64_t n = counts[kinds[i].result];
		if (n == 0)
			continue;
		strbuf_string(&t, total > 0 ? ", " : "");
		strbuf_unsigned(&t, n);
		strbuf_char(&t, ' ');
		strbuf_string(&t, n == 1 ? kinds[i].one : kinds[i].more);
		total += n;
	}
	if (total > 0)
		log_line("%llu CAN frame%s skipped: %.*s", (unsigned long long)total, total == 1 ? "" : "s",
			 (int)t.size, text);
}
