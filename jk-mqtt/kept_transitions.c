/* SPDX-License-Identifier: MIT */
#include "kept_transitions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "hex.h"
#include "number.h"
#include "payload.h"
#include "process.h"
#include "state_file.h"
#include "strbuf.h"

static const char head[] = "jk-mqtt transitions 1 ";

enum {
	HEAD_MAX = 64,
	HASH_DIGITS = 16,
	FILE_MAX = HEAD_MAX + QUEUE_BYTES_MAX + 2 * QUEUE_MAX,
};

/* ---- the file's text ---- */

static void put_hash(struct strbuf *t, const char *p, size_t n)
{
	uint64_t hash = payload_hash(p, n);
	uint8_t bytes[sizeof hash];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(hash >> 8 * (sizeof bytes - 1 - i));
	strbuf_hex(t, bytes, sizeof bytes);
}

/* Where the line behind this one begins; NULL: it does not end. */
static const char *line_end(const char *p, const char *end)
{
	const char *newline = memchr(p, '\n', (size_t)(end - p));
	return newline ? newline + 1 : NULL;
}

/* NULL and *lines: the transitions; or what is wrong. */
static const char *check(const char *p, size_t n, const char **lines)
{
	static const char damaged[] = "damaged";
	char own[HASH_DIGITS];
	struct strbuf t = {.data = own, .capacity = sizeof own};
	const char *end = p + n, *body = line_end(p, end);
	int64_t count, found = 0;
	if (n < sizeof head || memcmp(p, head, sizeof head - 1) != 0 || !body)
		return "not a state of jk-mqtt";
	const char *digits = p + sizeof head - 1, *blank = memchr(digits, ' ', (size_t)(body - digits));
	if (!blank || body - blank != HASH_DIGITS + 2 ||
	    !number_parse(digits, (size_t)(blank - digits), 0, QUEUE_MAX, &count))
		return damaged;
	put_hash(&t, body, (size_t)(end - body));
	if (memcmp(blank + 1, own, HASH_DIGITS) != 0)
		return damaged;
	for (const char *line = body; line < end; found++)
		if (!(line = line_end(line, end)))
			return damaged;
	*lines = body;
	return found == count ? NULL : damaged;
}

static bool is_ours(const char *topic, size_t n, const char *prefix)
{
	size_t size = strlen(prefix);
	return n > size && memcmp(topic, prefix, size) == 0 && topic[size] == '/';
}

/* The lines end with a newline each, in which a NUL is put. */
static void queue_lines(struct outbox *o, char *p, const char *end, const char *prefix)
{
	unsigned foreign = 0;
	while (p < end) {
		char *newline = memchr(p, '\n', (size_t)(end - p));
		char *blank = memchr(p, ' ', (size_t)(newline - p));
		if (blank && is_ours(p, (size_t)(blank - p), prefix)) {
			*blank = '\0';
			outbox_message(o, p, blank + 1, (size_t)(newline - blank - 1));
		} else {
			foreign++;
		}
		p = newline + 1;
	}
	if (foreign > 0)
		log_line("%u alarm transitions of an earlier run are dropped: their prefix is not %s",
			 foreign, prefix);
}

/* ---- saving ---- */

/* The whole file, which the caller frees; NULL: there is no memory. */
static char *compose(struct kept_transitions *k, struct strbuf *t)
{
	size_t room = HEAD_MAX + outbox_transitions_size(k->outbox);
	*t = (struct strbuf){.data = malloc(room), .capacity = room};
	if (!t->data)
		return NULL;
	t->size = HEAD_MAX;
	uint64_t count = outbox_transitions_put(k->outbox, t, &k->saved);
	k->any = count > 0;
	char text[HEAD_MAX];
	struct strbuf h = {.data = text, .capacity = sizeof text};
	strbuf_string(&h, head);
	strbuf_unsigned(&h, count);
	strbuf_char(&h, ' ');
	put_hash(&h, t->data + HEAD_MAX, t->size - HEAD_MAX);
	strbuf_char(&h, '\n');
	char *whole = t->data, *from = t->data + HEAD_MAX - h.size;
	memcpy(from, h.data, h.size);
	t->size -= HEAD_MAX - h.size;
	t->data = from;
	return whole;
}

