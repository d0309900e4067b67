/* SPDX-License-Identifier: MIT */
#include "activity.h"

#include <string.h>

#include "modbus.h"
#include "strbuf.h"

enum { POLLING, LISTENING, MICROSECONDS_OF_MS = 1000 };

/* "1-4,7" */
static void add_addresses(struct strbuf *t, uint16_t addresses)
{
	const char *comma = "";
	for (unsigned first = 1; first <= MODBUS_ADDRESS_MAX; first++) {
		unsigned last = first;
		if (!(addresses >> first & 1))
			continue;
		while (last < MODBUS_ADDRESS_MAX && addresses >> (last + 1) & 1)
			last++;
		strbuf_string(t, comma);
		strbuf_unsigned(t, first);
		if (last > first) {
			strbuf_char(t, '-');
			strbuf_unsigned(t, last);
		}
		comma = ",";
		first = last;
	}
}

/* Seconds, without zeros at the end: 2, 0.25 */
static void add_seconds(struct strbuf *t, int64_t us)
{
	int64_t ms = us / MICROSECONDS_OF_MS;
	unsigned places = ms % 10 ? 3u : ms % 100 ? 2u : ms % 1000 ? 1u : 0u;
	for (unsigned i = places; i < 3; i++)
		ms /= 10;
	strbuf_decimal(t, ms, places);
}

/* At which speed, or where, if the name of the channel does not tell. */
static void end_text(struct strbuf *t, const struct options *o)
{
	if (o->kind == SOURCE_SERIAL) {
		strbuf_string(t, " at ");
		strbuf_unsigned(t, (uint64_t)o->baud);
		strbuf_string(t, " baud");
	} else {
		strbuf_string(t, " on ");
		for (const char *p = o->source; *p && strbuf_room(t, 2); p++)
			strbuf_char(t, *p);
	}
	t->data[t->size] = '\0';
}

void activity_begin(struct activity *a, const char *channel, const struct options *o)
{
	*a = (struct activity){.channel = channel};
	struct strbuf polling = {.data = a->doing[POLLING], .capacity = sizeof a->doing[POLLING] - 1};
	struct strbuf listening = {.data = a->doing[LISTENING], .capacity = sizeof a->doing[LISTENING] - 1};
	strbuf_string(&polling, "polling addresses ");
	add_addresses(&polling, o->addresses);
	strbuf_string(&polling, " every ");
	add_seconds(&polling, o->interval_us);
	strbuf_string(&polling, " s");
	end_text(&polling, o);
	strbuf_string(&listening, "listening");
	end_text(&listening, o);
}

void activity_follow(struct activity *a, const char *mode)
{
	if (!mode || (a->mode && strcmp(mode, a->mode) == 0))
		return;
	a->mode = mode;
	if (!log_allowed(&a->limit))
		return;
	if (strcmp(mode, "poll") == 0)
		log_line("%s: %s", a->channel, a->doing[POLLING]);
	else
		log_line("%s: %s%s", a->channel, a->doing[LISTENING],
			 strcmp(mode, "listen master") == 0 ? ": another master is on the bus" : "");
}
