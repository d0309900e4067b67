/* SPDX-License-Identifier: MIT */
#ifndef REPLY_H
#define REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "bus.h"
#include "fifo.h"

/*
 * The FIFOs of option -r, DIR/ID, from which the sender of a command reads its result.  The ID is chosen by
 * whoever can send a command, so the file is checked: nothing is written to a FIFO from which this or another
 * program reads commands or requests.
 */

/* The program's own FIFOs are `commands`, of -c, and those of the bus. */
struct replies {
	const char *dir; /* NULL: no replies */
	const char *commands;
	const struct bus *bus;
};

/*
 * Makes DIR if it is missing, with mode 2770: who is in its group may make FIFOs there, and they belong to
 * that group, so that this program can write to them.  Ends the program with 100 if that is not possible, or
 * if DIR is something else.
 */
void reply_begin(const struct replies *r);

/* Does DIR hold a FIFO or link with the name of the ID that is not for replies? */
bool reply_reserved(const struct replies *r, const char *id);

/*
 * Sends a line to the FIFO of the ID, which has n bytes.  FIFO_NOBODY: there is none, or nobody reads it.
 * FIFO_FAILED: with errno; EXDEV if it is not a FIFO for replies.
 */
enum fifo_sent reply_send(const struct replies *r, const char *id, size_t n, const char *line, size_t size);

#endif
