/* SPDX-License-Identifier: MIT */
#include "notice.h"

#include <stdio.h>
#include <string.h>

#include "json_reader.h"
#include "log.h"
#include "number.h"

enum { TEXT_MAX = 2048 }; /* of one in a record, with its escapes; a longer one is cut */

static const char *const names[NOTICE_KEYS] = {
	[NOTICE_TIME] = "JK_TIME",         [NOTICE_CHANNEL] = "JK_CHANNEL", [NOTICE_BMS] = "JK_BMS",
	[NOTICE_PACK] = "JK_PACK",         [NOTICE_LABEL] = "JK_LABEL",     [NOTICE_KEY] = "JK_KEY",
	[NOTICE_SEVERITY] = "JK_SEVERITY", [NOTICE_STATE] = "JK_STATE",     [NOTICE_SINCE] = "JK_SINCE",
	[NOTICE_RULE] = "JK_RULE",         [NOTICE_VALUE] = "JK_VALUE",     [NOTICE_TEXT] = "JK_TEXT",
};

/* The members of a record that are values as they are. */
static const struct {
	const char *member;
	enum notice_key key;
} members[] = {
	{"time", NOTICE_TIME},         {"channel", NOTICE_CHANNEL}, {"bms", NOTICE_BMS},
	{"pack", NOTICE_PACK},         {"label", NOTICE_LABEL},     {"key", NOTICE_KEY},
	{"severity", NOTICE_SEVERITY}, {"since", NOTICE_SINCE},     {"rule", NOTICE_RULE},
	{"value", NOTICE_VALUE},       {"text", NOTICE_TEXT},
};

const char *notice_name(enum notice_key key)
{
	return names[key];
}

/* Cut at a character of UTF-8. */
static void keep(char value[NOTICE_VALUE_MAX + 1], const char *p, size_t n, bool escaped)
{
	char text[TEXT_MAX];
	n = n < sizeof text ? n : 0; /* a longer one is none of ours */
	n = escaped ? json_unescape(text, p, n) : n;
	if (!escaped)
		memcpy(text, p, n);
	n = log_plain(text, n);
	if (n > NOTICE_VALUE_MAX) {
		n = NOTICE_VALUE_MAX;
		while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
			n--;
	}
	memcpy(value, text, n);
	value[n] = '\0';
}

static bool is(const struct json_reader *r, const char *text)
{
	return r->size == strlen(text) && memcmp(r->text, text, r->size) == 0;
}

static char *value_of(struct notice *n, const struct json_reader *r)
{
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (is(r, members[i].member))
			return n->value[members[i].key];
	return NULL;
}

/* What the record says besides the values; ALARM and the state must be there. */
struct seen {
	bool alarm, active;
};

/* Reads a member behind its key.  False: the line is no JSON. */
static bool take_member(struct notice *n, struct json_reader *r, struct seen *seen)
{
	bool type = is(r, "type"), active = is(r, "active");
	char *value = value_of(n, r);
	enum json_token token = json_next(r);
	if (token == JSON_TEXT && type)
		seen->alarm = is(r, "alarm");
	if ((token == JSON_TRUE || token == JSON_FALSE) && active) {
		seen->active = true;
		keep(n->value[NOTICE_STATE], token == JSON_TRUE ? "raise" : "clear", 5, false);
	}
	if (value && (token == JSON_TEXT || token == JSON_NUMBER))
		keep(value, r->text, r->size, token == JSON_TEXT && r->escaped);
	return json_skip(r, token) != JSON_WRONG;
}

static bool take_members(struct notice *n, const char *line, size_t size, struct seen *seen)
{
	struct json_reader r;
	enum json_token token;
	json_reader_begin(&r, line, size);
	if (json_next(&r) != JSON_OBJECT)
		return false;
	while ((token = json_next(&r)) == JSON_KEY)
		if (!take_member(n, &r, seen))
			return false;
	return token == JSON_OBJECT_END && json_next(&r) == JSON_END;
}

bool notice_read(struct notice *n, const char *line, size_t size)
{
	struct seen seen = {0};
	if (!memmem(line, size, "alarm\"", 6))
		return false;
	memset(n, 0, sizeof *n);
	if (!take_members(n, line, size, &seen) || !seen.alarm || !seen.active || !n->value[NOTICE_KEY][0])
		return false;
	if (!n->value[NOTICE_PACK][0] && n->value[NOTICE_BMS][0])
		snprintf(n->value[NOTICE_PACK], sizeof *n->value, "bms_%.200s", n->value[NOTICE_BMS]);
	else if (!n->value[NOTICE_PACK][0])
		snprintf(n->value[NOTICE_PACK], sizeof *n->value, "%.200s", n->value[NOTICE_CHANNEL]);
	return true;
}

/* ---- for people ---- */

/* "5 minutes", between two times of the record; "" if it is unknown. */
static const char *lasted(const struct notice *n, char text[48])
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
	const char *to = n->value[NOTICE_TIME], *from = n->value[NOTICE_SINCE];
	int64_t to_us, from_us;
	text[0] = '\0';
	if (!number_decimal(to, strlen(to), 6, 0, INT64_MAX, &to_us) ||
	    !number_decimal(from, strlen(from), 6, 0, INT64_MAX, &from_us) || to_us - from_us < 1000000)
		return text;
	int64_t seconds = (to_us - from_us) / 1000000;
	size_t i = 0;
	while (seconds < 2 * units[i].seconds && units[i].seconds > 1)
		i++;
	int64_t count = seconds / units[i].seconds;
	snprintf(text, 48, " after %lld %s%s", (long long)count, units[i].name, count == 1 ? "" : "s");
	return text;
}

/* Where it is, unless the text of the record begins with the pack's name. */
static void place(const struct notice *n, char text[NOTICE_VALUE_MAX + 1])
{
	const char *label = n->value[NOTICE_LABEL], *pack = n->value[NOTICE_PACK];
	const char *name = label[0] ? label : pack;
	size_t size = strlen(name);
	text[0] = '\0';
	if (strncmp(n->value[NOTICE_TEXT], name, size) == 0 && n->value[NOTICE_TEXT][size] == ':')
		return;
	if (n->value[NOTICE_BMS][0])
		snprintf(text, NOTICE_VALUE_MAX + 1, "BMS %.20s of %.100s: ", n->value[NOTICE_BMS],
			 n->value[NOTICE_CHANNEL]);
	else
		snprintf(text, NOTICE_VALUE_MAX + 1, "Bus %.100s: ", n->value[NOTICE_CHANNEL]);
}

size_t notice_sentence(const struct notice *n, uint64_t left_out, char text[NOTICE_SENTENCE_MAX])
{
	char where[NOTICE_VALUE_MAX + 1], how[80], more[64] = "", after[48];
	const char *what = n->value[NOTICE_TEXT][0] ? n->value[NOTICE_TEXT] : n->value[NOTICE_KEY];
	place(n, where);
	if (strcmp(n->value[NOTICE_STATE], "raise") == 0)
		snprintf(how, sizeof how, "%.40s", n->value[NOTICE_SEVERITY]);
	else
		snprintf(how, sizeof how, "over%s", lasted(n, after));
	if (left_out > 0)
		snprintf(more, sizeof more, "; %llu earlier alarms were left out",
			 (unsigned long long)left_out);
	return (size_t)snprintf(text, NOTICE_SENTENCE_MAX, "%.240s%.255s (%s%s)\n", where, what, how, more);
}
