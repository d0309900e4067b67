/* SPDX-License-Identifier: MIT */
#include "chance.h"

/* splitmix64 (Steele, Lea, Flood 2014): eight lines, no state to warm up. */
uint64_t chance_next(struct chance *c)
{
	c->state += UINT64_C(0x9E3779B97F4A7C15);
	uint64_t z = c->state;
	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

int64_t chance_range(struct chance *c, int64_t low, int64_t high)
{
	if (high <= low)
		return low;
	uint64_t span = (uint64_t)(high - low) + 1;
	return low + (int64_t)((chance_next(c) >> 1) % span);
}

bool chance_hit(struct chance *c, uint32_t ppm)
{
	return ppm > 0 && chance_range(c, 0, 999999) < (int64_t)ppm;
}

void chance_fill(struct chance *c, uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)chance_next(c);
}
