/* SPDX-License-Identifier: MIT */
#include "broker_status.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void put(struct broker_status *s)
{
	char line[1024], broker[280];
	struct strbuf t = {.data = line, .capacity = sizeof line};
	const char *state = s->connected ? "connected" : "disconnected";
	/* An IPv6 address in brackets, as it is given. */
	int n = snprintf(broker, sizeof broker, strchr(s->host, ':') ? "[%.255s]:%u" : "%.255s:%u", s->host,
			 s->port);
	status_file_field(&t, "broker", 6);
	status_file_field(&t, broker, (size_t)n);
	status_file_field(&t, state, strlen(state));
	status_file_time(&t, s->since_us);
	status_file_field(&t, s->words, strlen(s->words));
	strbuf_char(&t, '\t');
	strbuf_unsigned(&t, (uint64_t)getpid());
	strbuf_char(&t, '\n');
	status_file_write(&s->file, t.data, t.size);
}

void broker_status_set(struct broker_status *s, bool connected, const char *words, int64_t real_us)
{
	if (s->written && connected == s->connected && strcmp(words, s->words) == 0)
		return;
	if (!s->written || connected != s->connected)
		s->since_us = real_us;
	s->written = true;
	s->connected = connected;
	snprintf(s->words, sizeof s->words, "%s", words);
	put(s);
}

void broker_status_begin(struct broker_status *s, const char *path, const char *host, unsigned port,
			 int64_t real_us)
{
	*s = (struct broker_status){.file.path = path, .host = host, .port = port};
	broker_status_set(s, false, "not connected yet", real_us);
}
