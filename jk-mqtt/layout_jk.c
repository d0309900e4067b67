/* SPDX-License-Identifier: MIT */
#include "layout_jk.h"

const struct layout layout_jk =
	{
		/* clang-format off */
	.row = {
		[LAYOUT_LIVE]         = {"$prefix/$device/live", .taken = true, .retained = true, .qos = 1},
		[LAYOUT_SETTINGS]     = {"$prefix/$device/settings", .retained = true, .qos = 1},
		[LAYOUT_ABOUT]        = {"$prefix/$device/about", .retained = true, .qos = 1},
		[LAYOUT_EVENT]        = {"$prefix/$device/event", .qos = 1},
		[LAYOUT_ENERGY]       = {"$prefix/$device/energy", .retained = true, .qos = 1},
		[LAYOUT_BALANCE]      = {"$prefix/$device/balance", .retained = true, .qos = 1},
		[LAYOUT_SCORE]        = {"$prefix/$device/score", .retained = true, .qos = 1},
		[LAYOUT_VALUE]        = {"$prefix/$device/$key", .retained = true, .qos = 1,
					 .form = LAYOUT_WORD},
		[LAYOUT_AVAILABILITY] = {"$prefix/$device/availability", .taken = true, .retained = true,
					 .qos = 1, .form = LAYOUT_WORD},
		[LAYOUT_CELLS]        = {"$prefix/$device/cells", .retained = true, .qos = 1},
		[LAYOUT_CLOCKS]       = {"$prefix/$device/clocks", .retained = true, .qos = 1},
		[LAYOUT_ALARMS]       = {"$prefix/$device/alarms", .retained = true, .qos = 1},
		[LAYOUT_ALARM]        = {"$prefix/$device/alarm", .qos = 1},
		[LAYOUT_HEALTH]       = {"$prefix/$device/health", .retained = true, .qos = 1},
		[LAYOUT_RESULT]       = {"$prefix/$device/result/$key", .qos = 1},
		/*
		 * A clean session brings nothing again that was lost, so QoS 1 would be no safer here.  But
		 * its acknowledgements fail when the broker has closed while we were stopped, and then the
		 * commands behind the first would have no result.
		 */
		[LAYOUT_SET]          = {"$prefix/$device/set/$key", .taken = true, .form = LAYOUT_WORD},
		[LAYOUT_STATUS]       = {"$prefix/status", .taken = true, .retained = true, .qos = 1,
					 .form = LAYOUT_WORD},
		[LAYOUT_BRIDGE]       = {"$prefix/bridge", .retained = true, .qos = 1},
		[LAYOUT_SUMMARY]      = {"$prefix/summary", .retained = true, .qos = 1},
		[LAYOUT_LINK]         = {"$prefix/link/$channel", .retained = true, .qos = 1},
		[LAYOUT_LINK_ALARM]   = {"$prefix/link/$channel/alarm", .qos = 1},
		[LAYOUT_BIRTH]        = {"$discovery/status", .taken = true, .qos = 1, .form = LAYOUT_WORD},
		[LAYOUT_DEVICE_CONFIG]    = {"$discovery/device/$id/config", .taken = true, .retained = true,
					     .qos = 1},
		[LAYOUT_COMPONENT_CONFIG] = {"$discovery/$platform/$id/$key/config", .taken = true,
					     .retained = true, .qos = 1},
	},
	.id = {
		[LAYOUT_ID_DEVICE] = "$prefix_$device",
		[LAYOUT_ID_UNIQUE] = "$prefix_$device_$key",
		[LAYOUT_ID_ENTITY] = "$platform.$prefix_$device_$key",
	},
	/*
	 * Without blanks that need not be: a pack has more than 200 of them, and Home Assistant reads each.
	 */
	.entity = {
		[LAYOUT_KIND_PLAIN]      = {.template = "{{$value}}"},
		/* `this` is the entity; its state is no number before the first value. */
		[LAYOUT_KIND_DEADBAND]   = {.template = "{%set v=$value%}{{none if v is not number else "
							"this.state if (v-this.state|float(9999))|abs"
							"<$deadband else v|round($digits)}}"},
		/* By whole numbers: rounding -0.04 to one digit would be -0.0. */
		[LAYOUT_KIND_ROUNDED]    = {.template = "{%set v=$value%}{{(v*$unit)|round|int/$unit "
							"if v is number else none}}"},
		/* Home Assistant ignores a longer state. */
		[LAYOUT_KIND_LONG_TEXT]  = {.template = "{{$value[:255]}}"},
		[LAYOUT_KIND_LONG_TEXT_OR_NULL] = {.template = "{{$value[:255] if $value else $value}}"},
		[LAYOUT_KIND_BOOL]       = {.template = "{{{true:'ON',false:'OFF'}.get($value)}}"},
		[LAYOUT_KIND_CHOICE]     = {.template = "{{none if $value_text=='Unknown' else "
							"$value_text}}"},
		[LAYOUT_KIND_ENUM]       = {.template = "{{$value_text}}"},
		/* A value outside the bounds is an error in Home Assistant. */
		[LAYOUT_KIND_NUMBER]     = {.template = "{%set v=$value%}{{v if v is number and "
							"$min<=v<=$max else none}}"},
		[LAYOUT_KIND_OWN]        = {.template = "$template"},
		/*
		 * Looks for the member in the text of the message, which active_alarms.c writes without
		 * blanks.  Quotes in a text have backslashes.  A message without a list has none active.
		 */
		[LAYOUT_KIND_ALARM]      = {.template = "{{'ON' if '\\\"key\\\":\\\"$alarm\\\"' in value "
							"else 'OFF'}}"},
		[LAYOUT_KIND_CONNECTION] = {.on = "online", .off = "offline"},
	},
	.state = {
		[ENTITY_LIVE] = LAYOUT_LIVE,
		[ENTITY_SETTINGS] = LAYOUT_SETTINGS,
		[ENTITY_ABOUT] = LAYOUT_ABOUT,
		[ENTITY_AVAILABILITY] = LAYOUT_AVAILABILITY,
		[ENTITY_ALARMS] = LAYOUT_ALARMS,
		[ENTITY_BRIDGE] = LAYOUT_BRIDGE,
		[ENTITY_RESULT] = LAYOUT_RESULT,
		[ENTITY_INVERTER] = LAYOUT_LIVE,
		[ENTITY_BANK] = LAYOUT_LIVE,
		[ENTITY_BANK_EVENT] = LAYOUT_EVENT,
		[ENTITY_ENERGY] = LAYOUT_ENERGY,
		[ENTITY_BALANCE] = LAYOUT_BALANCE,
		[ENTITY_SCORE] = LAYOUT_SCORE,
	},
		/* clang-format on */
};
