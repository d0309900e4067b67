/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

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

#endif
