/* SPDX-License-Identifier: MIT */
#ifndef RETAINED_H
#define RETAINED_H

#include <stdbool.h>
#include <stddef.h>

#include "device.h"
#include "strbuf.h"

/*
 * The components of a device that the broker retains of earlier runs and that no record of this run has confirmed.  Home Assistant
 * has entities of them, with what their users have changed: they are told of on, as they stand, until it is certain that they cannot
 * be.
 */

/*
 * Takes the message of a device.  NULL, or what is wrong with it: then nothing is taken.  A component that is announced is not
 * taken, nor what no run of ours can have told: Home Assistant would refuse all of our message.
 */
const char *retained_device(struct device *d, struct json_object *message);

/* The same of a message of one component. */
const char *retained_component(struct device *d, const char *key, const char *platform,
			       struct json_object *message);

/* Whether that key, or that unique_id on that platform, is another component's there: ours has to wait until that is removed. */
bool retained_stands_in_the_way(const struct device *d, const char *key, const char *platform,
				const char *unique_id);

/* It is announced now. */
void retained_confirmed(struct device *d, const char *key);

/* All of them. */
void retained_forget(struct device *d);

/* Their platforms alone, or as they stand, each with its key, while there is room for it in the text. */
void retained_put(struct strbuf *t, const struct device *d, bool removed);

/* A component as a member of a device's message, without its braces; without its platform. */
void retained_put_component(struct strbuf *t, struct json_object *component);

/* Whether anything but its platform is known of it. */
bool retained_is_whole(struct json_object *component);

/* A text of the device block that was retained; "" if there is none. */
const char *retained_identity(const struct device *d, const char *key);

#endif
