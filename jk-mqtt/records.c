/* SPDX-License-Identifier: MIT */
#include "records.h"

#include <string.h>

#include "age.h"
#include "record_alarms.h"
#include "record_events.h"
#include "record_states.h"

/* Records of other types, such as acknowledgements, change nothing. */
static const struct handler {
	const char *type;
	bool tree; /* the handler needs the tree: it publishes the record, or reads its lists */
	void (*take)(struct publisher *p, struct json_record *r, int64_t now_us);
} handlers[] = {
	{"live", false, record_states_live},         {"can", false, record_states_live},
	{"inverter", false, record_states_inverter}, {"settings", false, record_states_settings},
	{"about", false, record_states_about},       {"alarm", true, record_alarms_transition},
	{"summary", true, record_alarms_summary},    {"health", true, record_events_health},
	{"event", false, record_events_event},       {"rejected", false, record_events_rejected},
	{"bank", false, record_states_bank},         {"energy", false, record_states_energy},
	{"balance", false, record_states_balance},   {"score", false, record_states_score},
};

static const struct handler *handler_of(const char *type)
{
	for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
		if (strcmp(handlers[i].type, type) == 0)
			return &handlers[i];
	return NULL;
}

/* A link is there while anything comes from it. */
static void heard_link(struct publisher *p, const struct json_record *r, int64_t now_us)
{
	struct link *link = publisher_link_known(p, r->channel);
	if (link && age_is_current(p, r->time_us, now_us))
		link->heard_us = hearing_us(&p->hearing, now_us);
}

void records_record(struct publisher *p, struct json_record *record, int64_t now_us)
{
	const struct handler *handler = handler_of(record->type);
	/* A summary covers all channels; its channel is empty until one is received.  A bank has none. */
	if (!frame_line_channel_valid(record->channel) && strcmp(record->type, "summary") != 0 &&
	    !(record->bank && !record->channel[0]))
		publisher_bad_record(p, 0, "its channel is none");
	else if (record->pack && !pack_name_valid(record->pack))
		publisher_bad_record(p, 0, "its pack is no name of a device");
	else if (handler && handler->tree && !json_record_object(record))
		publisher_bad_record(p, 0, "no memory");
	else if (handler)
		handler->take(p, record, now_us);
	heard_link(p, record, now_us);
	json_record_free(record);
}
