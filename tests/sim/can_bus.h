/* SPDX-License-Identifier: MIT */
#ifndef CAN_BUS_H
#define CAN_BUS_H

#include "bus.h"
#include "can_port.h"

/*
 * Who transmits on the CAN bus: a pack, or an inverter.  At each beat it queues what is due, and sends that
 * frame by frame.
 */
struct can_source {
	struct pack *pack;                /* NULL: the inverter's protocol */
	const struct pack_option *option; /* NULL: none, as of a second pack of an address */
	struct can_view view;
	bool fixed_errors;
	int64_t viewed_ms; /* in time of the pack */
	int64_t origin_us, beats;
	uint8_t queue[CAN_KINDS];
	size_t queued, sent;
	int64_t next_us; /* when it wants to send the next frame, or the next beat */
};

struct can_bus {
	const struct config *config;
	struct bus *bus; /* whose packs these are */
	struct log *log;
	struct can_port port;
	struct can_source sources[MAX_PACKS + 2];
	size_t count;
	struct chance timing, damage;
	int64_t free_us; /* when the last frame ended */
	struct text values;
};

/* The packs of the RS485 bus on CAN, too.  Does nothing without --can. */
void can_bus_open(struct can_bus *c, struct bus *b, struct log *log);
void can_bus_close(struct can_bus *c);

/* Does everything that is due at now_us, in bus time; returns when to call it again (INT64_MAX: never). */
int64_t can_bus_run(struct can_bus *c, int64_t now_us);

#endif
