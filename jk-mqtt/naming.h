/* SPDX-License-Identifier: MIT */
#ifndef NAMING_H
#define NAMING_H

#include "layout.h"
#include "options.h"

/* Topics and identifiers, by the options' layout and prefixes. */

enum {
	TOPIC_MAX = 256,
	ID_MAX = 256,
};

/* A topic; cut if it is longer than the buffer. */
const char *naming_topic(char buffer[TOPIC_MAX], const struct options *o, enum layout_topic topic,
			 struct layout_names names);

/* The filter of a subscription: a level whose name has no value is a plus sign. */
const char *naming_filter(char buffer[TOPIC_MAX], const struct options *o, enum layout_topic topic,
			  struct layout_names names);

/* A topic that others have sent something on: which it is, and the names in it. */
struct naming_read {
	enum layout_topic topic;
	struct slice name[LAYOUT_NAME_COUNT];
};

/* Returns false if it is none that is taken. */
bool naming_read(const struct options *o, const char *topic, struct naming_read *read);

/* Returns true if the topic of a value with this key would be another topic, or above one. */
bool naming_is_taken(const struct options *o, const char *key);

/* Identifiers in Home Assistant: of a device, and of its entities. */
const char *naming_device_id(char id[ID_MAX], const struct options *o, const char *device);
const char *naming_unique_id(char id[ID_MAX], const struct options *o, const char *device, const char *key);
const char *naming_entity_id(char id[ID_MAX], const struct options *o, const char *device, const char *key,
			     const char *platform);

#endif
