/* SPDX-License-Identifier: MIT */
#ifndef SLICE_H
#define SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A piece of text that lies somewhere else: n bytes at p, without a NUL.  p is NULL where there is no text at
 * all.
 */
struct slice {
	const char *p;
	size_t n;
};

static inline struct slice slice_of(const char *s)
{
	return (struct slice){s, strlen(s)};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Is it this word?  A slice without text is no word. */
static inline bool slice_is(struct slice a, const char *word)
{
	return a.p && strlen(word) == a.n && memcmp(a.p, word, a.n) == 0;
}

/* FNV-1a, of 64 bits. */
static inline uint64_t slice_hash(struct slice a)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (size_t i = 0; i < a.n; i++)
		hash = (hash ^ (unsigned char)a.p[i]) * UINT64_C(1099511628211);
	return hash;
}

/*
 * Cuts the next word off the front of *rest: what is before the next of the blanks, those before it skipped.
 * Empty at the end.
 */
static inline struct slice slice_next(struct slice *rest, const char *blanks)
{
	while (rest->n > 0 && *rest->p && strchr(blanks, *rest->p))
		rest->p++, rest->n--;
	struct slice word = {rest->p, 0};
	while (rest->n > 0 && !(*rest->p && strchr(blanks, *rest->p)))
		rest->p++, rest->n--, word.n++;
	return word;
}

static inline struct slice slice_word(struct slice *rest)
{
	return slice_next(rest, " ");
}

/* Copies it to `to`, with a NUL.  What has no room is cut off, where a character of UTF-8 begins. */
static inline void slice_copy(char *to, size_t room, struct slice text)
{
	size_t n = text.n;
	if (n > room - 1) {
		n = room - 1;
		while (n > 0 && (text.p[n] & 0xC0) == 0x80)
			n--;
	}
	if (n > 0)
		memcpy(to, text.p, n);
	to[n] = '\0';
}

#endif
