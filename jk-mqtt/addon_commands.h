/* SPDX-License-Identifier: MIT */
#ifndef ADDON_COMMANDS_H
#define ADDON_COMMANDS_H

#include "publisher.h"

/*
 * A message on BMS_{n}/control/KEY/set: the command for the setting of ours that it is, or a refusal with its
 * reason on PREFIX/DEVICE/result/KEY.
 */
void addon_commands_message(struct publisher *p, struct slice number, struct slice key, const char *payload,
			    size_t size, bool retained, int64_t real_us, int64_t now_us);

#endif
