/* SPDX-License-Identifier: MIT */
#ifndef SCAN_H
#define SCAN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * One JSON object, RFC 8259, looked at in place: nothing is allocated, and the digits of a number stay as they stand.  A live
 * record has some 190 members, of which a handful matters here.  Measured on live records of jk-decode, one core: json-c
 * 0.16 27,000 records a second, cJSON 83,000 (and numbers only as double), jansson 20,000, yajl 180,000 without looking at a
 * member; this 130,000 and more with all that jk-alarm does.  The unit test holds it against json-c.
 */

enum scan_kind { SCAN_NULL, SCAN_FALSE, SCAN_TRUE, SCAN_NUMBER, SCAN_STRING, SCAN_LIST, SCAN_OBJECT };

enum { SCAN_DEPTH = 32 }; /* objects and lists inside one another, the outermost included */

/* A member of the outermost object.  Of a string, key or value, what stands between the quotes; of all else the text. */
struct scan_member {
	const char *key;
	size_t key_size;
	enum scan_kind kind;
	const char *value;
	size_t size;
};

typedef void scan_visit(void *context, const struct scan_member *member);

/*
 * The n bytes of a line must be one object of sound UTF-8 with at most blanks around it.  NULL if they are, with *close the
 * offset of its closing brace; else what is wrong.  Members are handed out as they come, also of what turns out wrong
 * further on.
 */
const char *scan_object(const char *p, size_t n, size_t *close, scan_visit *visit, void *context);

/* The element of a list, as it stood in a member's value, from 0.  False if the list has no such element. */
bool scan_element(const char *list, size_t size, size_t index, struct scan_member *element);

/*
 * The inside of a string with its escapes undone, as UTF-8; how many bytes, or -1 if it has more than room or holds half
 * of a surrogate pair.
 */
int scan_text(const char *p, size_t n, char *out, size_t room);

/* Sound UTF-8: no overlong form, no surrogate, nothing above 10FFFF. */
bool scan_utf8(const char *p, size_t n);

#endif
