/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_reader.h"

/*
 * A target takes bytes and aborts if its property does not hold.  With libFuzzer (make fuzz) those are guided
 * by what code they reach; with bounded.c, which every build can run, they are made of the seeds by chance.
 */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/*
 * Inputs to begin with, NULL at the end; and how many of the last round did what is worth looking at, such as
 * be taken.
 */
extern const char *const fuzz_seeds[];
extern unsigned long fuzz_taken;

#define HOLDS(condition)                                                                                     \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);        \
			abort();                                                                             \
		}                                                                                            \
	} while (0)

/* True if the text is valid JSON to its end. */
static inline bool fuzz_is_json(const char *p, size_t n)
{
	static struct json_reader reader;
	enum json_token token;
	json_reader_begin(&reader, p, n);
	do
		token = json_next(&reader);
	while (token != JSON_WRONG && token != JSON_END);
	return token == JSON_END;
}

/*
 * Hands each line of the input to take(), in memory of its exact size, so that a sanitizer sees who reads
 * beyond it.
 */
static inline void fuzz_lines(const uint8_t *p, size_t n, void (*take)(const char *line, size_t size))
{
	while (n > 0) {
		const uint8_t *newline = memchr(p, '\n', n);
		size_t size = newline ? (size_t)(newline - p) : n;
		char *exact = malloc(size > 0 ? size : 1);
		HOLDS(exact);
		memcpy(exact, p, size);
		take(exact, size);
		free(exact);
		p += size + (newline != NULL);
		n -= size + (newline != NULL);
	}
}

#endif
