/* SPDX-License-Identifier: MIT */
#ifndef FRAME_LINE_H
#define FRAME_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "can_line.h"
#include "caps.h"
#include "slice.h"
#include "strbuf.h"

/*
 * The frame stream, jk-frame(5): the log format of candump -L, extended from CAN to RS485.
 *
 *   line    = "(" seconds "." ( microseconds / nanoseconds ) ")" blanks channel " " body
 *   body    = ( rs485 / can ) [ " " ( "R" / "T" ) ]       a frame
 *           / "!" name *( " " word )                      an event
 *   channel = 1*31( letter / digit / "." / "_" / "-" )
 *   rs485   = 2hex "#" *byte                              an address
 *   can     = id "#" bytes [ "_" length ]                 id: 3 or 8 hex digits, to 7FF or 1FFFFFFF; 8 bytes
 *           / id "#R" [ 1digit [ "_" length ] ]           remote; the digit is 0 to 8
 *           / id "##" hex bytes                           CAN FD, with its flags; 64 bytes
 *           / 5hex "#" 2hex ":" 2hex ":" 8hex "#" bytes   CAN XL
 *   bytes   = *( [ "." ] byte )
 *   byte    = 2hex
 *   length  = "9" to "F"                                  the length code on the wire, behind 8 bytes only
 *
 * A CAN id of 8 digits with bit 29 is an error frame.  Hex digits have either case, and so does the R of a
 * remote frame.  The forms of can are those of lib.h and candump.c of can-utils.
 *
 *   (1763856000.123456) ttyUSB0 01#011016200001020000D6F1 T
 *   (1763856000.500000)    can0 2F4#1302B20F51000000
 *   (1763856001.000000) ttyUSB0 !timeout 03 live
 *   # a comment
 */

enum {
	FRAME_LINE_MAX = 1024,     /* bytes, the newline included */
	FRAME_LINE_DATA_MAX = 480, /* bytes of one line's data: what fits with the longest time and channel */
};

enum frame_line_kind {
	FRAME_LINE_BLANK, /* or a comment */
	FRAME_LINE_RS485,
	FRAME_LINE_CAN,
	FRAME_LINE_EVENT,
};

/* A view of a line: the pointers lead into it. */
struct frame_line {
	enum frame_line_kind kind;
	enum can_frame_kind can; /* of FRAME_LINE_CAN; so are the following four */
	bool extended;           /* the id has 29 bits: 000002F4 is not 2F4 */
	size_t byte_count;       /* of CAN_FRAME_DATA */
	uint8_t bytes[CAN_DATA_MAX];
	const char *time; /* "1763856000.123456" */
	size_t time_size;
	const char *channel;
	size_t channel_size;
	uint32_t id;      /* RS485 address or CAN id */
	bool transmitted; /* T: by us; on CAN, by another program on this machine, which is as good */
	const char *data; /* hex digits of a frame, the words behind an event's name */
	size_t data_size;
	const char *name; /* of an event, without the ! */
	size_t name_size;
};

/*
 * Parses the n bytes of a line without its newline.  Returns NULL and sets *line; or what is wrong, for a
 * message.  Hex digits of RS485 are not checked here but when they are decoded; those of CAN are.
 */
const char *frame_line_parse(const char *p, size_t n, struct frame_line *line);

/* The line's time in microseconds since 1970. */
int64_t frame_line_time_us(const struct frame_line *line);

/* "(seconds.microseconds) channel ": the beginning of every line. */
void frame_line_begin(struct strbuf *t, int64_t time_us, const char *channel);

/*
 * Makes a channel name from a path or host: the part after the last slash, with invalid characters replaced
 * by _, and only the last 31 characters of a longer one.
 */
void frame_line_channel_name(const char *given, char channel[CHANNEL_MAX + 1]);

/* True if the name is a valid channel name. */
bool frame_line_channel_valid(const char *name);

/*
 * Cuts the word [CHANNEL:]ADDRESS at its last colon.  *address is what follows, unchecked; channel is "" if
 * the word has no colon.  False: what is before the colon is not a valid channel; then channel is "", too.
 */
bool frame_line_cut_source(struct slice word, char channel[CHANNEL_MAX + 1], struct slice *address);

#endif
