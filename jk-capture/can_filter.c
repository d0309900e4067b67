/* SPDX-License-Identifier: MIT */
#include "can_filter.h"

#include "can_frames.h"

/* Of an id in linux/can.h: 29 bits, remote; the bits of an id. */
#define EXTENDED UINT32_C(0x80000000)
#define REMOTE UINT32_C(0x40000000)
#define EXTENDED_ID UINT32_C(0x1FFFFFFF)
#define STANDARD_ID UINT32_C(0x7FF)

static struct can_index jk, inverter;

static struct can_pass exact(uint32_t id, bool extended)
{
	if (extended)
		return (struct can_pass){id | EXTENDED, EXTENDED_ID | EXTENDED | REMOTE};
	return (struct can_pass){id, STANDARD_ID | EXTENDED | REMOTE};
}

static size_t add_frame(const struct can_frame *frame, uint16_t only, struct can_pass *filters, size_t count)
{
	if (!can_frame_decoded(frame))
		return count;
	if (frame->addresses == 0)
		filters[count++] = exact(frame->id, frame->extended);
	for (uint32_t address = 0; address < frame->addresses; address++)
		if (only >> address & 1)
			filters[count++] = exact(frame->id + address, frame->extended);
	return count;
}

size_t can_filter(const struct can_choice *choice, struct can_pass filters[CAN_FILTERS_MAX])
{
	uint16_t only = choice->only ? choice->only : CAN_ADDRESSES_ALL;
	size_t count = 0;
	if (choice->all) {
		filters[count++] = (struct can_pass){0, 0};
		return count;
	}
	for (size_t i = 0; i < can_tables[CAN_JK]->count; i++)
		count = add_frame(&can_tables[CAN_JK]->frames[i], only, filters, count);
	for (size_t i = 0; choice->inverter && i < can_tables[CAN_INVERTER]->count; i++)
		count = add_frame(&can_tables[CAN_INVERTER]->frames[i], only, filters, count);
	return count;
}

void can_sender_begin(void)
{
	can_index_begin(&jk, can_tables[CAN_JK]);
	can_index_begin(&inverter, can_tables[CAN_INVERTER]);
}

enum can_sender can_sender_of(uint32_t id)
{
	int address;
	bool extended = id & EXTENDED;
	uint32_t number = id & (extended ? EXTENDED_ID : STANDARD_ID);
	if (id & ~(EXTENDED | EXTENDED_ID)) /* remote, or an error */
		return CAN_SENDER_OTHER;
	if (can_index_find(&jk, number, extended, &address))
		return CAN_SENDER_PACK;
	return can_index_find(&inverter, number, extended, &address) ? CAN_SENDER_INVERTER : CAN_SENDER_OTHER;
}
