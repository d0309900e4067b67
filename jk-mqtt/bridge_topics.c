/* SPDX-License-Identifier: MIT */
#include "bridge_topics.h"

#include "payload.h"

static struct totals all_totals(const struct publisher *p)
{
	struct totals t = {0};
	for (size_t i = 0; i < p->devices.count; i++)
		totals_merge(&t, p->devices.list[i]->totals);
	for (size_t i = 0; i < p->links.count; i++)
		totals_merge(&t, p->links.list[i]->totals);
	return t;
}

static void conflicts(struct strbuf *t, const struct publisher *p)
{
	payload_key(t, "conflicts");
	strbuf_char(t, '[');
	for (size_t i = 0, count = 0; i < p->devices.count; i++) {
		const struct device *d = p->devices.list[i];
		if (!d->shadowed || !d->there)
			continue;
		strbuf_string(t, count++ > 0 ? ",\"" : "\"");
		strbuf_string(t, d->commands->channel);
		if (!d->inverter && !d->link) {
			strbuf_char(t, ':');
			strbuf_decimal(t, d->commands->bms, 0);
		}
		strbuf_string(t, " would be ");
		strbuf_string(t, d->name);
		strbuf_char(t, '"');
	}
	strbuf_char(t, ']');
}

/* Adds a name to a list of names. */
static void listed(struct strbuf *t, size_t *count, const char *channel, int bms, const char *name)
{
	strbuf_string(t, (*count)++ > 0 ? ",\"" : "\"");
	strbuf_string(t, name ? name : channel);
	if (!name && bms >= 0) {
		strbuf_char(t, ':');
		strbuf_decimal(t, bms, 0);
	}
	strbuf_char(t, '"');
}

/* All alarms together: any, how many, the worst, and where. */
static void global_alarm(struct strbuf *t, const struct publisher *p)
{
	struct totals all = all_totals(p);
	size_t count = 0;
	payload_key(t, "global_alarm");
	strbuf_string(t, all.count > 0 ? "true" : "false");
	payload_key(t, "global_alarm_count");
	strbuf_unsigned(t, all.count);
	if (all.count > 0)
		payload_string(t, "global_alarm_severity", severity_name(all.worst));
	else
		payload_key(t, "global_alarm_severity"), strbuf_string(t, "null");
	payload_key(t, "global_alarm_packs");
	strbuf_char(t, '[');
	for (size_t i = 0; i < p->devices.count; i++) {
		const struct device *d = p->devices.list[i];
		if (d->totals.count > 0)
			listed(t, &count, d->commands->channel, d->commands->bms,
			       d->shadowed ? NULL : d->name);
	}
	for (size_t i = 0; i < p->links.count; i++)
		if (p->links.list[i]->totals.count > 0)
			listed(t, &count, p->links.list[i]->channel, -1, NULL);
	strbuf_char(t, ']');
}

/* What people call the packs.  Many labels would be longer than a message may be. */
static void labels(struct strbuf *t, const struct publisher *p)
{
	enum { LABELS_MAX = 128 };
	unsigned count = 0;
	for (size_t i = 0; i < p->devices.count && count < LABELS_MAX; i++) {
		const struct device *d = p->devices.list[i];
		if (!d->there || d->shadowed || !d->label[0])
			continue;
		if (count++ == 0) {
			payload_key(t, "labels");
			strbuf_char(t, '{');
		}
		payload_string(t, d->name, d->label);
	}
	if (count > 0)
		strbuf_char(t, '}');
}

/* Devices that were heard and have a name. */
static uint64_t published_devices(const struct publisher *p)
{
	uint64_t count = 0;
	for (size_t i = 0; i < p->devices.count; i++)
		count += p->devices.list[i]->there && !p->devices.list[i]->shadowed;
	return count;
}

void bridge_topics_publish(struct publisher *p, int64_t now_us)
{
	struct outbox_status status = outbox_status(p->outbox);
	const struct {
		const char *key;
		uint64_t value;
	} counts[] = {
		{"devices", published_devices(p)},
		{"queued", status.queued},
		{"dropped", status.dropped},
		{"reconnects", p->connections > 0 ? p->connections - 1 : 0},
		{"bad_records", p->bad_records},
		{"lost_commands", p->lost_commands},
		{"left_out", p->devices.left_out + status.left_out + p->too_long},
	};
	struct strbuf t = publisher_payload();
	strbuf_char(&t, '{');
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		payload_key(&t, counts[i].key);
		strbuf_unsigned(&t, counts[i].value);
	}
	if (p->options->max_age_us > 0) {
		payload_key(&t, "outdated");
		strbuf_unsigned(&t, p->outdated);
	}
	if (p->options->layout->addon) {
		payload_key(&t, "foreign");
		strbuf_string(&t, p->addon.foreign_us ? "true" : "false");
	}
	global_alarm(&t, p);
	conflicts(&t, p);
	if (p->options->fifo) {
		payload_key(&t, "commands");
		strbuf_string(&t, "true");
	}
	labels(&t, p);
	strbuf_char(&t, '}');
	p->bridge_us = now_us;
	p->bridge_due = false;
	publisher_send(p, LAYOUT_BRIDGE, LAYOUT_NO_NAMES, &t);
}

int64_t bridge_topics_due(const struct publisher *p)
{
	enum {
		BRIDGE_US = 5000000,
		FEW = 64,                /* packs, of which the list is short */
		BRIDGE_SOON_US = 200000, /* with more */
	};
	if (!p->bridge_due)
		return p->bridge_us + BRIDGE_US;
	return p->devices.count <= FEW ? INT64_MIN : p->bridge_us + BRIDGE_SOON_US;
}
