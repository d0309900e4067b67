/* SPDX-License-Identifier: MIT */
#include "frames.h"

#include <string.h>

/* CRC-16 with polynomial A001, bit by bit.  Source: MODBUS over serial line V1.02. */
size_t frames_seal(uint8_t *p, size_t n)
{
	unsigned crc = 0xFFFF;
	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1;
	}
	p[n] = (uint8_t)crc;
	p[n + 1] = (uint8_t)(crc >> 8);
	return n + 2;
}

void frames_sum(uint8_t frame[FRAME_SIZE])
{
	unsigned sum = 0;
	for (size_t i = 0; i < FRAME_SIZE - 1; i++)
		sum += frame[i];
	frame[FRAME_SIZE - 1] = (uint8_t)sum;
}

void frames_begin(uint8_t frame[FRAME_SIZE], uint8_t type)
{
	static const uint8_t header[] = {0x55, 0xAA, 0xEB, 0x90};
	memset(frame, 0, FRAME_SIZE);
	memcpy(frame, header, sizeof header);
	frame[sizeof header] = type;
}

size_t frames_ack(uint8_t *p, uint8_t address, enum frame_type type)
{
	static const uint8_t trigger[FRAME_TYPES] = {
		[FRAME_SETTINGS] = 0x1E, [FRAME_LIVE] = 0x20, [FRAME_ABOUT] = 0x1C};
	const uint8_t ack[] = {address, 0x10, 0x16, trigger[type], 0, 1};
	memcpy(p, ack, sizeof ack);
	return frames_seal(p, sizeof ack);
}

size_t frames_answer(uint8_t *p, uint8_t address, enum frame_type type)
{
	frames_begin(p, (uint8_t)type);
	frames_sum(p);
	return FRAME_SIZE + frames_ack(p + FRAME_SIZE, address, type);
}
