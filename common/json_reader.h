/* SPDX-License-Identifier: MIT */
#ifndef JSON_READER_H
#define JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A strict pull reader of JSON (RFC 8259) over one line in memory.  It allocates nothing, keeps nothing, and hands out pieces of the line
 * as they stand: numbers keep their digits, texts keep their escapes.  Depth is bounded.
 *
 * Stricter than the RFC where a text would be read otherwise than it stands in C: \u0000 and half surrogate pairs are errors, and so is
 * UTF-8 that is not valid.  A key that stands twice is the caller's to find.
 *
 *	json    = value                         one value, with blanks around it
 *	value   = object | list | text | number | true | false | null
 *	object  = "{" [ text ":" value { "," text ":" value } ] "}"
 *	list    = "[" [ value { "," value } ] "]"
 */

enum { JSON_READER_DEPTH = 32 }; /* objects and lists inside one another, the outermost included */

enum json_token {
	JSON_WRONG, /* reader.wrong says what; every later call gives it again */
	JSON_END,   /* behind the value, and nothing but blanks follows */
	JSON_OBJECT,
	JSON_OBJECT_END,
	JSON_LIST,
	JSON_LIST_END,
	JSON_KEY, /* of the member whose value comes next */
	JSON_TEXT,
	JSON_NUMBER,
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL,
};

struct json_reader {
	const char *p, *end; /* the next byte, and behind the last */
	const char *
		text; /* of JSON_KEY and JSON_TEXT what stands between the quotes, of the others the token itself */
	size_t size;
	bool escaped; /* the text has escapes: json_unescape undoes them */
	const char *wrong;
	unsigned depth;   /* of the next token; 0 outside of the outermost value */
	uint32_t objects; /* bit n: level n + 1 is an object */
	uint8_t state;
};

/* Begins with n bytes at p, which stay until the reader is done. */
void json_reader_begin(struct json_reader *r, const char *p, size_t n);

/* The next token. */
enum json_token json_next(struct json_reader *r);

/*
 * Passes over the rest of the object or list whose beginning was the last token, checking it all the same.  After any other token
 * nothing is passed over.  Returns the last token passed, JSON_WRONG if it is wrong.
 */
enum json_token json_skip(struct json_reader *r, enum json_token last);

/*
 * The text of n bytes with its escapes undone, into `to`, which has room for n bytes: it never gets longer.  Returns its size.  The text
 * must come from this reader: it is not checked again.
 */
size_t json_unescape(char *to, const char *text, size_t n);

#endif
