/* SPDX-License-Identifier: MIT */
#include "commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "fifo.h"
#include "log.h"
#include "number.h"
#include "payload.h"
#include "setting.h"
#include "state_topics.h"

const struct field *commands_field(const char *key, enum entity_source *source)
{
	enum frame_type type = FRAME_SETTINGS;
	const struct field *f = setting_find(key, strlen(key), &type);
	*source = type == FRAME_ABOUT ? ENTITY_ABOUT : ENTITY_SETTINGS;
	return f;
}

static const char *switch_value(const char *p, char *value)
{
	static const char *const words[][2] = {{"on", "on"}, {"off", "off"},   {"true", "on"},
					       {"1", "on"},  {"false", "off"}, {"0", "off"}};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcasecmp(p, words[i][0]) == 0) {
			memcpy(value, words[i][1], strlen(words[i][1]) + 1);
			return NULL;
		}
	}
	return "must be ON or OFF";
}

static bool same_text(const char *text, const char *p)
{
	for (; *text && *p; text++, p++)
		if (*text != *p && !(*text == ' ' && *p == '_'))
			return false;
	return *text == *p;
}

static const char *named_value(const struct enum_texts *e, const char *p, char *value)
{
	int64_t number;
	for (size_t i = 0; i < e->count; i++) {
		if (!e->texts[i] || !same_text(e->texts[i], p))
			continue;
		size_t n = strlen(e->texts[i]);
		for (size_t k = 0; k <= n; k++)
			value[k] = e->texts[i][k] == ' ' ? '_' : e->texts[i][k];
		return NULL;
	}
	if (!number_option(p, 0, 255, &number))
		return "must be one of the setting's texts, or a number";
	memcpy(value, p, strlen(p) + 1);
	return NULL;
}

const char *commands_value(const struct field *f, const char *p, size_t n, char value[SETTING_VALUE_MAX + 1])
{
	char copy[SETTING_VALUE_MAX + 1];
	int64_t micro;
	if (n == 0)
		return "the payload is empty";
	if (n > SETTING_VALUE_MAX)
		return "the payload is longer than any value";
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] < 32 || (unsigned char)p[i] > 126)
			return "the payload is not one word of plain text";
	memcpy(copy, p, n);
	copy[n] = '\0';
	if (f->texts)
		return named_value(&enum_texts[f->texts], copy, value);
	if (f->unit == UNIT_BOOL)
		return switch_value(copy, value);
	if (!number_decimal(p, n, 6, INT64_MIN, INT64_MAX, &micro))
		return "must be a number, such as 3.65";
	memcpy(value, copy, n + 1);
	return NULL;
}

/* Publishes a result for the sender of the command. */
static void publish_result(struct publisher *p, const char *device, const char *key, const char *id,
			   const char *value, const char *result, const char *why)
{
	struct strbuf t = publisher_payload();
	strbuf_char(&t, '{');
	payload_string(&t, "id", id);
	payload_string(&t, "key", key);
	payload_string(&t, "value", value);
	payload_string(&t, "result", result);
	payload_string(&t, "why", why);
	strbuf_char(&t, '}');
	publisher_send(p, LAYOUT_RESULT, LAYOUT_NAMES(.device = device, .key = key), &t);
}

struct request {
	const char *device, *key, *value;
	char id[48];
	int64_t real_us; /* published then at the earliest */
	int64_t now_us;
};

static void reject(struct publisher *p, const struct request *a, enum wrong_command kind, const char *result,
		   const char *why)
{
	if (log_allowed(&p->wrong_commands[kind]))
		log_line("%s %s %s: %s: %s", a->device, a->key, a->value, result, why);
	publish_result(p, a->device, a->key, a->id, a->value, result, why);
}

/* ---- commands that come twice ---- */

static uint64_t setting_hash(const char *device, const char *key)
{
	char text[DEVICE_NAME_MAX + KEY_MAX + 2];
	int n = snprintf(text, sizeof text, "%s/%s", device, key);
	return payload_hash(text, n > 0 && (size_t)n < sizeof text ? (size_t)n : 0);
}

