/* SPDX-License-Identifier: MIT */
#include "tx_requests.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "hex.h"
#include "jk_frame.h"
#include "process.h"
#include "tx_gate.h"

enum { REFUSED_HEX_MAX = 256 };

void tx_requests_refuse(struct tx_requests *r, const char *reason, const void *p, size_t n, int64_t now_us)
{
	char buffer[32 + 2 * REFUSED_HEX_MAX];
	struct strbuf words = {.data = buffer, .capacity = sizeof buffer - 1};
	strbuf_string(&words, reason);
	strbuf_char(&words, ' ');
	strbuf_hex(&words, p, n < REFUSED_HEX_MAX ? n : REFUSED_HEX_MAX);
	buffer[words.size] = '\0';
	capture_event(r->capture, "refused", buffer, now_us);
}

static void refuse_first(struct tx_requests *r, const char *reason, int64_t now_us)
{
	tx_requests_refuse(r, reason, r->waiting[0].request.data, r->waiting[0].request.size, now_us);
	r->count--;
	memmove(r->waiting, r->waiting + 1, r->count * sizeof *r->waiting);
}

static bool is_our_channel(const struct tx_requests *r, const struct frame_line *line)
{
	const char *own = capture_channel(r->capture);
	return strlen(own) == line->channel_size && memcmp(own, line->channel, line->channel_size) == 0;
}

/* Returns the number of bytes in a request line; 0 if it is not one. */
static size_t take_bytes(const struct frame_line *line, uint8_t bytes[FRAME_LINE_MAX / 2])
{
	bool whole = line->kind == FRAME_LINE_RS485 && !line->transmitted && line->data_size > 0 &&
		     line->data_size % 2 == 0;
	return whole && hex_decode(line->data, bytes, line->data_size / 2) ? line->data_size / 2 : 0;
}

static void take_line(struct tx_requests *r, const char *p, size_t n, int64_t now_us, int64_t real_us)
{
	struct frame_line line;
	uint8_t bytes[FRAME_LINE_MAX / 2];
	const char *wrong = frame_line_parse(p, n, &line);
	if (!wrong && line.kind == FRAME_LINE_BLANK)
		return;
	size_t size = wrong ? 0 : take_bytes(&line, bytes);
	if (size == 0) {
		tx_requests_refuse(r, "syntax", p, n, now_us);
		return;
	}
	const char *refused = !is_our_channel(r, &line) ? "channel"
			      : line.id != bytes[0]     ? "address"
							: tx_gate_refuses(bytes, size);
	if (!refused && size > TRANSACTION_REQUEST_MAX) /* no row of the table is this long */
		refused = "length";
	int64_t age_us = real_us - frame_line_time_us(&line);
	if (!refused && age_us < -TX_REQUESTS_AHEAD_US)
		refused = "stale";
	if (!refused && r->count == TX_REQUESTS_MAX)
		refused = "busy";
	if (refused) {
		tx_requests_refuse(r, refused, bytes, size, now_us);
		return;
	}
	struct tx_requests_waiting *w = &r->waiting[r->count++];
	w->stale_us = now_us + TX_REQUESTS_STALE_US - (age_us > 0 ? age_us : 0);
	memcpy(w->request.data, bytes, size);
	w->request.size = size;
	w->request.address = bytes[0];
	w->request.type = jk_frame_of_trigger((uint16_t)(bytes[2] << 8 | bytes[3]));
}

void tx_requests_begin(struct tx_requests *r, int fd, const char *path, struct capture *capture)
{
	r->watch.look_us = INT64_MAX;
	r->capture = capture;
	r->count = 0;
	line_reader_begin(&r->reader, fd, path, FRAME_LINE_MAX);
}

void tx_requests_watch(struct tx_requests *r)
{
	fifo_watch_begin(&r->watch, "-x", r->reader.name);
}

void tx_requests_read(struct tx_requests *r, int64_t now_us, int64_t real_us)
{
	const char *p;
	size_t n;
	if (line_reader_read(&r->reader) == LINE_READER_FAILED)
		die(EXIT_SYSTEM, "cannot read %s: %s", r->reader.name, strerror(errno));
	for (;;) {
		switch (line_reader_next(&r->reader, &p, &n)) {
		case LINE_READER_LINE:
			take_line(r, p, n, now_us, real_us);
			break;
		case LINE_READER_TOO_LONG:
			tx_requests_refuse(r, "syntax", "", 0, now_us);
			break;
		case LINE_READER_WAIT:
			return;
		}
	}
}

/* A line that was cut when the FIFO was replaced will not be completed through the new one. */
static void look_at_fifo(struct tx_requests *r, int64_t now_us)
{
	int fd = fifo_watch_look(&r->watch, r->reader.fd, now_us);
	if (fd < 0)
		return;
	if (r->reader.size > r->reader.start)
		tx_requests_refuse(r, "syntax", r->reader.data + r->reader.start,
				   r->reader.size - r->reader.start, now_us);
	close(r->reader.fd);
	line_reader_begin(&r->reader, fd, r->reader.name, FRAME_LINE_MAX);
}

static void refuse_stale(struct tx_requests *r, bool listening, int64_t now_us)
{
	while (r->count > 0 && (listening || now_us >= r->waiting[0].stale_us))
		refuse_first(r, listening ? "listening" : "stale", now_us);
}

void tx_requests_time(struct tx_requests *r, bool listening, int64_t now_us)
{
	look_at_fifo(r, now_us);
	refuse_stale(r, listening, now_us);
}

int64_t tx_requests_deadline(const struct tx_requests *r)
{
	return r->count > 0 && r->waiting[0].stale_us < r->watch.look_us ? r->waiting[0].stale_us
									 : r->watch.look_us;
}

void tx_requests_end(struct tx_requests *r, int64_t now_us)
{
	while (r->count > 0)
		refuse_first(r, "stopping", now_us);
}

bool tx_requests_fetch(struct tx_requests *r, struct request *request, bool writes, int64_t now_us)
{
	refuse_stale(r, false, now_us);
	if (r->count == 0 || (!writes && r->waiting[0].request.type == 0))
		return false;
	*request = r->waiting[0].request;
	r->count--;
	memmove(r->waiting, r->waiting + 1, r->count * sizeof *r->waiting);
	return true;
}
