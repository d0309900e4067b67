/* SPDX-License-Identifier: MIT */
#ifndef MESSAGES_H
#define MESSAGES_H

#include "publisher.h"

/* A message of the broker; payload ends with a NUL; real_us: earliest time of publication, since 1970. */
void messages_take(struct publisher *p, const char *topic, const char *payload, size_t size, bool retained,
		   int64_t real_us, int64_t now_us);

/* The broker acknowledged a subscription: what it retains there arrives now. */
void messages_subscribed(struct publisher *p, const char *filter, int64_t now_us);

#endif
