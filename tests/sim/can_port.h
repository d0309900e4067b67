/* SPDX-License-Identifier: MIT */
#ifndef CAN_PORT_H
#define CAN_PORT_H

#include "can_frame.h"

#include <stdio.h>

struct config;

enum { CAN_ERROR_FRAME = 0x20000000 };

/* Where the frames of the simulated CAN bus go: a log in the form of candump -L, or a CAN interface. */
struct can_port {
	const struct config *config;
	FILE *file;
	int fd;          /* of a FIFO or an interface; -1: none, or nobody reads the FIFO now */
	int64_t zero_us; /* bus time 0, since 1970 */
};

/* Opens it; exits with 111 on failure.  In real time a FIFO may have no reader yet, who misses frames. */
void can_port_open(struct can_port *p, const struct config *c);
void can_port_close(struct can_port *p);

/*
 * The frame was on the bus until t_us.  Waits for a file; otherwise drops what cannot be written at once, and
 * returns false.
 */
bool can_port_write(struct can_port *p, int64_t t_us, const struct can_message *m);

/* Makes everything that was written so far visible to readers of the file. */
void can_port_flush(struct can_port *p);

#endif
