/* SPDX-License-Identifier: MIT */
/* The wire: half duplex, one group at a time, byte by byte at line speed. */
#include "bus.h"

#include "fault.h"

#include <string.h>

enum { SILENCE_US = 150000, CHUNK_US = 8000, CARRIER_US = 5000 };

int64_t bus_wire_us(size_t n)
{
	return (int64_t)n * 1000000 / 11520;
}

int64_t bus_group_us(const struct group *g)
{
	int64_t us = 0;
	for (size_t i = 0; i < g->count; i++)
		us += g->messages[i].gap_us + bus_wire_us(g->messages[i].n);
	return us;
}

struct pack *bus_pack(struct bus *b, unsigned int address)
{
	for (size_t i = 0; i < b->pack_count; i++)
		if (b->packs[i].address == address)
			return &b->packs[i];
	return NULL;
}

bool bus_silent(const struct bus *b, unsigned int address, int64_t now_us)
{
	for (size_t i = 0; i < b->config->silence_count; i++) {
		const struct silence *s = &b->config->silences[i];
		if (s->address == address && window_holds(&s->when, now_us))
			return true;
	}
	return false;
}

static void add_twin(struct bus *b)
{
	const struct config *c = b->config;
	b->twin = (struct pack){.address = (uint8_t)c->twin.address,
				.cell_count = (unsigned int)c->twin.cells,
				.stored.firmware = c->twin.firmware};
	pack_init(&b->twin, &c->climate, (uint64_t)c->seed + 1, c->start_ms);
	b->twin.runtime_s += 5000000 + c->runtime_s;
}

void bus_init(struct bus *b, const struct config *c, struct port *port, struct log *log)
{
	b->config = c;
	b->port = port;
	b->log = log;
	b->pack_count = c->pack_count;
	b->timing.state = (uint64_t)c->seed * 31 + 1;
	b->damage.state = (uint64_t)c->seed * 37 + 2;
	for (size_t i = 0; i < c->pack_count; i++) {
		struct pack *p = &b->packs[i];
		*p = (struct pack){
			.address = (uint8_t)c->packs[i].address,
			.cell_count = (unsigned int)c->packs[i].cells,
			.stored.firmware = c->packs[i].firmware,
			.fixed_errors = c->packs[i].fixed_errors,
			.errors = c->packs[i].errors,
		};
		struct climate climate = config_climate(c, c->packs[i].address);
		pack_init(p, &climate, (uint64_t)c->seed, c->start_ms);
		p->runtime_s += c->runtime_s;
	}
	if (c->twin.cells > 0)
		add_twin(b);
	talker_init(b);
}

int64_t bus_pack_ms(const struct bus *b, int64_t now_us)
{
	return b->config->start_ms + now_us / 1000 * 86400 / b->config->day_s;
}

void bus_advance(struct bus *b, struct pack *p, int64_t now_us)
{
	const struct pack_option *option = &b->config->packs[p - b->packs];
	p->fixed_errors = option->fixed_errors && window_holds(&option->errors_when, now_us);
	int64_t at_ms = bus_pack_ms(b, now_us);
	pack_advance(p, at_ms);
	const struct windows *twin_at = &b->config->twin_at;
	b->twin_here = b->config->twin.cells > 0 && (twin_at->count == 0 || windows_hold(twin_at, now_us));
	if (b->config->twin.cells > 0 && b->twin.address == p->address)
		pack_advance(&b->twin, at_ms);
}

static bool muted(const struct bus *b, int64_t now_us)
{
	return windows_hold(&b->config->mute, now_us) || windows_hold(&b->config->freeze, now_us);
}

/* The group begins at start_us: computes the end of each message. */
static void start(struct bus *b, int64_t start_us)
{
	late_join(b, start_us);
	int64_t at = start_us;
	for (size_t i = 0; i < b->group.count; i++) {
		struct message *m = &b->group.messages[i];
		at += m->gap_us + bus_wire_us(m->n);
		m->end_us = at;
	}
	b->free_us = at;
	b->busy = b->group.count > 0;
	b->sent = 0;
}

