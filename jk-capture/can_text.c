/* SPDX-License-Identifier: MIT */
#include "can_text.h"

#include <stddef.h>

enum {
	FD_FLAGS = 0xF, /* as many as one digit shows */
	RAW_LENGTH_OFFSET = offsetof(struct can_frame, len8_dlc),
};
_Static_assert(offsetof(struct can_frame, data) == offsetof(struct canfd_frame, data), "one view for both");
_Static_assert(offsetof(struct can_frame, can_dlc) == offsetof(struct canfd_frame, len), "one view for both");

static void put_digits(struct strbuf *t, uint32_t value, unsigned digits)
{
	while (digits-- > 0)
		strbuf_char(t, "0123456789ABCDEF"[value >> 4 * digits & 0xF]);
}

static void put_id(struct strbuf *t, canid_t id)
{
	if (id & CAN_ERR_FLAG)
		put_digits(t, id & (CAN_ERR_MASK | CAN_ERR_FLAG), 8);
	else if (id & CAN_EFF_FLAG)
		put_digits(t, id & CAN_EFF_MASK, 8);
	else
		put_digits(t, id & CAN_SFF_MASK, 3);
	strbuf_char(t, '#');
}

/* "_9" to "_F": the length code that was on the wire of a frame of 8 bytes, if it was larger. */
static void put_raw_length(struct strbuf *t, const struct canfd_frame *frame)
{
	uint8_t raw = ((const uint8_t *)frame)[RAW_LENGTH_OFFSET];
	if (frame->len != CAN_MAX_DLEN || raw <= CAN_MAX_DLEN || raw > CAN_MAX_RAW_DLC)
		return;
	strbuf_char(t, '_');
	put_digits(t, raw, 1);
}

static void put_remote(struct strbuf *t, const struct canfd_frame *frame)
{
	strbuf_char(t, 'R');
	if (frame->len == 0 || frame->len > CAN_MAX_DLEN)
		return;
	put_digits(t, frame->len, 1);
	put_raw_length(t, frame);
}

void can_text(struct strbuf *t, const struct canfd_frame *frame, bool fd)
{
	size_t most = fd ? CANFD_MAX_DLEN : CAN_MAX_DLEN;
	put_id(t, frame->can_id);
	if (!fd && frame->can_id & CAN_RTR_FLAG) {
		put_remote(t, frame);
		return;
	}
	if (fd) {
		strbuf_char(t, '#');
		put_digits(t, frame->flags & FD_FLAGS, 1);
	}
	strbuf_hex(t, frame->data, frame->len < most ? frame->len : most);
	if (!fd)
		put_raw_length(t, frame);
}
