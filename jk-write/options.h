/* SPDX-License-Identifier: MIT */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "allow.h"
#include "bus.h"
#include "work.h"

struct options {
	const char *commands; /* -c */
	const char *state;    /* -s; NULL: none */
	const char *replies;  /* -r; NULL: none */
	int ready_fd;
	struct work_options work;
	struct allow allow;
	const char *transmit[CHANNELS_MAX]; /* -x, as given */
	size_t transmit_count;
};

/* Exits on -h, -V and --list, and with 100 on what is wrong. */
void options_parse(struct options *o, int argc, char **argv);

/* Puts what -x says into the bus. */
void options_channels(const struct options *o, struct bus *bus);

#endif
