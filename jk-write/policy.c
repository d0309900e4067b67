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

/* Takes the next word off a line. */
static bool next_word(const char **p, size_t *n, const char **word, size_t *size)
{
	while (*n > 0 && (**p == ' ' || **p == '\t'))
		++*p, --*n;
	*word = *p;
	while (*n > 0 && **p != ' ' && **p != '\t')
		++*p, --*n;
	*size = (size_t)(*p - *word);
	return *size > 0;
}

static bool is(const char *word, size_t n, const char *text)
{
	return strlen(text) == n && memcmp(word, text, n) == 0;
}

static const char *parse_bms(struct policy_rule *rule, const char *word, size_t n)
{
	const char *colon = memrchr(word, ':', n);
	if (colon) {
		size_t size = (size_t)(colon - word);
		if (size == 0 || size > CHANNEL_MAX)
			return "an impossible channel";
		memcpy(rule->channel, word, size);
		rule->channel[size] = '\0';
		if (!frame_line_channel_valid(rule->channel))
			return "an impossible channel";
		n -= size + 1;
		word = colon + 1;
	}
	int64_t address = 0;
	if (!is(word, n, "*") && !number_parse(word, n, BMS_MIN, BMS_MAX, &address))
		return "the BMS is an address of 1 to 15, or *";
	rule->address = (uint8_t)address;
	return NULL;
}

static const char *parse_key(struct policy_rule *rule, const char *word, size_t n)
{
	enum frame_type type;
	if (is(word, n, "*"))
		return NULL;
	rule->field = setting_find(word, n, &type);
	return rule->field ? NULL : "no such key; jk-write --list tells them";
}

const char *policy_line(struct policy *a, const char *p, size_t n)
{
	struct policy_rule rule = {0};
	const char *word;
	size_t size;
	if (command_is_blank(p, n))
		return NULL;
	if (memchr(p, '\0', n))
		return "a NUL byte";
	if (p[n - 1] == '\r')
		n--;
	next_word(&p, &n, &word, &size);
	rule.allow = is(word, size, "allow");
	if (!rule.allow && !is(word, size, "deny"))
		return "a line begins with allow or deny";
	if (!next_word(&p, &n, &word, &size))
		return "no BMS";
	const char *wrong = parse_bms(&rule, word, size);
	if (wrong)
		return wrong;
	if (!next_word(&p, &n, &word, &size))
		return "no key";
	wrong = parse_key(&rule, word, size);
	if (wrong)
		return wrong;
	if (next_word(&p, &n, &word, &size))
		return "words behind the key";
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
