/* SPDX-License-Identifier: MIT */
#ifndef RETAINED_H
#define RETAINED_H

#include <stdbool.h>
#include <stddef.h>

#include "announcement.h"
#include "json.h"
#include "strbuf.h"

/*
 * Components of a device from earlier runs, which the broker retains and no record of this run has confirmed.
 * Home Assistant has entities for them, with what their users have changed: they stay announced, unchanged,
 * until records rule them out.
 */

/*
 * Takes the message of a device.  Returns NULL, or what is wrong with it: then nothing is taken.  Components
 * that are announced are left out, and those that no run of ours can have sent: Home Assistant would reject
 * our whole message.
 */
const char *retained_device(struct announcement *a, struct json_object *message);

/* The same for the message of one component. */
const char *retained_component(struct announcement *a, const char *key, const char *platform,
			       struct json_object *message);

/*
 * Returns true if a retained component has this key, or this unique_id on this platform: ours has to wait
 * until that one is removed.
 */
bool retained_stands_in_the_way(const struct announcement *a, const char *key, const char *platform,
				const char *unique_id);

/* This component is announced now: forgets the retained one. */
void retained_confirmed(struct announcement *a, const char *key);

/* Forgets all of them. */
void retained_forget(struct announcement *a);

/*
 * Adds each with its key, unchanged or with its platform alone, while the text has room.  The state topic of
 * the message's root is not repeated.
 */
void retained_put(struct strbuf *t, const struct announcement *a, const char *root, bool removed);

/* Adds the members of a component except its platform, without braces; root: as above, or NULL. */
void retained_put_component(struct strbuf *t, struct json_object *component, const char *root);

/* Returns true if it has more than its platform. */
bool retained_is_whole(struct json_object *component);

/* A text of the retained device block; "" if there is none. */
const char *retained_identity(const struct announcement *a, const char *key);

#endif
