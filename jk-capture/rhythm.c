/* SPDX-License-Identifier: MIT */
#include "rhythm.h"

static void note_message(struct rhythm *r, size_t sender, size_t type, int64_t time_us)
{
	int64_t *last_us = &r->last_us[sender][type];
	if (*last_us == INT64_MIN) {
		*last_us = time_us;
		return;
	}
	if (time_us - *last_us < RHYTHM_BURST_US)
		return;
	if (time_us - *last_us < r->period_us)
		r->period_us = time_us - *last_us;
	*last_us = time_us;
}

static void on_bytes(void *context, int64_t now_us)
{
	struct rhythm *r = context;
	r->now_us = now_us;
	r->in_vain = 0;
}

static void on_frame(void *context, uint8_t address, uint8_t type, int64_t time_us)
{
	struct rhythm *r = context;
	r->frames = true;
	note_message(r, address, type, time_us);
}

static void on_orphan(void *context)
{
	struct rhythm *r = context;
	r->frames = true;
	note_message(r, RHYTHM_SENDERS - 1, 0, r->now_us);
}

static void on_message(void *context, const struct modbus *message, const uint8_t *p)
{
	struct rhythm *r = context;
	(void)p;
	if (message->kind == MODBUS_REQUEST && message->address <= MODBUS_ADDRESS_MAX)
		note_message(r, message->address, 0, r->now_us);
}

static void forget(struct rhythm *r)
{
	r->period_us = INT64_MAX;
	for (size_t i = 0; i < RHYTHM_SENDERS; i++)
		for (size_t k = 0; k < FRAME_TYPES; k++)
			r->last_us[i][k] = INT64_MIN;
}

void rhythm_begin(struct rhythm *r, struct capture *capture)
{
	*r = (struct rhythm){.listener = {.context = r,
					  .bytes = on_bytes,
					  .frame = on_frame,
					  .orphan = on_orphan,
					  .message = on_message}};
	forget(r);
	capture_listen(capture, &r->listener);
}

int64_t rhythm_silence_us(const struct rhythm *r)
{
	int64_t us = RHYTHM_LEAST_US;
	if (r->period_us != INT64_MAX)
		us = r->period_us < RHYTHM_MOST_US / RHYTHM_PERIODS ? RHYTHM_PERIODS * r->period_us
								    : RHYTHM_MOST_US;
	else if (r->frames && r->in_vain == 0)
		us = RHYTHM_UNKNOWN_US;
	else if (r->in_vain > 0) /* reopening did not help: wait longer the next time */
		us = r->in_vain < 5 ? (int64_t)RHYTHM_LEAST_US << r->in_vain : RHYTHM_UNKNOWN_US;
	us = us > RHYTHM_LEAST_US ? us : RHYTHM_LEAST_US;
	return us < RHYTHM_MOST_US ? us : RHYTHM_MOST_US;
}

void rhythm_gave_up(struct rhythm *r)
{
	forget(r);
	r->in_vain++;
}
