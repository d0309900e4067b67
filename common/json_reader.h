/* SPDX-License-Identifier: MIT */
#ifndef JSON_READER_H
#define JSON_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A strict pull reader of JSON (RFC 8259) over one line in memory.  It does not allocate, and returns pieces
 * of the line unchanged: numbers keep their digits, strings keep their escapes.  The depth is bounded.
 *
 * It is stricter than the RFC: \u0000, unpaired surrogates and invalid UTF-8 are errors.  Finding duplicate
 * keys is left to the caller.
 *
 *	json    = value                         one value, with blanks around it
 *	value   = object | list | text | number | true | false | null
 *	object  = "{" [ text ":" value { "," text ":" value } ] "}"
 *	list    = "[" [ value { "," value } ] "]"
 */

enum { JSON_READER_DEPTH = 32 }; /* objects and lists inside one another, the outermost included */

enum json_token {
	JSON_WRONG, /* an error: see reader.wrong; every later call returns it again */
	JSON_END,   /* after the value; only blanks follow */
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
	/*
	 * Of JSON_KEY and JSON_TEXT what is between the quotes; of other values that are no list or object,
	 * the value.
	 */
	const char *text;
	size_t size;
	bool escaped; /* the text has escapes: json_unescape undoes them */
	const char *wrong;
	unsigned depth;        /* of the next token; 0 outside of the outermost value */
	uint32_t objects;      /* a bit for each level, 1 for an object; bit 0 is the innermost */
	uint8_t state, behind; /* what may come next, and what may come behind a value of this level */
};

/* Starts at the n bytes at p, which must stay unchanged while they are read. */
void json_reader_begin(struct json_reader *r, const char *p, size_t n);

/* The next token. */
enum json_token json_next(struct json_reader *r);

/*
 * A guess at the next token, which is faster than json_next when it is right.  True: the next token was a
 * JSON_KEY of these n bytes, without blanks around it, and has been read.  False: nothing has been read; call
 * json_next.  The bytes are not checked: they must be those of a key that json_next once returned without
 * escapes.
 */
bool json_key_is(struct json_reader *r, const char *plain, size_t n);

/* Reads to the end of the innermost object or list, and checks it.  Returns its last token, or JSON_WRONG. */
enum json_token json_skip_level(struct json_reader *r);

/* If the last token began an object or a list, skips that and returns the token that ends it. */
static inline enum json_token json_skip(struct json_reader *r, enum json_token last)
{
	return last == JSON_OBJECT || last == JSON_LIST ? json_skip_level(r) : last;
}

/*
 * Decodes the escapes of a string of n bytes into `to`, which has room for n bytes: the result is never
 * longer.  Returns its size.  The string must come from this reader: it is not checked again.
 */
size_t json_unescape(char *to, const char *text, size_t n);

#endif
