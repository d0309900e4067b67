/* SPDX-License-Identifier: MIT */
#ifndef SERIAL_H
#define SERIAL_H

#include "transport.h"

struct sp_port;

/*
 * A serial line, 8N1, raw, in exclusive use: through libserialport or, for what that does not know (a pty),
 * through termios.  The path is resolved at each opening, so that a symbolic link in /dev/serial/by-id leads
 * to the adapter whatever its number is now.
 */

enum { SERIAL_BAUD = 115200 };

/* The opener of a transport of this kind. */
struct serial {
	const char *path;
	int baud;
	struct sp_port *port; /* NULL: plain termios */
	bool counts;          /* the driver counts overruns */
	uint32_t overruns;    /* its count when last read */
};

extern const struct transport_kind serial_kind;

void serial_begin(struct serial *s, const char *path, int baud);

/* True if serial lines have this speed. */
bool serial_baud_known(int64_t baud);

#endif
