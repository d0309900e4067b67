/* SPDX-License-Identifier: MIT */
#ifndef NO_MEMORY_H
#define NO_MEMORY_H

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

/*
 * There is no memory: each allocation in turn fails.  Nothing crashes, nothing is left behind, and what comes
 * later is taken as if nothing had happened.
 */

static unsigned long allocations, fail_at; /* since arm(); 0: none fails */
static long living;                        /* blocks that are allocated and not freed */

static void arm(unsigned long which)
{
	allocations = 0;
	fail_at = which;
}

/* True if an allocation has failed. */
static bool disarm(void)
{
	bool failed = fail_at > 0 && allocations >= fail_at;
	fail_at = 0;
	return failed;
}

/* With AddressSanitizer, which has its own, none fails. */
#ifndef __SANITIZE_ADDRESS__
#if !defined(__has_feature)
#define __has_feature(x) 0
#endif
#if !__has_feature(address_sanitizer)
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);
void __libc_free(void *p);

/* Is the caller one of our modules?  Libraries are not what is tested: json-c crashes without memory. */
static bool is_ours(void *caller)
{
	Dl_info where;
	return dladdr(caller, &where) != 0 && !strstr(where.dli_fname, "libjson-c") &&
	       !strstr(where.dli_fname, "libc.so");
}

static bool fails(void *caller)
{
	if (fail_at == 0 || !is_ours(caller) || ++allocations != fail_at)
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	void *p = fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
	living += p != NULL;
	return p;
}

void *calloc(size_t count, size_t size)
{
	void *p = fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
	living += p != NULL;
	return p;
}

void *realloc(void *old, size_t size)
{
	void *p = fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
	living += p && !old;
	return p;
}

void free(void *p)
{
	living -= p != NULL;
	__libc_free(p);
}
#endif
#endif

enum { ROUNDS = 4, MOST = 400 };

/*
 * Does the same several times with the k-th allocation failing, for each k until none fails.  act is given
 * the number of the round, from 0.  After the first rounds nothing more may be left behind.
 */
static void each_allocation(void (*begin)(void), void (*act)(int round), void (*check)(void))
{
	bool failed = true;
	for (unsigned long k = 1; k < MOST && failed; k++) {
		long before = 0;
		begin();
		for (int round = 0; round < ROUNDS; round++) {
			before = living;
			arm(k);
			act(round);
			failed = disarm() || (round > 0 && failed);
		}
		ck_assert_msg(living <= before, "allocation %lu: %ld blocks more", k, living - before);
		act(ROUNDS);
		check();
	}
	ck_assert(!failed);
}

#endif
