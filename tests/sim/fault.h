/* SPDX-License-Identifier: MIT */
#ifndef FAULT_H
#define FAULT_H

#include "chance.h"
#include "config.h"
#include "group.h"

/* Perhaps adds noise or a false header to the group; true if it did. */
bool fault_between(const struct faults *f, struct chance *c, struct group *g);

/* Perhaps damages the frame; shortens *n if its tail is cut. */
enum state fault_frame(const struct faults *f, struct chance *c, uint8_t frame[FRAME_SIZE], size_t *n);

/* Damages an acknowledgement so that its CRC does not fit. */
void fault_ack(struct chance *c, uint8_t ack[ACK_SIZE], size_t *n);

/* Makes a live frame's pack voltage disagree with its cells, under a right checksum. */
void fault_contradict(struct chance *c, uint8_t frame[FRAME_SIZE]);

/*
 * What the wire carries when a second pack says the n bytes of two (at most GROUP_BYTES / 2) over the n bytes of one, a
 * little later.  Returns the size of out; neither frame in it is sound.
 */
size_t fault_collide(struct chance *c, const uint8_t *one, const uint8_t *two, size_t n, uint8_t *out);

#endif
