/* SPDX-License-Identifier: MIT */
#ifndef LAYOUT_JK_H
#define LAYOUT_JK_H

#include "layout.h"

/* The layout of jk-mqtt(1): one JSON object a state. */
extern const struct layout layout_jk;

#endif
