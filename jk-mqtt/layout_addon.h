/* SPDX-License-Identifier: MIT */
#ifndef LAYOUT_ADDON_H
#define LAYOUT_ADDON_H

#include "layout.h"

/*
 * --layout addon: the topics and entities of the Node-RED add-on.  Its values, commands and discovery are the
 * rows of addon_rows.h; for what it has no counterpart the topics are those of layout_jk.h.
 */
extern const struct layout layout_addon;

#endif
