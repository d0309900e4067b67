/* SPDX-License-Identifier: MIT */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdint.h>

#include "frame_line.h"

enum source_kind { SOURCE_STDIN, SOURCE_SERIAL, SOURCE_TCP, SOURCE_FILE };

enum { FACTOR_ONE = 1000, FACTOR_MAX = 1000000 * FACTOR_ONE, SOURCE_MAX = 4096 };

struct options {
	enum source_kind kind;
	const char *source;            /* as given */
	char channel[CHANNEL_MAX + 1]; /* of a file only if renamed, else empty */
	int ready_fd;
	uint16_t addresses; /* to poll: bit n stands for address n; 0: only listens */
	int64_t interval_us, gap_us, wait_us;
	int64_t silence_us;      /* of -s; 0: not given */
	const char *requests;    /* path of a FIFO; NULL: none */
	const char *host, *port; /* of tcp */
	const char *path;        /* of a file or a serial line */
	int64_t baud;            /* of a serial line */
	int64_t factor;          /* of a file's pace, in thousandths; 0: without waiting */
};

/* From the command line; help and version are printed here, and what is wrong ends the program with 100. */
struct options options_parse(int argc, char **argv);

#endif
