/* SPDX-License-Identifier: MIT */
#ifndef RULES_H
#define RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alarms.h"
#include "caps.h"
#include "strbuf.h"

/*
 * The rules of jk-rules(5), one a line:
 *
 *   rule      = ( value / silence ) severity [ text ] [ "#" comment ]
 *   value     = key operator limit *( "for" duration / "clear" operator limit )
 *   silence   = ( "silent" / "link_down" / "link_silent" ) ( ">" / ">=" ) duration
 *   operator  = ">" / "<" / ">=" / "<=" / "==" / "!="
 *   limit     = number [ the key's unit ] / "on" / "off" / "true" / "false"
 *   duration  = number ( "ms" / "s" / "min" / "m" / "h" / "d" )
 *   severity  = "info" / "warning" / "alarm" / "critical"
 *   text      = <"> *character <">
 */

enum {
	RULE_LINE_MAX = 1024, /* bytes of a line, without its newline */
	RULE_KEY_MAX = 63,
	RULE_TEXT_MAX = 120, /* bytes */
	RULE_FILE_MAX = 1 << 20,
};

enum rule_kind {
	RULE_VALUE,
	RULE_SILENT,      /* no valid frame for limit_us from a BMS that was seen before */
	RULE_LINK_DOWN,   /* a link was closed, and no byte has come over it since */
	RULE_LINK_SILENT, /* no record at all of a channel that was seen before */
};

enum rule_operator {
	RULE_ABOVE,
	RULE_BELOW,
	RULE_AT_LEAST,
	RULE_AT_MOST,
	RULE_EQUAL,
	RULE_UNEQUAL,
	RULE_OPERATORS
};

struct rule {
	enum rule_kind kind;
	enum rule_operator op, clear_op; /* without "clear" it clears when the limit is no longer crossed */
	enum severity severity;
	bool has_clear;
	int64_t limit_micro, clear_micro; /* of a value, in millionths of the key's unit */
	int64_t limit_us;                 /* of the other kinds */
	int64_t for_us;
	unsigned line;
	char key[RULE_KEY_MAX + 1];
	char text[RULE_TEXT_MAX + 1];
	char condition
		[128]; /* "delta_cell_voltage > 0.050 for 60s": the rule again, for records and messages */
};

struct rules {
	size_t count;
	struct rule rule[RULES_MAX];
	size_t timed; /* rules about silence, whose timers run */
	uint16_t with_timer[RULES_MAX];
};

struct rules_error {
	unsigned line, column; /* from 1; the column in characters */
	char text[200];
};

/* Parses n bytes.  False, with *error set to the first mistake. */
bool rules_parse(struct rules *rules, const char *p, size_t n, struct rules_error *error);

const char *rule_operator_text(enum rule_operator op);

/* True if the value crosses the limit of the rule; if it clears the rule. */
bool rule_crossed(const struct rule *rule, int64_t micro);
bool rule_cleared(const struct rule *rule, int64_t micro);

/* The rules that are used without -r, as text. */
extern const char default_rules[];

#endif
