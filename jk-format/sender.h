/* SPDX-License-Identifier: MIT */
#ifndef SENDER_H
#define SENDER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "waiting_lines.h"

/*
 * Lines go to a database by HTTP: curl(1) posts what waits, every second or so.  What it answers with 2xx is
 * acknowledged; what it calls wrong is dropped and counted; everything else is sent again, until it is
 * acknowledged or the buffer is full.
 */

struct sender {
	const char *url, *config; /* options for curl in a file, or NULL */
	int64_t every_us;
	struct lines lines;
	size_t most; /* bytes at once */
	pid_t child; /* 0: none runs */
	int answer_fd;
	size_t answer_size;
	char answer[256];
	int64_t due_us;    /* when the next one may begin */
	unsigned failures; /* in sequence */
	uint64_t logged_dropped;
	int64_t log_us; /* when the next dropped line may be logged */
};

bool sender_begin(struct sender *s, size_t buffer_size);
void sender_add(struct sender *s, const char *p, size_t n, int64_t now_us);

/* The database does not take lines at the moment. */
bool sender_is_down(const struct sender *s);

/* Looks at what runs, starts what is due.  Returns when to look again, unless answer_fd shows something. */
int64_t sender_act(struct sender *s, int64_t now_us, bool at_once);

/* Ends what runs, and logs what was not acknowledged.  False: there were such lines. */
bool sender_end(struct sender *s);

#endif
