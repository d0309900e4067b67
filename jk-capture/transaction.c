/* SPDX-License-Identifier: MIT */
#include "transaction.h"

#include "bytes.h"
#include "jk_frame.h"

enum { ANSWER_MAX = FRAME_SIZE + 2 * JK_FRAME_PADDING_MAX + 8, REGISTER_OFFSET = 2, QUANTITY_OFFSET = 5 };

size_t transaction_answer_max(void)
{
	return ANSWER_MAX;
}

struct request transaction_poll(uint8_t address, enum frame_type type)
{
	static const uint8_t zero[2];
	struct request r = {.address = address, .type = type};
	r.size = modbus_write_request(r.data, address, field_tables[type]->trigger, 1, zero);
	return r;
}

void transaction_begin(struct transaction *t, uint64_t junk_bytes, int64_t now_us)
{
	t->sent_us = now_us;
	t->junk_before = junk_bytes;
	t->answering = t->answered = t->orphan = t->acknowledged = t->misaddressed = false;
}

void transaction_forget(struct transaction *t)
{
	t->request.size = 0;
}

bool transaction_is_answer(const struct transaction *t, const struct modbus *m)
{
	if (m->address != t->request.address || m->function != 0x10)
		return false;
	return m->kind == MODBUS_EXCEPTION || (t->request.type == 0 && m->kind == MODBUS_ACK &&
					       m->reg == bytes_u16be(t->request.data + REGISTER_OFFSET) &&
					       m->quantity == t->request.data[QUANTITY_OFFSET]);
}

bool transaction_is_misaddressed(struct transaction *t, enum frame_type type)
{
	if (type != t->request.type || t->misaddressed)
		return false;
	t->misaddressed = true;
	return true;
}

bool transaction_is_damaged(const struct transaction *t, uint64_t junk_bytes)
{
	return junk_bytes - t->junk_before >= TRANSACTION_DAMAGED;
}

int64_t transaction_pause_us(const struct transaction_timing *timing, bool stalls)
{
	return stalls ? timing->stall_us : TRANSACTION_PAUSE_US;
}

int64_t transaction_deadline_us(const struct transaction *t, const struct transaction_timing *timing,
				int64_t last_byte_us, bool stalls)
{
	int64_t first_us = t->sent_us + timing->first_byte_us + (int64_t)t->request.size * timing->byte_us;
	if (!t->answering)
		return first_us;
	int64_t pauses_us = stalls ? TRANSACTION_STALLS * timing->stall_us : TRANSACTION_PAUSE_US;
	int64_t last_us = first_us + 2 * ANSWER_MAX * timing->byte_us + pauses_us;
	/* The bytes so far may be an echo, or the late answer of another. */
	int64_t end_us = last_byte_us + transaction_pause_us(timing, stalls);
	end_us = end_us > first_us ? end_us : first_us;
	return end_us < last_us ? end_us : last_us;
}