/* The last command for this setting, if it is remembered. */
static struct passed_command *passed_before(struct publisher *p, uint64_t setting)
{
	for (size_t i = 0; i < PASSED_COMMANDS; i++)
		if (p->passed[i].setting == setting)
			return &p->passed[i];
	return NULL;
}

static bool is_repeated(struct publisher *p, const struct request *a)
{
	const struct passed_command *c = passed_before(p, setting_hash(a->device, a->key));
	if (!c || c->value != payload_hash(a->value, strlen(a->value)) ||
	    a->now_us - c->passed_us >= COMMANDS_REPEAT_US)
		return false;
	if (log_allowed(&p->wrong_commands[WRONG_REPEATED]))
		log_line("%s %s %s: the same again, passed on once", a->device, a->key, a->value);
	return true;
}

static void remember(struct publisher *p, const struct request *a)
{
	uint64_t setting = setting_hash(a->device, a->key);
	struct passed_command *c = passed_before(p, setting);
	if (!c) {
		c = &p->passed[p->passed_next];
		p->passed_next = (p->passed_next + 1) % PASSED_COMMANDS;
	}
	*c = (struct passed_command){.setting = setting,
				     .value = payload_hash(a->value, strlen(a->value)),
				     .number = p->commands,
				     .passed_us = a->now_us};
}

static void put_id(char *id, size_t size, unsigned number)
{
	snprintf(id, size, "mqtt-%d-%u", (int)getpid(), number);
}

/* It was not carried out, or another command was: what comes now is no repetition. */
static void forget(struct publisher *p, const char *device, const char *key, const char *id,
		   const char *result)
{
	char own[48];
	struct passed_command *c = passed_before(p, setting_hash(device, key));
	if (!c)
		return;
	put_id(own, sizeof own, c->number);
	if (strcmp(own, id) != 0 || strcmp(result, "confirmed") != 0)
		*c = (struct passed_command){0};
}

/* ---- commands ---- */

static void send_line(struct publisher *p, const struct device *d, const struct request *a)
{
	char line[256];
	int n = snprintf(line, sizeof line, "%s:%d %s %s %s @%lld.%06lld\n", d->commands->channel,
			 d->commands->bms, a->key, a->value, a->id, (long long)(a->real_us / 1000000),
			 (long long)(a->real_us % 1000000));
	switch (n > 0 && (size_t)n < sizeof line ? fifo_send(p->options->fifo, line, (size_t)n)
						 : FIFO_FAILED) {
	case FIFO_SENT:
		log_line("%s %s %s: passed on as %s", a->device, a->key, a->value, a->id);
		remember(p, a);
		break;
	case FIFO_NOBODY:
		reject(p, a, WRONG_FIFO, "rejected", "no reader on the command FIFO: is jk-write running?");
		break;
	case FIFO_FULL:
		reject(p, a, WRONG_FIFO, "busy", "the command FIFO is full: jk-write does not keep up");
		break;
	case FIFO_FAILED:
		reject(p, a, WRONG_FIFO, "rejected",
		       errno == EXDEV ? "the command FIFO is not a FIFO" : fifo_reason(errno));
		break;
	}
}

/* The beginning of a payload for the log; a question mark replaces what is not printable. */
static void shown(char out[33], const char *p, size_t n)
{
	size_t i;
	for (i = 0; i < n && i < 32; i++)
		out[i] = p[i] > 32 && p[i] < 127 ? p[i] : '?';
	out[i] = '\0';
}

