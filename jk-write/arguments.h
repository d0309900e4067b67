/* SPDX-License-Identifier: MIT */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include "bus.h"
#include "policy.h"
#include "queue.h"

struct arguments {
	const char *commands; /* -c */
	const char *state;    /* -s; NULL: none */
	const char *replies;  /* -r; NULL: none */
	int ready_fd;
	struct write_options queue;
	struct policy allow;
	const char **transmit; /* -x, as given */
	size_t transmit_count;
};

/* Ends the program on -h, -V and --list, and with 100 on wrong usage. */
void arguments_parse(struct arguments *o, int argc, char **argv);

/* Gives the channels of the bus their FIFOs of -x. */
void arguments_channels(const struct arguments *o, struct bus *bus);

#endif
