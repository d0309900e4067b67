/* SPDX-License-Identifier: MIT */
#ifndef PACK_SOURCES_H
#define PACK_SOURCES_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Which source of a pack holds a key.  A pack may be heard at several addresses: by RS485 (live records) and
 * by CAN (can records).  Both have many of its values, but CAN has them rounded and at other moments.  So
 * exactly one source holds a key at a time:
 *
 *   RS485 while it is fresh and its last live record has the key, else CAN while it is fresh and still sends
 *   the key, else nobody.
 *   Of two sources of one kind the one that was added first.
 *   A source that is not trusted, as two packs have its address, holds nothing.
 *
 * Fresh: for three of its periods after its last record, but at least 5 s and at most 30 s.  A source whose
 * period is longer than 20 s, as one that is polled once a minute, is fresh for one and a half periods: it
 * must not lose its keys between two polls.  The period is the median of the last intervals between records,
 * so that neither an outage nor a record that was sent twice changes it.  Until the first interval is known,
 * a source is fresh for 10 s.
 *
 *   RS485 polled every 2 s and cut: CAN has its keys 6 s after the last record.  The next live record takes
 *   them back at once.
 *   RS485 polled every 60 s: CAN has its keys after 90 s.
 *
 * A key of CAN expires 10 s after the last frame that had it, by a clock that stands still while no frame of
 * the source comes: an outage of the bus expires nothing, since all frames come again within 1.5 s.
 *
 * Pure.  Time is that of the records, of each source by itself: it may jump back, and the clocks of two
 * captures may differ.  What has passed is what passed between two records of one source.
 *
 * Use, for each record of type live or can (a settings or about record has no key that CAN has too, and is
 * held by its source):
 *
 *   int s = pack_source_add(&p, kind);                  once for each source; keep the number
 *   pack_source_record(&p, s, record.time_us);          first
 *   pack_key_seen(&p, &key[k], s);                      for each of its keys, also if the value is null
 *   if (pack_key_holder(&p, &key[k]) == s) ...          the value counts; if not, that of another source
 *
 * Who keeps the newest value of each key and source publishes that of pack_key_holder(); PACK_NOBODY: the
 * value is unknown.
 */

enum {
	PACK_SOURCES_MAX = 4,
	PACK_NOBODY = -1,
	PACK_INTERVALS = 3, /* kept, for the median */
	PACK_FRESH_PERIODS = 3,
	PACK_FRESH_LEAST_US = 5000000,
	PACK_FRESH_MOST_US = 30000000,
	PACK_FRESH_UNKNOWN_US = 10000000, /* while the period is unknown */
	PACK_CAN_GONE_US = 10000000,      /* a CAN frame that was not sent for so long has stopped */
	PACK_CAN_QUIET_US = 4000000,      /* no frame at all for longer than this is an outage of the bus */
};

enum pack_source_kind {
	PACK_SOURCE_NONE,
	PACK_SOURCE_RS485, /* live records: each has all keys of the source */
	PACK_SOURCE_CAN,   /* can records: each has the keys of one frame */
};

struct pack_source_state {
	enum pack_source_kind kind;
	bool heard, untrusted;
	int64_t time_us;  /* of its last record */
	int64_t at_us;    /* pack_sources.now_us when that came */
	int64_t lived_us; /* how far this source brought pack_sources.now_us */
	int64_t interval_us[PACK_INTERVALS];
	unsigned intervals; /* of these that are known */
	int64_t tick;       /* RS485: records; CAN: microseconds without outages.  Never goes back */
};

/* Zeros are a pack without sources. */
struct pack_sources {
	int64_t now_us; /* passed time */
	struct pack_source_state source[PACK_SOURCES_MAX];
};

/* When each source had a key last, by its ticks.  Zeros: never. */
struct pack_key {
	int64_t tick[PACK_SOURCES_MAX];
};

/* The number of a new source; PACK_NOBODY if there are PACK_SOURCES_MAX already. */
int pack_source_add(struct pack_sources *p, enum pack_source_kind kind);

/*
 * The source belongs to this pack no longer.  Its number may be given to another one; no key is held by its
 * values.
 */
void pack_source_remove(struct pack_sources *p, int source);

/* A valid live or can record of the source has come, with this time. */
void pack_source_record(struct pack_sources *p, int source, int64_t time_us);

/* Two packs share its address, or no longer do. */
void pack_source_trust(struct pack_sources *p, int source, bool trusted);

/* The record that has just come from the source has this key. */
void pack_key_seen(const struct pack_sources *p, struct pack_key *key, int source);

/* Whose value of the key counts, at the time of the last record of the pack. */
int pack_key_holder(const struct pack_sources *p, const struct pack_key *key);

/* Has the source this key, fresh or not, in its last live record or in a CAN frame of the last 10 s? */
bool pack_key_has(const struct pack_sources *p, const struct pack_key *key, int source);

/* For how long the source, on CAN, has sent frames without this key; INT64_MAX if it never had it. */
int64_t pack_key_missing_us(const struct pack_sources *p, const struct pack_key *key, int source);

/* True if the source may hold keys: it is trusted, and its values are not too old. */
bool pack_source_fresh(const struct pack_sources *p, int source);

/*
 * The source that holds most keys: the first RS485 source that is fresh, else the first on CAN; PACK_NOBODY
 * if none is fresh.
 */
int pack_sources_holder(const struct pack_sources *p);

/* How long after its last record the source is fresh. */
int64_t pack_source_limit_us(const struct pack_sources *p, int source);

#endif