/* NULL, or why the command is not passed on, and *kind. */
static const char *look_over(const struct device *d, const struct field *f, const char *payload, size_t size,
			     bool retained, const char *forbidden, char value[SETTING_VALUE_MAX + 1],
			     enum wrong_command *kind)
{
	*kind = retained    ? WRONG_RETAINED
		: forbidden ? WRONG_FORBIDDEN
		: !d        ? WRONG_DEVICE
		: !f        ? WRONG_SETTING
			    : WRONG_VALUE;
	switch (*kind) {
	case WRONG_FORBIDDEN:
		return forbidden;
	case WRONG_RETAINED:
		return "a retained command is ignored: it would be repeated at each start";
	case WRONG_DEVICE:
		return "no such device has been heard";
	case WRONG_SETTING:
		return "there is no such setting, or it cannot be written";
	default:
		return commands_value(f, payload, size, value);
	}
}

void commands_message(struct publisher *p, struct slice device, struct slice key, const char *payload,
		      size_t size, bool retained, const char *forbidden, int64_t real_us, int64_t now_us)
{
	char name[DEVICE_NAME_MAX + 1], setting[KEY_MAX + 1], value[SETTING_VALUE_MAX + 1], payload_shown[33];
	if (device.n > DEVICE_NAME_MAX || !payload_is_key(key.p, key.n)) {
		if (log_allowed(&p->odd_topics))
			log_line("ignoring set topic with invalid device or key");
		return;
	}
	slice_copy(name, sizeof name, device);
	slice_copy(setting, sizeof setting, key);
	enum entity_source source;
	enum wrong_command kind;
	const struct field *f = commands_field(setting, &source);
	const struct device *d = devices_named(&p->devices, device.p, device.n);
	/* The value of a key that cannot be set may be a passcode. */
	struct request a = {.device = name,
			    .key = setting,
			    .value = f ? payload_shown : "*",
			    .real_us = real_us,
			    .now_us = now_us};
	shown(payload_shown, payload, size);
	put_id(a.id, sizeof a.id, ++p->commands);
	const char *wrong = look_over(d, f, payload, size, retained, forbidden, value, &kind);
	if (wrong) {
		reject(p, &a, kind, "rejected", wrong);
	} else {
		a.value = value;
		if (!is_repeated(p, &a))
			send_line(p, d, &a);
	}
	if (d && f)
		state_topics_again(p, d, source, setting); /* a user interface may show the requested value */
}

/* Copies the next word, cut to the buffer. */
static const char *word(const char *p, char *out, size_t size)
{
	size_t n = strcspn(p, " ");
	snprintf(out, size, "%.*s", (int)(n < size ? n : size - 1), p);
	p += n;
	return p + strspn(p, " ");
}

/* "why" or why, without its quotes. */
static void take_why(char *out, size_t size, const char *p)
{
	size_t n = strlen(p);
	if (n >= 2 && p[0] == '"' && p[n - 1] == '"') {
		p++;
		n -= 2;
	}
	snprintf(out, size, "%.*s", (int)n, p);
}

void commands_result(struct publisher *p, struct device *d, const struct json_record *r, const char *words,
		     int64_t now_us)
{
	char id[64], bms[64], key[80], value[128], result[32], why[512];
	enum entity_source source;
	words = word(words, id, sizeof id);
	words = word(words, bms, sizeof bms);
	words = word(words, key, sizeof key);
	words = word(words, value, sizeof value);
	words = word(words, result, sizeof result);
	take_why(why, sizeof why, words);
	const struct field *f = commands_field(key, &source);
	if (!f && value[0]) /* jk-write does this too, but an older one may have made the recording */
		snprintf(value, sizeof value, "*");
	if (!d || !payload_is_key(key, strlen(key)) || result[0] == '\0') {
		if (log_allowed(&p->wrong_commands[WRONG_RESULT]))
			log_line("%s: result for an unknown device: %s %s %s %s", r->channel, id,
				 payload_is_key(key, strlen(key)) ? key : "*", value, result);
		return;
	}
	forget(p, d->name, key, id, result);
	publish_result(p, d->name, key, id, value, result, why);
	if (!f)
		return;
	if (strcmp(result, "confirmed") == 0)
		state_topics_publish(p, d, source, now_us);
	else
		state_topics_again(p, d, source, key);
}
