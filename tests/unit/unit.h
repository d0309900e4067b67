/* SPDX-License-Identifier: MIT */
#ifndef UNIT_H
#define UNIT_H

#include <check.h>

/*
 * Check writes to a file where each assertion that held stands, for the report of a crash.  Some of these
 * tests assert millions of times, and would do little else.
 */
#define _mark_point(file, line) ((void)0)

/* Runs the tests, TAP on stdout; the exit status is 1 if one failed. */
int unit_run(const char *name, const TTest *const *tests, size_t count);

#define UNIT_RUN(name, ...)                                                                                  \
	int main(void)                                                                                       \
	{                                                                                                    \
		const TTest *const tests[] = {__VA_ARGS__};                                                  \
		return unit_run((name), tests, sizeof tests / sizeof *tests);                                \
	}

/* A number from the environment, for how long a random test runs. */
unsigned long unit_environment(const char *name, unsigned long otherwise);

/* A repeatable source of random numbers: xorshift64*. */
struct chance {
	uint64_t state;
};
uint32_t chance_below(struct chance *c, uint32_t limit);

#endif
