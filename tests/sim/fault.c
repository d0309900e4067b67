/* SPDX-License-Identifier: MIT */
#include "fault.h"

#include <stdlib.h>
#include <string.h>

static void add_random(struct chance *c, struct group *g, enum what what, const uint8_t *start, size_t n,
		       int64_t most)
{
	uint8_t bytes[64];
	memcpy(bytes, start, n);
	size_t tail = (size_t)chance_range(c, 1, most);
	chance_fill(c, bytes + n, tail);
	group_add(g, what, -1, bytes, n + tail, chance_range(c, 0, 3000));
}

bool fault_between(const struct faults *f, struct chance *c, struct group *g)
{
	static const uint8_t header[4] = {0x55, 0xAA, 0xEB, 0x90};
	size_t before = g->count;
	if (chance_hit(c, f->noise))
		add_random(c, g, NOISE, header, 0, 32);
	if (chance_hit(c, f->false_header))
		add_random(c, g, FALSE_HEADER, header, sizeof(header), 60);
	return g->count > before;
}

static void flip(struct chance *c, uint8_t *p, size_t n)
{
	size_t bit = (size_t)chance_range(c, 0, (int64_t)n * 8 - 1);
	p[bit / 8] = (uint8_t)(p[bit / 8] ^ (1u << (bit % 8)));
}

/* Repeated until the checksum reveals the damage: 1 in 256 would pass otherwise. */
static void burst(struct chance *c, uint8_t frame[FRAME_SIZE])
{
	size_t n = (size_t)chance_range(c, 2, 24);
	size_t at = (size_t)chance_range(c, 0, (int64_t)(FRAME_SIZE - n));
	do
		chance_fill(c, frame + at, n);
	while (wire_sum(frame) == frame[FRAME_SIZE - 1]);
}

enum state fault_frame(const struct faults *f, struct chance *c, uint8_t frame[FRAME_SIZE], size_t *n)
{
	if (chance_hit(c, f->flip)) {
		flip(c, frame, FRAME_SIZE);
		return FLIPPED;
	}
	if (chance_hit(c, f->burst)) {
		burst(c, frame);
		return BURST;
	}
	if (chance_hit(c, f->truncate)) {
		*n = (size_t)chance_range(c, 1, FRAME_SIZE - 1);
		return TRUNCATED;
	}
	return VALID;
}

void fault_ack(struct chance *c, uint8_t ack[ACK_SIZE], size_t *n)
{
	if (chance_range(c, 0, 2) == 0) {
		*n = (size_t)chance_range(c, 1, ACK_SIZE - 1);
		return;
	}
	flip(c, ack, ACK_SIZE);
}

/* How far the total may differ from the sum of the cells at the load of the frame. */
static int64_t allowed_mv(const uint8_t frame[FRAME_SIZE])
{
	int64_t total_mv = wire_get(frame + 150, 4, false), ma = llabs(wire_get(frame + 158, 4, true));
	int64_t by_power_ma = total_mv ? wire_get(frame + 154, 4, false) * 1000 / total_mv + 1 : 0;
	unsigned int cells = (unsigned int)__builtin_popcountll((uint64_t)wire_get(frame + 70, 4, false));
	int64_t uv = cells * (8000 + 2 * (ma > by_power_ma ? ma : by_power_ma)) + 2 * total_mv;
	return 50 + uv / 990;
}

/* Twice as far: a load step may already have put the total below the sum of the cells. */
void fault_contradict(struct chance *c, uint8_t frame[FRAME_SIZE])
{
	int64_t mv = wire_get(frame + 150, 4, false) + 2 * allowed_mv(frame) + chance_range(c, 1500, 9000);
	wire_put32(frame + 150, mv);
	if (chance_range(c, 0, 1)) /* in some the coarse voltage agrees with the wrong total */
		wire_put16(frame + 234, mv / 10);
	wire_seal(frame, (enum frame_type)frame[4], frame[5]);
}

static bool frame_valid(const uint8_t *p)
{
	return p[0] == 0x55 && p[1] == 0xAA && p[2] == 0xEB && p[3] == 0x90 &&
	       wire_sum(p) == p[FRAME_SIZE - 1];
}

size_t fault_collide(struct chance *c, const uint8_t *one, const uint8_t *two, size_t n, uint8_t *out)
{
	size_t shift = (size_t)chance_range(c, 1, 40);
	do {
		for (size_t i = 0; i < n + shift; i++) {
			uint8_t a = i < n ? one[i] : 0xFF, b = i >= shift ? two[i - shift] : 0xFF;
			uint8_t torn = i >= shift && i < n ? (uint8_t)chance_next(c) : 0xFF;
			/*
			 * Two drivers against each other: mostly the zeros win, sometimes the result is
			 * random.
			 */
			out[i] = a & b & (torn | (uint8_t)chance_next(c));
		}
		memcpy(out, one, shift);
		memcpy(out + n, two + n - shift, shift);
	} while (frame_valid(out) || frame_valid(out + shift));
	return n + shift;
}
