/* SPDX-License-Identifier: MIT */
#include "pairs.h"

#include "bytes.h"
#include "jk_frame.h"

/*
 * Uses only what all frame layouts have at the same place.  The layout is not checked here, and what is a
 * cell in one layout changes all the time in another.
 */
static unsigned read_signs(const uint8_t *frame, int64_t values[TWINS_SIGNS])
{
	const struct field *serial = field_find(FRAME_ABOUT, "serial_number");
	if (frame[JK_FRAME_TYPE_OFFSET] == FRAME_LIVE) {
		values[TWINS_RUNTIME] = bytes_u32le(frame + LIVE_TOTAL_RUNTIME);
		return values[TWINS_RUNTIME] > 0 ? 1u << TWINS_RUNTIME : 0;
	}
	if (frame[JK_FRAME_TYPE_OFFSET] != FRAME_ABOUT || frame[serial->offset] == 0)
		return 0;
	size_t n = 0;
	while (n < serial->size && frame[serial->offset + n])
		n++;
	values[TWINS_SERIAL] = twins_hash((const char *)frame + serial->offset, n);
	return 1u << TWINS_SERIAL;
}

enum pairs_news pairs_frame(struct pairs *p, uint8_t address, const uint8_t *frame, int64_t now_us)
{
	int64_t values[TWINS_SIGNS];
	if (address > MODBUS_ADDRESS_MAX)
		return PAIRS_NOTHING;
	struct twins *t = &p->twins[address];
	bool was = t->two;
	twins_frame(t, now_us, read_signs(frame, values), values);
	return t->two == was ? PAIRS_NOTHING : t->two ? PAIRS_BEGIN : PAIRS_END;
}

bool pairs_suspected(const struct pairs *p, uint8_t address, int64_t now_us)
{
	return address <= MODBUS_ADDRESS_MAX && twins_suspected(&p->twins[address], now_us);
}
