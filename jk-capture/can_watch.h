/* SPDX-License-Identifier: MIT */
#ifndef CAN_WATCH_H
#define CAN_WATCH_H

/*
 * The kernel's reports that some network interface came, went or changed, so that one that is back is not
 * waited for.
 */

/* Returns a file descriptor that is readable after a change; -1: there are no reports. */
int can_watch_open(void);

/* Until the next change. */
void can_watch_read(int fd);

#endif
