/* SPDX-License-Identifier: MIT */
#include "layout_addon.h"

const struct layout layout_addon = {
	/* clang-format off */
	.addon = true,
	.row = {
		/* Only so that a device without sources leaves nothing in the outbox. */
		[LAYOUT_VALUE]        = {"$prefix/$device/$key", .retained = true, .qos = 1,
					 .form = LAYOUT_WORD},
		[LAYOUT_AVAILABILITY] = {"$prefix/$device/availability", .taken = true, .retained = true,
					 .qos = 1, .form = LAYOUT_WORD},
		[LAYOUT_ALARMS]       = {"$prefix/$device/alarms", .retained = true, .qos = 1},
		[LAYOUT_ALARM]        = {"$prefix/$device/alarm", .qos = 1},
		[LAYOUT_HEALTH]       = {"$prefix/$device/health", .retained = true, .qos = 1},
		[LAYOUT_RESULT]       = {"$prefix/$device/result/$key", .qos = 1},
		/* The device is the pack's number here, and the key that of the add-on. */
		[LAYOUT_SET]          = {"BMS_$device/control/$key/set", .taken = true, .form = LAYOUT_WORD},
		[LAYOUT_STATUS]       = {"$prefix/status", .taken = true, .retained = true, .qos = 1,
					 .form = LAYOUT_WORD},
		[LAYOUT_BRIDGE]       = {"$prefix/bridge", .retained = true, .qos = 1},
		[LAYOUT_SUMMARY]      = {"$prefix/summary", .retained = true, .qos = 1},
		[LAYOUT_LINK]         = {"$prefix/link/$channel", .retained = true, .qos = 1},
		[LAYOUT_LINK_ALARM]   = {"$prefix/link/$channel/alarm", .qos = 1},
		[LAYOUT_BIRTH]        = {"$discovery/status", .taken = true, .qos = 1, .form = LAYOUT_WORD},
	},
	/* clang-format on */
};
