/* SPDX-License-Identifier: MIT */
/* The wire: one group at a time, byte by byte at its pace, half duplex. */
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
		if (s->address == address && now_us >= s->from_s * 1000000 && now_us < s->to_s * 1000000)
			return true;
	}
	return false;
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
			.firmware = c->packs[i].firmware,
			.fixed_errors = c->packs[i].fixed_errors,
			.errors = c->packs[i].errors,
		};
		pack_init(p, &c->climate, (uint64_t)c->seed, c->start_ms);
	}
	talker_init(b);
}

static void advance_packs(struct bus *b, int64_t now_us)
{
	int64_t ms = b->config->start_ms + now_us / 1000 * 86400 / b->config->day_s;
	for (size_t i = 0; i < b->pack_count; i++)
		pack_advance(&b->packs[i], ms);
}

static bool muted(const struct bus *b, int64_t now_us)
{
	const struct config *c = b->config;
	return c->mute_s > 0 && now_us >= c->mute_at_s * 1000000 &&
	       now_us < (c->mute_at_s + c->mute_s) * 1000000;
}

/* The group begins at start_us: gives each message its end. */
static void start(struct bus *b, int64_t start_us)
{
	int64_t at = start_us;
	for (size_t i = 0; i < b->group.count; i++) {
		struct message *m = &b->group.messages[i];
		at += m->gap_us + bus_wire_us(m->n);
		m->end_us = at;
	}
	b->free_us = at;
	b->busy = b->group.count > 0;
	b->sent = 0;
	b->heard = port_listening(b->port, &b->generation);
}

/* How many of the group's bytes have left the sender by now. */
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

static void give(struct bus *b, int64_t now_us, size_t n)
{
	uint64_t generation;
	bool listening = port_listening(b->port, &generation) && generation == b->generation;
	bool give_it = listening && !muted(b, now_us);
	size_t given = give_it ? port_write(b->port, b->group.bytes + b->sent, n) : 0;
	if (given < n)
		b->heard = false;
	if (give_it && given < n)
		log_event(b->log, now_us, "dropped", (int64_t)(n - given));
	b->sent += n;
}

/* Hands the port what is due, in pieces if that is asked for; returns when there is more to do. */
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
	log_group(b->log, &b->group, b->heard);
}

/* Begins the next group if one is due; false if there is none. */
static bool begin(struct bus *b, int64_t now_us)
{
	struct talker *t = &b->talker;
	if (b->late_pending && b->late_us <= now_us) {
		b->group = b->late;
		b->late_pending = false;
		start(b, now_us);
		return true;
	}
	/* Nobody starts to talk into another's last byte. */
	if (t->kind == TALKER_NONE || t->next_us > now_us || b->free_us + CARRIER_US > now_us)
		return false;
	advance_packs(b, now_us);
	group_clear(&b->group);
	talker_step(b, now_us, &b->group);
	start(b, now_us);
	return true;
}

static int64_t next_begin(const struct bus *b)
{
	int64_t next = b->late_pending ? b->late_us : INT64_MAX;
	if (b->talker.kind == TALKER_NONE)
		return next;
	int64_t talk =
		b->talker.next_us > b->free_us + CARRIER_US ? b->talker.next_us : b->free_us + CARRIER_US;
	return talk < next ? talk : next;
}

int64_t bus_run(struct bus *b, int64_t now_us)
{
	for (;;) {
		if (b->busy) {
			int64_t again = pump(b, now_us);
			if (b->sent < b->group.n || now_us < b->free_us)
				return again;
			finish(b, now_us);
		}
		if (!begin(b, now_us))
			return next_begin(b);
		if (!b->busy && b->talker.next_us > now_us)
			return next_begin(b);
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

static void hear_request(struct bus *b, int64_t now_us, const uint8_t *p, size_t n)
{
	bool sound = wire_crc_fits(p, n);
	advance_packs(b, now_us);
	group_clear(&b->group);
	if (b->config->faults.echo)
		group_add(&b->group, ECHO_OF, p[0], p, n, 0);
	bool answered = answer_request(b, now_us, &b->group, p, n);
	log_heard(b->log, now_us, p, n, !sound ? "damaged" : answered ? "answered" : "unanswered");
	if (answered)
		fault_between(&b->config->faults, &b->damage, &b->group);
	start(b, now_us);
}

void bus_forget(struct bus *b)
{
	b->input_n = 0;
}

void bus_hear(struct bus *b, int64_t now_us, const uint8_t *p, size_t n)
{
	if (now_us - b->input_us > SILENCE_US)
		b->input_n = 0;
	b->input_us = now_us;
	if (b->busy) {
		log_heard(b->log, now_us, p, n, "collided");
		b->input_n = 0;
		return;
	}
	if (sizeof(b->input) - b->input_n < n) {
		log_heard(b->log, now_us, p, n, "damaged");
		b->input_n = 0;
		return;
	}
	memcpy(b->input + b->input_n, p, n);
	b->input_n += n;
	size_t size = request_size(b->input, b->input_n);
	if (size == 0 || b->input_n < size)
		return;
	/* A second request in the same breath collides with the answer to the first. */
	hear_request(b, now_us, b->input, size);
	if (b->input_n > size)
		log_heard(b->log, now_us, b->input + size, b->input_n - size, "collided");
	b->input_n = 0;
}
