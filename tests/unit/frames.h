/* SPDX-License-Identifier: MIT */
#ifndef FRAMES_H
#define FRAMES_H

#include <stddef.h>
#include <stdint.h>

#include "fields.h"

/*
 * Frames and Modbus messages for the tests of several modules.  Checksums are computed here, apart from the
 * programs.
 */

enum { FRAMES_ACK_SIZE = 8, FRAMES_ANSWER_SIZE = FRAME_SIZE + FRAMES_ACK_SIZE };

/* Adds the CRC behind n bytes; returns n + 2. */
size_t frames_seal(uint8_t *p, size_t n);

/* Makes the last byte of a frame the sum of the others. */
void frames_sum(uint8_t frame[FRAME_SIZE]);

/* A frame of zeros with header and type; its sum is still to be set. */
void frames_begin(uint8_t frame[FRAME_SIZE], uint8_t type);

/* The acknowledgement of a trigger; returns FRAMES_ACK_SIZE. */
size_t frames_ack(uint8_t *p, uint8_t address, enum frame_type type);

/* What a BMS answers to a trigger: a frame of zeros, and the acknowledgement.  Returns FRAMES_ANSWER_SIZE. */
size_t frames_answer(uint8_t *p, uint8_t address, enum frame_type type);

#endif
