/* SPDX-License-Identifier: MIT */
#include "can_line.h"

#include "hex.h"

enum {
	STANDARD_MAX = 0x7FF,
	EXTENDED_MAX = 0x1FFFFFFF,
	ERROR_BIT = 0x20000000, /* CAN_ERR_FLAG of linux/can.h */
	XL_PRIORITY = 0xFFF,    /* of an id of 5 digits; the first two are the network */
	FD_DATA_MAX = 64,
	XL_DATA_MAX = 2048,
};

const char can_line_no_id[] = "no address of 2, or id of 3 or 8, hex digits and a #";

static const char odd[] = "an odd number of hex digits";
static const char not_hex[] = "invalid hex digit in the data";

static bool accept(struct slice *rest, char expected)
{
	if (rest->n == 0 || *rest->p != expected)
		return false;
	rest->p++, rest->n--;
	return true;
}

/* Passes over one hex digit.  -1: there is none. */
static int take_digit(struct slice *rest)
{
	int value = rest->n > 0 ? hex_value(*rest->p) : -1;
	if (value >= 0)
		rest->p++, rest->n--;
	return value;
}

/* Passes over bytes, each with or without a dot before it, up to a character that is neither. */
static const char *take_bytes(struct slice *rest, size_t max, struct can_line *line)
{
	size_t count = 0;
	while (rest->n > 0 && *rest->p != '_') {
		accept(rest, '.');
		int high = take_digit(rest), low = high < 0 ? -1 : take_digit(rest);
		if (low < 0)
			return high >= 0 && rest->n == 0 ? odd : not_hex;
		if (count == max)
			return "more bytes than the frame can have";
		if (count < sizeof line->bytes)
			line->bytes[count] = (uint8_t)(high << 4 | low);
		count++;
	}
	line->byte_count = count < sizeof line->bytes ? count : sizeof line->bytes;
	return NULL;
}

/* "_9" to "_F" behind 8 bytes, if it is there: the length code that was on the wire. */
static const char *take_raw_length(struct slice *rest, size_t length)
{
	if (!accept(rest, '_'))
		return NULL;
	return length == CAN_DATA_MAX && take_digit(rest) > CAN_DATA_MAX ? NULL : "invalid length code";
}

static const char *parse_data(struct slice *rest, struct can_line *line)
{
	line->kind = CAN_FRAME_DATA;
	const char *wrong = take_bytes(rest, CAN_DATA_MAX, line);
	return wrong ? wrong : take_raw_length(rest, line->byte_count);
}

static const char *parse_remote(struct slice *rest, struct can_line *line)
{
	line->kind = CAN_FRAME_REMOTE;
	int length = take_digit(rest);
	if (length > CAN_DATA_MAX)
		return "invalid length of a remote frame";
	return take_raw_length(rest, length < 0 ? 0 : (size_t)length);
}

static const char *parse_fd(struct slice *rest, struct can_line *line)
{
	line->kind = CAN_FRAME_FD;
	if (take_digit(rest) < 0)
		return "no flags of a CAN FD frame";
	return take_bytes(rest, FD_DATA_MAX, line);
}

/* Passes over n hex digits and what follows them. */
static bool take_number(struct slice *rest, size_t n, char end)
{
	while (n > 0 && take_digit(rest) >= 0)
		n--;
	return n == 0 && accept(rest, end);
}

static const char *parse_xl(uint32_t id, struct slice *rest, struct can_line *line)
{
	line->kind = CAN_FRAME_FD;
	if ((id & XL_PRIORITY) > STANDARD_MAX || !take_number(rest, 2, ':') || !take_number(rest, 2, ':') ||
	    !take_number(rest, 8, '#'))
		return "invalid head of a CAN XL frame";
	return take_bytes(rest, XL_DATA_MAX, line);
}

static bool is_xl(struct slice rest, size_t id_digits)
{
	return id_digits != 8 && rest.n > 2 && rest.p[2] == ':';
}

const char *can_line_parse(uint32_t id, size_t id_digits, struct slice rest, struct can_line *line)
{
	*line = (struct can_line){.extended = id_digits == 8};
	bool error = line->extended && (id & ERROR_BIT);
	const char *wrong;
	if (is_xl(rest, id_digits))
		wrong = parse_xl(id, &rest, line);
	else if (id_digits == 5)
		return can_line_no_id;
	else if (!error && id > (line->extended ? EXTENDED_MAX : STANDARD_MAX))
		return "invalid CAN id";
	else if (accept(&rest, '#'))
		wrong = parse_fd(&rest, line);
	else if (accept(&rest, 'R') || accept(&rest, 'r'))
		wrong = parse_remote(&rest, line);
	else
		wrong = parse_data(&rest, line);
	if (error)
		line->kind = CAN_FRAME_ERROR;
	return wrong || rest.n == 0 ? wrong : not_hex;
}
