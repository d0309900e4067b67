/* SPDX-License-Identifier: MIT */
#include "arbitration.h"

#include <stddef.h>
#include <string.h>

#define LONG_AGO_US (INT64_MIN / 2) /* times can be subtracted from it */

/* xorshift64*: it only has to keep two captures from drawing the same numbers forever. */
static int64_t random_below_us(struct arbitration *a, int64_t limit_us)
{
	a->random ^= a->random >> 12;
	a->random ^= a->random << 25;
	a->random ^= a->random >> 27;
	return (int64_t)((a->random * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % limit_us;
}

int64_t arbitration_jitter_us(struct arbitration *a)
{
	return random_below_us(a, ARBITRATION_JITTER_US);
}

int64_t arbitration_collision_jitter_us(struct arbitration *a)
{
	return random_below_us(a, ARBITRATION_COLLISION_JITTER_US);
}

static void forget_unsolicited(struct arbitration *a)
{
	for (size_t i = 0; i < ARBITRATION_UNSOLICITED; i++)
		a->unsolicited_us[i] = INT64_MIN;
}

void arbitration_begin(struct arbitration *a, uint64_t seed)
{
	*a = (struct arbitration){.random = seed | 1, .yield_until_us = INT64_MIN}; /* 0 would stay 0 */
	for (size_t i = 0; i <= MODBUS_ADDRESS_MAX; i++)
		a->frame_us[i] = LONG_AGO_US;
	a->stray.time_us = a->foreign_us = a->master_us = a->hold_until_us = a->answer_us = LONG_AGO_US;
}

void arbitration_opened(struct arbitration *a)
{
	a->other_master = false;
	memset(a->requests, 0, sizeof a->requests);
	forget_unsolicited(a);
}

void arbitration_resume(struct arbitration *a)
{
	forget_unsolicited(a);
	a->yield_until_us = INT64_MIN;
}

void arbitration_request(struct arbitration *a, uint8_t address, enum frame_type type, int64_t now_us)
{
	a->transmitted = true;
	if (a->requests[address][type].open < ARBITRATION_OPEN_MAX)
		a->requests[address][type].open++;
	a->requests[address][type].last_us = now_us;
}

bool arbitration_suspects(const struct arbitration *a, int64_t now_us)
{
	return now_us - a->stray.time_us < ARBITRATION_SECOND_US;
}

/* Before this foreign request there was another, or a master. */
static bool was_foreign(const struct arbitration *a, int64_t time_us)
{
	return time_us - a->foreign_us < ARBITRATION_FOREIGN_US ||
	       time_us - a->master_us < ARBITRATION_REMEMBERED_US;
}

void arbitration_stray(struct arbitration *a, uint8_t address, enum frame_type type, bool foreign,
		       int64_t time_us)
{
	if (!a->transmitted || arbitration_suspects(a, time_us) || time_us < a->yield_until_us ||
	    (foreign && was_foreign(a, time_us)))
		a->other_master = true;
	a->stray.address = address;
	a->stray.type = type;
	a->stray.foreign = foreign;
	a->stray.time_us = time_us;
	a->hold_until_us = time_us + ARBITRATION_HOLD_US;
	if (foreign)
		a->foreign_us = time_us;
}

bool arbitration_frame(struct arbitration *a, uint8_t address, enum frame_type type, bool repeated,
		       int64_t time_us)
{
	unsigned *open = &a->requests[address][type].open;
	a->frame_us[address] = time_us;
	if (repeated && time_us - a->answer_us < ARBITRATION_COPY_US)
		return true;
	if (time_us - a->requests[address][type].last_us > ARBITRATION_REQUEST_US)
		*open = 0;
	if (*open == 0)
		return false;
	(*open)--;
	a->answer_us = time_us;
	return true;
}

/* The answer to a request that looked like a copy of ours: what only the network sends, no BMS answers. */
static bool answers_stray(struct arbitration *a, uint8_t address, enum frame_type type, int64_t time_us)
{
	if (a->stray.foreign || a->stray.address != address || a->stray.type != type ||
	    time_us - a->stray.time_us > ARBITRATION_ANSWER_US)
		return false;
	if (was_foreign(a, a->stray.time_us))
		a->other_master = true;
	a->stray.foreign = true;
	a->foreign_us = a->stray.time_us;
	return true;
}

bool arbitration_unsolicited(struct arbitration *a, uint8_t address, enum frame_type type, int64_t time_us)
{
	memmove(a->unsolicited_us, a->unsolicited_us + 1,
		sizeof a->unsolicited_us - sizeof *a->unsolicited_us);
	a->unsolicited_us[ARBITRATION_UNSOLICITED - 1] = time_us;
	if (a->unsolicited_us[0] != INT64_MIN && time_us - a->unsolicited_us[0] < ARBITRATION_UNSOLICITED_US)
		a->other_master = true;
	return answers_stray(a, address, type, time_us);
}

bool arbitration_has_rivals(const struct arbitration *a, uint8_t address, enum frame_type type,
			    int64_t now_us)
{
	for (uint8_t i = 1; i <= MODBUS_ADDRESS_MAX; i++) {
		bool requested = a->requests[i][type].open > 0 &&
				 now_us - a->requests[i][type].last_us <= ARBITRATION_REQUEST_US;
		if (i != address && requested && now_us - a->frame_us[i] <= ARBITRATION_LATE_US)
			return true;
	}
	return false;
}

int64_t arbitration_yield(struct arbitration *a, int64_t now_us)
{
	a->other_master = false;
	a->master_us = now_us;
	a->yield_until_us = now_us + ARBITRATION_YIELD_US + random_below_us(a, ARBITRATION_YIELD_MORE_US);
	return a->yield_until_us;
}

void arbitration_suspended(struct arbitration *a, int64_t by_us)
{
	for (size_t i = 0; i <= MODBUS_ADDRESS_MAX; i++)
		for (size_t k = 0; k < FRAME_TYPES; k++)
			a->requests[i][k].last_us += by_us;
}
