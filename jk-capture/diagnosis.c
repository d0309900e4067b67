/* SPDX-License-Identifier: MIT */
#include "diagnosis.h"

#include <string.h>

#include "jk_frame.h"
#include "log.h"
#include "modbus.h"

void diagnosis_begin(struct diagnosis *h)
{
	*h = (struct diagnosis){.due_us = INT64_MAX};
}

void diagnosis_opened(struct diagnosis *h, int64_t now_us)
{
	if (!h->opened)
		h->left_us = DIAGNOSIS_AFTER_US;
	h->opened = true;
	telnet_opened(&h->telnet);
	if (h->left_us > 0)
		h->due_us = now_us + h->left_us;
}

void diagnosis_closed(struct diagnosis *h, int64_t now_us)
{
	if (h->due_us == INT64_MAX)
		return;
	h->left_us = h->due_us > now_us ? h->due_us - now_us : 1;
	h->due_us = INT64_MAX;
}

/*
 * A Modbus TCP header and the two bytes after it: transaction, protocol 0, length, unit; then the function
 * code.  Source: MODBUS messaging on TCP/IP V1.0b.
 */
static bool is_modbus_tcp(const uint8_t p[8])
{
	uint8_t function = p[7] & 0x7F;
	bool known = function == 0x03 || function == 0x06 || function == 0x10;
	return p[2] == 0 && p[3] == 0 && p[4] == 0 && p[5] >= 3 && p[6] <= MODBUS_ADDRESS_MAX && known;
}

void diagnosis_bytes(struct diagnosis *h, const uint8_t *p, size_t n)
{
	if (!h->telnet.found)
		telnet_bytes(&h->telnet, p, n);
	if (h->due_us == INT64_MAX)
		return;
	for (size_t i = 0; i < n; i++) {
		memmove(h->last, h->last + 1, sizeof h->last - 1);
		h->last[sizeof h->last - 1] = p[i];
		h->modbus_tcp += is_modbus_tcp(h->last);
		h->headers += memcmp(h->last + sizeof h->last - JK_FRAME_MAGIC_SIZE, jk_frame_magic,
				     JK_FRAME_MAGIC_SIZE) == 0;
	}
}

/* True if there were answers other than frames. */
static bool has_answers(const struct stats *s)
{
	for (size_t i = 0; i <= MODBUS_ADDRESS_MAX; i++)
		if (s->address[i].present)
			return true;
	return false;
}

static void log_diagnosis(const struct diagnosis *h, const struct stats *s)
{
	unsigned long long bytes = s->bytes, orphans = s->orphans;
	if (s->bytes == 0 && h->polls)
		log_line(
			"nobody answers: are A, B and ground connected, on the RS485-2 port with protocol 1, "
			"and are these the addresses on the DIP switches?");
	else if (s->orphans == 0 && s->junk_bytes == 0 && has_answers(s))
		log_line("answers were received, but no frame: is UART protocol number 1 chosen for this "
			 "port?");
	else if (s->requests > 0 && s->junk_bytes == 0 && s->orphans == 0)
		log_line("only requests were received, of a bus master or our own by an adapter that echoes, "
			 "and "
			 "nobody answers: are A, B and ground connected, on the RS485-2 port with protocol "
			 "1?");
	else if (s->bytes == 0)
		log_line("nothing at all was received: is the address right, are A, B and ground connected, "
			 "and "
			 "is there a bus master (DIP switches 0) on this bus?");
	else if (s->orphans > 0)
		log_line("%llu frames were received, but no acknowledgements after them, so that their "
			 "senders "
			 "are "
			 "unknown: does the adapter or gateway cut off the end of messages?",
			 orphans);
	else if (h->headers > 0) /* two answers at once are full of zeros, as Modbus-TCP headers are */
		log_line("frames begin, but none arrives whole: do two packs have one address, so that they "
			 "answer at once, or is the line disturbed?");
	else if (has_answers(s))
		log_line(
			"acknowledgements were received, but not the frames before them: does the adapter or "
			"gateway cut off the beginning of messages?");
	else if (h->modbus_tcp > 0)
		log_line("Modbus-TCP headers were received: set the gateway to transparent mode, without "
			 "protocol "
			 "conversion");
	else
		log_line("%llu bytes were received, but no frame: is the speed 115200 8N1, or are A and B "
			 "swapped?",
			 bytes);
}

static void log_once(struct diagnosis *h, const struct stats *s)
{
	if (h->due_us != INT64_MAX && s->frames == 0)
		log_diagnosis(h, s);
	h->due_us = INT64_MAX;
	h->left_us = 0;
}

static void begin_window(struct diagnosis *h, const struct stats *s, int64_t now_us)
{
	h->window_us = now_us;
	h->frames = s->frames;
	h->orphans = s->orphans;
	h->junk_bytes = s->junk_bytes;
}

/* Warns when frames stop but junk goes on.  Total silence is reported by the transport. */
static void check_junk(struct diagnosis *h, const struct stats *s, int64_t now_us)
{
	unsigned long long bytes = s->junk_bytes - h->junk_bytes + FRAME_SIZE * (s->orphans - h->orphans);
	if (s->frames > h->frames) {
		if (h->junk_reported)
			log_line("frames are received again");
		h->junk_reported = false;
	} else if (now_us - h->window_us < DIAGNOSIS_WINDOW_US) {
		return;
	} else if (!h->junk_reported && s->frames > 0 && bytes >= DIAGNOSIS_JUNK_BYTES) {
		log_line("%llu bytes were received in %d s, but no more frames with a known sender: is the "
			 "line "
			 "disturbed, or is something else on the bus?",
			 bytes, DIAGNOSIS_WINDOW_US / 1000000);
		h->junk_reported = true;
	}
	begin_window(h, s, now_us);
}

/* Logged even if there are frames: those without a byte FF arrive, the others are missing. */
static void check_telnet(struct diagnosis *h)
{
	if (!h->telnet.found || h->telnet_reported)
		return;
	log_line("the gateway speaks telnet or RFC 2217, which doubles each byte FF: set it to raw "
		 "(transparent) TCP");
	h->telnet_reported = true;
	h->due_us = INT64_MAX;
	h->left_us = 0;
}

void diagnosis_time(struct diagnosis *h, const struct stats *s, int64_t now_us)
{
	check_telnet(h);
	if (s->frames > 0 || now_us >= h->due_us)
		log_once(h, s);
	check_junk(h, s, now_us);
}

void diagnosis_end(struct diagnosis *h, const struct stats *s)
{
	check_telnet(h);
	if (s->bytes > 0)
		log_once(h, s);
}

int64_t diagnosis_deadline(const struct diagnosis *h)
{
	return h->due_us;
}
