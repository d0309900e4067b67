/* SPDX-License-Identifier: MIT */
#include "telnet.h"

#include <string.h>

#include "modbus.h"

enum {
	IAC = 0xFF,
	WILL = 0xFB, /* and WONT, DO, DONT = 0xFE */
	DONT = 0xFE,
	OPTION_MAX = 49, /* RFC 2217 is 44 */
	NEGOTIATION = 3,
};

/* True if a negotiation may have this byte at this place. */
static bool negotiates(size_t place, uint8_t byte)
{
	switch (place % NEGOTIATION) {
	case 0:
		return byte == IAC;
	case 1:
		return byte >= WILL && byte <= DONT;
	default:
		return byte <= OPTION_MAX;
	}
}

static void look_for_negotiation(struct telnet *t, uint8_t byte)
{
	if (t->since_open < NEGOTIATION)
		t->since_open = negotiates(t->since_open, byte) ? t->since_open + 1 : SIZE_MAX;
	if (negotiates(t->negotiated, byte))
		t->negotiated++;
	else
		t->negotiated = byte == IAC;
	t->found = t->found || t->since_open == NEGOTIATION || t->negotiated == 2 * NEGOTIATION;
	if (t->negotiated == 2 * NEGOTIATION)
		t->negotiated = 0;
}

static bool is_acknowledged(const struct telnet *t)
{
	uint16_t crc = modbus_crc(t->ack, TELNET_ACK - 2);
	return t->ack[1] == 0x10 && t->ack[6] == (uint8_t)crc && t->ack[7] == crc >> 8;
}

static bool sum_fits(const struct telnet *t)
{
	uint8_t sum = 0;
	for (size_t i = 0; i < FRAME_SIZE - 1; i++)
		sum = (uint8_t)(sum + t->frame[i]);
	return sum == t->frame[FRAME_SIZE - 1];
}

static void begin_frame(struct telnet *t)
{
	t->size = t->behind = t->doubled = 0;
}

/* A byte of the bus, supposing that this is telnet. */
static void take(struct telnet *t, uint8_t byte, bool doubled)
{
	if (t->size < JK_FRAME_MAGIC_SIZE && byte != jk_frame_magic[t->size])
		begin_frame(t);
	if (t->size < FRAME_SIZE) {
		if (t->size >= JK_FRAME_MAGIC_SIZE || byte == jk_frame_magic[t->size])
			t->frame[t->size++] = byte;
		t->doubled += doubled && t->size > 0;
		return;
	}
	memmove(t->ack, t->ack + 1, TELNET_ACK - 1);
	t->ack[TELNET_ACK - 1] = byte;
	if (++t->behind >= TELNET_ACK && is_acknowledged(t)) {
		t->frames += (t->doubled > 0 || doubled) && sum_fits(t);
		begin_frame(t);
	} else if (t->behind >= JK_FRAME_PADDING_MAX + TELNET_ACK) {
		begin_frame(t);
	}
	t->found = t->found || t->frames >= TELNET_FRAMES;
}

void telnet_opened(struct telnet *t)
{
	t->since_open = 0;
	t->escape = false;
	begin_frame(t);
}

/* The same for n bytes, n > 0, none of which is IAC, many at once if possible.  Returns how many. */
static size_t take_plain(struct telnet *t, const uint8_t *p, size_t n)
{
	if (t->size == 0) {
		const uint8_t *start = memchr(p, jk_frame_magic[0], n);
		if (start != p)
			return start ? (size_t)(start - p) : n;
	}
	if (t->size >= JK_FRAME_MAGIC_SIZE && t->size < FRAME_SIZE) {
		size_t rest = FRAME_SIZE - t->size;
		if (n > rest)
			n = rest;
		memcpy(t->frame + t->size, p, n);
		t->size += n;
		return n;
	}
	take(t, *p, false);
	return 1;
}

/* How many of the n bytes are neither part of a negotiation nor IAC. */
static size_t plain_bytes(const struct telnet *t, const uint8_t *p, size_t n)
{
	if (t->since_open < NEGOTIATION || t->negotiated > 0 || t->escape)
		return 0;
	const uint8_t *iac = memchr(p, IAC, n);
	return iac ? (size_t)(iac - p) : n;
}

void telnet_bytes(struct telnet *t, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t end = i + plain_bytes(t, p + i, n - i); i < end;)
			i += take_plain(t, p + i, end - i);
		if (i == n)
			return;
		if (t->since_open < NEGOTIATION || t->negotiated > 0 || p[i] == IAC)
			look_for_negotiation(t, p[i]);
		if (p[i] == IAC && !t->escape) {
			t->escape = true;
			continue;
		}
		/* not a byte of the bus in telnet, so that the frame is broken */
		if (t->escape && p[i] != IAC)
			begin_frame(t);
		take(t, p[i], t->escape);
		t->escape = false;
	}
}
