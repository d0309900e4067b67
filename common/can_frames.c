/* SPDX-License-Identifier: MIT */
#include "can_frames.h"

#include <stdlib.h>
#include <string.h>

const struct can_table *const can_tables[CAN_PROTOCOLS] = {
	[CAN_JK] = &can_table_can, [CAN_INVERTER] = &can_table_inverter};

bool can_frame_decoded(const struct can_frame *frame)
{
	for (size_t i = 0; i < frame->count; i++)
		if (frame->rows[i].decoded)
			return true;
	return false;
}

enum { SLOTS = sizeof((struct can_index *)NULL)->slots / sizeof *((struct can_index *)NULL)->slots };

/* The kinds of ids share no number: bit 31 tells them apart. */
static uint32_t key_of(uint32_t id, bool extended)
{
	return id | (uint32_t)extended << 31;
}

static uint32_t slot_of(uint32_t key)
{
	return key * UINT32_C(2654435769) >> 22; /* of 1024 */
}

static void add(struct can_index *index, uint32_t key, uint8_t frame, int8_t address)
{
	uint32_t slot = slot_of(key);
	for (unsigned tries = 0; index->slots[slot].frame; slot = (slot + 1) % SLOTS)
		if (++tries == SLOTS / 2 || index->slots[slot].key == key)
			abort(); /* the index is too small, or an id is there twice: every test fails */
	index->slots[slot] = (struct can_index_slot){key, frame, address};
}

void can_index_begin(struct can_index *index, const struct can_table *table)
{
	*index = (struct can_index){.table = table};
	for (size_t i = 0; i < table->count; i++) {
		const struct can_frame *f = &table->frames[i];
		if (!can_frame_decoded(f))
			continue;
		if (f->addresses == 0)
			add(index, key_of(f->id, f->extended), (uint8_t)(i + 1), CAN_NO_ADDRESS);
		for (int address = 0; address < f->addresses; address++)
			add(index, key_of(f->id + (uint32_t)address, f->extended), (uint8_t)(i + 1),
			    (int8_t)address);
	}
}

const struct can_frame *can_index_find(const struct can_index *index, uint32_t id, bool extended,
				       int *address)
{
	uint32_t key = key_of(id, extended);
	for (uint32_t slot = slot_of(key); index->slots[slot].frame; slot = (slot + 1) % SLOTS) {
		if (index->slots[slot].key == key) {
			*address = index->slots[slot].address;
			return &index->table->frames[index->slots[slot].frame - 1];
		}
	}
	return NULL;
}

unsigned can_row_least(const struct can_row *row)
{
	return row->field.offset + (row->field.type == FIELD_ASCII ? 1u : row->field.size);
}

const struct can_row *can_frame_row(const struct can_frame *frame, const char *key)
{
	for (size_t i = 0; i < frame->count; i++)
		if (strcmp(frame->rows[i].field.key, key) == 0)
			return &frame->rows[i];
	return NULL;
}