/* How many bytes of the group have been sent by now. */
static size_t due(const struct bus *b, int64_t now_us)
{
	for (size_t i = 0; i < b->group.count; i++) {
		const struct message *m = &b->group.messages[i];
		if (m->end_us <= now_us)
			continue;
		int64_t begun_us = m->end_us - bus_wire_us(m->n);
		size_t part = now_us <= begun_us ? 0 : (size_t)((now_us - begun_us) * 11520 / 1000000);
		return m->at + (part < m->n ? part : m->n);
	}
	return b->group.n;
}

/* Records what became of the bytes from..to of the group; a client received those before given. */
static void mark(struct group *g, size_t from, size_t to, size_t given, uint64_t client)
{
	for (size_t i = 0; i < g->count; i++) {
		struct message *m = &g->messages[i];
		size_t end = m->at + m->n;
		if (end <= from || m->at >= to)
			continue;
		if (m->at >= from)
			m->client = client;
		if (given < (end < to ? end : to) || m->client != client)
			m->lost = true;
	}
}

static void give(struct bus *b, int64_t now_us, size_t n)
{
	uint64_t client;
	bool give_it = port_listening(b->port, &client) && !muted(b, now_us);
	size_t given = give_it ? port_write(b->port, b->group.bytes + b->sent, n) : 0;
	mark(&b->group, b->sent, b->sent + n, b->sent + given, client);
	if (give_it && given < n)
		log_event(b->log, now_us, "dropped", (int64_t)(n - given));
	b->sent += n;
}

/* Writes what is due to the port, in pieces with --segment; returns when there is more to do. */
static int64_t pump(struct bus *b, int64_t now_us)
{
	const struct faults *f = &b->config->faults;
	size_t ready = due(b, now_us);
	if (f->segment <= 0 || b->config->port == PORT_FILE) {
		if (ready > b->sent)
			give(b, now_us, ready - b->sent);
		return now_us + CHUNK_US < b->free_us ? now_us + CHUNK_US : b->free_us;
	}
	size_t piece = (size_t)f->segment;
	while (ready > b->sent && now_us >= b->segment_us &&
	       (ready - b->sent >= piece || ready == b->group.n)) {
		give(b, now_us, ready - b->sent < piece ? ready - b->sent : piece);
		b->segment_us = now_us + f->segment_delay_ms * 1000;
	}
	if (ready == b->group.n)
		return b->segment_us > b->free_us ? b->segment_us : b->free_us;
	int64_t next = now_us + bus_wire_us(piece) + 100;
	return b->segment_us > next ? b->segment_us : next;
}

static void finish(struct bus *b, int64_t now_us)
{
	b->busy = false;
	if (b->free_us < now_us && b->config->port != PORT_FILE)
		b->free_us = now_us;
	log_group(b->log, &b->group);
	if (b->tell != NULL)
		b->tell(b->who, &b->group);
}

/* Which talker transmits next, and when.  None starts before the last byte of another. */
static enum talker_kind next_talker(const struct bus *b, int64_t *next_us)
{
	enum talker_kind who = TALKER_MASTER;
	*next_us = INT64_MAX;
	for (enum talker_kind i = 0; i < TALKERS; i++) {
		int64_t at = talker_next(&b->talkers[i], b->free_us + CARRIER_US);
		if (at < *next_us) {
			*next_us = at;
			who = i;
		}
	}
	return who;
}

/* Begins the next group if one is due; else returns false, and *next_us is when the next one may be. */
static bool begin(struct bus *b, int64_t now_us, int64_t *next_us)
{
	enum talker_kind who = next_talker(b, next_us);
	if (b->late_pending && b->late_us <= now_us) {
		b->group = b->late;
		b->late_pending = false;
		start(b, now_us);
		return true;
	}
	if (*next_us > now_us) {
		if (b->late_pending && b->late_us < *next_us)
			*next_us = b->late_us;
		return false;
	}
	group_clear(&b->group);
	talker_step(b, who, now_us, &b->group);
	start(b, now_us);
	return true;
}

