/* SPDX-License-Identifier: MIT */
#ifndef CAN_LINK_H
#define CAN_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "can_errors.h"

/* A CAN interface of Linux by its name: what it is, its state, its bit rate.  No other module knows how. */

enum { CAN_LINK_NAME_MAX = 15 }; /* IFNAMSIZ - 1 */

/* Any interface has this name; and it is one of CAN. */
bool can_link_exists(const char *interface);
bool can_link_is_can(const char *interface);

/* The state of its controller.  False: it has none that can be read, such as a virtual interface. */
bool can_link_state(const char *interface, enum can_condition *condition, unsigned *tx, unsigned *rx);

/* It is up.  After bus-off the kernel restarts its controller by itself (restart-ms). */
bool can_link_is_up(const char *interface);
bool can_link_restarts(const char *interface);

/* Who cannot have the bit rate: the index of the interface, 0 for none, and the error. */
struct can_refusal {
	unsigned index;
	int error;
};

/*
 * Sees to it that the interface is up, and at this bit rate unless it is 0; one that already is remains
 * untouched.  False, with the reason, if it cannot be done.  An interface that is up at another bit rate and
 * refuses this one is left alone afterwards: others may be using it.
 */
bool can_link_up(const char *interface, uint32_t bitrate, struct can_refusal *refusal, char *reason,
		 size_t size);

/* Takes it down and up, which ends bus-off. */
bool can_link_again(const char *interface, uint32_t bitrate, char *reason, size_t size);

/*
 * The kernel's reports that some network interface came, went or changed, so that one that is back is not
 * waited for.  Returns a file descriptor that is readable after a change; -1: there are no reports.
 */
int can_link_watch(void);

/* Reads them: it is readable again after the next change. */
void can_link_changed(int fd);

#endif
