/* SPDX-License-Identifier: MIT */
#ifndef PUBLISHER_H
#define PUBLISHER_H

#include <stdint.h>

#include "addon.h"
#include "adopted.h"
#include "caps.h"
#include "device.h"
#include "hearing.h"
#include "json.h"
#include "log.h"
#include "naming.h"
#include "options.h"
#include "outbox.h"
#include "pace.h"
#include "totals.h"

/*
 * What jk-mqtt knows: packs, links, counts.  And how something is published, on a topic of the layout.
 * Neither the network nor a clock is used: what is published goes into the outbox, and callers pass the
 * monotonic time.
 */

/* The last score of a link, from 0 to 100; the worst of the day; how often it was healthy and then was not. */
struct link_score {
	bool known;
	int64_t now, worst, incidents;
};

/* Each channel has a link: the bus and the way to it. */
struct link {
	struct name_entry by_channel;
	char channel[CHANNEL_MAX + 1];
	struct json_object *state;           /* the message of its topic */
	struct json_object *counts, *health; /* the last of each, which are in it; NULL: none came */
	bool listening;                      /* its capture transmits nothing */
	bool changed;                        /* since the state was published */
	bool listed;                         /* in the list of those that have changed */
	struct link *next_changed;
	struct totals totals;    /* of its own alarms */
	struct link_score score; /* with --layout addon */
	int64_t heard_us;        /* when a record of its channel last came, in the time of hearing */
	struct pace pace;        /* when its counts are published */
};

struct links {
	struct link **list;
	size_t count, room;
	struct name_index channels;
	struct link *changed; /* and some that have been published since */
};

/* A command that was passed on, to recognise it when it comes again. */
struct passed_command {
	uint64_t setting, value; /* hashes: of the topic, of the value; 0: none */
	unsigned number;
	int64_t passed_us;
};
enum { PASSED_COMMANDS = 64 };

/* Why a command is not passed on: each reason has its limit of log lines. */
enum wrong_command {
	WRONG_RETAINED,
	WRONG_FORBIDDEN,
	WRONG_DEVICE,
	WRONG_SETTING,
	WRONG_VALUE,
	WRONG_FIFO,
	WRONG_REPEATED,
	WRONG_RESULT, /* a result, of a device that is not published */
	WRONG_COMMANDS,
};

struct publisher {
	const struct options *options;
	struct outbox *outbox;
	struct devices devices;
	struct links links;
	struct adopted_packs adopted;
	struct hearing hearing; /* when a device is silent */
	int64_t real_less_us;   /* the system's clock less the monotonic one */
	unsigned connections;   /* to the broker, so far */
	uint64_t bad_records, lost_commands;
	uint64_t outdated;  /* records older than --max-age */
	uint64_t too_long;  /* messages that were not published because they were */
	uint64_t summaries; /* records of this type */
	int64_t bridge_us;  /* when the bridge's state was last published */
	bool bridge_due;    /* it has changed in a way that matters */
	uint64_t bridge_hash;
	struct device bridge; /* jk-mqtt itself, for Home Assistant */
	struct addon addon;   /* with --layout addon */
	unsigned commands;    /* received so far: each has a number */
	struct passed_command passed[PASSED_COMMANDS];
	size_t passed_next; /* the oldest of these */
	struct log_limit wrong_commands[WRONG_COMMANDS];
	int64_t announced_us; /* when to report how much is announced; 0: nothing is new */
	size_t announced_packs, announced_entities; /* that were reported */
	uint32_t chance;                            /* state of the generator of short random delays */
	struct log_limit bad, odd_topics, odd_discovery, not_sent, announced, outdated_log, adopted_log;
};

/* Is this the device of jk-mqtt itself? */
static inline bool publisher_is_bridge(const struct publisher *p, const struct device *d)
{
	return d == &p->bridge;
}

/* The link of a channel, new if it was not there; NULL: there are too many. */
struct link *publisher_link(struct publisher *p, const char *channel);
/* The same; NULL: it was not there. */
struct link *publisher_link_known(const struct publisher *p, const char *channel);

/* An empty buffer for a payload.  There is one: it is free again after publisher_send. */
struct strbuf publisher_payload(void);

/*
 * Publishes on a topic of the layout: a payload, a text, an object as it is.  Returns false if the payload
 * is too long or there is no memory, which is logged and counted.
 */
bool publisher_send(struct publisher *p, enum layout_topic topic, struct layout_names names,
		    const struct strbuf *payload);
bool publisher_text(struct publisher *p, enum layout_topic topic, struct layout_names names,
		    const char *text);
bool publisher_json(struct publisher *p, enum layout_topic topic, struct layout_names names,
		    struct json_object *object);

/* Logs and counts a payload that is longer than its buffer.  Returns false. */
bool publisher_too_long(struct publisher *p, const char *topic, size_t max);

/* Sets the totals of a device or a link.  If they changed, the bridge's state is due. */
void publisher_totals(struct publisher *p, struct totals *of, struct totals now);

/* Counts and logs a line that is no record. */
void publisher_bad_record(struct publisher *p, unsigned long line, const char *why);

/* Logs a record one of whose numbers is too large; it is published as null. */
void publisher_left_out(struct publisher *p, unsigned long line, const char *key);

#endif
