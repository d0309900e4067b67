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
#include "name_index.h"
#include "ratelimit.h"

/*
 * What the stream has shown of the channels and their packs, and the one request that is out on each channel.
 */

enum { PACKS = BMS_MAX + 1 }; /* by address; 0 is not used */

struct pack {
	/* The hex digits of a frame that is not decoded yet: a stream is mostly frames that nobody needs. */
	bool unread[FRAME_TYPES];
	char digits[FRAME_TYPES][2 * FRAME_SIZE];
	bool known
		[FRAME_TYPES]; /* a valid frame of this type has been received since the channel was opened */
	uint8_t frames[FRAME_TYPES][FRAME_SIZE];
	bool shared; /* two packs have answered at this address: a write would reach both */
	struct pack_writes writes;
	int64_t quiet_us;     /* no request before: an answer may come late */
	int64_t requested_us; /* the last request */
};

/* A request on its way to the bus, and its answer. */
struct request {
	struct command *command; /* NULL: none is out */
	uint8_t bytes[REQUEST_MAX];
	size_t size;
	enum frame_type type; /* of the frame that answers; 0: a write, which is acknowledged */
	int64_t begun_us;     /* the first attempt */
	int64_t deadline_us;
	bool saved;       /* a write: the state knows of it */
	bool delivered;   /* written to the FIFO of the capture */
	bool transmitted; /* its T line has come */
	bool missed;      /* lines of the stream were lost or not read since: silence proves nothing */
};

struct channel {
	char name[CHANNEL_MAX + 1];
	const char *fifo; /* of -x of its capture; NULL: none */
	bool present;     /* in this run or named with -x, not only in the state of an earlier run */
	bool rs485;       /* named with -x, polls, or has had frames of RS485 */
	bool can;         /* its last frame was one of CAN: it has no settings to change */
	bool listening;
	char mode[32]; /* why it only listens: "master" */
	struct pack packs[PACKS];
	struct request request;
	struct name_entry by_name;
};

/* Zeros are an empty bus. */
struct bus {
	struct channel **channels; /* each is allocated when it is first heard */
	size_t count, room;
	struct name_index names;
	struct channel *last; /* that was found */
	const char *fifo;     /* of the channels that have none of their own; NULL: none */
	uint64_t beyond;      /* lines of channels for which there was no room */
};

struct channel *bus_find(struct bus *b, const char *name, size_t n);

/* The same; a new channel is added.  NULL: there are CHANNELS_MAX, or no memory is left. */
struct channel *bus_channel(struct bus *b, const char *name, size_t n);

/* Frees all channels. */
void bus_end(struct bus *b);

/* Decodes the frames of a pack that were only kept.  Call before using `known` and `frames`. */
void bus_look(struct pack *pack);

/*
 * A first and cheap check of a line of the stream: does it have to be parsed?  Events and the first frame of
 * a channel, or of the other kind, do; so do all lines but live frames of a channel with a request out.
 * Other settings and about frames are kept undecoded.
 */
bool bus_interesting(struct bus *b, const char *p, size_t n);

/* The valid settings or about frame in the data of a line; *type: which of them.  False: there is none. */
bool bus_frame(const struct frame_line *line, uint8_t frame[FRAME_SIZE], enum frame_type *type);

#endif