static const char *save(struct kept_transitions *k)
{
	struct strbuf t;
	uint64_t before = k->saved;
	bool any = k->any;
	char *whole = compose(k, &t);
	const char *what = "cannot write";
	if (whole && !t.overflow)
		what = state_file_replace(k->path, t.data, t.size);
	else
		errno = ENOMEM;
	if (what) { /* it is due still */
		k->saved = before;
		k->any |= any;
	}
	int error = errno;
	free(whole);
	errno = error;
	return what;
}

/* False if it failed: it is due again later. */
static bool save_in_time(struct kept_transitions *k, int64_t now_us)
{
	const char *what = save(k);
	int64_t took_us = clock_monotonic_us() - now_us;
	k->next_us = now_us + took_us +
		     (KEPT_SPACE * took_us > KEPT_SPACE_US ? KEPT_SPACE * took_us : KEPT_SPACE_US);
	if (!what)
		return true;
	k->next_us = now_us + KEPT_RETRY_US;
	if (log_allowed(&k->failed))
		log_line("-s %s: %s it: %s", k->path, what, state_file_reason(errno));
	return false;
}

int64_t kept_transitions_time(struct kept_transitions *k, int64_t now_us)
{
	struct outbox_transitions q;
	if (!k->path)
		return INT64_MAX;
	q = outbox_transitions(k->outbox);
	if (q.oldest != k->oldest || q.count == 0) {
		k->oldest = q.oldest;
		k->since_us = now_us;
	}
	bool late = !q.online || k->any || now_us - k->since_us >= KEPT_MOMENT_US;
	if (q.changes != k->saved && (k->any || q.count > 0) && late && now_us >= k->next_us &&
	    save_in_time(k, now_us))
		q.changes = k->saved;
	if (q.changes != k->saved && (k->any || q.count > 0))
		return late ? k->next_us : k->since_us + KEPT_MOMENT_US;
	/* Nobody reports acknowledgements to this thread. */
	return k->any && q.online ? now_us + KEPT_MOMENT_US : INT64_MAX;
}

void kept_transitions_end(struct kept_transitions *k)
{
	if (!k->path || (!k->any && outbox_transitions(k->outbox).count == 0))
		return;
	const char *what = save(k);
	if (what)
		log_line("-s %s: %s it: %s", k->path, what, state_file_reason(errno));
}

/*
 * A disk that is full now may have room later; one that turned read-only after an error may be repaired, and
 * the owner of a directory corrected.  Values are published meanwhile.
 */
static bool may_pass(int error)
{
	static const int errors[] = {ENOSPC, EDQUOT, EFBIG, EROFS, EIO, EACCES};
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (error == errors[i])
			return true;
	return false;
}

void kept_transitions_begin(struct kept_transitions *k, const char *path, const char *prefix,
			    struct outbox *outbox)
{
	*k = (struct kept_transitions){.path = path, .outbox = outbox};
	if (!path)
		return;
	char *text = malloc(FILE_MAX);
	if (!text)
		die(EXIT_SYSTEM, "no memory");
	ssize_t n = state_file_load("-s", path, text, FILE_MAX);
	const char *lines, *wrong = n < 0 ? NULL : check(text, (size_t)n, &lines);
	if (wrong)
		state_file_damaged("-s", path, wrong);
	else if (n > 0)
		queue_lines(outbox, text + (lines - text), text + n, prefix);
	free(text);
	/* Also shows that it can be written. */
	const char *what = save(k);
	if (what && !may_pass(errno))
		die(EXIT_SYSTEM, "-s %s: %s it: %s", path, what, state_file_reason(errno));
	if (what) {
		log_line("-s %s: %s it: %s; alarm transitions are not kept until it can be written", path,
			 what, state_file_reason(errno));
		k->next_us = clock_monotonic_us() + KEPT_RETRY_US;
	}
}
