/* SPDX-License-Identifier: MIT */
#ifndef ADDON_ECHO_H
#define ADDON_ECHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * With --layout addon we subscribe to the topics on which we publish, to hear another program there.  MQTT
 * 3.1.1 sends a client its own messages, too: this remembers those that were sent, and takes them out.  For
 * the network thread alone.
 */

/* A message was sent. */
void addon_echo_sent(const char *topic, const void *payload, size_t size, int64_t now_us);

/* Is it one of ours that comes back?  Each comes back once, or some more times within ADDON_ECHO_US. */
enum { ADDON_ECHO_US = 10000000 };
bool addon_echo_take(const char *topic, const void *payload, size_t size, int64_t now_us);

#endif
