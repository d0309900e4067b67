/* SPDX-License-Identifier: MIT */
#ifndef MQTT_FEED_H
#define MQTT_FEED_H

/* Records into jk-mqtt, and what it publishes of them.  It is included by one test each. */

#include <stdio.h>
#include <string.h>

#include "layout_jk.h"
#include "lifecycle.h"
#include "outbox.h"
#include "records.h"
#include "unit.h"

static struct outbox box;
static struct publisher publisher;
static char sent[1 << 20];
static int last_mid, acknowledged_mid;

static int keep(void *context, const struct outgoing *message, int *mid)
{
	(void)context;
	size_t n = strlen(sent);
	if (!message->subscribe)
		snprintf(sent + n, sizeof sent - n, "%s %.*s\n", message->topic, (int)message->size,
			 message->payload);
	*mid = ++last_mid;
	return 0;
}

/* What is published of a topic until then: its last payload, "" if there is none. */
static const char *payload_of(const char *topic, int64_t seconds)
{
	static char found[1 << 17];
	char start[80];
	snprintf(start, sizeof start, "\n%s ", topic);
	lifecycle_time(&publisher, seconds * 1000000);
	snprintf(sent, sizeof sent, "\n");
	do {
		while (acknowledged_mid < last_mid)
			outbox_acknowledged(&box, ++acknowledged_mid);
		ck_assert_int_eq(outbox_pump(&box, keep, NULL), 0);
	} while (acknowledged_mid < last_mid);
	const char *p = strstr(sent, start);
	snprintf(found, sizeof found, "%.*s", p ? (int)strcspn(p + strlen(start), "\n") : 0,
		 p ? p + strlen(start) : "");
	return found;
}

static void feed_at(const char *line, int64_t now_us)
{
	struct json_record record;
	ck_assert_ptr_null(json_record_parse(line, strlen(line), &record));
	records_record(&publisher, &record, now_us);
}

static inline void feed(const char *line, int64_t seconds)
{
	feed_at(line, seconds * 1000000);
}

static void begin_records(const struct options *options)
{
	outbox_begin(&box, -1);
	outbox_connected(&box);
	lifecycle_begin(&publisher, options, &box, 1);
}

#endif
