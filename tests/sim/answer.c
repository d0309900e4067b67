/* SPDX-License-Identifier: MIT */
/* The answers of the packs to requests. */
#include "bus.h"

#include "fault.h"
#include "registers.h"

#include <string.h>

enum { MOST_PADDING = 64 };

static void add_padding(struct group *g, int64_t n)
{
	static const uint8_t zeros[1024];
	if (n > 0)
		group_add(g, PADDING, -1, zeros, (size_t)n, 0);
}

/* True if the acknowledgement was sent undamaged. */
static bool add_ack(struct bus *b, struct group *g, uint8_t address, uint16_t reg, uint16_t quantity,
		    int64_t gap_us)
{
	const struct faults *f = &b->config->faults;
	uint8_t ack[ACK_SIZE];
	size_t n = wire_ack(ack, address, reg, quantity);
	bool bad = chance_hit(&b->damage, f->bad_ack);
	if (bad)
		fault_ack(&b->damage, ack, &n);
	struct message *m = group_add(g, ACK, address, ack, n, gap_us);
	m->state = bad ? DAMAGED : VALID;
	m->type = wire_trigger_type(reg);
	return !bad;
}

/* The frame, the padding and the acknowledgement as one sequence of bytes. */
static size_t whole_answer(const struct bus *b, const struct pack *p, enum frame_type type,
			   const uint8_t *frame, uint8_t *out)
{
	size_t padding = (size_t)b->config->faults.padding;
	memset(out, 0, FRAME_SIZE + 2 * padding + ACK_SIZE);
	memcpy(out, frame, FRAME_SIZE);
	wire_ack(out + FRAME_SIZE + padding, p->address, wire_trigger_register(type), 1);
	return FRAME_SIZE + 2 * padding + ACK_SIZE;
}

/* A second pack with slightly different values answers at the same time. */
static void add_collision(struct bus *b, struct group *g, struct pack *p, enum frame_type type,
			  const uint8_t *frame, int64_t gap_us)
{
	static uint8_t one[GROUP_BYTES / 2], two[GROUP_BYTES / 2], out[GROUP_BYTES];
	uint8_t other[FRAME_SIZE];
	memcpy(other, frame, sizeof(other));
	for (size_t i = 6; i < 38; i++)
		other[i] = other[i] ? (uint8_t)(other[i] ^ 3) : 0;
	wire_seal(other, type, frame[5]);
	size_t n = whole_answer(b, p, type, frame, one);
	whole_answer(b, p, type, other, two);
	n = fault_collide(&b->damage, one, two, n, out);
	struct message *m = group_add(g, FRAME, p->address, out, n, gap_us);
	m->type = (int)type;
	m->state = COLLIDED;
}

static enum state damage_frame(struct bus *b, enum frame_type type, uint8_t frame[FRAME_SIZE], size_t *n)
{
	const struct faults *f = &b->config->faults;
	enum state state = fault_frame(f, &b->damage, frame, n);
	if (state == VALID && type == TYPE_LIVE && chance_hit(&b->damage, f->contradict)) {
		fault_contradict(&b->damage, frame);
		state = CONTRADICTING;
	}
	return state;
}

/* Adds a frame of the pack and its acknowledgement, gap_us after the previous message. */
static void answer_of(struct bus *b, struct group *g, struct pack *p, enum frame_type type, int64_t gap_us)
{
	const struct faults *f = &b->config->faults;
	uint8_t frame[FRAME_SIZE];
	size_t n = FRAME_SIZE;
	fault_between(f, &b->damage, g);
	unsigned int values =
		p == &b->twin && b->config->twin_after_ms >= 0; /* the second frame of the group */
	pack_frame(p, type, frame, log_wanted(b->log) ? &g->values[values] : NULL);
	if (f->duplicate == p->address || chance_hit(&b->damage, f->collide)) {
		add_collision(b, g, p, type, frame, gap_us);
		return;
	}
	enum state state = damage_frame(b, type, frame, &n);
	struct message *m = group_add(g, FRAME, p->address, frame, n, gap_us);
	m->type = (int)type;
	m->state = state;
	m->values = values;
	if (!chance_hit(&b->damage, f->no_ack)) {
		bool apart = fault_between(f, &b->damage, g) || f->padding > MOST_PADDING;
		add_padding(g, f->padding);
		m->acked = add_ack(b, g, p->address, wire_trigger_register(type), 1, 0) && !apart;
		add_padding(g, f->padding);
	}
	fault_between(f, &b->damage, g);
}

/* The same for an address that two packs have: both answer, or they take turns. */
static void answer_frame(struct bus *b, struct group *g, struct pack *p, enum frame_type type, int64_t gap_us)
{
	bool twin = b->twin_here && b->twin.address == p->address;
	if (twin && b->config->twin_after_ms < 0 && (b->twins_turn = !b->twins_turn))
		p = &b->twin;
	answer_of(b, g, p, type, gap_us);
	if (twin && b->config->twin_after_ms >= 0)
		answer_of(b, g, &b->twin, type, b->config->twin_after_ms * 1000);
}

