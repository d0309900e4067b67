/* SPDX-License-Identifier: MIT */
#ifndef ABBREVIATIONS_H
#define ABBREVIATIONS_H

#include "json.h"

/*
 * Home Assistant's abbreviations of the keys in discovery messages.  Ours have the short ones; those of
 * earlier runs may have the long ones, and state topics in their root that other components do not repeat.
 */

/*
 * Makes all keys of a message short, of a device or a component, and gives each component its own state
 * topic.
 */
void abbreviate_message(struct json_object *message);

#endif
