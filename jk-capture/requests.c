/* SPDX-License-Identifier: MIT */
#include "requests.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "conduct.h"
#include "frame.h"
#include "gate.h"
#include "hex.h"

enum { REFUSED_HEX_MAX = 256 };

void requests_refuse(struct requests *r, const char *reason, const void *p, size_t n, int64_t now_us)
{
	char buffer[32 + 2 * REFUSED_HEX_MAX];
	struct text words = {.data = buffer, .capacity = sizeof buffer - 1};
	text_string(&words, reason);
	text_char(&words, ' ');
	text_hex(&words, p, n < REFUSED_HEX_MAX ? n : REFUSED_HEX_MAX);
	buffer[words.size] = '\0';
	capture_event(r->capture, "refused", buffer, now_us);
}

static void refuse_first(struct requests *r, const char *reason, int64_t now_us)
{
	requests_refuse(r, reason, r->waiting[0].request.data, r->waiting[0].request.size, now_us);
	r->count--;
	memmove(r->waiting, r->waiting + 1, r->count * sizeof *r->waiting);
}

static bool is_our_channel(const struct requests *r, const struct line *line)
{
	const char *own = r->capture->channel;
	return strlen(own) == line->channel_size && memcmp(own, line->channel, line->channel_size) == 0;
}

/* The bytes of a request line; their number, 0 if it is none. */
static size_t take_bytes(const struct line *line, uint8_t bytes[LINE_MAX / 2])
{
	bool whole = line->kind == LINE_RS485 && !line->transmitted && line->data_size > 0 && line->data_size % 2 == 0;
	return whole && hex_decode(line->data, bytes, line->data_size / 2) ? line->data_size / 2 : 0;
}

static void take_line(struct requests *r, const char *p, size_t n, int64_t now_us, int64_t real_us)
{
	struct line line;
	uint8_t bytes[LINE_MAX / 2];
	const char *wrong = line_parse(p, n, &line);
	if (!wrong && line.kind == LINE_BLANK)
		return;
	size_t size = wrong ? 0 : take_bytes(&line, bytes);
	if (size == 0) {
		requests_refuse(r, "syntax", p, n, now_us);
		return;
	}
	const char *refused = !is_our_channel(r, &line) ? "channel" : line.id != bytes[0] ? "address" : gate_refuses(bytes, size);
	if (!refused && size > POLLER_REQUEST_MAX) /* no row of the table is that long */
		refused = "length";
	int64_t age_us = real_us - line_time_us(&line);
	if (!refused && age_us < -REQUESTS_AHEAD_US)
		refused = "stale";
	if (!refused && r->count == REQUESTS_MAX)
		refused = "busy";
	if (refused) {
		requests_refuse(r, refused, bytes, size, now_us);
		return;
	}
	struct requests_waiting *w = &r->waiting[r->count++];
	w->stale_us = now_us + REQUESTS_STALE_US - (age_us > 0 ? age_us : 0);
	memcpy(w->request.data, bytes, size);
	w->request.size = size;
	w->request.address = bytes[0];
	w->request.type = frame_of_trigger((uint16_t)(bytes[2] << 8 | bytes[3]));
}

void requests_begin(struct requests *r, int fd, const char *path, struct capture *capture)
{
	r->watch.look_us = INT64_MAX;
	r->capture = capture;
	r->count = 0;
	reader_begin(&r->reader, fd, path, LINE_MAX);
}

void requests_watch(struct requests *r)
{
	fifo_watch_begin(&r->watch, "-x", r->reader.name);
}

void requests_read(struct requests *r, int64_t now_us, int64_t real_us)
{
	const char *p;
	size_t n;
	if (reader_read(&r->reader) == READER_FAILED)
		conduct_die(EXIT_SYSTEM, "cannot read %s: %s", r->reader.name, strerror(errno));
	for (;;) {
		switch (reader_next(&r->reader, &p, &n)) {
		case READER_LINE:
			take_line(r, p, n, now_us, real_us);
			break;
		case READER_TOO_LONG:
			requests_refuse(r, "syntax", "", 0, now_us);
			break;
		case READER_WAIT:
			return;
		}
	}
}

/* The rest of a line whose beginning came through the old one will not come through the new one. */
static void look_at_fifo(struct requests *r, int64_t now_us)
{
	int fd = fifo_watch_look(&r->watch, r->reader.fd, now_us);
	if (fd < 0)
		return;
	if (r->reader.size > r->reader.start)
		requests_refuse(r, "syntax", r->reader.data + r->reader.start, r->reader.size - r->reader.start, now_us);
	close(r->reader.fd);
	reader_begin(&r->reader, fd, r->reader.name, LINE_MAX);
}

static void refuse_stale(struct requests *r, bool listening, int64_t now_us)
{
	while (r->count > 0 && (listening || now_us >= r->waiting[0].stale_us))
		refuse_first(r, listening ? "listening" : "stale", now_us);
}

void requests_time(struct requests *r, bool listening, int64_t now_us)
{
	look_at_fifo(r, now_us);
	refuse_stale(r, listening, now_us);
}

int64_t requests_deadline(const struct requests *r)
{
	return r->count > 0 && r->waiting[0].stale_us < r->watch.look_us ? r->waiting[0].stale_us : r->watch.look_us;
}

void requests_end(struct requests *r, int64_t now_us)
{
	while (r->count > 0)
		refuse_first(r, "stopping", now_us);
}

bool requests_fetch(struct requests *r, struct poller_request *request, bool writes, int64_t now_us)
{
	refuse_stale(r, false, now_us);
	if (r->count == 0 || (!writes && r->waiting[0].request.type == 0))
		return false;
	*request = r->waiting[0].request;
	r->count--;
	memmove(r->waiting, r->waiting + 1, r->count * sizeof *r->waiting);
	return true;
}
