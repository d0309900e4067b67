/* SPDX-License-Identifier: MIT */
#include "messages.h"

#include <string.h>

#include "availability.h"
#include "commands.h"
#include "discovery.h"
#include "lifecycle.h"

/* What is behind PREFIX/ in a topic; NULL if the topic does not begin so. */
static const char *behind(const char *topic, const char *prefix)
{
	size_t n = strlen(prefix);
	return strncmp(topic, prefix, n) == 0 && topic[n] == '/' ? topic + n + 1 : NULL;
}

static bool is(const char *payload, size_t size, const char *text)
{
	return size == strlen(text) && memcmp(payload, text, size) == 0;
}

void messages_subscribed(struct publisher *p, const char *filter, int64_t now_us)
{
	discovery_answered(p, filter, now_us);
}

void messages_take(struct publisher *p, const char *topic, const char *payload, size_t size, bool retained,
		   int64_t real_us, int64_t now_us)
{
	const char *rest = behind(topic, p->options->discovery_prefix),
		   *own = behind(topic, p->options->prefix);
	/* One prefix may be inside the other: the topic is that of the longer one. */
	if (own && strlen(p->options->prefix) > strlen(p->options->discovery_prefix))
		rest = NULL;
	if (rest && strcmp(rest, "status") == 0) {
		if (is(payload, size, "online"))
			lifecycle_birth(p, now_us);
		return;
	}
	if (rest) {
		discovery_message(p, topic, rest, payload, size, retained, now_us);
		return;
	}
	if (!own)
		return;
	if (strcmp(own, "status") == 0) {
		if (!is(payload, size, "online"))
			outbox_again(p->outbox, topic);
		return;
	}
	const char *slash = strchr(own, '/');
	if (!slash)
		return;
	if (strcmp(slash, "/availability") == 0)
		availability_message(p, own, (size_t)(slash - own), is(payload, size, "online"), retained);
	else if (strncmp(slash, "/set/", 5) == 0)
		commands_message(p, own, (size_t)(slash - own), slash + 5, payload, size, retained, real_us);
}
