/* SPDX-License-Identifier: MIT */
#ifndef REPLY_H
#define REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "bus.h"
#include "fifo.h"

/*
 * The FIFOs of option -r, in which whoever gave a command waits for its result: DIR/ID.  ID is a word of whoever can send a
 * command, so what it leads to is looked at: never a FIFO that this or another program reads commands or requests from.
 */

/* Those of the program itself: commands is -c, the requests are the bus's. */
struct replies {
	const char *dir; /* NULL: no replies */
	const char *commands;
	const struct bus *bus;
};

/* Is something in DIR that has the ID's name and looks like a FIFO, but is none for replies? */
bool reply_reserved(const struct replies *r, const char *id);

/* Sends a line to the FIFO of the ID of n bytes; FIFO_NOBODY if there is none.  FIFO_FAILED: errno, with EXDEV for what is none for replies. */
enum fifo_sent reply_send(const struct replies *r, const char *id, size_t n, const char *line, size_t size);

#endif
