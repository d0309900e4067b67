/* SPDX-License-Identifier: MIT */
#ifndef BUS_H
#define BUS_H

#include "config.h"
#include "group.h"
#include "log.h"
#include "port.h"

/* Who speaks unasked: the resident master, and the poller that stands for another client, or for any in a file. */
enum talker_kind { TALKER_MASTER, TALKER_POLLER, TALKERS };

struct talker {
	const struct windows *when;
	int64_t next_us, round_us;
	int64_t until_us;   /* the end of the window it speaks in */
	unsigned int place; /* address of the master's next request; index of the poller's next pack */
	enum frame_type type;
	int64_t round;
};

struct bus {
	const struct config *config;
	struct port *port;
	struct log *log;
	struct pack packs[MAX_PACKS];
	size_t pack_count;
	struct pack twin; /* if the configuration has one */
	bool twins_turn;
	struct chance timing, damage;
	struct talker talkers[TALKERS];

	/* The group on the wire, and how far it is. */
	struct group group;
	bool busy;
	size_t sent;
	int64_t free_us;    /* when the group is over, or the last one was */
	int64_t segment_us; /* no piece before */

	/* An answer that comes late, and when. */
	struct group late;
	bool late_pending;
	int64_t late_us;

	/* What the client has sent of its next request. */
	uint8_t input[300];
	size_t input_n;
	int64_t input_us;

	/* Told of each group when it is over, for tests. */
	void (*tell)(void *who, const struct group *g);
	void *who;
};

void bus_init(struct bus *b, const struct config *c, struct port *port, struct log *log);

/* Does everything that is due at now_us, in the bus's time; returns when it wants to be called again (INT64_MAX: never). */
int64_t bus_run(struct bus *b, int64_t now_us);

/* Takes what a client has written. */
void bus_hear(struct bus *b, int64_t now_us, const uint8_t *p, size_t n);

/* Forgets half a request when the client has gone. */
void bus_forget(struct bus *b, int64_t now_us);

/* Lets the pack live until then. */
void bus_advance(struct bus *b, struct pack *p, int64_t now_us);

/* answer.c: what the rest of the bus's code says to a request. */

enum fate { REQUEST_ANSWERED, REQUEST_LATE, REQUEST_UNANSWERED, REQUEST_DAMAGED, REQUEST_COLLIDED };

/*
 * Adds the answer to a whole request to the group, after echoed_us of it at least.  Unanswered: the address is silent or
 * unknown; damaged: the CRC is wrong.  A late answer goes into b->late instead.
 */
enum fate answer_request(struct bus *b, int64_t now_us, struct group *g, const uint8_t *request, size_t n,
			 int64_t echoed_us);

/* Adds a frame of the pack and its acknowledgement. */
void answer_unasked(struct bus *b, struct group *g, struct pack *p, enum frame_type type);

/* late.c: lets the late answer fall into the group that begins at start_us, if it is due before that ends. */
void late_join(struct bus *b, int64_t start_us);

struct pack *bus_pack(struct bus *b, unsigned int address);

/* Whether the address is to be silent at that time. */
bool bus_silent(const struct bus *b, unsigned int address, int64_t now_us);

/* talker.c: whoever speaks unasked. */
void talker_init(struct bus *b);

/* When it wants to speak next, not before from_us; INT64_MAX: never. */
int64_t talker_next(const struct talker *t, int64_t from_us);

/* One step; puts into the group what is said and sets when the next step is. */
void talker_step(struct bus *b, enum talker_kind who, int64_t now_us, struct group *g);

/* How long n bytes take: 8N1 at 115200 baud. */
int64_t bus_wire_us(size_t n);

/* From the start of a group to its end. */
int64_t bus_group_us(const struct group *g);

#endif
