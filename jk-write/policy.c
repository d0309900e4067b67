/* SPDX-License-Identifier: MIT */
#include "policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "number.h"
#include "process.h"
#include "setting.h"
#include "slice.h"

#define BLANKS " \t"

static const char *parse_bms(struct policy_rule *rule, struct slice word)
{
	struct slice number;
	int64_t address = 0;
	if (!frame_line_cut_source(word, rule->channel, &number))
		return "invalid channel";
	if (!slice_is(number, "*") && !number_parse(number.p, number.n, BMS_MIN, BMS_MAX, &address))
		return "the BMS is an address of 1 to 15, or *";
	rule->address = (uint8_t)address;
	return NULL;
}

static const char *parse_key(struct policy_rule *rule, struct slice word)
{
	enum frame_type type;
	if (slice_is(word, "*"))
		return NULL;
	rule->field = setting_find(word.p, word.n, &type);
	return rule->field ? NULL : "no such key; see jk-write --list";
}

static const char *parse_rule(struct policy_rule *rule, struct slice rest)
{
	struct slice verb = slice_next(&rest, BLANKS), bms = slice_next(&rest, BLANKS),
		     key = slice_next(&rest, BLANKS);
	rule->allow = slice_is(verb, "allow");
	if (!rule->allow && !slice_is(verb, "deny"))
		return "a line begins with allow or deny";
	if (bms.n == 0)
		return "no BMS";
	const char *wrong = parse_bms(rule, bms);
	if (wrong)
		return wrong;
	if (key.n == 0)
		return "no key";
	wrong = parse_key(rule, key);
	if (wrong)
		return wrong;
	return slice_next(&rest, BLANKS).n > 0 ? "words after the key" : NULL;
}

const char *policy_line(struct policy *a, const char *p, size_t n)
{
	struct policy_rule rule = {0};
	if (command_is_blank(p, n))
		return NULL;
	if (memchr(p, '\0', n))
		return "a NUL byte";
	if (p[n - 1] == '\r')
		n--;
	const char *wrong = parse_rule(&rule, (struct slice){p, n});
	if (wrong)
		return wrong;
	if (a->count == POLICY_MAX)
		return "more than 256 rules";
	a->rules[a->count++] = rule;
	return NULL;
}

void policy_read(struct policy *a, const char *path)
{
	FILE *file = fopen(path, "re");
	if (!file)
		die(EXIT_USAGE, "-A %s: %s", path, strerror(errno));
	char *line = NULL;
	size_t capacity = 0;
	ssize_t n;
	for (unsigned long number = 1; (n = getline(&line, &capacity, file)) >= 0; number++) {
		size_t size = (size_t)n - (n > 0 && line[n - 1] == '\n');
		const char *wrong = policy_line(a, line, size);
		if (wrong)
			die(EXIT_USAGE, "%s:%lu: '%.*s': %s", path, number, (int)(size < 80 ? size : 80),
			    line, wrong);
	}
	if (ferror(file))
		die(EXIT_USAGE, "-A %s: %s", path, strerror(errno));
	free(line);
	fclose(file);
}

static bool fits(const struct policy_rule *rule, const char *channel, uint8_t address, const struct field *f)
{
	return (rule->channel[0] == '\0' || strcmp(rule->channel, channel) == 0) &&
	       (rule->address == 0 || rule->address == address) && (rule->field == NULL || rule->field == f);
}

bool policy_allows(const struct policy *a, const char *channel, uint8_t address, const struct field *f)
{
	bool allowed = !f->dangerous;
	for (size_t i = 0; i < a->count; i++)
		if (fits(&a->rules[i], channel, address, f))
			allowed = a->rules[i].allow;
	return allowed;
}
