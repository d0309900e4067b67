/* SPDX-License-Identifier: MIT */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdint.h>

#include "can_filter.h"
#include "frame_line.h"

enum source_kind { SOURCE_STDIN, SOURCE_SERIAL, SOURCE_TCP, SOURCE_CAN, SOURCE_FILE };

enum { FACTOR_ONE = 1000, FACTOR_MAX = 1000000 * FACTOR_ONE, SOURCE_MAX = 4096 };

struct options {
	enum source_kind kind;
	const char *source;            /* as given */
	char channel[CHANNEL_MAX + 1]; /* of a file: empty unless -n renames it */
	int ready_fd;
	uint16_t addresses; /* to poll: bit n is address n; 0: only listen */
	int64_t interval_us, gap_us, wait_us;
	int64_t silence_us;      /* of -s; 0: not given */
	const char *requests;    /* path of a FIFO; NULL: none */
	const char *host, *port; /* of tcp */
	const char *path;        /* of a file or a serial line; the name of a CAN interface */
	int64_t baud;            /* of a serial line */
	int64_t bitrate;         /* of a CAN interface; 0: as it is */
	struct can_choice can;
	int64_t factor; /* of the pace of a file, in thousandths; 0: without waiting */
};

/* Parses the command line.  Prints help and version; ends the program with 100 if something is wrong. */
struct options options_parse(int argc, char **argv);

#endif
