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
 * A Modbus TCP header and the two bytes behind it: transaction, protocol 0, length, unit; then the function code.
 * Source: MODBUS messaging on TCP/IP V1.0b.
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

/* Has somebody answered, if not with a frame? */
static bool heard_answers(const struct stats *s)
{
	for (size_t i = 0; i <= MODBUS_ADDRESS_MAX; i++)
		if (s->address[i].heard)
			return true;
	return false;
}

static void say(const struct diagnosis *h, const struct stats *s)
{
	unsigned long long bytes = s->bytes, orphans = s->orphans;
	if (s->bytes == 0 && h->polls)
		log_line("nobody answers: are A, B and ground connected, on the RS485-2 port with protocol "
			 "1, and are these "
			 "the addresses on the DIP switches?");
	else if (s->orphans == 0 && s->junk_bytes == 0 && heard_answers(s))
		log_line("answers were heard, but no frame: is UART protocol number 1 chosen for this port?");
	else if (s->requests > 0 && s->junk_bytes == 0 && s->orphans == 0)
		log_line("only requests were heard, of a bus master or our own by an adapter that echoes, "
			 "and nobody answers: "
			 "are A, B and ground connected, on the RS485-2 port with protocol 1?");
	else if (s->bytes == 0)
		log_line("nothing at all was heard: is the address right, are A, B and ground connected, and "
			 "does a bus "
			 "master (DIP switches 0) talk on this bus?");
	else if (s->orphans > 0)
		log_line("%llu frames were heard, but no acknowledgement behind them, so that nobody can "
			 "tell whose "
			 "they are: does the adapter or gateway cut the end of messages off?",
			 orphans);
	else if (h->headers > 0) /* what two packs say at once is full of zeros, as are Modbus-TCP headers */
		log_line("frames begin, but none arrives whole: do two packs have one address, so that they "
			 "answer at once, or is the "
			 "line disturbed?");
	else if (heard_answers(s))
		log_line("acknowledgements were heard, but not the frames before them: does the adapter or "
			 "gateway cut the "
			 "beginning of messages off?");
	else if (h->modbus_tcp > 0)
		log_line("Modbus-TCP headers were heard: set the gateway to transparent mode, without "
			 "protocol conversion");
	else
		log_line("%llu bytes were heard, but no frame: is the speed 115200 8N1, or are A and B "
			 "swapped?",
			 bytes);
}

static void say_once(struct diagnosis *h, const struct stats *s)
{
	if (h->due_us != INT64_MAX && s->frames == 0)
		say(h, s);
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

/* A line that was understood, and is no more: of one that is silent its link tells. */
static void look_for_babble(struct diagnosis *h, const struct stats *s, int64_t now_us)
{
	unsigned long long bytes = s->junk_bytes - h->junk_bytes + FRAME_SIZE * (s->orphans - h->orphans);
	if (s->frames > h->frames) {
		if (h->babbles)
			log_line("frames are heard again");
		h->babbles = false;
	} else if (now_us - h->window_us < DIAGNOSIS_WINDOW_US) {
		return;
	} else if (!h->babbles && s->frames > 0 && bytes >= DIAGNOSIS_BABBLE) {
		log_line("%llu bytes were heard in %d s, but no frame any more that somebody owns: is the "
			 "line disturbed, or does "
			 "something else talk on it?",
			 bytes, DIAGNOSIS_WINDOW_US / 1000000);
		h->babbles = true;
	}
	begin_window(h, s, now_us);
}

/* Said in any case: frames without a byte FF come through, and the others are missed. */
static void look_for_telnet(struct diagnosis *h)
{
	if (!h->telnet.found || h->telnet_said)
		return;
	log_line("the gateway speaks telnet or RFC 2217, which doubles each byte FF: set it to raw "
		 "(transparent) TCP");
	h->telnet_said = true;
	h->due_us = INT64_MAX;
	h->left_us = 0;
}

void diagnosis_time(struct diagnosis *h, const struct stats *s, int64_t now_us)
{
	look_for_telnet(h);
	if (s->frames > 0 || now_us >= h->due_us)
		say_once(h, s);
	look_for_babble(h, s, now_us);
}

void diagnosis_end(struct diagnosis *h, const struct stats *s)
{
	look_for_telnet(h);
	if (s->bytes > 0)
		say_once(h, s);
}

int64_t diagnosis_deadline(const struct diagnosis *h)
{
	return h->due_us;
}
