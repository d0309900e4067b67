/* SPDX-License-Identifier: MIT */
#ifndef TELLER_H
#define TELLER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "notice.h"

/*
 * Runs the program of jk-notify, one at a time: the sentence on its stdin, the values in its environment, no
 * shell in between.  It is the leader of a group, and this process adopts what it leaves behind, so that a
 * program that hangs is ended with all that it has started.
 */

enum { TELLER_LIMIT_US = 60000000 };

struct teller {
	char **argv;
	pid_t child; /* 0: none runs */
	int fd;      /* is readable when it has ended; -1: unknown */
	int64_t begun_us;
	char what[600]; /* for messages */
};

/* argv: the program and its arguments, then NULL.  Exits with 100 if it cannot be run. */
void teller_begin(struct teller *t, char **argv);

/* Starts it.  False: the system cannot, which is logged. */
bool teller_start(struct teller *t, const struct notice *n, uint64_t left_out, int64_t now_us);

/* Looks whether it has ended, or its time is over: true when none runs any more. */
bool teller_look(struct teller *t, int64_t now_us);

/* Ends it, and all that it has started. */
void teller_end(struct teller *t);

#endif