int64_t bus_run(struct bus *b, int64_t now_us)
{
	for (;;) {
		int64_t next;
		if (b->busy) {
			int64_t again = pump(b, now_us);
			if (b->sent < b->group.n || now_us < b->free_us)
				return again;
			finish(b, now_us);
		}
		if (!begin(b, now_us, &next))
			return next;
	}
}

/* The size of the request at p, 0 if more bytes are needed to know it. */
static size_t request_size(const uint8_t *p, size_t n)
{
	if (n < 2)
		return 0;
	if (p[1] != 0x10)
		return 8;
	return n < 7 ? 0 : 9u + p[6];
}

static const char *const fates[] = {
	[REQUEST_ANSWERED] = "answered", [REQUEST_LATE] = "late",         [REQUEST_UNANSWERED] = "unanswered",
	[REQUEST_DAMAGED] = "damaged",   [REQUEST_COLLIDED] = "collided",
};

static void log_fate(struct bus *b, int64_t now_us, const uint8_t *p, size_t n, enum fate fate)
{
	if (n > 0)
		log_heard(b->log, now_us, p, n, fates[fate]);
}

/* What the client's adapter receives of its own request. */
static void add_echo(struct bus *b, const uint8_t *p, size_t n)
{
	const struct faults *f = &b->config->faults;
	size_t from = 0, to = n;
	if (chance_hit(&b->damage, f->echo_part)) {
		from = (size_t)chance_range(&b->damage, 0, (int64_t)n - 1);
		to = (size_t)chance_range(&b->damage, (int64_t)from + 1, (int64_t)n - (from == 0));
	}
	struct message *m = group_add(&b->group, ECHO_OF, p[0], p + from, to - from, f->echo_late_ms * 1000);
	if (to - from < n)
		m->state = TRUNCATED;
}

static void hear_request(struct bus *b, int64_t now_us, const uint8_t *p, size_t n)
{
	group_clear(&b->group);
	if (b->config->faults.echo)
		add_echo(b, p, n);
	enum fate fate = answer_request(b, now_us, &b->group, p, n, bus_group_us(&b->group));
	log_fate(b, now_us, p, n, fate);
	if (fate == REQUEST_ANSWERED)
		fault_between(&b->config->faults, &b->damage, &b->group);
	start(b, now_us);
}

void bus_forget(struct bus *b, int64_t now_us)
{
	log_fate(b, now_us, b->input, b->input_n, REQUEST_DAMAGED);
	b->input_n = 0;
}

void bus_hear(struct bus *b, int64_t now_us, const uint8_t *p, size_t n)
{
	if (now_us - b->input_us > SILENCE_US)
		bus_forget(b, now_us);
	b->input_us = now_us;
	if (b->busy) {
		log_fate(b, now_us, b->input, b->input_n, REQUEST_COLLIDED);
		log_fate(b, now_us, p, n, REQUEST_COLLIDED);
		b->input_n = 0;
		return;
	}
	if (sizeof(b->input) - b->input_n < n) {
		bus_forget(b, now_us);
		log_fate(b, now_us, p, n, REQUEST_DAMAGED);
		return;
	}
	memcpy(b->input + b->input_n, p, n);
	b->input_n += n;
	size_t size = request_size(b->input, b->input_n);
	if (size == 0 || b->input_n < size)
		return;
	/* A second request that follows at once collides with the answer to the first. */
	hear_request(b, now_us, b->input, size);
	log_fate(b, now_us, b->input + size, b->input_n - size, REQUEST_COLLIDED);
	b->input_n = 0;
}

void bus_close(struct bus *b)
{
	if (!b->busy)
		return;
	mark(&b->group, b->sent, b->group.n, b->sent, 0);
	log_group(b->log, &b->group);
}
