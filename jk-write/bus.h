/* SPDX-License-Identifier: MIT */
#ifndef BUS_H
#define BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "caps.h"
#include "command.h"
#include "fields.h"
#include "frame_line.h"
#include "ratelimit.h"

/* What is known of the channels and their packs from the stream, and the one request that is out on each channel. */

enum { PACKS = BMS_MAX + 1 }; /* by address; 0 is not used */

struct pack {
	/* The hex digits of a frame that is not looked at yet: a stream is mostly frames that nobody needs. */
	bool unread[FRAME_TYPES];
	char digits[FRAME_TYPES][2 * FRAME_SIZE];
	bool known[FRAME_TYPES]; /* has a sound frame of this type been heard since the channel was opened? */
	uint8_t frames[FRAME_TYPES][FRAME_SIZE];
	struct pack_writes writes;
	int64_t quiet_us;     /* no request before: an answer may come late */
	int64_t requested_us; /* the last request */
};

/* A request on its way to the bus, and its answer. */
struct request {
	struct command *command; /* NULL: none is out */
	uint8_t bytes[REQUEST_MAX];
	size_t size;
	enum frame_type type; /* the frame that answers; 0: an acknowledgement does */
	int64_t begun_us;     /* the first attempt */
	int64_t deadline_us;
	bool delivered;   /* the capture's FIFO has taken it */
	bool transmitted; /* its T line has been seen */
	bool missed;      /* lines of the stream were lost, or not read, since: silence means nothing */
};

struct channel {
	char name[CHANNEL_MAX + 1];
	const char *fifo; /* of its capture; NULL: none */
	bool present;     /* in this run, or named with -x: not only in the state of an earlier one */
	bool rs485;       /* it was named with -x, polls, or has had frames: not one of CAN */
	bool listening;
	char mode[32]; /* why it listens: "master" */
	struct pack packs[PACKS];
	struct request request;
};

struct bus {
	struct channel channels[WRITE_CHANNELS_MAX];
	size_t count;
	const char *fifo; /* of every channel that has none of its own; NULL: none */
	bool full;        /* more channels than there is room for have been heard */
};

struct channel *bus_find(struct bus *b, const char *name, size_t n);

/* The same, made if it is new; NULL if there is no room. */
struct channel *bus_channel(struct bus *b, const char *name, size_t n);

/* Looks at the frames of a pack that were only kept: before `known` and `frames` are used. */
void bus_look(struct pack *pack);

/*
 * A first look at a line of the stream, which has to be cheap: is it worth more?  Events and the first frame of a channel
 * are; of a channel with a request out, all but live frames.  Settings and about frames of another are kept as they are.
 */
bool bus_interesting(struct bus *b, const char *p, size_t n);

/*
 * The sound settings or about frame in a line's data.  False if there is none; *type: which.
 */
bool bus_frame(const struct frame_line *line, uint8_t frame[FRAME_SIZE], enum frame_type *type);

#endif
