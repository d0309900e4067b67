/* SPDX-License-Identifier: MIT */
#include "records.h"

#include <string.h>

#include "record_alarms.h"
#include "record_events.h"
#include "record_states.h"

/* Records of other types, such as acknowledgements, change nothing. */
static const struct taker {
	const char *type;
	bool tree; /* all of it is published, or its lists are read */
	void (*take)(struct publisher *p, struct json_record *r, int64_t now_us);
} takers[] = {
	{"live", false, record_states_live},         {"can", false, record_states_live},
	{"settings", false, record_states_settings}, {"about", false, record_states_about},
	{"alarm", true, record_alarms_transition},   {"summary", true, record_alarms_summary},
	{"health", true, record_events_health},      {"event", false, record_events_event},
	{"rejected", false, record_events_rejected},
};

static const struct taker *taker_of(const char *type)
{
	for (size_t i = 0; i < sizeof takers / sizeof *takers; i++)
		if (strcmp(takers[i].type, type) == 0)
			return &takers[i];
	return NULL;
}

void records_record(struct publisher *p, struct json_record *record, int64_t now_us)
{
	const struct taker *taker = taker_of(record->type);
	/* A summary is of all channels; where none was ever heard it has none. */
	if (!frame_line_channel_valid(record->channel) && strcmp(record->type, "summary") != 0)
		publisher_bad_record(p, 0, "its channel is none");
	else if (record->pack && !pack_name_valid(record->pack))
		publisher_bad_record(p, 0, "its pack is no name of a device");
	else if (taker && taker->tree && !json_record_object(record))
		publisher_bad_record(p, 0, "no memory");
	else if (taker)
		taker->take(p, record, now_us);
	json_record_free(record);
}
