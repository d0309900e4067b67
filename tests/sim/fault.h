/* SPDX-License-Identifier: MIT */
#ifndef FAULT_H
#define FAULT_H

#include "chance.h"
#include "config.h"
#include "group.h"

/* Adds noise or a false header to the group, by chance; true if it did. */
bool fault_between(const struct faults *f, struct chance *c, struct group *g);

/* Damages the frame, by chance; reduces *n if its end is cut. */
enum state fault_frame(const struct faults *f, struct chance *c, uint8_t frame[FRAME_SIZE], size_t *n);

/* Damages an acknowledgement so that its CRC is wrong. */
void fault_ack(struct chance *c, uint8_t ack[ACK_SIZE], size_t *n);

/* Makes the pack voltage of a live frame contradict its cells; the checksum is correct. */
void fault_contradict(struct chance *c, uint8_t frame[FRAME_SIZE]);

/*
 * What is on the wire when a second pack sends the n bytes of two (at most GROUP_BYTES / 2) over the n bytes
 * of one, a little later.  Returns the size of out; neither frame in it is valid.
 */
size_t fault_collide(struct chance *c, const uint8_t *one, const uint8_t *two, size_t n, uint8_t *out);

#endif