/* The adapter loses the end of the answer. */
static void cut(struct bus *b, struct group *g, size_t keep)
{
	if (chance_hit(&b->damage, b->config->faults.cut_chance))
		group_cut(g, keep, (size_t)b->config->faults.cut);
}

void answer_unasked(struct bus *b, struct group *g, struct pack *p, enum frame_type type)
{
	answer_frame(b, g, p, type, 0);
	cut(b, g, 0);
}

static void add_exception(struct group *g, uint8_t address, uint8_t function, int code, int64_t gap_us)
{
	uint8_t bytes[EXCEPTION_SIZE];
	size_t n = wire_exception(bytes, address, function, (uint8_t)code);
	group_add(g, EXCEPTION, address, bytes, n, gap_us);
}

static uint16_t big16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void answer_read(struct bus *b, struct group *g, struct pack *p, const uint8_t *request, size_t n,
			int64_t gap_us)
{
	uint8_t bytes[3 + 255 + 2] = {p->address, 3};
	uint16_t quantity = big16(request + 4);
	(void)b;
	(void)n;
	int code = registers_read(p, big16(request + 2), quantity, bytes + 3);
	if (code) {
		add_exception(g, p->address, 3, code, gap_us);
		return;
	}
	bytes[2] = (uint8_t)(2 * quantity);
	group_add(g, READ, p->address, bytes, wire_seal_crc(bytes, 3u + 2u * quantity), gap_us);
}

static void answer_write(struct bus *b, struct group *g, struct pack *p, const uint8_t *request, size_t n,
			 int64_t gap_us)
{
	uint16_t reg = big16(request + 2), quantity = big16(request + 4);
	int type = wire_trigger_type(reg);
	if (n != 9u + 2u * quantity || request[6] != 2 * quantity) {
		add_exception(g, p->address, 0x10, EXCEPTION_VALUE, gap_us);
		return;
	}
	if (type && quantity == 1) {
		answer_frame(b, g, p, (enum frame_type)type, gap_us);
		return;
	}
	const struct write_faults *f = &b->config->writes;
	if (chance_hit(&b->damage, f->lost))
		return;
	int code = chance_hit(&b->damage, f->refuse) ? (int)f->refuse_code
		   : chance_hit(&b->damage, f->forget)
			   ? 0
			   : registers_write(p, reg, quantity, request + 7, b->config->strict);
	if (code)
		add_exception(g, p->address, 0x10, code, gap_us);
	else if (!chance_hit(&b->damage, f->no_ack))
		add_ack(b, g,
			chance_hit(&b->damage, f->wrong_address) ? (uint8_t)(p->address % MAX_ADDRESS + 1)
								 : p->address,
			reg, quantity, gap_us);
}

static void answer(struct bus *b, struct group *g, struct pack *p, const uint8_t *request, size_t n,
		   int64_t gap_us)
{
	size_t keep = g->count;
	if (chance_hit(&b->damage, b->config->faults.exceptions))
		add_exception(g, p->address, request[1], (int)chance_range(&b->damage, 1, 3), gap_us);
	else if (request[1] == 3)
		answer_read(b, g, p, request, n, gap_us);
	else if (request[1] == 0x10)
		answer_write(b, g, p, request, n, gap_us);
	else
		add_exception(g, p->address, request[1], EXCEPTION_FUNCTION, gap_us);
	cut(b, g, keep);
}

/* Whether the answer is late, and by how much. */
static bool is_late(struct bus *b, const uint8_t *request, int64_t *late_ms)
{
	const struct config *c = b->config;
	bool write = request[1] == 0x10 && wire_trigger_type(big16(request + 2)) == 0;
	bool late = chance_hit(&b->damage, c->faults.late);
	*late_ms = c->faults.late_ms;
	if (late || !write || !chance_hit(&b->damage, c->writes.late))
		return late;
	*late_ms = c->writes.late_ms;
	return true;
}

enum fate answer_request(struct bus *b, int64_t now_us, struct group *g, const uint8_t *request, size_t n,
			 int64_t echoed_us)
{
	struct pack *p = n > 0 ? bus_pack(b, request[0]) : NULL;
	bool is_master = b->config->master && n > 0 && request[0] == 0;
	if (!wire_crc_fits(request, n))
		return REQUEST_DAMAGED;
	if (p == NULL || n < 8 || is_master || bus_silent(b, request[0], now_us))
		return REQUEST_UNANSWERED;
	bus_advance(b, p, now_us);
	int64_t gap_us = chance_range(&b->timing, 35000, 50000);
	int64_t late_ms;
	if (!b->late_pending && is_late(b, request, &late_ms)) {
		group_clear(&b->late);
		answer(b, &b->late, p, request, n, 0);
		b->late_pending = true;
		b->late_us = now_us + gap_us + late_ms * 1000;
		return REQUEST_LATE;
	}
	/* The echo of the request comes first. */
	size_t before = g->count;
	answer(b, g, p, request, n, gap_us > echoed_us ? gap_us - echoed_us : 0);
	return g->count > before ? REQUEST_ANSWERED : REQUEST_UNANSWERED;
}
