/* SPDX-License-Identifier: MIT */
#ifndef LOG_H
#define LOG_H

#include "can_frame.h"
#include "group.h"

#include <stdio.h>

struct log {
	FILE *file; /* NULL: no log */
	const char *path;
	struct text line;
	int64_t begun_us; /* see log_begun; 0: it does not run in real time */
};

/* Whether there is a log: if not, its lines need not be composed. */
bool log_wanted(const struct log *l);

void log_open(struct log *l, const char *path);
void log_close(struct log *l);

/* The monotonic clock of the machine. */
int64_t log_clock_us(void);

/* What that clock shows at time 0. */
void log_begun(struct log *l, int64_t monotonic_us);

/* One line for each message. */
void log_group(struct log *l, const struct group *g);

/* The machine let the simulator wait for this long. */
void log_stalled(struct log *l, int64_t t_us, int64_t late_us);

/* A request of the client and what became of it: "answered", "late", "unanswered", "collided", "damaged". */
void log_heard(struct log *l, int64_t t_us, const uint8_t *p, size_t n, const char *fate);

/*
 * An event that is not a message: "connected", "disconnected", "refused", "unplugged", "plugged", "dropped";
 * bytes is left out if negative.
 */
void log_event(struct log *l, int64_t t_us, const char *what, int64_t bytes);

/* The time since it began by the clock of the machine, which is later than that of the bus; else 0. */
int64_t log_real_us(const struct log *l);

/* What became of a frame on the CAN bus.  address -1: not of a pack; lost: nobody received it. */
struct can_sent {
	int64_t end_us, written_us;
	int address;
	bool lost;
};

void log_can(struct log *l, const struct can_sent *sent, const struct can_message *m,
	     const struct text *values);

#endif
