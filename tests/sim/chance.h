/* SPDX-License-Identifier: MIT */
#ifndef CHANCE_H
#define CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A repeatable stream of random numbers.  Each pack and the faults have their own, so that none affects
 * another.
 */
struct chance {
	uint64_t state;
};

uint64_t chance_next(struct chance *c);

/* A number in low..high, both included; low if high is not greater. */
int64_t chance_range(struct chance *c, int64_t low, int64_t high);

/* True in ppm of a million calls.  Draws nothing for 0, so that a fault that is off changes nothing. */
bool chance_hit(struct chance *c, uint32_t ppm);

void chance_fill(struct chance *c, uint8_t *p, size_t n);

#endif
