/* SPDX-License-Identifier: MIT */
/* Replaces main.c and port.c. */
#include "inside.h"

#include "bus.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM = 65536, KEPT = 4096, HERE = 0 };

struct inside {
	struct config config;
	struct log log;
	struct port port; /* its client is HERE or -1 */
	struct bus bus;
	int64_t now_us;
	uint8_t bytes[ROOM]; /* for the client, a ring */
	size_t first, n;
	uint8_t kept[KEPT]; /* bytes of the client, while the bus is frozen */
	size_t kept_n;
	void (*tell)(void *who, const struct inside_message *m);
	void *who;
};

bool port_listening(const struct port *p, uint64_t *generation)
{
	*generation = p->generation;
	return p->client == HERE;
}

size_t port_write(struct port *p, const uint8_t *bytes, size_t n)
{
	struct inside *in = p->inside;
	size_t i = 0;
	for (; i < n && in->n < ROOM; i++)
		in->bytes[(in->first + in->n++) % ROOM] = bytes[i];
	return i;
}

size_t inside_read(struct inside *in, uint8_t *p, size_t room)
{
	size_t i = 0;
	for (; i < room && in->n > 0; i++, in->n--) {
		p[i] = in->bytes[in->first];
		in->first = (in->first + 1) % ROOM;
	}
	return i;
}

static void tell_group(void *who, const struct group *g)
{
	struct inside *in = who;
	for (size_t i = 0; in->tell != NULL && i < g->count; i++) {
		const struct message *m = &g->messages[i];
		const struct inside_message told = {
			.end_us = m->end_us,
			.what = (enum inside_what)m->what,
			.address = m->bms,
			.type = m->type,
			.valid = m->state == VALID,
			.contradicts = m->state == CONTRADICTING,
			.acked = m->acked,
			.heard = m->acked ? group_ack_heard(g, m) : !m->lost,
			.bytes = g->bytes + m->at,
			.n = m->n,
		};
		in->tell(in->who, &told);
	}
}

_Static_assert((int)INSIDE_PADDING == (int)PADDING && (int)INSIDE_FRAME == (int)FRAME, "in one order");

struct inside *inside_begin(int argc, char *argv[])
{
	struct inside *in = calloc(1, sizeof(*in));
	if (in == NULL)
		config_fail("no memory", "bus");
	config_parse(&in->config, argc, argv, PORT_INSIDE);
	log_open(&in->log, in->config.log_path);
	in->port = (struct port){.config = &in->config, .log = &in->log, .client = -1, .inside = in};
	bus_init(&in->bus, &in->config, &in->port, &in->log);
	in->bus.tell = tell_group;
	in->bus.who = in;
	return in;
}

void inside_end(struct inside *in)
{
	log_close(&in->log);
	free(in);
}

void inside_tell(struct inside *in, void (*tell)(void *who, const struct inside_message *m), void *who)
{
	in->tell = tell;
	in->who = who;
}

bool inside_connected(const struct inside *in)
{
	return in->port.client == HERE;
}

static bool frozen(const struct inside *in)
{
	return windows_hold(&in->config.freeze, in->now_us);
}

static int64_t hangup_us(const struct inside *in)
{
	if (!inside_connected(in) || in->config.hangup_s <= 0)
		return INT64_MAX;
	return in->port.since_us + in->config.hangup_s * 1000000;
}

/* When the link may change although the bus does nothing. */
static int64_t next_change(const struct inside *in)
{
	int64_t next = windows_change(&in->config.unplug, in->now_us);
	int64_t thaw = windows_change(&in->config.freeze, in->now_us);
	int64_t hangup = frozen(in) ? INT64_MAX : hangup_us(in);
	next = thaw < next ? thaw : next;
	return hangup < next ? hangup : next;
}

static void tend(struct inside *in)
{
	bool unplugged = windows_hold(&in->config.unplug, in->now_us);
	if (inside_connected(in) && (unplugged || (!frozen(in) && in->now_us >= hangup_us(in))))
		inside_disconnect(in, in->now_us);
	if (in->kept_n > 0 && !frozen(in)) {
		bus_hear(&in->bus, in->now_us, in->kept, in->kept_n);
		in->kept_n = 0;
	}
}

int64_t inside_run(struct inside *in, int64_t now_us)
{
	for (;;) {
		tend(in);
		int64_t next = bus_run(&in->bus, in->now_us), change = next_change(in);
		next = change < next ? change : next;
		if (in->now_us >= now_us && next > in->now_us)
			return next;
		/*
		 * Run up to the requested time but not beyond it: everything due by then is delivered by
		 * then.
		 */
		int64_t at_us = next < now_us ? next : now_us;
		in->now_us = at_us > in->now_us ? at_us : in->now_us;
	}
}

bool inside_link(const struct inside *in, int64_t now_us)
{
	const struct config *c = &in->config;
	return !windows_hold(&c->unplug, now_us) && !windows_hold(&c->refuse, now_us) &&
	       !(c->one_client && inside_connected(in));
}

bool inside_connect(struct inside *in, int64_t now_us)
{
	inside_run(in, now_us);
	if (!inside_link(in, now_us)) {
		log_event(&in->log, now_us, "refused", -1);
		return false;
	}
	if (inside_connected(in))
		inside_disconnect(in, now_us);
	in->n = 0;
	in->port.client = HERE;
	in->port.generation++;
	in->port.since_us = now_us;
	log_event(&in->log, now_us, "connected", -1);
	return true;
}

void inside_disconnect(struct inside *in, int64_t now_us)
{
	if (!inside_connected(in))
		return;
	in->port.client = -1;
	in->kept_n = 0;
	bus_forget(&in->bus, now_us);
	log_event(&in->log, now_us, "disconnected", -1);
}

void inside_hear(struct inside *in, int64_t now_us, const uint8_t *p, size_t n)
{
	inside_run(in, now_us);
	if (!inside_connected(in))
		return;
	if (!frozen(in)) {
		bus_hear(&in->bus, in->now_us, p, n);
		return;
	}
	if (n > KEPT - in->kept_n)
		n = KEPT - in->kept_n;
	memcpy(in->kept + in->kept_n, p, n);
	in->kept_n += n;
}
