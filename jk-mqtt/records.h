/* SPDX-License-Identifier: MIT */
#ifndef RECORDS_H
#define RECORDS_H

#include <stdint.h>

#include "caps.h"
#include "device.h"
#include "log.h"
#include "options.h"
#include "outbox.h"

/*
 * From records to topics.  Knows neither the network nor a clock: what is to be published goes into the
 * outbox, and the time is handed in, monotonic.
 */

struct link {
	char channel[CHANNEL_MAX + 1];
	struct json_object *state; /* what jk/link/CHANNEL holds */
	bool listening;
	bool changed;
	struct totals totals; /* of its own alarms */
	struct pace pace;     /* of its counts */
};

struct records {
	const struct options *options;
	struct outbox *outbox;
	struct devices devices;
	struct link links[MQTT_CHANNELS_MAX];
	size_t link_count;
	unsigned connections; /* to the broker, so far */
	uint64_t bad_records, lost_commands;
	uint64_t summaries; /* records of this type */
	int64_t bridge_us;  /* when jk/bridge was last published */
	uint64_t bridge_hash;
	struct device bridge; /* itself, for Home Assistant */
	unsigned commands;    /* taken, for their numbers */
	uint32_t chance;      /* for short random delays */
	struct log_limit bad, odd_topics, odd_discovery;
};

/* With the status that we are online. */
void records_begin(struct records *p, const struct options *options, struct outbox *outbox, uint32_t seed);

/* A record.  It is the publisher's then. */
void records_record(struct records *p, struct json_record *record, int64_t now_us);

/* A line that is no record. */
void records_bad_record(struct records *p, unsigned long line, const char *why);

/* A record that is one, but for a member whose number was too large: that is null. */
void records_left_out(struct records *p, unsigned long line, const char *key);

/* The broker has accepted us: the states are on their way again, discovery is due. */
void records_connected(struct records *p, unsigned connections, int64_t now_us);

/* Home Assistant has started. */
void records_birth(struct records *p, int64_t now_us);

/* A message of the broker; payload ends with a NUL; real_us: earliest time of publication, since 1970. */
void records_message(struct records *p, const char *topic, const char *payload, size_t size, bool retained,
		     int64_t real_us, int64_t now_us);

/* The broker acknowledged a subscription: what it retains there arrives now. */
void records_subscribed(struct records *p, const char *filter, int64_t now_us);

/* Returns true if something is not announced to Home Assistant yet because retained discovery is awaited. */
bool records_waits(const struct records *p);

/* When records_time is to be called; INT64_MAX: never. */
int64_t records_deadline(const struct records *p);
void records_time(struct records *p, int64_t now_us);

/* Publishes all pending states, then offline for all devices and the bridge. */
void records_finish(struct records *p, int64_t now_us);

#endif
